internal import Foundation
internal import TestKit
internal import Testing

extension EndToEnd {
  /// What comes out of each odd clip, looked at with tools that nobody here wrote.
  @Suite struct PackageTests {
    static let clips: [(fixture: String, segments: String)] = [
      ("holiday.mp4", "fmp4"), ("holiday.mp4", "ts"), ("vfr-phone.mp4", "fmp4"),
      ("two-languages.mkv", "fmp4"),
      ("two-languages.mkv", "ts"), ("film-2.39.mp4", "fmp4"), ("ntsc.mkv", "ts"), ("no-audio.mkv", "fmp4"),
      ("no-audio.mkv", "ts"), ("audio-only.m4a", "fmp4"), ("mono-44100.mp3", "ts"),
      ("short-audio.mp4", "fmp4"),
      ("late-audio.mkv", "fmp4"), ("pal-interlaced.ts", "fmp4"), ("anamorphic.mp4", "fmp4"),
      ("odd-size.mp4", "fmp4"), ("10bit.mkv", "fmp4"), ("full-range-yuvj.mp4", "fmp4"),
      ("long-gop.mp4", "fmp4"), ("open-gop.ts", "fmp4"), ("negative-start.mp4", "ts"),
      ("single-picture.mp4", "fmp4"), ("rotated-180.mp4", "fmp4"), ("mirrored.mp4", "fmp4"),
      ("59.94.mp4", "fmp4"), ("screen-444.mkv", "fmp4"), ("hdr10.mkv", "fmp4"),
    ]

    @Test(.enabled(if: Peer.hasFFmpeg, "needs ffmpeg and ffprobe"), arguments: clips)
    func decodesWithoutAWarningAndHasEveryFrame(_ fixture: String, _ segments: String) throws {
      let asset = try Packaged.asset(fixture, segments)
      let plan = try Rung.run([
        "plan", Fixture.path(fixture), "--ladder", Rung.tiny, "--segments", segments, "--json",
      ])
      let planned = try JSON.object(plan.output)["video"] as? [String: Any]
      let frames = planned?["frames"] as? Int
      for (name, playlist) in try asset.playlists("video") {
        let result = try Peer.decode(playlist)
        #expect(result.succeeded && result.errors.isEmpty, "\(fixture) \(name): \(result)")
        #expect(try Peer.frames(playlist) == frames, "\(fixture) \(name)")
      }
      for (name, playlist) in try asset.playlists("audio") {
        let result = try Peer.decode(playlist)
        #expect(result.succeeded && result.errors.isEmpty, "\(fixture) \(name): \(result)")
      }
      #expect(try !asset.renditions().isEmpty)
      #expect(FileManager.default.fileExists(atPath: asset.master))
    }

    /// (clip, planned frames, each video rendition's `width,height,sample aspect,format,fields`)
    static let pictures: [(String, Int, [String: String])] = [
      ("holiday.mp4", 240, ["180p": "320,180,1:1", "90p": "160,90,1:1"]),
      ("film-2.39.mp4", 120, ["180p": "320,134,1:1", "90p": "160,68,1:1"]),
      ("59.94.mp4", 180, ["180p": "320,180,1:1", "90p": "160,90,1:1"]),
      ("anamorphic.mp4", 75, ["180p": "320,180,1:1", "90p": "160,90,1:1"]),
      ("rotated-180.mp4", 75, ["180p": "320,180,1:1", "90p": "160,90,1:1"]),
      ("10bit.mkv", 50, ["180p": "320,180,1:1", "90p": "160,90,1:1"]),
    ]

    @Test(.enabled(if: Peer.hasFFmpeg, "needs ffmpeg and ffprobe"), arguments: pictures)
    func fitsThePictureIntoItsBoxes(_ fixture: String, _ frames: Int, _ wanted: [String: String]) throws {
      let asset = try Packaged.asset(fixture)
      var found: [String: String] = [:]
      for (name, playlist) in try asset.playlists("video") {
        let all = try Peer.picture(playlist)
        found[name] = all.split(separator: ",").prefix(3).joined(separator: ",")
        #expect(all.contains("yuv420p") && !all.contains("yuv420p10"), "\(all)")
        #expect(try Peer.frames(playlist) == frames)
      }
      #expect(found == wanted)
    }

