internal import Foundation
internal import TestKit
internal import Testing

extension EndToEnd {
  /// Files that were cut off or damaged on the way: used where nearly all is there, else refused with the place.
  @Suite(.enabled(if: Peer.hasFFmpeg, "needs ffmpeg and ffprobe")) struct DamageTests {
    /// 12 s of picture and sound.
    private static func clip(_ ending: String, _ folder: TemporaryFolder) throws -> Data {
      let path = folder.file("whole.\(ending)")
      let made = try Shell.run(
        "ffmpeg",
        [
          "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=12", "-f",
          "lavfi", "-i", "sine=sample_rate=48000:duration=12", "-c:v", "libx264", "-preset", "ultrafast",
          "-g",
          "25", "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart", path,
        ])
      try #require(made.succeeded, "\(made)")
      return try Data(contentsOf: URL(fileURLWithPath: path))
    }

    /// `data` with noise in a stretch of it, given in thousandths; the same noise every time.
    private static func damaged(_ data: Data, _ stretch: Range<Int>) -> Data {
      var result = data
      var state: UInt32 = 1
      for index in data.count * stretch.lowerBound / 1000..<data.count * stretch.upperBound / 1000 {
        state = state &* 1_664_525 &+ 1_013_904_223
        result[index] = UInt8(truncatingIfNeeded: state >> 24)
      }
      return result
    }

    private static func write(_ folder: TemporaryFolder, _ data: Data, _ name: String) throws -> String {
      let path = folder.file(name)
      try data.write(to: URL(fileURLWithPath: path))
      return path
    }

    @Test(arguments: ["mp4", "mkv"]) func aFileThatIsCutOffIsUsedWhenNearlyAllIsThere(_ ending: String) throws
    {
      let folder = try TemporaryFolder()
      let whole = try Self.clip(ending, folder)
      let half = try Self.write(folder, whole.prefix(whole.count * 6 / 10), "half.\(ending)")
      let refused = try Rung.package(half, into: folder.file("tree"))
      #expect(refused.exit == 1 && refused.errors.contains("it breaks off at 7"), "\(refused)")
      #expect(refused.errors.contains("--tolerance"))
      #expect(!FileManager.default.fileExists(atPath: folder.file("tree/packaged")))
      let allowed = try Rung.package(half, into: folder.file("tree"), ["--tolerance", "50"])
      #expect(allowed.exit == 0, "\(allowed)")

      let nearly = try Self.write(folder, whole.prefix(whole.count * 98 / 100), "nearly.\(ending)")
      let made = try Rung.package(nearly, into: folder.file("nearly"))
      #expect(made.exit == 0, "\(made)")
      let asset = Asset(tree: folder.file("nearly"), id: "clip")
      #expect(try asset.renditions().count == 3)
    }

    @Test func picturesThatCannotBeDecodedAreCounted() throws {
      let folder = try TemporaryFolder()
      let whole = try Self.clip("mp4", folder)
      let little = try Self.write(folder, Self.damaged(whole, 500..<515), "little.mp4")
      let made = try Rung.package(little, into: folder.file("tree"))
      try #require(made.exit == 0, "\(made)")
      #expect(made.errors.contains("damage: "), "\(made)")
      let source = try #require(
        try Asset(tree: folder.file("tree"), id: "clip").document()["source"] as? [String: Any])
      let damage = try #require(source["damage"] as? [String: Any])
      let missing = damage["missing_frames"] as? Int ?? 0
      let concealed = damage["concealed_pictures"] as? Int ?? 0
      #expect(damage["frames"] as? Int == 300 && (1...15).contains(missing + concealed), "\(damage)")

      let much = try Self.write(folder, Self.damaged(whole, 300..<600), "much.mp4")
      let refused = try Rung.package(much, into: folder.file("much"))
      #expect(refused.exit == 1, "\(refused)")
      #expect(
        refused.errors.contains("% of the pictures of video stream 0 cannot be decoded, the first at 3."),
        "\(refused)")
    }

    /// Matroska finds its way again after damage, and says nothing of what it passed over.
    @Test func stretchesWithNeitherPictureNorSoundAreMissing() throws {
      let folder = try TemporaryFolder()
      let holed = try Self.write(folder, Self.damaged(try Self.clip("mkv", folder), 300..<600), "holed.mkv")
      let refused = try Rung.package(holed, into: folder.file("tree"))
      #expect(refused.exit == 1 && refused.errors.contains("have neither picture nor sound"), "\(refused)")
      let allowed = try Rung.package(holed, into: folder.file("tree"), ["--tolerance", "50"])
      #expect(allowed.exit == 0, "\(allowed)")
    }

    @Test func theVideoTrackCanBeChosen() throws {
      let folder = try TemporaryFolder()
      let path = folder.file("two.mp4")
      let made = try Shell.run(
        "ffmpeg",
        [
          "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=1", "-f",
          "lavfi", "-i", "color=red:size=160x90:rate=25:duration=1", "-map", "0", "-map", "1", "-c:v",
          "libx264",
          "-pix_fmt", "yuv420p", path,
        ])
      try #require(made.succeeded, "\(made)")
      let second = try Rung.package(path, into: folder.file("tree"), ["--video-track", "1"])
      try #require(second.exit == 0, "\(second)")
      let asset = Asset(tree: folder.file("tree"), id: "clip")
      #expect(try asset.renditions().compactMap { $0["width"] as? Int } == [160])
      let other = try Rung.package(path, into: folder.file("tree"))
      #expect(other.exit == 1 && other.errors.contains("--force"), "\(other)")
      let none = try Rung.package(path, into: folder.file("none"), ["--video-track", "2"])
      #expect(none.exit == 1 && none.errors.contains("can be 0, 1"), "\(none)")
    }
  }
}
