internal import Foundation
internal import TestKit
internal import Testing

extension EndToEnd {
  /// Every preset as its users get it, on one clip of 720 lines: the texts line by line, then what the texts promise.
  @Suite struct PresetTests {
    static let presets = ["reels", "feed", "vine", "meeting", "watchparty"]

    @Test(arguments: presets)
    func textsOfTheTree(_ name: String) throws {
      let asset = try Packaged.preset(name)
      Golden.expect(TreeDump.text(asset.tree), "preset-\(name)/tree.txt")
      let texts = [".m3u8", ".mpd", ".json", ".vtt"]
      for file in TreeDump.files(asset.tree) where texts.contains(where: file.hasSuffix) {
        if file.hasSuffix("/asset.json") { continue }
        Golden.expect(try asset.text(asset.path(file)), "preset-\(name)/\(file)")
      }
      var document = try asset.document()
      #expect(document.removeValue(forKey: "made_by") != nil)
      Golden.expect(try JSON.pretty(document), "preset-\(name)/packaged/clip/asset.json")
    }

    @Test(arguments: presets)
    func passesVerification(_ name: String) throws {
      let asset = try Packaged.preset(name)
      let result = try Rung.run(["verify", asset.tree, "--deep"])
      #expect(result.exit == 0 && result.output.contains("0 errors, 0 warnings"), "\(name): \(result)")
      let leaked = try JSON.pretty(asset.document()).contains(Checkout.root)
      #expect(!leaked, "\(name): asset.json names a folder of this machine")
    }

    static let entrances = [
      "reels": "hls/clip/playlist.m3u8", "feed": "packaged/clip/hls/master.m3u8",
      "meeting": "videos/anna/clip_hls/playlist.m3u8", "watchparty": "media/current/manifest.json",
    ]

    @Test(
      .enabled(
        if: Checker.path != nil && Shell.find("python3") != nil, "no independent checker here (RUNG_HLSCHECK)"
      ),
      arguments: entrances.keys.sorted())
    func anIndependentCheckerFindsNoError(_ name: String) throws {
      let checker = try #require(Checker.path)
      let asset = try Packaged.preset(name)
      let entrance = asset.path(try #require(Self.entrances[name]))
      let what = name == "watchparty" ? ["--parts", entrance] : [entrance, "--deep"]
      let result = try Shell.run("python3", [checker, "--root", asset.tree] + what)
      #expect(result.exit == 0, "\(name): \(result)")
    }

    // MARK: What each is for

    @Test(.enabled(if: Peer.hasFFmpeg, "needs ffmpeg and ffprobe"))
    func picturesAreTheSharpOnes() throws {
      for (name, keys) in [
        ("reels", ["posters/clip/poster_1080.jpg", "thumbnails/clip/thumb_720.jpg"]),
        ("feed", ["packaged/clip/images/thumbnail.jpg"]), ("vine", ["packaged/clip/poster.jpg"]),
      ] {
        let asset = try Packaged.preset(name)
        let images = try #require(try asset.document()["images"] as? [[String: Any]])
        for key in keys {
          let image = try #require(images.first { $0["key"] as? String == key }, "\(name): \(key)")
          // Black until 1 s, out of focus until 6 s.
          #expect(try #require(image["at"] as? Double) > 6, "\(name): \(image)")
          #expect(try Peer.picture(asset.path(key)).contains("1280,720"), "\(name): \(key)")
        }
      }
    }

    @Test(.enabled(if: Peer.hasFFmpeg, "needs ffmpeg and ffprobe"))
    func reelsHasThirtyPicturesASecondAndOneFolder() throws {
      let asset = try Packaged.preset("reels")
      let folder = asset.path("hls/clip")
      #expect(TreeDump.files(folder).allSatisfy { !$0.contains("/") })
      for (name, size) in [("240p", "426,240"), ("480p", "854,480"), ("720p", "1280,720")] {
        let playlist = "\(folder)/\(name).m3u8"
        #expect(try Peer.frames(playlist) == 390, "\(name)")
        #expect(try Peer.picture(playlist).hasPrefix(size), "\(name)")
        let keys = try Shell.run(
          "ffprobe",
          [
            "-v", "error", "-skip_frame", "nokey", "-select_streams", "v", "-show_entries",
            "frame=pts_time", "-of", "csv=p=0", playlist,
          ])
        let times = keys.output.split(separator: "\n").compactMap {
          Double($0.trimmingCharacters(in: CharacterSet(charactersIn: ", \r")))
        }
        #expect(zip(times, times.dropFirst()).allSatisfy { abs($1 - $0 - 2) < 0.001 }, "\(name): \(times)")
      }
    }

    /// A player that has asked for 64 KB can show the first picture: the index is first, then sound and pictures.
    @Test(
      .enabled(if: Peer.hasFFmpeg, "needs ffmpeg and ffprobe"),
      arguments: ["video_480.mp4", "video_720.mp4"])
    func vineShowsAPictureFromItsFirstBytes(_ name: String) throws {
      let asset = try Packaged.preset("vine")
      let bytes = [UInt8](
        try Data(contentsOf: URL(fileURLWithPath: asset.path("packaged/clip/\(name)"))))
      let boxes = BoxDump.text(bytes).split(separator: "\n").filter { !$0.hasPrefix(" ") }
        .map { String($0.prefix { $0 != " " }) }
      #expect(boxes == ["ftyp", "moov", "mdat"])
      #expect(bytes.count > 65_536)
      let folder = try TemporaryFolder()
      let head = try folder.write(Array(bytes.prefix(65_536)), "head.mp4")
      let first = try Shell.run(
        "ffmpeg",
        [
          "-nostdin", "-v", "fatal", "-i", head, "-map", "0:v", "-frames:v", "1", "-f", "framemd5", "-",
        ])
      let whole = try Shell.run(
        "ffmpeg",
        [
          "-nostdin", "-v", "error", "-i", asset.path("packaged/clip/\(name)"), "-map", "0:v", "-frames:v",
          "1",
          "-f", "framemd5", "-",
        ])
      let pictures = [first, whole].map { result in
        result.output.split(separator: "\n").filter { !$0.hasPrefix("#") }
      }
      #expect(pictures[0].count == 1 && pictures[0] == pictures[1], "\(first)")
    }

    @Test func vineSummaryNamesItsFiles() throws {
      let asset = try Packaged.preset("vine")
      let summary = try JSON.object(asset.text(asset.path("packaged/clip/video.json")))
      #expect(Set(summary.keys) == ["videoId", "duration", "renditions", "poster"])
      #expect(summary["videoId"] as? String == "clip")
      #expect(
        summary["renditions"] as? [String: String] == ["480p": "video_480.mp4", "720p": "video_720.mp4"])
      let files = TreeDump.files(asset.folder)
      #expect(files == ["asset.json", "poster.jpg", "video.json", "video_480.mp4", "video_720.mp4"])
    }

