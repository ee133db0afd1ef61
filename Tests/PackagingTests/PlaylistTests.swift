internal import Media
internal import TestKit
internal import Testing

@testable import Packaging

@Suite struct PlaylistTextTests {
  @Test(arguments: [
    ("a/b/seg-1.m4s", "a/b/index.m3u8", "seg-1.m4s"),
    ("a/b/720p/index.m3u8", "a/b/master.m3u8", "720p/index.m3u8"),
    ("media/1.ts", "lists/x/index.m3u8", "../../media/1.ts"),
    ("a/ümlaut #1?.ts", "a/i.m3u8", "%C3%BCmlaut%20%231%3F.ts"),
    ("a/http:x.ts", "a/i.m3u8", "http%3Ax.ts"),
    ("a/100%.ts", "a/i.m3u8", "100%25.ts"),
    ("a/\n\"x.ts", "a/i.m3u8", "%0A%22x.ts"),
  ])
  func references(_ key: String, _ base: String, _ expected: String) {
    #expect(PlaylistText.uri(key, from: base) == expected)
  }

  @Test(arguments: [
    ("English", "\"English\""), ("Director's \"cut\"", "\"Director's 'cut'\""),
    ("a\r\n#EXT-X-ENDLIST", "\"a  #EXT-X-ENDLIST\""),
    ("日本語", "\"日本語\""), ("\u{0}\u{7f}\u{85}", "\"   \""),
  ])
  func strings(_ text: String, _ expected: String) {
    // By scalars: Swift takes CR LF as one character.
    #expect(PlaylistText.quoted(text).unicodeScalars.elementsEqual(expected.unicodeScalars))
  }

  @Test(arguments: [
    ("en", "en"), ("pt-BR", "pt-BR"), ("deu", "deu"), ("zh-Hant-TW", "zh-Hant-TW"), ("", "und"), ("e", "und"),
    ("en\"", "und"), ("english", "und"), ("en-", "und"), ("en_US", "und"),
  ])
  func languages(_ tag: String, _ expected: String) {
    #expect(PlaylistText.language(tag) == expected)
    #expect(PlaylistText.language(nil) == "und")
  }

  @Test func languagesOfContainers() {
    #expect(LanguageCode.threeLetters("en-GB") == "eng")
    #expect(LanguageCode.threeLetters("de") == "deu")
    #expect(LanguageCode.threeLetters("fra") == "fra")
    for tag in [nil, "", "und-x", "e", "english", "\"en"] as [String?] {
      #expect(["und", nil].contains(LanguageCode.threeLetters(tag)))
    }
  }

  @Test func versions() {
    #expect(PlaylistFeatures([]).version == 1)
    #expect(PlaylistFeatures.decimalDurations.version == 3)
    #expect(PlaylistFeatures([.decimalDurations, .byteRanges]).version == 4)
    #expect(PlaylistFeatures([.decimalDurations, .iframesOnly]).version == 4)
    #expect(PlaylistFeatures([.iframesOnly, .map, .byteRanges]).version == 5)
    #expect(PlaylistFeatures([.map]).version == 6)
  }
}

@Suite struct MasterPlaylistTests {
  private func video(
    _ name: String, _ height: Int, _ peak: Int64, range: String = "SDR", codecs: String = "avc1.64001f"
  ) -> RenditionRecord {
    var record = RenditionRecord(
      name: name, kind: .video, codecs: codecs, playlist: "x/\(name)/index.m3u8", version: "0",
      duration: .zero)
    record.peakBitrate = peak
    record.averageBitrate = peak * 9 / 10
    record.size = PictureSize(height * 16 / 9, height)
    record.frameRate = Rational(24_000, 1001)
    record.videoRange = range
    record.iframePlaylist = "x/\(name)/iframes.m3u8"
    record.iframePeakBitrate = peak / 10
    record.iframeAverageBitrate = peak / 12
    return record
  }

  private func audio(
    _ name: String, group: String, codecs: String, channels: Int, language: String?, label: String,
    peak: Int64, isDefault: Bool
  ) -> RenditionRecord {
    var record = RenditionRecord(
      name: name, kind: .audio, codecs: codecs, playlist: "x/\(name)/index.m3u8", version: "0",
      duration: .zero)
    record.peakBitrate = peak
    record.averageBitrate = peak
    (record.group, record.channels, record.language, record.label) = (group, channels, language, label)
    record.isDefault = isDefault
    return record
  }

  private func captioned(_ record: RenditionRecord, _ channels: [String]) -> RenditionRecord {
    var record = record
    record.captions = channels
    return record
  }

  private func english(_ isDefault: Bool = true) -> RenditionRecord {
    audio(
      "a-en", group: "aac", codecs: "mp4a.40.2", channels: 2, language: "en", label: "English", peak: 130_000,
      isDefault: isDefault)
  }

