import Foundation
import Media
import Planning
import Testing

/// `ladder.schema.json` and the decoder say the same.
@Suite struct LadderSchemaTests {
  private let schema: [String: Any]

  init() throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: checkoutLadders + "/ladder.schema.json"))
    schema = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  private func object(_ path: String...) throws -> [String: Any] {
    var current = schema
    for key in path { current = try #require(current[key] as? [String: Any], "\(path)") }
    return current
  }

  private func keys(_ object: [String: Any]) throws -> Set<String> {
    #expect(object["additionalProperties"] as? Bool == false)
    return Set(try #require(object["properties"] as? [String: Any]).keys)
  }

  @Test func theKeysAgree() throws {
    #expect(try keys(schema) == Set(Ladder.Key.allCases.map(\.rawValue)))
    #expect(try keys(object("properties", "rungs", "items")) == Set(LadderRung.Key.allCases.map(\.rawValue)))
    #expect(try keys(object("properties", "audio", "items")) == Set(AudioTarget.Key.allCases.map(\.rawValue)))
    #expect(try keys(object("properties", "images")) == Set(LadderImages.Key.allCases.map(\.rawValue)))
    #expect(
      try keys(object("properties", "images", "properties", "poster"))
        == Set(LadderImages.PosterKey.allCases.map(\.rawValue)))
    #expect(
      try keys(object("properties", "images", "properties", "thumbnails"))
        == Set(LadderImages.ThumbnailsKey.allCases.map(\.rawValue)))
    #expect(
      try keys(object("properties", "images", "properties", "storyboard"))
        == Set(LadderImages.StoryboardKey.allCases.map(\.rawValue)))
  }

  /// What the schema requires is what the decoder misses: each key in turn is taken out of a full ladder.
  @Test func theRequiredKeysAgree() throws {
    let full = try JSONSerialization.jsonObject(with: Data(Ladder.sample.canonicalJSON.utf8))
    let ladder = try #require(full as? [String: Any])
    func missing(_ change: (String) throws -> [String: Any], _ keys: [String]) throws -> Set<String> {
      var found: Set<String> = []
      for key in keys {
        let data = try JSONSerialization.data(withJSONObject: change(key))
        do { _ = try LadderDecoder.decode(data, file: "f") } catch { found.insert(key) }
      }
      return found
    }
    func list(_ object: [String: Any]) -> Set<String> { Set(object["required"] as? [String] ?? []) }
    #expect(
      try missing({ key in ladder.filter { $0.key != key } }, Ladder.Key.allCases.map(\.rawValue))
        == list(schema))
    for (name, keys) in [
      ("rungs", LadderRung.Key.allCases.map(\.rawValue)), ("audio", AudioTarget.Key.allCases.map(\.rawValue)),
    ] {
      let found = try missing(
        { key in
          var changed = ladder
          var elements = try #require(changed[name] as? [[String: Any]])
          elements[0][key] = nil
          changed[name] = elements
          return changed
        }, keys)
      #expect(try found == list(object("properties", name, "items")))
    }
  }

  @Test func theLayoutSlotsAgree() throws {
    let slots = try keys(object("properties", "layout"))
    for slot in Layout.Slot.allCases {
      let text =
        #"{"name":"x","outputs":["hls"],"rungs":[{"name":"a","width":64,"height":64,"bitrate":10000}],"#
        + #""layout":{"\#(slot.rawValue)":7}}"#
      let failure = #expect(throws: LadderFailure.self) {
        try LadderDecoder.decode(Data(text.utf8), file: "f")
      }
      let isKnown = failure?.message.hasSuffix("has to be a text, not a number") == true
      #expect(isKnown == slots.contains(slot.rawValue), "\(slot)")
    }
  }

  @Test func theChoicesAgree() throws {
    func choices(_ object: [String: Any]) -> [String] { object["enum"] as? [String] ?? [] }
    #expect(try choices(object("properties", "outputs", "items")) == Ladder.Made.outputs.map(\.rawValue))
    #expect(try choices(object("properties", "segments")) == Ladder.Made.segments.map(\.rawValue))
    #expect(try choices(object("properties", "addressing")) == Ladder.Made.addressing.map(\.rawValue))
    #expect(try choices(object("properties", "copy")) == Ladder.Made.copy.map(\.rawValue))
    #expect(try choices(object("properties", "deinterlace")) == Ladder.Made.deinterlace.map(\.rawValue))
    #expect(try choices(object("properties", "rate_control")) == RateControl.allCases.map(\.rawValue))
    #expect(try choices(object("properties", "speed")) == Speed.allCases.map(\.rawValue))
    #expect(
      try choices(object("properties", "rungs", "items", "properties", "codec"))
        == Ladder.Made.videoCodecs.map(\.rawValue))
    let audio = try object("properties", "audio", "items", "properties")
    #expect((audio["codec"] as? [String: Any]).map(choices) == Ladder.Made.audioCodecs.map(\.rawValue))
    #expect((audio["channels"] as? [String: Any])?["enum"] as? [Int] == LadderLimits.audioChannels)
    #expect((audio["rate"] as? [String: Any])?["enum"] as? [Int] == LadderLimits.audioRates)
  }

  @Test func theRangesAgree() throws {
    func range(_ object: [String: Any]) throws -> ClosedRange<Double> {
      let least = try #require(object["minimum"] as? NSNumber).doubleValue
      return least...(try #require(object["maximum"] as? NSNumber).doubleValue)
    }
    func doubles(_ range: ClosedRange<Int>) -> ClosedRange<Double> {
      Double(range.lowerBound)...Double(range.upperBound)
    }
    #expect(try range(object("properties", "segment_seconds")) == LadderLimits.segmentSeconds)
    #expect(try range(object("properties", "gop_seconds")) == LadderLimits.gopSeconds)
    #expect(try range(object("properties", "quality")) == LadderLimits.quality)
    #expect(try range(object("properties", "loudness")) == LadderLimits.loudness)
    #expect(try range(object("properties", "buffer_seconds")) == LadderLimits.bufferSeconds)
    #expect(try range(object("properties", "part_bytes")) == doubles(LadderLimits.partBytes))
    #expect(try range(object("properties", "max_height")) == doubles(LadderLimits.side))
    for key in ["width", "height"] {
      #expect(
        try range(object("properties", "rungs", "items", "properties", key)) == doubles(LadderLimits.side))
    }
    for key in ["bitrate", "max_bitrate"] {
      #expect(
        try range(object("properties", "rungs", "items", "properties", key)) == doubles(LadderLimits.bitrate))
    }
    #expect(
      try range(object("properties", "audio", "items", "properties", "bitrate"))
        == doubles(LadderLimits.audioBitrate))
    let images: [(String, String, ClosedRange<Double>)] = [
      ("poster", "width", doubles(LadderLimits.imageSide)),
      ("poster", "height", doubles(LadderLimits.imageSide)),
      ("poster", "quality", doubles(LadderLimits.imageQuality)),
      ("thumbnails", "width", doubles(LadderLimits.imageSide)),
      ("thumbnails", "height", doubles(LadderLimits.imageSide)),
      ("thumbnails", "every_seconds", LadderLimits.imageSeconds),
      ("thumbnails", "most", doubles(LadderLimits.thumbnails)),
      ("thumbnails", "quality", doubles(LadderLimits.imageQuality)),
      ("storyboard", "width", doubles(LadderLimits.tileSide)),
      ("storyboard", "columns", doubles(LadderLimits.tiles)),
      ("storyboard", "rows", doubles(LadderLimits.tiles)),
      ("storyboard", "every_seconds", LadderLimits.imageSeconds),
    ]
    for (picture, key, limits) in images {
      #expect(
        try range(object("properties", "images", "properties", picture, "properties", key)) == limits,
        "\(picture).\(key)")
    }
    #expect(try object("properties", "rungs")["maxItems"] as? Int == LadderLimits.rungs)
    #expect(try object("properties", "audio")["maxItems"] as? Int == LadderLimits.audio)
  }

  @Test func theDefaultsAgree() throws {
    let ladder = Ladder.sample
    let properties = try object("properties")
    func standard(_ key: String) -> Any? { (properties[key] as? [String: Any])?["default"] }
    let canonical = try JSONSerialization.jsonObject(with: Data(ladder.canonicalJSON.utf8))
    var values = try #require(canonical as? [String: Any])
    // Written only where they are not what is usual.
    values["subtitles"] = ladder.subtitles
    values["hdr"] = ladder.hdr.rawValue
    for key in Ladder.Key.allCases.map(\.rawValue) where key != "max_frame_rate" {
      guard let standard = standard(key) as? NSObject else { continue }
      #expect(standard == values[key] as? NSObject, "\(key)")
    }
    #expect(standard("max_frame_rate") as? Int == 60 && ladder.maxFrameRate == Rational(60, 1))
  }
}
