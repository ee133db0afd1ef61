internal import Foundation
internal import TestKit
internal import Testing

extension EndToEnd {
  /// Posters, thumbnails and storyboards of odd clips, as other people's tools see them.
  @Suite struct PicturesTests {
    static let ladder = Checkout.path("Tests/EndToEndTests/Ladders/pictures.json")

    /// (clip, poster, thumbnail, tile)
    static let clips: [(String, String, String, String)] = [
      ("vfr-phone.mp4", "180,320", "90,160", "46x80"), ("pal-interlaced.ts", "320,180", "160,90", "80x46"),
      ("anamorphic.mp4", "320,180", "160,90", "80x46"), ("hdr10.mkv", "320,180", "160,90", "80x46"),
      ("film-2.39.mp4", "320,134", "160,68", "80x34"), ("single-picture.mp4", "320,180", "160,90", "80x46"),
    ]

    private func make(_ fixture: String, in folder: TemporaryFolder) throws -> Asset {
      let result = try Rung.package(Fixture.path(fixture), into: folder.path, ladder: Self.ladder)
      try #require(result.exit == 0, "\(fixture): \(result)")
      return Asset(tree: folder.path, id: "clip")
    }

    private func seen(_ path: String) throws -> String {
      let result = try Shell.run(
        "ffprobe",
        [
          "-v", "error", "-show_entries", "stream=codec_name,width,height,sample_aspect_ratio,pix_fmt",
          "-of", "csv=p=0", path,
        ])
      try #require(result.succeeded, "\(result)")
      return result.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @Test(.enabled(if: Peer.hasFFmpeg, "needs ffmpeg and ffprobe"), arguments: clips)
    func fitsItsBoxUpright(_ fixture: String, _ poster: String, _ thumbnail: String, _ tile: String) throws {
      let folder = try TemporaryFolder()
      let asset = try make(fixture, in: folder)
      let images = "\(asset.folder)/images"
      #expect(try seen("\(images)/poster.jpg") == "mjpeg,\(poster),1:1,yuvj420p", "\(fixture)")
      #expect(try seen("\(images)/thumb-00001.jpg") == "mjpeg,\(thumbnail),1:1,yuvj420p", "\(fixture)")
      let playlist = try asset.text("\(images)/storyboard.m3u8")
      #expect(playlist.contains("RESOLUTION=\(tile),"), "\(fixture): \(playlist)")
      let verified = try Rung.run(["verify", asset.tree, "--deep"])
      #expect(verified.exit == 0, "\(fixture): \(verified)")
      // Nothing but pictures and what names them, and each is listed.
      let listed = try #require(try asset.document()["images"] as? [[String: Any]])
      let keys = Set(listed.compactMap { $0["key"] as? String })
      let pictures = TreeDump.files(images).filter { $0.hasSuffix(".jpg") }
      #expect(keys == Set(pictures.map { "packaged/clip/images/\($0)" }), "\(fixture)")
    }

    @Test func theBestThumbnailIsOneOfThemAndNoFlash() throws {
      let folder = try TemporaryFolder()
      let asset = try make("holiday.mp4", in: folder)
      let document = try asset.document()
      let colour = try #require(document["dominant_color"] as? String)
      #expect(colour.hasPrefix("#") && colour.count == 7 && colour != "#ffffff")
      let images = try #require(document["images"] as? [[String: Any]])
      let kinds = images.compactMap { $0["kind"] as? String }
      #expect(kinds == ["poster"] + Array(repeating: "thumbnail", count: 4) + ["storyboard", "storyboard"])
      let best = images.filter { $0["best"] as? Bool == true }.compactMap { $0["key"] as? String }
      try #require(best.count == 2)
      let bytes = try best.map { try Data(contentsOf: URL(fileURLWithPath: asset.path($0))) }
      #expect(bytes[0] == bytes[1])
      // The clip is white in the first tenth of every second.
      for image in images where image["kind"] as? String != "storyboard" {
        let at = try #require(image["at"] as? Double)
        #expect(at.truncatingRemainder(dividingBy: 1) > 0.0999, "\(image)")
      }
      let vtt = try asset.text("\(asset.folder)/images/storyboard.vtt")
      #expect(vtt.hasPrefix("WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nstoryboard-001.jpg#xywh=0,0,80,46\n"))
      #expect(vtt.hasSuffix("00:00:07.000 --> 00:00:08.000\nstoryboard-002.jpg#xywh=80,46,80,46\n"))
      let types = try #require(document["objects"] as? [[String: Any]])
      for object in types where (object["key"] as? String)?.hasSuffix(".jpg") == true {
        #expect(object["content_type"] as? String == "image/jpeg")
        #expect(object["cache_control"] as? String == "public, max-age=60, s-maxage=300")
      }
    }

    @Test func soundAloneHasNoPictures() throws {
      let folder = try TemporaryFolder()
      let asset = try make("audio-only.m4a", in: folder)
      #expect(try asset.document()["images"] == nil)
      #expect(!FileManager.default.fileExists(atPath: "\(asset.folder)/images"))
    }
  }
}
