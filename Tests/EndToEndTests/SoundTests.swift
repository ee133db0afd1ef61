internal import Foundation
internal import TestKit
internal import Testing

extension EndToEnd {
  /// Groups, languages, broken tracks and covers, as other people's tools see them.
  @Suite(.enabled(if: Peer.hasFFmpeg, "needs ffmpeg and ffprobe")) struct SoundTests {
    private static let ladder = Checkout.path("Tests/EndToEndTests/Ladders/surround.json")

    private func make(_ path: String, _ arguments: [String]) throws {
      let result = try Shell.run("ffmpeg", ["-nostdin", "-v", "error"] + arguments + [path])
      try #require(result.succeeded, "\(result)")
    }

    private func package(_ path: String, _ folder: TemporaryFolder, _ more: [String] = []) throws -> Asset {
      let asset = Asset(tree: folder.file("tree"), id: "clip")
      let result = try Rung.package(path, into: asset.tree, ladder: Self.ladder, more)
      try #require(result.exit == 0, "\(result)")
      let verified = try Rung.run(["verify", asset.tree, "--deep"])
      #expect(verified.exit == 0, "\(verified)")
      if let checker = Checker.path {
        let checked = try Shell.run("python3", [checker, asset.master, "--deep", "--root", asset.tree])
        #expect(checked.exit == 0, "\(checked)")
      }
      return asset
    }

    /// `codec,channels` of a playlist's sound.
    private func sound(_ playlist: String) throws -> String {
      let result = try Shell.run(
        "ffprobe",
        [
          "-v", "error", "-select_streams", "a", "-show_entries", "stream=codec_name,channels", "-of",
          "csv=p=0", playlist,
        ])
      return result.output.split(whereSeparator: \.isNewline).first
        .map { $0.trimmingCharacters(in: CharacterSet(charactersIn: ",")) } ?? ""
    }

    private static let surround =
      "aevalsrc=0.1*sin(440*2*PI*t)|0.1*sin(550*2*PI*t)|0.2*sin(660*2*PI*t)|0.1*sin(50*2*PI*t)"
      + "|0.1*sin(770*2*PI*t)|0.1*sin(880*2*PI*t)|0.1*sin(990*2*PI*t)|0.1*sin(1100*2*PI*t):c=7.1:d=2:s=48000"

    @Test(arguments: ["fmp4", "ts"])
    func surroundIsKeptInGroupsOfItsOwn(_ segments: String) throws {
      let folder = try TemporaryFolder()
      let path = folder.file("film.mkv")
      try make(
        path,
        [
          "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=2", "-f", "lavfi", "-i", Self.surround,
          "-f", "lavfi", "-i", "sine=300:d=2", "-map", "0", "-map", "1", "-map", "2", "-c:v", "libx264",
          "-preset", "ultrafast", "-c:a", "flac", "-metadata:s:a:0", "language=eng", "-metadata:s:a:1",
          "language=eng", "-disposition:a:1", "visual_impaired",
        ])
      let asset = try package(path, folder, ["--segments", segments])
      let playlists = try asset.playlists("audio")
      let seen = try playlists.map { "\($0.name) \(try sound($0.path))" }
      #expect(
        seen == [
          "audio-aac-2-en aac,2", "audio-aac-2-en-2 aac,2", "audio-ac3-6-en ac3,6",
          "audio-eac3-6-en eac3,6",
        ])
      let master = try asset.text(asset.master)
      let variants = master.split(separator: "\n").filter { $0.contains("RESOLUTION=160x90,FRAME-RATE") }
      #expect(variants.count == 3)
      // The description is in each group, in stereo.
      for codecs in ["mp4a.40.2", "ac-3,mp4a.40.2", "ec-3,mp4a.40.2"] {
        #expect(variants.contains { $0.contains("CODECS=\"avc1.64000b,\(codecs)\"") }, "\(variants)")
      }
      let media = master.split(separator: "\n").filter { $0.hasPrefix("#EXT-X-MEDIA") }
      #expect(media.count { $0.contains("CHANNELS=\"6\"") && $0.contains("DEFAULT=YES") } == 2)
      let described = "AUTOSELECT=YES,CHARACTERISTICS=\"public.accessibility.describes-video\",CHANNELS=\"2\""
      #expect(media.count { $0.contains("DEFAULT=NO,\(described)") } == 3, "\(media)")
      if segments == "fmp4" {
        let manifest = try asset.text("\(asset.folder)/hls/manifest.mpd")
        let accessible =
          "<Accessibility schemeIdUri=\"urn:tva:metadata:cs:AudioPurposeCS:2007\" value=\"1\"/>"
        #expect(manifest.components(separatedBy: accessible).count == 2)
      }
      let document = try asset.document()
      let source = try #require(document["source"] as? [String: Any])
      let tracks = try #require(source["audio"] as? [[String: Any]])
      for track in tracks {
        let loudness = try #require(track["loudness"] as? [String: Any])
        #expect(loudness["integrated"] is Double && loudness["true_peak"] is Double)
      }
      for rendition in try asset.renditions() where rendition["kind"] as? String == "audio" {
        #expect(rendition["gain"] is NSNumber, "\(rendition)")
      }
    }

