internal import Foundation
internal import TestKit
internal import Testing

extension EndToEnd {
  /// `package --copy` of every codec that HLS takes, and of streams that no copy can be right of: sources are made by
  /// ffmpeg, a few seconds each.
  @Suite(.enabled(if: Peer.hasFFmpeg, "needs ffmpeg and ffprobe")) struct CopyKindsTests {
    struct Kind: Sendable, CustomTestStringConvertible {
      var name: String
      var encoders: [String]
      var segments = "fmp4"
      /// One rendition's CODECS each, as prefixes.
      var codecs: [String]
      var testDescription: String { "\(name) as \(segments)" }
    }

    private static let h264 = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-pix_fmt", "yuv420p"]

    static let kinds = [
      Kind(
        name: "hevc.mp4",
        encoders: [
          "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:keyint=30:open-gop=1",
          "-pix_fmt", "yuv420p", "-tag:v", "hvc1", "-c:a", "aac",
        ], codecs: ["hvc1.1.6.L", "mp4a.40.2"]),
      Kind(
        name: "hevc.ts",
        encoders: [
          "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:keyint=25:open-gop=0",
          "-pix_fmt", "yuv420p", "-c:a", "aac",
        ], codecs: ["hvc1.1.6.L", "mp4a.40.2"]),
      Kind(
        name: "av1.mkv",
        encoders: [
          "-c:v", "libsvtav1", "-preset", "12", "-g", "25", "-pix_fmt", "yuv420p", "-c:a", "libopus",
        ], codecs: ["av01.0.00M.08", "Opus"]),
      Kind(
        name: "vp9.webm",
        encoders: [
          "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "25", "-c:a", "libopus",
        ], codecs: ["vp09.00.", "Opus"]),
      Kind(name: "ac3.mp4", encoders: h264 + ["-c:a", "ac3"], codecs: ["avc1.", "ac-3"]),
      Kind(name: "flac.mkv", encoders: h264 + ["-c:a", "flac"], codecs: ["avc1.", "fLaC"]),
      Kind(name: "eac3.mkv", encoders: h264 + ["-c:a", "eac3"], codecs: ["avc1.", "ec-3"]),
      Kind(name: "ac3.ts", encoders: h264 + ["-c:a", "ac3"], segments: "ts", codecs: ["avc1."]),
      Kind(name: "eac3.mp4", encoders: h264 + ["-c:a", "eac3"], segments: "ts", codecs: ["avc1."]),
      Kind(name: "mp3.mkv", encoders: h264 + ["-c:a", "libmp3lame"], segments: "ts", codecs: ["avc1."]),
    ]

    private func source(_ name: String, _ encoders: [String], in folder: TemporaryFolder) throws -> String {
      let path = folder.file(name)
      let made = try Shell.run(
        "ffmpeg",
        [
          "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=3", "-f",
          "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=3", "-shortest",
        ] + encoders + [path])
      try #require(made.succeeded, "\(made)")
      return path
    }

    @Test(arguments: kinds)
    func copiesIt(_ kind: Kind) throws {
      let folder = try TemporaryFolder()
      let path = try source(kind.name, kind.encoders, in: folder)
      let tree = folder.file("tree")
      let made = try Rung.package(path, into: tree, ["--copy=strict", "--segments", kind.segments])
      try #require(made.exit == 0, "\(made)")
      let asset = Asset(tree: tree, id: "clip")
      let records = try asset.renditions()
      let codecs = records.compactMap { $0["codecs"] as? String }
      #expect(zip(codecs, kind.codecs).allSatisfy { $0.hasPrefix($1) }, "\(codecs)")
      #expect(codecs.count == kind.codecs.count)
      #expect(records.allSatisfy { $0["copied"] as? Bool == true })
      let decoded = try Peer.decode(asset.master)
      #expect(decoded.succeeded, "\(decoded)")
      #expect(try Peer.frames(asset.playlists("video")[0].path) == 75)
      let verified = try Rung.run(["verify", "--deep", "\(tree)/packaged/clip/asset.json"])
      #expect(verified.exit == 0, "\(verified)")
    }

    /// What an open GOP begins with is neither called a closed one nor independent.
    @Test func openGOPsAreCalledOpen() throws {
      let folder = try TemporaryFolder()
      let path = try source("hevc.mp4", Self.kinds[0].encoders, in: folder)
      let ladder = try folder.write(
        String(contentsOfFile: Rung.tiny, encoding: .utf8).replacing(#"["hls"]"#, with: #"["hls", "dash"]"#),
        "both.json")
      let made = try Rung.package(path, into: folder.file("tree"), ladder: ladder, ["--copy=strict"])
      try #require(made.exit == 0, "\(made)")
      let asset = Asset(tree: folder.file("tree"), id: "clip")
      let video = try asset.playlists("video")[0].path
      let isCut = try asset.text(video).components(separatedBy: "#EXTINF").count > 2
      #expect(isCut)
      #expect(try !asset.text(asset.master).contains("INDEPENDENT"))
      let manifest = try asset.text(asset.folder + "/hls/manifest.mpd")
      #expect(manifest.contains(#"startWithSAP="3""#))
      // The sound's segments are as good as ever.
      #expect(manifest.contains(#"startWithSAP="1""#))
    }

    /// Two streams of other sizes, one after the other.
    private func changing(in folder: TemporaryFolder) throws -> String {
      var joined = Data()
      for (index, size) in ["320x180", "480x270"].enumerated() {
        let path = folder.file("\(size).ts")
        let made = try Shell.run(
          "ffmpeg",
          [
            "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=\(size):rate=25:duration=2", "-f",
            "lavfi", "-i", "sine=sample_rate=48000:duration=2", "-c:a", "aac",
          ] + Self.h264 + ["-output_ts_offset", "\(index * 2)", path])
        try #require(made.succeeded, "\(made)")
        joined += try Data(contentsOf: URL(fileURLWithPath: path))
      }
      return try folder.write(Array(joined), "changing.ts")
    }

    @Test(arguments: ["ts", "mkv"])
    func parametersThatChangeAreNotCopied(_ container: String) throws {
      let folder = try TemporaryFolder()
      var path = try changing(in: folder)
      if container != "ts" {
        let other = folder.file("changing.\(container)")
        let made = try Shell.run("ffmpeg", ["-nostdin", "-v", "error", "-i", path, "-c", "copy", other])
        try #require(made.succeeded, "\(made)")
        path = other
      }
      let strict = try Rung.package(path, into: folder.file("strict"), ["--copy=strict"])
      #expect(strict.exit == 1)
      // Where two streams were joined the transport stream's counters jump as well.
      let reason = container == "ts" ? "cannot be copied" : "configuration changes in mid-stream"
      #expect(strict.errors.contains(reason), "\(strict)")
      let split = try Rung.run(["split", path, "--into", folder.file("split")])
      #expect(split.exit == 1 && split.errors.contains("--transcode"), "\(split)")
      // Only the pictures are encoded.
      let tree = folder.file("tree")
      let made = try Rung.package(path, into: tree, ["--copy"])
      try #require(made.exit == 0, "\(made)")
      let records = try Asset(tree: tree, id: "clip").renditions()
      for record in records {
        #expect((record["copied"] as? Bool == true) == (record["kind"] as? String == "audio"))
      }
    }

    /// Sound that begins late and is not AAC has to be encoded, alone.
    @Test func soundWithAHoleIsEncodedAlone() throws {
      let folder = try TemporaryFolder()
      let whole = try source("ac3.mkv", Self.h264 + ["-c:a", "ac3"], in: folder)
      let late = folder.file("late.mkv")
      let moved = try Shell.run(
        "ffmpeg",
        [
          "-nostdin", "-v", "error", "-i", whole, "-itsoffset", "1.2", "-i", whole, "-map", "0:v", "-map",
          "1:a", "-c", "copy", late,
        ])
      try #require(moved.succeeded, "\(moved)")
      let strict = try Rung.package(late, into: folder.file("strict"), ["--copy=strict"])
      #expect(strict.exit == 1 && strict.errors.contains("sound is missing"), "\(strict)")
      let tree = folder.file("tree")
      let made = try Rung.package(late, into: tree, ["--copy"])
      try #require(made.exit == 0, "\(made)")
      let records = try Asset(tree: tree, id: "clip").renditions()
      #expect(records.contains { $0["kind"] as? String == "video" && $0["copied"] as? Bool == true })
      #expect(records.contains { $0["codecs"] as? String == "mp4a.40.2" && $0["copied"] == nil })
    }
  }
}
