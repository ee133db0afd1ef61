import Foundation
import Media
import Storing
import Testing

@Suite struct AssetDocumentTests {
  let madeBy = MadeBy(
    tool: "rung", version: "0.1.0", libraries: ["libavcodec": "59.37.100", "libx264": "164"])
  let ladder = #"{ "segment_seconds": 6, "name": "default", "gop_seconds": 2.0 }"#
  let hash = String(repeating: "0f", count: 32)

  var source: SourceReport {
    var report = SourceReport(name: "hol\"iday.mov", bytes: 12_345, format: "mp4")
    report.duration = MediaTime(300_300, Rational(1, 30_000))
    var common = StreamFacts(index: 0, codec: "h264", timebase: Rational(1, 30_000))
    (common.profile, common.level) = ("High", "4.0")
    var video = VideoStream(common: common, codedSize: PictureSize(1920, 1080))
    video.frameRate = Rational(30_000, 1001)
    video.isConstantFrameRate = true
    video.fieldOrder = .progressive
    video.pixelFormat = "yuv420p"
    video.colour = .bt709
    report.video = [video]
    var sound = StreamFacts(index: 1, codec: "aac", timebase: Rational(1, 48_000))
    sound.language = "en"
    report.audio = [AudioStream(common: sound, channels: 2, layout: "stereo", sampleRate: 48_000)]
    report.faults = [Fault(code: "truncated", message: "the file ends early")]
    return report
  }

  var video: RenditionRecord {
    var record = RenditionRecord(
      name: "480p", kind: .video, codecs: "avc1.4d401e", playlist: "packaged/a/hls/480p/index.m3u8",
      version: "1a2b3c4d", duration: MediaTime(300, Rational(1001, 30_000)))
    record.iframePlaylist = "packaged/a/hls/480p/iframes.m3u8"
    (record.segments, record.bytes, record.targetDuration) = (2, 1_000_000, 6)
    (record.peakBitrate, record.averageBitrate, record.plannedBitrate) = (900_000, 799_201, 800_000)
    (record.iframePeakBitrate, record.iframeAverageBitrate) = (90_000, 80_000)
    (record.size, record.frameRate) = (PictureSize(854, 480), Rational(30_000, 1001))
    (record.bitDepth, record.videoRange) = (8, "SDR")
    return record
  }

  var audio: RenditionRecord {
    var record = RenditionRecord(
      name: "audio-aac-2-en", kind: .audio, codecs: "mp4a.40.2",
      playlist: "packaged/a/hls/audio-aac-2-en/index.m3u8", version: "00000000",
      duration: MediaTime(480_480, Rational(1, 48_000)))
    (record.group, record.language, record.label) = ("audio-aac-2", "en", "English")
    (record.channels, record.sampleRate, record.isDefault) = (2, 48_000, true)
    return record
  }

  func document() throws -> AssetDocument {
    let objects = ["packaged/a/hls/master.m3u8", "packaged/a/hls/480p/index.m3u8"].map {
      InventoryEntry(key: $0, bytes: 7, sha256: hash, contentType: .playlist, cacheControl: .short)
    }
    return try AssetDocument(
      id: "a", source: source, sourceSHA256: hash, ladder: ladder, renditions: [video, audio],
      objects: objects, madeBy: madeBy)
  }

  var schemaPath: String {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    return tests.appendingPathComponent("../../Sources/Storing/Schemas/asset.schema.json").path
  }

  @Test func preloadsTheLowestAndTheUsualRung() throws {
    var records: [RenditionRecord] = []
    for (name, size) in [
      ("1080p", PictureSize(1080, 1920)), ("720p", PictureSize(720, 1280)), ("240p", PictureSize(240, 426)),
    ] {
      var record = video
      (record.name, record.size) = (name, size)
      record.head = [MediaHead(key: "a/\(name).mp4", bytes: 700)]
      record.file = "a/\(name).mp4"
      record.playlist = ""
      records.append(record)
    }
    let text = try AssetDocument(
      id: "a", source: source, sourceSHA256: hash, ladder: ladder, renditions: records, objects: [],
      madeBy: madeBy, pictures: PicturesRecord(dominantColour: "#0a1b2c")
    ).text
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let preload = try #require(object["preload"] as? [[String: Any]])
    #expect(preload.map { $0["rendition"] as? String } == ["240p", "720p"])
    #expect((preload[0]["objects"] as? [[String: Any]])?.first?["key"] as? String == "a/240p.mp4")
    #expect(object["dominant_color"] as? String == "#0a1b2c")
    let renditions = try #require(object["renditions"] as? [[String: Any]])
    #expect(renditions.allSatisfy { $0["playlist"] == nil && $0["file"] != nil })
  }

