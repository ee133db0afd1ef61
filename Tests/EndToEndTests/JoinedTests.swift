internal import Foundation
internal import TestKit
internal import Testing

extension EndToEnd {
  /// Transport streams put one behind the other, and ones whose clock lies for a moment.
  @Suite(.enabled(if: Peer.hasFFmpeg, "needs ffmpeg")) struct JoinedTests {
    private func make(_ folder: TemporaryFolder, _ name: String, _ colour: String, _ sound: String) throws
      -> [UInt8]
    {
      let result = try Shell.run(
        "ffmpeg",
        [
          "-nostdin", "-v", "error", "-f", "lavfi", "-i", "color=\(colour):size=320x180:rate=25:duration=3",
          "-f", "lavfi", "-i", "\(sound):duration=3", "-c:v", "libx264", "-preset", "ultrafast", "-g", "25",
          "-c:a", "mp2", folder.file(name),
        ])
      try #require(result.succeeded, "\(result)")
      return [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.file(name))))
    }

    private func package(_ bytes: [UInt8], _ folder: TemporaryFolder) throws -> (Asset, [[UInt8]], [Int16]) {
      let source = try folder.write(bytes, "source.ts")
      let asset = Asset(tree: folder.file("tree"), id: "clip")
      let result = try Rung.package(source, into: asset.tree, ["--workers", "2"])
      try #require(result.exit == 0, "\(result)")
      let verified = try Rung.run(["verify", asset.tree, "--deep"])
      #expect(verified.exit == 0, "\(verified)")
      let video = try #require(try asset.playlists("video").first?.path)
      let audio = try #require(try asset.playlists("audio").first?.path)
      return (asset, try Peer.thumbnails(video, size: "16:9"), try Peer.sound(audio))
    }

    @Test func recordingsAreShownInTurn() throws {
      let folder = try TemporaryFolder()
      let first = try make(folder, "a.ts", "white", "anullsrc=sample_rate=48000")
      let second = try make(folder, "b.ts", "black", "sine=sample_rate=48000")
      let (asset, pictures, sound) = try package(first + second, folder)
      #expect((149...154).contains(pictures.count), "\(pictures.count)")
      let dark = try #require(pictures.firstIndex { $0[72] < 128 })
      #expect((74...78).contains(dark) && pictures[dark...].allSatisfy { $0[72] < 128 }, "\(dark)")
      let loud = try #require(sound.firstIndex { abs(Int($0)) > 1000 })
      // Within half a frame of video and one of sound.
      #expect(abs(Double(loud) / 48000 - Double(dark) / 25) <= 0.044, "\(loud), \(dark)")
      let faults = (try asset.document()["source"] as? [String: Any])?["faults"] as? [String]
      #expect(faults?.contains("clock-restarts") == true, "\(String(describing: faults))")
    }

    /// The time of one picture in the middle says an hour later.
    @Test func oneWrongTimeChangesNothingElse() throws {
      let folder = try TemporaryFolder()
      var bytes = try make(folder, "a.ts", "white", "sine=sample_rate=48000")
      try move(&bytes, identifier: 0x100, number: 40, seconds: 3600)
      let (asset, pictures, sound) = try package(bytes, folder)
      #expect((74...78).contains(pictures.count), "\(pictures.count)")
      #expect(sound.count < 48000 * 32 / 10)
      let source = try #require(try asset.document()["source"] as? [String: Any])
      #expect((source["faults"] as? [String])?.contains("timestamps-absurd") == true, "\(source)")
    }

    /// Adds to both times of one PES packet of a stream (ISO/IEC 13818-1 2.4.3.7).
    private func move(_ bytes: inout [UInt8], identifier: Int, number: Int, seconds: Int) throws {
      var seen = 0
      for packet in stride(from: 0, to: bytes.count - 187, by: 188) {
        let (a, b) = (Int(bytes[packet + 1]), Int(bytes[packet + 2]))
        guard (a & 0x1f) << 8 | b == identifier, a & 0x40 != 0 else { continue }
        let begin = packet + 4 + (bytes[packet + 3] & 0x20 != 0 ? 1 + Int(bytes[packet + 4]) : 0)
        seen += 1
        guard seen == number + 1 else { continue }
        let fields = bytes[begin + 7] >> 6
        for at in (fields == 3 ? [begin + 9, begin + 14] : [begin + 9]) {
          let old =
            Int(bytes[at] >> 1 & 7) << 30 | Int(bytes[at + 1]) << 22 | Int(bytes[at + 2] >> 1) << 15
            | Int(bytes[at + 3]) << 7 | Int(bytes[at + 4] >> 1)
          let new = old + seconds * 90_000
          bytes[at] = bytes[at] & 0xf1 | UInt8(new >> 30 & 7) << 1
          bytes[at + 1] = UInt8(new >> 22 & 255)
          bytes[at + 2] = UInt8(new >> 15 & 127) << 1 | 1
          bytes[at + 3] = UInt8(new >> 7 & 255)
          bytes[at + 4] = UInt8(new & 127) << 1 | 1
        }
        return
      }
      Issue.record("there is no packet \(number)")
    }
  }
}