    /// Turned and mirrored clips come out as ffmpeg shows the source: near to it, and far from it upside down.
    @Test(
      .enabled(if: Peer.hasFFmpeg, "needs ffmpeg and ffprobe"),
      arguments: ["vfr-phone.mp4", "rotated-180.mp4", "mirrored.mp4", "holiday.mp4"])
    func picturesAreUpright(_ fixture: String) throws {
      let asset = try Packaged.asset(fixture)
      let largest = try #require(try asset.playlists("video").first { $0.name == "180p" })
      let size = fixture == "vfr-phone.mp4" ? "9:16" : "16:9"
      let made = try Peer.thumbnails(largest.path, size: size)
      let source = try Peer.thumbnails(Fixture.path(fixture), size: size)
      let turned = try Peer.thumbnails(Fixture.path(fixture), size: size, filters: "hflip,")
      try #require(made.count > 12 && source.count > 12 && turned.count > 12)
      let near = difference(made[12], source[12])
      #expect(near < 12, "\(fixture): \(near)")
      #expect(near * 2 < difference(made[12], turned[12]), "\(fixture): \(near)")
    }

    /// The flash in the pictures and the beep in the sound are where they were in the source: at full seconds.
    @Test(.enabled(if: Peer.hasFFmpeg, "needs ffmpeg and ffprobe"), arguments: ["fmp4", "ts"])
    func flashAndBeepStayTogether(_ segments: String) throws {
      let asset = try Packaged.asset("holiday.mp4", segments)
      let video = try #require(try asset.playlists("video").first { $0.name == "90p" })
      let white = try Peer.thumbnails(video.path, size: "16:9").map { mean($0) > 215 }
      #expect(white.count == 240)
      for (frame, isWhite) in white.enumerated() where isWhite != (frame % 30 < 3) {
        Issue.record("frame \(frame) is \(isWhite ? "" : "not ")white")
      }
      guard segments == "fmp4" else { return }
      let audio = try #require(try asset.playlists("audio").first)
      let sound = try Peer.sound(audio.path)
      try #require((383_000...385_000).contains(sound.count), "\(sound.count) samples")
      for second in 1..<8 {
        let from = second * 48000 - 24000
        let onset = sound[from..<min(from + 48000, sound.count)].firstIndex { abs(Int($0)) > 3000 } ?? 0
        // Within one audio frame (A 8.22).
        #expect(abs(onset - second * 48000) < 1024, "beep \(second) at sample \(onset)")
      }
    }

    /// Uneven pictures keep their times: a flash is at most one frame from its second.
    @Test(.enabled(if: Peer.hasFFmpeg, "needs ffmpeg and ffprobe"))
    func aPhoneClipKeepsItsTimes() throws {
      let asset = try Packaged.asset("vfr-phone.mp4")
      let video = try #require(try asset.playlists("video").first { $0.name == "90p" })
      let white = try Peer.thumbnails(video.path, size: "9:16").map { mean($0) > 215 }
      #expect((149...152).contains(white.count), "\(white.count)")
      let begins = white.indices.filter { white[$0] && ($0 == 0 || !white[$0 - 1]) }
      #expect(begins.count == 5, "\(begins)")
      for (second, frame) in begins.enumerated() {
        #expect(abs(frame - second * 30) <= 1, "flash \(second) at frame \(frame)")
      }
    }

    /// Every object is listed in `asset.json` with its bytes and its hash, and nothing else is there.
    @Test(arguments: [("holiday.mp4", "fmp4"), ("two-languages.mkv", "ts")])
    func theInventoryIsTheTree(_ fixture: String, _ segments: String) throws {
      let asset = try Packaged.asset(fixture, segments)
      let objects = try #require(try asset.document()["objects"] as? [[String: Any]])
      let keys = try objects.map { try #require($0["key"] as? String) }
      let present = TreeDump.files(asset.tree)
      #expect(Set(keys).union(["packaged/clip/asset.json"]) == Set(present))
      for object in objects {
        let key = try #require(object["key"] as? String)
        let path = asset.path(key)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path)).count
        #expect(object["bytes"] as? Int == bytes, "\(key)")
        let hash = try Shell.run("sha256sum", [path]).output.prefix(64)
        #expect(object["sha256"] as? String == String(hash), "\(key)")
        let cache = try #require(object["cache_control"] as? String)
        #expect(
          cache.contains("immutable")
            == (key.hasSuffix(".m4s") || key.hasSuffix(".ts") || key.hasSuffix(".mp4")))
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: asset.tree)
      #expect(Set(names).subtracting([".rung"]) == ["packaged"])
    }

    private func mean(_ pixels: [UInt8]) -> Int { pixels.reduce(0) { $0 + Int($1) } / max(1, pixels.count) }

    private func difference(_ a: [UInt8], _ b: [UInt8]) -> Int {
      zip(a, b).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) } / max(1, min(a.count, b.count))
    }
  }
}
