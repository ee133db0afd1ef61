internal import Foundation
internal import TestKit
internal import Testing

extension EndToEnd {
  /// Text tracks, sidecars and chapters, from the source to the tree.
  @Suite struct SubtitleTests {
    /// The fixture with files beside it: in another encoding, for the deaf, broken, of another film.
    private func source(_ fixture: String, in folder: TemporaryFolder) throws -> String {
      let name = "film." + (fixture as NSString).pathExtension
      try FileManager.default.copyItem(atPath: Fixture.path(fixture), toPath: folder.file(name))
      try folder.write(
        "WEBVTT\n\n00:01.000 --> 00:02.500 line:10%\n<v Zoé>Ça &amp; là\n", "film.fr.sdh.vtt")
      try folder.write(
        Array("1\r\n00:00:01,000 --> 00:00:02,000\r\nOl".utf8) + [0xe1, 13, 10], "film.pt-BR.srt")
      try folder.write([0x61, 0, 0, 0x62], "film.it.srt")
      try folder.write("1\n00:00:00,000 --> 00:00:01,000\nx\n", "film.extended.en.srt")
      return folder.file(name)
    }

    private func texts(_ asset: Asset) throws -> String {
      try TreeDump.files(asset.folder).filter { $0.hasSuffix(".vtt") }
        .map { "\($0)\n\(try asset.text("\(asset.folder)/\($0)"))" }.joined(separator: "\n")
    }

    private func expectClean(_ asset: Asset) throws {
      let verified = try Rung.run(["verify", asset.tree, "--deep"])
      #expect(verified.exit == 0 && verified.output.contains("0 errors, 0 warnings"), "\(verified)")
    }

    @Test(arguments: ["fmp4", "ts"])
    func everyKind(_ segments: String) throws {
      let folder = try TemporaryFolder()
      let source = try source("subtitled.mkv", in: folder)
      let asset = Asset(tree: folder.file("tree"), id: "clip")
      let result = try Rung.package(source, into: asset.tree, ["--segments", segments])
      try #require(result.exit == 0, "\(result)")
      #expect(
        result.errors.contains(
          "subtitles film.it.srt: they are left out: it holds NUL bytes, so it is no text; save it as UTF-8"))
      #expect(
        result.errors.contains("subtitles film.pt-BR.srt: it is not UTF-8 and was read as Windows-1252"))
      try expectClean(asset)
      var document = try asset.document()
      for key in ["made_by", "ladder", "available_qualities", "preload"] { document[key] = nil }
      document["renditions"] = try asset.renditions().filter { $0["kind"] as? String == "text" }
      document["objects"] = (document["objects"] as? [[String: Any]])?.filter {
        ($0["content_type"] as? String) == "text/vtt"
      }
      Golden.expect(try JSON.pretty(document), "subtitles-\(segments)/asset.json")
      Golden.expect(try texts(asset), "subtitles-\(segments)/texts.txt")
      Golden.expect(
        try asset.text("\(asset.folder)/hls/master.m3u8").split(separator: "\n")
          .filter { $0.contains("SUBTITLES") }.map {
            $0.replacing(/BANDWIDTH=\d+/, with: "BANDWIDTH=N")
          }.joined(separator: "\n"), "subtitles-\(segments)/master.txt")
      // The same grid as the pictures.
      let lists = try (asset.playlists("text") + asset.playlists("video")).map { playlist in
        try asset.text(playlist.path).split(separator: "\n").filter {
          $0.hasPrefix("#EXTINF") || $0.hasPrefix("#EXT-X-TARGET")
        }
      }
      #expect(Set(lists).count == 1 && lists.count == 5, "\(lists)")
    }

    /// Edit lists let everything begin late; copied into MPEG-TS the cues are where they are in the source.
    @Test func copiesHaveThemToo() throws {
      let folder = try TemporaryFolder()
      let asset = Asset(tree: folder.path, id: "clip")
      let result = try Rung.package(
        Fixture.path("subtitled-late.mp4"), into: asset.tree, ["--copy", "--segments", "ts"])
      try #require(result.exit == 0, "\(result)")
      try expectClean(asset)
      let text = try texts(asset)
      #expect(
        text.contains("MPEGTS:900000,LOCAL:00:00:00.000\n\n00:00:00.5") && text.contains("Fish <i>&amp;</i>"))
    }

    @Test func aChangedSidecarIsNoticed() throws {
      let folder = try TemporaryFolder()
      let source = try source("subtitled.mkv", in: folder)
      let tree = folder.file("tree")
      try #require(try Rung.package(source, into: tree).exit == 0)
      #expect(try Rung.package(source, into: tree).errors.contains("is up to date"))
      try folder.write("WEBVTT\n\n00:01.000 --> 00:02.500\nautre\n", "film.fr.sdh.vtt")
      let changed = try Rung.package(source, into: tree)
      #expect(
        changed.exit == 0 && changed.errors.contains("other subtitle files beside the source"), "\(changed)")
      #expect(try texts(Asset(tree: tree, id: "clip")).contains("autre"))
      #expect(try Rung.package(source, into: tree).errors.contains("is up to date"))
    }

    @Test func aLadderCanDoWithout() throws {
      let folder = try TemporaryFolder()
      let tiny = try String(contentsOfFile: Rung.tiny, encoding: .utf8)
      let ladder = try folder.write(
        tiny.replacing("\"outputs\"", with: "\"subtitles\": false,\n  \"outputs\""), "l.json")
      let plan = try Rung.run(["plan", Fixture.path("subtitled.mkv"), "--ladder", ladder])
      #expect(
        plan.exit == 0 && plan.output.contains("subtitles 2 (en): the ladder makes no subtitles"), "\(plan)")
      #expect(!plan.output.contains("text-en"))
    }
  }
}