  @Test func theWholeText() throws {
    #expect(
      try document().text == """
        {
          "schema": 1,
          "id": "a",
          "source": {
            "name": "hol\\"iday.mov",
            "bytes": 12345,
            "sha256": "\(hash)",
            "format": "mp4",
            "duration": 10.010000,
            "video": {
              "codec": "h264",
              "profile": "High",
              "level": "4.0",
              "width": 1920,
              "height": 1080,
              "displayed_width": 1920,
              "displayed_height": 1080,
              "rotation": 0,
              "frame_rate": 29.970,
              "constant_frame_rate": true,
              "field_order": "progressive",
              "pixel_format": "yuv420p",
              "bit_depth": 8,
              "color_primaries": 1,
              "color_transfer": 1,
              "color_matrix": 1,
              "full_range": false
            },
            "audio": [
              { "codec": "aac", "channels": 2, "layout": "stereo", "sample_rate": 48000, "language": "en" }
            ],
            "faults": ["truncated"]
          },
          "ladder": {
            "segment_seconds": 6,
            "name": "default",
            "gop_seconds": 2.0
          },
          "available_qualities": [
            { "name": "480p", "width": 854, "height": 480, "bitrate": 799201, "peak_bitrate": 900000 }
          ],
          "aspect_ratio": "16:9",
          "preload": [
            {
              "rendition": "480p",
              "objects": []
            }
          ],
          "renditions": [
        \(video480)
        \(audioAAC)
          ],
          "objects": [
            { "key": "packaged/a/hls/480p/index.m3u8", "bytes": 7, "sha256": "\(hash)", \(typed) },
            { "key": "packaged/a/hls/master.m3u8", "bytes": 7, "sha256": "\(hash)", \(typed) }
          ],
          "made_by": {
            "tool": "rung",
            "version": "0.1.0",
            "libraries": {
              "libavcodec": "59.37.100",
              "libx264": "164"
            }
          }
        }

        """)
  }

  let typed =
    #""content_type": "application/vnd.apple.mpegurl", "cache_control": "public, max-age=60, s-maxage=300""#
  let video480 =
    #"    { "name": "480p", "kind": "video", "codecs": "avc1.4d401e", "#
    + #""playlist": "packaged/a/hls/480p/index.m3u8", "iframe_playlist": "packaged/a/hls/480p/iframes.m3u8", "#
    + #""version": "1a2b3c4d", "segments": 2, "bytes": 1000000, "duration": 10.010000, "target_duration": 6, "#
    + #""peak_bitrate": 900000, "average_bitrate": 799201, "planned_bitrate": 800000, "#
    + #""iframe_peak_bitrate": 90000, "iframe_average_bitrate": 80000, "width": 854, "height": 480, "#
    + #""frame_rate": 29.970, "bit_depth": 8, "video_range": "SDR" },"#
  let audioAAC =
    #"    { "name": "audio-aac-2-en", "kind": "audio", "codecs": "mp4a.40.2", "#
    + #""playlist": "packaged/a/hls/audio-aac-2-en/index.m3u8", "version": "00000000", "segments": 0, "#
    + #""bytes": 0, "duration": 10.010000, "target_duration": 0, "peak_bitrate": 0, "average_bitrate": 0, "#
    + #""group": "audio-aac-2", "language": "en", "label": "English", "channels": 2, "sample_rate": 48000, "#
    + #""default": true }"#

  @Test func documentsFollowTheSchema() throws {
    let bytes = try #require(FileManager.default.contents(atPath: schemaPath))
    let checker = SchemaChecker(root: try JSONValue.parse(Array(bytes)))
    #expect(checker.check(try JSONValue.parse(try document().text)) == [])
    // The least that a document can hold.
    let least = try AssetDocument(
      id: "a", source: SourceReport(name: "a", bytes: 0, format: "wav"), sourceSHA256: hash, ladder: "{}",
      renditions: [], objects: [], madeBy: MadeBy(tool: "rung", version: "1", libraries: [:]))
    #expect(checker.check(least.value) == [])
  }

  @Test func picturesAreListed() throws {
    let bytes = try #require(FileManager.default.contents(atPath: schemaPath))
    let checker = SchemaChecker(root: try JSONValue.parse(Array(bytes)))
    let second = MediaTime(3, Rational(1, 2))
    let images = [
      ImageRecord(kind: .poster, key: "p/a.jpg", size: PictureSize(640, 360), time: second),
      ImageRecord(kind: .thumbnail, key: "p/b.jpg", size: PictureSize(64, 36), time: .zero, isBest: true),
    ]
    let document = try AssetDocument(
      id: "a", source: SourceReport(name: "a", bytes: 0, format: "wav"), sourceSHA256: hash, ladder: "{}",
      renditions: [], objects: [], madeBy: MadeBy(tool: "rung", version: "1", libraries: [:]),
      pictures: PicturesRecord(dominantColour: "#c81e28", images: images))
    #expect(checker.check(document.value) == [])
    #expect(document.text.contains("\"dominant_color\": \"#c81e28\""))
    #expect(
      document.text.contains(
        #"{ "kind": "poster", "key": "p/a.jpg", "width": 640, "height": 360, "at": 1.500000 },"#))
    #expect(
      document.text.contains(
        #"{ "kind": "thumbnail", "key": "p/b.jpg", "width": 64, "height": 36, "at": 0.000000, "best": true }"#
      ))
  }

  @Test(arguments: [
    (#""id": "a""#, #""id": "../a""#, "$.id: not by the pattern"),
    (#""schema": 1"#, #""schema": 2"#, "$.schema: not 1"),
    (#""bytes": 12345"#, #""bytes": "many""#, "$.source.bytes: not of type \"integer\""),
    (#""bytes": 12345"#, #""bytes": -1"#, "$.source.bytes: below the minimum"),
    (#""rotation": 0"#, #""rotation": 45"#, "$.source.video.rotation: not one of the enum"),
    (#""kind": "audio", "#, "", "$.renditions[1]: no \"kind\""),
    (#""tool": "rung""#, #""tool": "rung", "clock": 1"#, "$.made_by: clock is not in the schema"),
    (
      #""libavcodec": "59.37.100""#, #""libavcodec": 59"#,
      "$.made_by.libraries.libavcodec: not of type \"string\""
    ),
  ])
  func theSchemaRefuses(_ old: String, _ new: String, _ what: String) throws {
    let bytes = try #require(FileManager.default.contents(atPath: schemaPath))
    let checker = SchemaChecker(root: try JSONValue.parse(Array(bytes)))
    let text = try document().text.replacingOccurrences(of: old, with: new)
    #expect(checker.check(try JSONValue.parse(text)) == [what])
  }

  @Test func aLadderThatIsNone() {
    for ladder in ["", "[]", "{"] {
      #expect(throws: JSONFailure.self) {
        try AssetDocument(
          id: "a", source: source, sourceSHA256: hash, ladder: ladder, renditions: [], objects: [],
          madeBy: madeBy)
      }
    }
  }

  // MARK: Reading it again

  func write(_ text: String, _ folder: TemporaryFolder) throws -> ExistingAsset {
    try folder.write(text, to: "packaged/a/asset.json")
    return try Tree.open(folder.path).existingAsset(id: "a", assetKey: "packaged/a/asset.json")
  }

  @Test func whatIsKnownOfAnAsset() throws {
    let folder = try TemporaryFolder()
    let tree = try Tree.open(folder.path)
    #expect(try tree.existingAsset(id: "a", assetKey: "packaged/a/asset.json") == .none)
    let summary = try #require(write(document().text, folder).summary)
    #expect(summary.sourceName == "hol\"iday.mov")
    #expect(summary.sourceBytes == 12_345)
    #expect(summary.ladder == #"{"gop_seconds":2.0,"name":"default","segment_seconds":6}"#)
    #expect(summary.madeBy == madeBy)
    #expect(summary.objects.count == 2)
    #expect(summary.isOf(sourceSHA256: hash, ladder: ladder))
    #expect(!summary.isOf(sourceSHA256: hash, ladder: "{}"))
    #expect(!summary.isOf(sourceSHA256: String(repeating: "1", count: 64), ladder: ladder))
    #expect(try tree.missingObjects(of: summary) == summary.objects.map(\.key))
    try folder.write("1234567", to: "packaged/a/hls/master.m3u8")
    try folder.write("123456", to: "packaged/a/hls/480p/index.m3u8")
    #expect(try tree.missingObjects(of: summary) == ["packaged/a/hls/480p/index.m3u8"])
  }

  @Test func damagedDocuments() throws {
    let folder = try TemporaryFolder()
    let path = try Tree.open(folder.path).path("packaged/a/asset.json")
    let whole = try document().text
    func damaged(_ what: String) -> ExistingAsset { .damaged(path: path, what: what) }
    #expect(try write("", folder) == damaged("the text ends too early at byte 0"))
    #expect(try write(String(whole.dropLast(3)), folder) != .none)
    #expect(try write(String(whole.dropLast(3)), folder).summary == nil)
    let other = "it does not follow the schema of asset.json"
    #expect(try write("[]", folder) == damaged(other))
    let edits = [
      (#""schema": 1"#, #""schema": 2"#), (#""key": "packaged"#, #""key": "../packaged"#),
      (#""bytes": 7"#, #""bytes": -7"#), ("max-age=60", "max-age=61"), (#""made_by""#, #""made""#),
    ]
    for (old, new) in edits {
      #expect(whole.contains(old))
      #expect(try write(whole.replacingOccurrences(of: old, with: new), folder) == damaged(other))
    }
    #expect(
      try write(whole.replacingOccurrences(of: #""id": "a""#, with: #""id": "b""#), folder)
        == damaged("it is of the id b"))
  }

  @Test func aDamagedDocumentNeedsForce() throws {
    let folder = try TemporaryFolder()
    let asset = SampleAsset(layout: Layouts.single("a"), edition: 2)
    try SampleAsset(layout: Layouts.single("a"), edition: 3).make(in: folder.path, replacing: false)
    try folder.write("damaged", to: "packaged/a/asset.json")
    #expect(throws: StoreFailure.self) { try asset.make(in: folder.path, replacing: false) }
    try asset.make(in: folder.path, replacing: true)
    #expect(try visible(folder.path) == asset.expected())
  }
}