    /// Nothing is encoded: the packets that come out are those that went in.
    @Test(.enabled(if: Peer.hasFFmpeg, "needs ffmpeg and ffprobe"), arguments: ["meeting", "watchparty"])
    func copiesAreTheSource(_ name: String) throws {
      let asset = try Packaged.preset(name)
      let copy =
        name == "meeting" ? "videos/anna/clip_hls/playlist.m3u8" : "media/current/part-00001.mp4"
      for (stream, count) in [("v", 195), ("a", nil)] {
        let decoded = try [Fixture.path("dark-start.mp4"), asset.path(copy)].map { input in
          try Shell.run(
            "ffmpeg",
            [
              "-nostdin", "-v", "error", "-i", input, "-map", "0:\(stream):0", "-fps_mode", "passthrough",
              "-f",
              "framehash", "-",
            ])
        }
        let hashes = decoded.map { result in
          result.output.split(separator: "\n").filter { !$0.hasPrefix("#") }
            .compactMap { $0.split(separator: ",").last }
        }
        if let count { #expect(hashes[0].count == count, "\(name): \(decoded[0])") }
        // Sound in TS has no edit list: its priming is heard, everything after it is the same.
        #expect(
          hashes[0] == hashes[1] || (stream == "a" && Set(hashes[0]).subtracting(hashes[1]).count <= 2),
          "\(name) \(stream): \(hashes[0].count) and \(hashes[1].count) frames")
      }
    }

    @Test func watchpartyRefusesWhatItCannotCopy() throws {
      let folder = try TemporaryFolder()
      let arguments = [
        "package", Fixture.path("pal-interlaced.ts"), "--into", folder.path, "--ladder", "watchparty",
      ]
      let refused = try Rung.run(arguments)
      #expect(refused.exit == 1)
      #expect(refused.errors.contains("mpeg2video pictures do not play in browsers"), "\(refused)")
      #expect(refused.errors.contains("--copy=prefer"), "\(refused)")
      let made = try Rung.run(arguments + ["--copy=prefer", "--speed", "fast"])
      #expect(made.exit == 0, "\(made)")
    }

    @Test func meetingAsksForTheCreator() throws {
      let folder = try TemporaryFolder()
      let result = try Rung.run(
        ["package", Fixture.path("holiday.mp4"), "--into", folder.path, "--ladder", "meeting"])
      #expect(result.exit != 0)
      #expect(result.errors.contains("--creator"), "\(result)")
    }

    /// (options, clip, rungs from the largest, as pixels)
    static let feeds: [([String], String, [String])] = [
      ([], "dark-start.mp4", ["720p 1280x720", "540p 960x540", "360p 640x360"]),
      (["--max-height", "540"], "dark-start.mp4", ["540p 960x540", "360p 640x360"]),
      ([], "vfr-phone.mp4", ["360p 180x320"]), ([], "odd-size.mp4", ["360p 320x180"]),
      ([], "anamorphic.mp4", ["360p 320x180"]), ([], "film-2.39.mp4", ["360p 320x134"]),
    ]

    @Test(arguments: feeds)
    func feedFitsItsBoxes(_ options: [String], _ clip: String, _ wanted: [String]) throws {
      let result = try Rung.run(["plan", Fixture.path(clip), "--ladder", "feed", "--json"] + options)
      #expect(result.exit == 0, "\(result)")
      let plan = try JSON.object(result.output)
      let video = try #require(plan["video"] as? [String: Any], "\(result.output)")
      let rungs = try #require(video["rungs"] as? [[String: Any]], "\(result.output)")
      let seen = rungs.map { rung in
        let name = rung["name"] as? String ?? ""
        let width = rung["width"] as? Int ?? 0
        let height = rung["height"] as? Int ?? 0
        return "\(name) \(width)x\(height)"
      }
      #expect(seen == wanted, "\(clip)")
    }
  }
}
