internal import Media

/// Writes the MPD over the CMAF segments of an asset: what was written and measured of each rendition comes in, the
/// text of a static manifest goes out (ISO/IEC 23009-1). Times are exact: `SegmentTimeline` holds the decode times
/// of the fragments in the track's own timescale.
///
/// Video has an adaptation set for each codec, sound one for each codec, channel count and language.
struct DashManifest {
  let key: String
  let layout: Layout
  let renditions: [(record: RenditionRecord, placed: PlacedRendition)]
  let targetDuration: Int

  /// Renditions between which a player may switch.
  private struct AdaptationSet {
    var family: String
    var members: [(record: RenditionRecord, placed: PlacedRendition)]
  }

  func text() -> String {
    var xml = MarkupWriter()
    let isIndexed = renditions.allSatisfy { $0.placed.media.indexRange != nil }
    let usesTemplates = renditions.allSatisfy { template($0.placed) != nil }
    let profile = isIndexed ? "isoff-on-demand" : usesTemplates ? "isoff-live" : "isoff-main"
    let end = renditions.map(\.placed.media.end).max() ?? .zero
    xml.element(
      "MPD",
      [
        ("xmlns", "urn:mpeg:dash:schema:mpd:2011"), ("type", "static"),
        ("profiles", "urn:mpeg:dash:profile:\(profile):2011"),
        ("mediaPresentationDuration", duration(end)), ("minBufferTime", "PT\(bufferSeconds)S"),
        ("maxSegmentDuration", "PT\(max(1, targetDuration + 1))S"),
      ]
    ) { xml in
      xml.element("Period", [("id", "0"), ("start", "PT0S"), ("duration", duration(end))]) { xml in
        for (index, set) in sets.enumerated() { write(set, number: index + 1, into: &xml) }
      }
    }
    return xml.text
  }

  /// Whole seconds with which, at a rendition's `bandwidth`, playing from any segment never stops (5.3.5.2).
  private var bufferSeconds: Int64 {
    let needed = renditions.map { rendition in
      let second = Rational(1, bandwidth(rendition.record))
      var most: Int64 = 0
      var now: Int64 = 0
      for (segment, length) in zip(
        rendition.placed.media.segments, rendition.placed.media.segmentMicroseconds)
      {
        now =
          max(0, now)
          &+ rescale(segment.range.count &* 8, from: second, to: PrintedDurations.unit, rounding: .up)
        most = max(most, now)
        now = now &- length
      }
      return most
    }
    return max(1, Int64(targetDuration), ((needed.max() ?? 0) &+ 999_999) / 1_000_000)
  }

  private func bandwidth(_ record: RenditionRecord) -> Int64 {
    Int64(max(1, record.peakBitrate, record.averageBitrate))
  }

  /// In the order of the renditions.
  private var sets: [AdaptationSet] {
    var sets: [AdaptationSet] = []
    for rendition in renditions {
      let record = rendition.record
      let codec = record.codecs.prefix { $0 != "." && $0 != "," }
      let sound = record.kind == .audio ? " \(record.channels ?? 0) \(record.language ?? "")" : ""
      let family = "\(record.kind) \(codec)\(sound)"
      // Two renditions of sound in one language are different sounds, not qualities of one.
      if record.kind == .video, let index = sets.firstIndex(where: { $0.family == family }) {
        sets[index].members.append(rendition)
      } else {
        sets.append(AdaptationSet(family: family, members: [rendition]))
      }
    }
    return sets
  }