  private func text(_ records: [RenditionRecord]) -> String {
    MasterPlaylist(key: "x/master.m3u8", records: records, version: 6).text()
  }

  @Test func goldens() {
    let cases: [(String, [RenditionRecord])] = [
      (
        "from the largest rung to the smallest",
        [video("720p", 720, 3_000_000), video("360p", 360, 800_000), english()]
      ),
      (
        "languages and a commentary, two said to be default",
        [
          video("360p", 360, 800_000), english(),
          audio(
            "a-fr", group: "aac", codecs: "mp4a.40.2", channels: 2, language: "fr", label: "Français",
            peak: 140_000, isDefault: true),
          audio(
            "a-en-2", group: "aac", codecs: "mp4a.40.2", channels: 2, language: "en", label: "English",
            peak: 120_000, isDefault: false),
        ]
      ),
      (
        "two groups, none default",
        [
          video("720p", 720, 3_000_000), english(false),
          audio(
            "s-en", group: "ac3", codecs: "ac-3", channels: 6, language: nil, label: "Surround\n\"5.1\"",
            peak: 400_000, isDefault: false),
        ]
      ),
      (
        "a group that lacks a language",
        [
          video("720p", 720, 3_000_000),
          audio(
            "s-en", group: "ac3", codecs: "ac-3", channels: 6, language: "en", label: "English",
            peak: 400_000, isDefault: true), english(false),
          audio(
            "a-de", group: "aac", codecs: "mp4a.40.2", channels: 2, language: "de", label: "German",
            peak: 140_000, isDefault: false),
        ]
      ),
      (
        "two groups that complete each other are one",
        [
          video("720p", 720, 3_000_000),
          audio(
            "s-en", group: "aac-6", codecs: "mp4a.40.2", channels: 6, language: "en", label: "English",
            peak: 400_000, isDefault: true),
          audio(
            "a-de", group: "aac-2", codecs: "mp4a.40.2", channels: 2, language: "de", label: "German",
            peak: 140_000, isDefault: false),
        ]
      ),
      (
        "one rung in HDR",
        [
          video("720p", 720, 3_000_000),
          video("720p-hdr", 720, 2_500_000, range: "PQ", codecs: "hvc1.2.4.L93.B0"),
        ]
      ),
      (
        "captions in one of two codecs",
        [
          captioned(video("720p", 720, 3_000_000), ["CC1", "SERVICE2"]),
          video("720p-hevc", 720, 2_500_000, codecs: "hvc1.1.6.L93.90"), english(),
        ]
      ),
      ("sound alone", [english()]),
      ("sound in every variant", [video("360p", 360, 900_000, codecs: "avc1.64001f,mp4a.40.2")]),
    ]
    let result = cases.map { "# \($0.0)\n\(text($0.1))" }
    Golden.expect(result.joined(separator: "\n"), "masters.txt")
  }

  @Test func theAverageNeverExceedsThePeak() {
    var record = video("360p", 360, 100)
    record.averageBitrate = 200
    #expect(text([record]).contains("BANDWIDTH=200,AVERAGE-BANDWIDTH=200"))
  }
}

@Suite struct MediaPlaylistTests {
  /// Segments that are ranges of one object: what addressing by byte range needs.
  @Test func rangesOfOneObject() throws {
    let timebase = Rational(1, 2)
    var rendition = WrittenRendition(
      name: "360p", formats: [try Samples.file("video-160").format], end: MediaTime(9, timebase))
    rendition.objects = [
      MediaObject(token: 0, bytes: 700, sha256: ""), MediaObject(token: 1, bytes: 5000, sha256: ""),
    ]
    rendition.initRange = MediaRange(object: 0, offset: 0, count: 700)
    rendition.segments = [
      WrittenSegment(range: MediaRange(object: 1, offset: 0, count: 3000), start: MediaTime(0, timebase)),
      WrittenSegment(range: MediaRange(object: 1, offset: 3000, count: 2000), start: MediaTime(4, timebase)),
    ]
    let playlist = MediaPlaylist(keys: ["a/init.mp4", "a/media.mp4"], rendition: rendition)
      .segments(key: "a/index.m3u8", targetDuration: 3)
    #expect(
      playlist.text == """
        #EXTM3U
        #EXT-X-VERSION:6
        #EXT-X-TARGETDURATION:3
        #EXT-X-MEDIA-SEQUENCE:0
        #EXT-X-PLAYLIST-TYPE:VOD
        #EXT-X-MAP:URI="init.mp4"
        #EXTINF:2.000000,
        #EXT-X-BYTERANGE:3000@0
        media.mp4
        #EXTINF:2.500000,
        #EXT-X-BYTERANGE:2000@3000
        media.mp4
        #EXT-X-ENDLIST

        """)
  }
}
