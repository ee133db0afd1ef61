internal import Foundation
internal import TestKit
internal import Testing

extension EndToEnd {
  /// `package --copy` of streams that change on the way or stop in mid-picture, and of sound in several codecs: sources
  /// are made by ffmpeg, a few seconds each.
  @Suite(.enabled(if: Peer.hasFFmpeg, "needs ffmpeg and ffprobe")) struct CopyChangesTests {
    private func ffmpeg(_ arguments: [String]) throws {
      let made = try Shell.run("ffmpeg", ["-nostdin", "-v", "error"] + arguments)
      try #require(made.succeeded, "\(made)")
    }

    private func pictures(
      _ name: String, _ encoder: [String], _ folder: TemporaryFolder, size: String = "320x180"
    )
      throws -> String
    {
      let path = folder.file(name)
      try ffmpeg(
        ["-f", "lavfi", "-i", "testsrc2=size=\(size):rate=25:duration=2", "-pix_fmt", "yuv420p"] + encoder + [
          path
        ])
      return path
    }

    private static let h264 = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", "25"]
    private static let sound = ["-f", "lavfi", "-i", "sine=sample_rate=48000:duration=3"]

    /// A track with two sample entries: the configuration is another one from the second on.
    @Test func twoSampleEntriesAreNotCopied() throws {
      let folder = try TemporaryFolder()
      let first = try pictures("first.mp4", Self.h264, folder)
      for size in ["320x180", "480x270"] {
        let second = try pictures(
          "\(size).mp4", Self.h264 + ["-profile:v", "high", "-crf", "30"], folder, size: size)
        let path = try folder.write(try TwoEntries.join(first, second), "two-\(size).mp4")
        for command in [["package", "--copy=strict"], ["split"]] {
          let made = try Rung.run(command + [path, "--into", folder.file("strict"), "--id", "clip"])
          #expect(made.exit == 1 && made.errors.contains("configuration changes in mid-stream"), "\(made)")
        }
        let tree = folder.file("tree-\(size)")
        let made = try Rung.package(path, into: tree, ["--copy"])
        try #require(made.exit == 0, "\(made)")
        let asset = Asset(tree: tree, id: "clip")
        #expect(try asset.renditions().allSatisfy { $0["copied"] == nil })
        #expect(try Peer.frames(asset.playlists("video")[0].path) == 100)
      }
    }

    /// Files put together from pieces say the same thing twice: nothing changes.
    @Test func theSameSampleEntryTwiceIsCopied() throws {
      let folder = try TemporaryFolder()
      let first = try pictures("first.mp4", Self.h264, folder)
      let path = try folder.write(try TwoEntries.join(first, first), "two.mp4")
      let made = try Rung.package(path, into: folder.file("tree"), ["--copy=strict"])
      try #require(made.exit == 0, "\(made)")
      let asset = Asset(tree: folder.file("tree"), id: "clip")
      #expect(try Peer.decode(asset.master).succeeded)
      #expect(try Peer.frames(asset.playlists("video")[0].path) == 100)
    }

    /// More than 2^32 ticks of a clock that is finer than any need be.
    @Test func timesBeyondFourBytesAreCopied() throws {
      let folder = try TemporaryFolder()
      let path = folder.file("wide.mp4")
      try ffmpeg(
        ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=6", "-pix_fmt", "yuv420p"] + Self.h264
          + ["-video_track_timescale", "1000000000", path])
      let tree = folder.file("tree")
      let made = try Rung.package(path, into: tree, ["--copy=strict"])
      try #require(made.exit == 0, "\(made)")
      let asset = Asset(tree: tree, id: "clip")
      let verified = try Rung.run(["verify", "--deep", "\(tree)/packaged/clip/asset.json"])
      #expect(verified.exit == 0, "\(verified)")
      #expect(try Peer.frames(asset.playlists("video")[0].path) == 150)
      let split = try Rung.run(["split", path, "--into", folder.file("split"), "--id", "clip"])
      #expect(split.exit == 0, "\(split)")
    }

    /// libavformat drops the samples of all codecs but the first: what is left would stand still for the rest.
    @Test func aCodecThatChangesIsRefused() throws {
      let folder = try TemporaryFolder()
      let hevc = [
        "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:bframes=0:keyint=25",
      ]
      let path = try folder.write(
        try TwoEntries.join(
          pictures("first.mp4", Self.h264, folder), pictures("second.mp4", hevc + ["-tag:v", "hvc1"], folder)),
        "two.mp4")
      for command in [["package"], ["package", "--copy"], ["split"]] {
        let made = try Rung.run(command + [path, "--into", folder.file("tree"), "--id", "clip"])
        #expect(made.exit == 1 && made.errors.contains("changes its codec"), "\(made)")
      }
    }

    /// Parameter sets in the samples that do not change are no hindrance.
    @Test func parameterSetsInSamplesAreCopied() throws {
      let folder = try TemporaryFolder()
      let (stream, path) = (try pictures("a.ts", Self.h264, folder), folder.file("avc3.mp4"))
      try ffmpeg(["-i", stream, "-c", "copy", "-tag:v", "avc3", path])
      let tree = folder.file("tree")
      let made = try Rung.package(path, into: tree, ["--copy=strict"])
      try #require(made.exit == 0, "\(made)")
      let records = try Asset(tree: tree, id: "clip").renditions()
      #expect(records.allSatisfy { ($0["codecs"] as? String)?.hasPrefix("avc1.") == true })
    }

    /// An edit list that ends with the sound, inside the last picture: the picture lasts its time.
    @Test(arguments: ["fmp4", "ts"]) func theLastPictureLastsItsTime(_ segments: String) throws {
      let folder = try TemporaryFolder()
      let (whole, path) = (folder.file("whole.ts"), folder.file("short.mp4"))
      try ffmpeg(
        ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=3"] + Self.sound + ["-c:a", "aac"]
          + Self.h264
          + ["-pix_fmt", "yuv420p", whole])
      try ffmpeg(["-i", whole, "-c", "copy", path])
      let tree = folder.file("tree")
      let made = try Rung.package(path, into: tree, ["--copy=strict", "--segments", segments])
      try #require(made.exit == 0, "\(made)")
      let verified = try Rung.run(["verify", "--deep", "\(tree)/packaged/clip/asset.json"])
      #expect(verified.exit == 0, "\(verified)")
    }

    /// AC-3 in two languages, AAC in one of them: the group of AAC has all, that of AC-3 what it lacks from there.
    @Test func soundInSeveralCodecsIsInGroupsWithTheSameMembers() throws {
      let folder = try TemporaryFolder()
      let path = folder.file("film.mkv")
      try ffmpeg(
        ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=3"] + Self.sound
          + ["-map", "0", "-map", "1", "-map", "1", "-map", "1"] + Self.h264
          + ["-pix_fmt", "yuv420p", "-c:a:0", "ac3", "-c:a:1", "aac", "-c:a:2", "aac"]
          + ["-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=eng"]
          + ["-metadata:s:a:2", "language=deu", path])
      let tree = folder.file("tree")
      let made = try Rung.package(path, into: tree, ["--copy=strict"])
      try #require(made.exit == 0, "\(made)")
      let asset = Asset(tree: tree, id: "clip")
      let members = try asset.text(asset.master).split(separator: "\n").filter {
        $0.hasPrefix("#EXT-X-MEDIA")
      }
      .map { line in ["GROUP-ID=", "NAME=", "URI="].map { value($0, String(line)) }.joined(separator: " ") }
      #expect(
        members == [
          "audio-ac3-1 English audio-ac3-1-en/index.m3u8", "audio-ac3-1 German audio-aac-1-de/index.m3u8",
          "audio-aac-1 English audio-aac-1-en/index.m3u8", "audio-aac-1 German audio-aac-1-de/index.m3u8",
        ])
    }

    private func value(_ name: String, _ line: String) -> String {
      line.components(separatedBy: name + "\"").dropFirst().first.map { $0.components(separatedBy: "\"")[0] }
        ?? ""
    }
  }
}