  private func write(_ set: AdaptationSet, number: Int, into xml: inout MarkupWriter) {
    let records = set.members.map(\.record)
    guard let first = records.first else { return }
    let isVideo = first.kind == .video
    var attributes = [
      ("id", "\(number)"), ("contentType", isVideo ? "video" : "audio"),
      ("mimeType", isVideo ? "video/mp4" : "audio/mp4"),
    ]
    // No segment begins with a stream access point of a higher type (ISO/IEC 23009-1 5.3.7.2).
    let sap = set.members.map(\.placed.media.sap).max() ?? 1
    // Of an index's segments the standard says the same in other words.
    let isIndexed = set.members.allSatisfy { $0.placed.media.indexRange != nil }
    attributes +=
      isIndexed
      ? [("subsegmentAlignment", "true"), ("subsegmentStartsWithSAP", "\(sap)")]
      : [("segmentAlignment", "true"), ("startWithSAP", "\(sap)")]
    if isVideo {
      let sizes = records.compactMap(\.size)
      if let width = sizes.map(\.width).max(), let height = sizes.map(\.height).max() {
        attributes += [("maxWidth", "\(width)"), ("maxHeight", "\(height)")]
      }
      if let rate = records.compactMap(\.frameRate).max() { attributes.append(("maxFrameRate", text(rate))) }
    } else if first.language != nil {
      attributes.append(("lang", PlaylistText.language(first.language)))
    }
    xml.element("AdaptationSet", attributes) { xml in
      if let transfer = ["PQ": "16", "HLG": "18"][first.videoRange ?? ""] {
        xml.element(
          "EssentialProperty",
          [("schemeIdUri", "urn:mpeg:mpegB:cicp:TransferCharacteristics"), ("value", transfer)])
      }
      let purpose = first.purpose ?? .dialogue
      // TV-Anytime's AudioPurposeCS: 1 for the visually impaired, 2 for the hard of hearing.
      if let value = [SoundPurpose.description: "1", .clearSpeech: "2"][purpose] {
        xml.element(
          "Accessibility", [("schemeIdUri", "urn:tva:metadata:cs:AudioPurposeCS:2007"), ("value", value)])
      }
      for (scheme, value) in CaptionGroup(records).dash {
        xml.element("Accessibility", [("schemeIdUri", scheme), ("value", value)])
      }
      let isMain = isVideo || first.isDefault != false
      let role = isMain ? "main" : purpose == .commentary ? "commentary" : "alternate"
      xml.element("Role", [("schemeIdUri", "urn:mpeg:dash:role:2011"), ("value", role)])
      for member in set.members { write(member.record, member.placed, into: &xml) }
    }
  }

  private func write(_ record: RenditionRecord, _ placed: PlacedRendition, into xml: inout MarkupWriter) {
    var attributes = [
      ("id", record.name), ("codecs", record.codecs),
      ("bandwidth", "\(bandwidth(record))"),
    ]
    if let size = record.size {
      attributes += [("width", "\(size.width)"), ("height", "\(size.height)")]
      if let rate = record.frameRate { attributes.append(("frameRate", text(rate))) }
      let shape = placed.media.video?.sampleAspectRatio.reduced ?? Rational(1, 1)
      let square = shape.isPositive ? shape : Rational(1, 1)
      attributes.append(("sar", "\(square.numerator):\(square.denominator)"))
    }
    if let rate = record.sampleRate { attributes.append(("audioSamplingRate", "\(rate)")) }
    xml.element("Representation", attributes) { xml in
      if let channels = record.channels, let value = configuration(channels) {
        xml.element(
          "AudioChannelConfiguration",
          [
            ("schemeIdUri", "urn:mpeg:dash:23003:3:audio_channel_configuration:2011"),
            ("value", "\(value)"),
          ])
      }
      if let template = template(placed) {
        write(template, placed, into: &xml)
      } else if let index = placed.media.indexRange {
        writeBase(placed, index, into: &xml)
      } else {
        writeList(placed, into: &xml)
      }
    }
  }

  /// ISO/IEC 23001-8 numbers the usual layouts; up to six channels the number is their count.
  private func configuration(_ channels: Int) -> Int? {
    switch channels {
    case 1...6: channels
    case 7: 11
    case 8: 12
    default: nil
    }
  }

  // MARK: Segments

  /// The names of a rendition's segments as one template; nil where they are ranges of a file, or where the layout
  /// numbers them in two ways at once.
  private struct NameTemplate {
    var media: String
    var start: Int
  }

  private func template(_ placed: PlacedRendition) -> NameTemplate? {
    guard !placed.media.isOneFile, var pattern = layout.templates[.segment] else { return nil }
    var number: (text: String, start: Int)?
    var rest = pattern[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      let field = rest[rest.index(after: open)..<close]
      if field == "index" || Layout.numberWidth(field) != nil {
        let width = Layout.numberWidth(field) ?? 1
        let found = (width > 1 ? "$Number%0\(width)d$" : "$Number$", field == "index" ? 0 : 1)
        guard number == nil else { return nil }
        number = found
        let before = pattern.distance(from: pattern.startIndex, to: open)
        let after = pattern.distance(from: pattern.startIndex, to: close) + 1
        let text = Array(pattern)
        // A control character is in no template and gets through as its escape.
        pattern = String(text[..<before]) + "\u{1}" + String(text[after...])
        rest = pattern.dropFirst(before + 1)
      } else {
        rest = rest[rest.index(after: close)...]
      }
    }
    let filled = Layout(templates: [.segment: pattern], id: layout.id, creator: layout.creator)
    guard let number,
      let name = filled.key(.segment, rendition: placed.media.name, version: placed.version)
    else { return nil }
    let uri = PlaylistText.uri(name, from: key)
    guard let mark = uri.firstRange(of: "%01") else { return nil }
    return NameTemplate(
      media: uri[..<mark.lowerBound] + number.text + uri[mark.upperBound...], start: number.start)
  }

