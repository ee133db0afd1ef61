internal import Foundation
internal import TestKit
internal import Testing

extension EndToEnd {
  /// `split` and `package --copy` on clips that are odd in one way each.
  @Suite struct SplitTests {
    private func split(_ fixture: String, into tree: String, _ more: [String] = []) throws -> CommandResult {
      try Rung.run(["split", Fixture.path(fixture), "--into", tree, "--id", "clip"] + more)
    }

    private func manifest(_ tree: String) throws -> [[String: Any]] {
      let data = try Data(contentsOf: URL(fileURLWithPath: "\(tree)/packaged/clip/parts/manifest.json"))
      return try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
    }

    @Test(arguments: ["holiday.mp4", "ntsc.mkv", "two-languages.mkv", "audio-only.m4a", "59.94.mp4"])
    func splitsAndVerifies(_ fixture: String) throws {
      let folder = try TemporaryFolder()
      let made = try split(fixture, into: folder.path, ["--part-size", "64KiB"])
      #expect(made.exit == 0, "\(made)")
      let path = "\(folder.path)/packaged/clip/parts/manifest.json"
      #expect(made.output.contains(path))
      let verified = try Rung.run(["verify", path])
      #expect(verified.exit == 0, "\(verified)")
      let parts = try manifest(folder.path)
      let sizes = parts.map { $0["bytes"] as? Int ?? .max }
      #expect(sizes.allSatisfy { $0 <= 65_536 })
      let document = try Asset(tree: folder.path, id: "clip").document()
      let records = try #require(document["renditions"] as? [[String: Any]])
      #expect(records.map { $0["kind"] as? String } == ["parts"])
    }

    @Test func thePartsOfAClipAreItsGolden() throws {
      let folder = try TemporaryFolder()
      let made = try split(
        "holiday.mp4", into: folder.path, ["--part-size", "64KiB", "--base-url", "/media"])
      #expect(made.exit == 0, "\(made)")
      let text = try String(
        contentsOfFile: "\(folder.path)/packaged/clip/parts/manifest.json", encoding: .utf8)
      Golden.expect(text, "split/manifest.json")
    }

    /// Joined, the parts decode to what the source decodes to.
    @Test(.enabled(if: Peer.hasFFmpeg, "needs ffmpeg and ffprobe"))
    func partsJoinedAreTheSource() throws {
      let folder = try TemporaryFolder()
      #expect(try split("holiday.mp4", into: folder.path, ["--part-size", "64KiB"]).exit == 0)
      var joined: [UInt8] = []
      for (index, part) in try manifest(folder.path).enumerated() {
        let name = try #require(part["url"] as? String)
        let bytes = [UInt8](
          try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/packaged/clip/parts/\(name)")))
        joined += index == 0 ? bytes : Array(bytes.dropFirst(try #require(part["init_bytes"] as? Int)))
      }
      let file = try folder.write(joined, "joined.mp4")
      for stream in ["v", "a"] {
        let hashes = try [Fixture.path("holiday.mp4"), file].map { input in
          try Shell.run(
            "ffmpeg",
            ["-nostdin", "-v", "error", "-i", input, "-map", "0:\(stream)", "-c", "copy", "-f", "md5", "-"])
        }
        #expect(hashes[0].succeeded && hashes[1].succeeded)
        #expect(hashes[0].output == hashes[1].output)
      }
    }

    /// (clip, what its refusal says)
    static let refused = [
      ("vfr-phone.mp4", "has to be turned to be upright"),
      ("negative-start.mp4", "an edit cuts pictures away inside a GOP"),
      ("mono-44100.mp3", "mp3 in MP4 does not play in browsers"),
      ("pal-interlaced.ts", "mpeg2video pictures do not play in browsers"),
    ]

    @Test(arguments: refused)
    func saysWhyItCannotBeCopied(_ fixture: String, _ reason: String) throws {
      let folder = try TemporaryFolder()
      let result = try split(fixture, into: folder.path)
      #expect(result.exit == 1)
      #expect(result.errors.contains(reason) && result.errors.contains("--transcode"), "\(result)")
      #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/packaged/clip"))
    }

    @Test func transcodesWhatCannotBeCopied() throws {
      let folder = try TemporaryFolder()
      let result = try split("vfr-phone.mp4", into: folder.path, ["--transcode", "--ladder", Rung.tiny])
      #expect(result.exit == 0, "\(result)")
      #expect(try manifest(folder.path).count == 1)
    }

    @Test func namesTheGOPThatDoesNotFit() throws {
      let folder = try TemporaryFolder()
      let result = try split("long-gop.mp4", into: folder.path, ["--part-size", "64KiB"])
      #expect(result.exit == 1)
      #expect(result.errors.contains("the GOP at 0.000 s takes"), "\(result)")
    }

    @Test func refusesASizeThatIsNone() throws {
      let result = try split("holiday.mp4", into: "nowhere", ["--part-size", "12 parsecs"])
      #expect(result.exit == 64)
    }

    /// (clip, segments, exit)
    static let copies = [
      ("holiday.mp4", "fmp4"), ("holiday.mp4", "ts"), ("ntsc.mkv", "fmp4"), ("ntsc.mkv", "ts"),
      ("two-languages.mkv", "ts"), ("open-gop.ts", "fmp4"), ("hdr10.mkv", "fmp4"),
      ("negative-start.mp4", "ts"), ("late-audio.mkv", "fmp4"), ("late-audio.mkv", "ts"),
      ("short-audio.mp4", "fmp4"), ("short-audio.mp4", "ts"),
    ]

    @Test(arguments: copies)
    func copiesIntoSegments(_ fixture: String, _ segments: String) throws {
      let folder = try TemporaryFolder()
      let result = try Rung.package(
        Fixture.path(fixture), into: folder.path, ["--copy", "--segments", segments])
      #expect(result.exit == 0, "\(result)")
      let verified = try Rung.run(["verify", "\(folder.path)/packaged/clip/asset.json"])
      #expect(verified.exit == 0, "\(verified)")
    }

    /// `media/current` is what was packaged last, with nothing of what was there before.
    @Test func theNewestIsCurrent() throws {
      let folder = try TemporaryFolder()
      let current = { TreeDump.files("\(folder.path)/media/current") }
      func put(_ fixture: String, _ id: String) throws {
        let made = try Rung.run([
          "split", Fixture.path(fixture), "--ladder", Checkout.path("Ladders/watchparty.json"), "--part-size",
          "64KiB", "--into", folder.path, "--id", id,
        ])
        #expect(made.exit == 0, "\(made)")
        let verified = try Rung.run(["verify", "\(folder.path)/packaged/\(id)/asset.json"])
        #expect(verified.exit == 0, "\(verified)")
      }
      try put("holiday.mp4", "first")
      let many = current()
      #expect(many.count > 3)
      try put("ntsc.mkv", "second")
      #expect(current().count < many.count)
      #expect(TreeDump.files("\(folder.path)/packaged") == ["second/asset.json"])
    }

    @Test func strictCopiesRefuse() throws {
      let folder = try TemporaryFolder()
      let result = try Rung.package(Fixture.path("negative-start.mp4"), into: folder.path, ["--copy=strict"])
      #expect(result.exit == 1)
      #expect(result.errors.contains("an edit cuts pictures away"), "\(result)")
    }
  }
}