    /// It stays as it is, and how loud that is is said.
    @Test func copiedSoundIsMeasuredWhereTheLadderWantsALoudness() throws {
      let folder = try TemporaryFolder()
      let asset = Asset(tree: folder.file("tree"), id: "clip")
      let result = try Rung.package(
        Fixture.path("holiday.mp4"), into: asset.tree, ladder: Self.ladder, ["--copy"])
      try #require(result.exit == 0, "\(result)")
      let sound = try asset.renditions().filter { $0["kind"] as? String == "audio" }
      #expect(sound.count == 1 && sound.first?["copied"] as? Bool == true, "\(sound)")
      let source = try #require(try asset.document()["source"] as? [String: Any])
      let track = try #require((source["audio"] as? [[String: Any]])?.first)
      let found = try #require((track["loudness"] as? [String: Any])?["integrated"] as? Double)
      #expect(
        abs(found + 20) <= 1 || result.errors.contains("it is copied and stays at"), "\(found) \(result)")
    }

    /// Every packet of the second track is noise, and one in five of the first.
    @Test func brokenTracksDoNotEndTheJob() throws {
      let folder = try TemporaryFolder()
      let path = folder.file("broken.mkv")
      try make(
        path,
        [
          "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=4", "-f", "lavfi", "-i",
          "sine=300:d=4", "-map", "0", "-map", "1", "-map", "1", "-c:v", "libx264", "-preset", "ultrafast",
          "-c:a", "ac3", "-bsf:a:0", "noise=amount=not(mod(n\\,5))*20", "-bsf:a:1", "noise=amount=20",
        ])
      let asset = try package(path, folder)
      #expect(try asset.playlists("audio").map(\.name) == ["audio-aac-2-und"])
      let source = try #require(try asset.document()["source"] as? [String: Any])
      let tracks = try #require(source["audio"] as? [[String: Any]])
      #expect((tracks.first?["damaged_packets"] as? Int ?? 0) > 10, "\(tracks)")
      // Alone, neither will do.
      for stream in ["0:1", "0:2"] {
        let alone = folder.file("alone.mka")
        try make(alone, ["-y", "-i", path, "-map", stream, "-c", "copy"])
        let result = try Rung.package(
          alone, into: folder.file("alone-\(stream.suffix(1))"), ladder: Self.ladder)
        #expect(result.exit == 1 && result.errors.contains("be decoded"), "\(result)")
      }
    }

    @Test(arguments: ["flac", "mp3", "m4a"])
    func theCoverOfSoundIsItsPoster(_ ending: String) throws {
      let folder = try TemporaryFolder()
      let cover = folder.file("cover.png")
      try make(cover, ["-f", "lavfi", "-i", "color=red:size=200x200", "-frames:v", "1"])
      let path = folder.file("song.\(ending)")
      try make(
        path,
        [
          "-f", "lavfi", "-i", "sine=440:d=2", "-i", cover, "-map", "0", "-map", "1", "-c:v", "mjpeg",
          "-pix_fmt", "yuvj420p", "-disposition:v:0", "attached_pic",
        ])
      let asset = try package(path, folder)
      let document = try asset.document()
      let images = try #require(document["images"] as? [[String: Any]])
      #expect(images.compactMap { $0["kind"] as? String } == ["poster"])
      #expect(images.first?["width"] as? Int == 180 && images.first?["height"] as? Int == 180)
      let colour = try #require(document["dominant_color"] as? String)
      #expect(colour.hasPrefix("#f") && colour.hasSuffix("00"), "\(colour)")
      #expect(try asset.playlists("video").isEmpty && asset.playlists("audio").count == 1)
    }
  }
}