  private func write(_ template: NameTemplate, _ placed: PlacedRendition, into xml: inout MarkupWriter) {
    guard let start = placed.media.initRange else { return }
    xml.element(
      "SegmentTemplate",
      [
        ("timescale", "\(placed.media.timescale)"),
        ("initialization", PlaylistText.uri(placed.keys[start.object], from: key)),
        ("media", template.media), ("startNumber", "\(template.start)"),
      ]
    ) { timeline(placed.media, into: &$0) }
  }

  private func bytes(_ range: MediaRange) -> String { "\(range.offset)-\(range.offset + range.count - 1)" }

  /// One file whose own index gives sizes and times.
  private func writeBase(_ placed: PlacedRendition, _ index: MediaRange, into xml: inout MarkupWriter) {
    guard let start = placed.media.initRange else { return }
    xml.element("BaseURL", [], content: PlaylistText.uri(placed.keys[start.object], from: key))
    xml.element(
      "SegmentBase",
      [
        ("timescale", "\(placed.media.timescale)"), ("indexRange", bytes(index)),
        ("indexRangeExact", "true"),
      ]
    ) { $0.element("Initialization", [("range", bytes(start))]) }
  }

  private func writeList(_ placed: PlacedRendition, into xml: inout MarkupWriter) {
    guard let start = placed.media.initRange else { return }
    let uri = { (range: MediaRange) in PlaylistText.uri(placed.keys[range.object], from: key) }
    let isOneFile = placed.media.isOneFile
    if isOneFile { xml.element("BaseURL", [], content: uri(start)) }
    xml.element("SegmentList", [("timescale", "\(placed.media.timescale)")]) { xml in
      xml.element(
        "Initialization", isOneFile ? [("range", bytes(start))] : [("sourceURL", uri(start))])
      timeline(placed.media, into: &xml)
      for segment in placed.media.segments {
        xml.element(
          "SegmentURL",
          isOneFile ? [("mediaRange", bytes(segment.range))] : [("media", uri(segment.range))])
      }
    }
  }

  /// Equal durations in a row stand once, with the number of repetitions.
  private func timeline(_ media: WrittenRendition, into xml: inout MarkupWriter) {
    let times = media.decodeTimes
    xml.element("SegmentTimeline", []) { xml in
      var index = 0
      while index + 1 < times.count {
        let length = times[index + 1] - times[index]
        var repeats = 0
        while index + repeats + 2 < times.count,
          times[index + repeats + 2] - times[index + repeats + 1] == length
        {
          repeats += 1
        }
        var attributes = index == 0 ? [("t", "\(times[0])")] : []
        attributes.append(("d", "\(length)"))
        if repeats > 0 { attributes.append(("r", "\(repeats)")) }
        xml.element("S", attributes)
        index += repeats + 1
      }
    }
  }

  private func duration(_ time: MediaTime) -> String { "PT\(DecimalText.seconds(time))S" }

  private func text(_ rate: Rational) -> String {
    let rate = rate.reduced
    return rate.denominator == 1 ? "\(rate.numerator)" : "\(rate.numerator)/\(rate.denominator)"
  }
}

/// Lines of XML, indented, with every value escaped.
struct MarkupWriter {
  private(set) var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
  private var depth = 0

  mutating func element(
    _ name: String, _ attributes: [(String, String)], _ body: (inout MarkupWriter) -> Void
  ) {
    text += "\(head(name, attributes))>\n"
    depth += 1
    body(&self)
    depth -= 1
    text += "\(indent)</\(name)>\n"
  }

  mutating func element(_ name: String, _ attributes: [(String, String)], content: String = "") {
    text += head(name, attributes)
    text += content.isEmpty ? "/>\n" : ">\(XMLText.escaped(content))</\(name)>\n"
  }

  private var indent: String { String(repeating: "  ", count: depth) }

  private func head(_ name: String, _ attributes: [(String, String)]) -> String {
    let list = attributes.map { " \($0)=\"\(XMLText.escaped($1))\"" }.joined()
    return "\(indent)<\(name)\(list)"
  }
}
