internal import Media

/// `rung probe` for people: a report in, a heading and one paragraph a stream out.
enum ReportText {
  static func render(_ report: SourceReport) -> String {
    var head = [report.format, Human.bytes(report.bytes)]
    if let duration = report.duration { head.append(Human.duration(duration)) }
    if let rate = report.bitRate { head.append(Human.rate(rate)) }
    if let start = report.start, start.ticks != 0 {
      head.append("starts at \(DecimalText.seconds(start, places: 3))")
    }
    var lines = ["\(Printable.line(report.name)): " + head.joined(separator: ", ")]
    for stream in report.video { lines += paragraph("video", stream.common, video(stream)) }
    for stream in report.audio { lines += paragraph("audio", stream.common, audio(stream)) }
    for stream in report.subtitles { lines += paragraph("text", stream.common, []) }
    for stream in report.other { lines += paragraph(stream.kind, stream.common, []) }
    if !report.chapters.isEmpty { lines += entries("chapters", report.chapters.map(chapter)) }
    if !report.faults.isEmpty { lines += entries("faults", report.faults.map(fault)) }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func paragraph(_ kind: String, _ facts: StreamFacts, _ detail: [[String]]) -> [String] {
    let codec = ([facts.codec, facts.profile ?? ""] + (facts.level.map { ["level \($0)"] } ?? []))
      .filter { !$0.isEmpty }.joined(separator: " ")
    var rows = detail.isEmpty ? [[codec]] : detail
    if !detail.isEmpty { rows[0].insert(codec, at: 0) }
    rows.append(common(facts))
    let label = "\(kind) \(facts.index)"
    return entries(
      label, rows.map { $0.filter { !$0.isEmpty }.joined(separator: ", ") }.filter { !$0.isEmpty })
  }

  /// Lines under a label that stands before the first.
  private static func entries(_ label: String, _ lines: [String]) -> [String] {
    let width = 12
    return lines.enumerated().map { index, line in
      let head = index == 0 ? label : ""
      return "  " + head + String(repeating: " ", count: max(1, width - head.count)) + Printable.line(line)
    }
  }

  private static func video(_ stream: VideoStream) -> [[String]] {
    var size = ["\(stream.codedSize)"]
    if stream.sampleAspectRatio.reduced != Rational(1, 1), stream.sampleAspectRatio.isPositive {
      size.append("sample aspect ratio \(Human.ratio(stream.sampleAspectRatio))")
    }
    if let crop = stream.crop { size.append("cropped to \(crop.size)") }
    if let edges = stream.bitstreamCrop {
      size.append(
        "the bitstream cuts off \(edges.left) left, \(edges.right) right, \(edges.top) top, \(edges.bottom) bottom"
      )
    }
    if stream.orientation.mirrored { size.append("mirrored") }
    if stream.orientation.degrees != 0 { size.append("turned \(stream.orientation.degrees)°") }
    if stream.displayedSize != stream.codedSize { size.append("shown as \(stream.displayedSize)") }
    if stream.isCover { size.append("a cover picture") }
    if stream.isEncrypted { size.append("encrypted") }
    var rate: [String] = []
    if let frameRate = stream.frameRate {
      let kind = stream.isConstantFrameRate ? "constant" : "variable"
      rate.append("\(Human.frameRate(frameRate)) fps \(kind)")
    }
    if stream.fieldOrder != .unknown {
      rate.append(stream.fieldOrder.isInterlaced ? "interlaced \(stream.fieldOrder.rawValue)" : "progressive")
    }
    if let telecine = stream.telecine { rate.append("film, \(telecine.rawValue) telecine") }
    rate.append(Human.count(stream.pictures, "picture"))
    rate.append(Human.count(stream.keyframes, "keyframe"))
    return [
      size, rate, [stream.pixelFormat, "\(stream.bitDepth) bit"] + colour(stream.colour) + hdr(stream),
      stream.captions.map { ["captions \($0.joined(separator: " "))"] } ?? [],
    ]
  }

  private static func colour(_ colour: Colour) -> [String] {
    let names = [
      ColourNames.primaries(colour.primaries), ColourNames.transfer(colour.transfer),
      ColourNames.matrix(colour.matrix),
    ]
    let range = colour.fullRange ? "full range" : "limited range"
    if names.allSatisfy({ $0 == "unspecified" }) { return ["colour unspecified", range] }
    return [names.dropFirst().allSatisfy { $0 == names[0] } ? names[0] : names.joined(separator: "/"), range]
  }

  private static func hdr(_ stream: VideoStream) -> [String] {
    var parts: [String] = []
    if stream.colour.isPQ { parts.append("HDR (PQ)") }
    if stream.colour.isHLG { parts.append("HDR (HLG)") }
    guard let hdr = stream.hdr else { return parts }
    if let maximum = hdr.masteringMaximum {
      parts.append("mastered to \(Human.decimal(maximum, places: 0)) nits")
    }
    if let light = hdr.maximumContentLight { parts.append("MaxCLL \(light)") }
    if let light = hdr.maximumFrameAverageLight { parts.append("MaxFALL \(light)") }
    if let profile = hdr.dolbyVisionProfile { parts.append("Dolby Vision profile \(profile)") }
    return parts
  }

  private static func audio(_ stream: AudioStream) -> [[String]] {
    let channels = Human.count(stream.channels, "channel")
    return [
      [stream.layout.isEmpty ? channels : stream.layout, "\(stream.sampleRate) Hz"]
        + (stream.isEncrypted ? ["encrypted"] : [])
    ]
  }

  private static func common(_ facts: StreamFacts) -> [String] {
    var parts = [facts.language ?? "language unknown"]
    if let title = facts.title, !title.isEmpty { parts.append("'\(title)'") }
    parts += facts.disposition
    if let start = facts.start { parts.append("starts at \(DecimalText.seconds(start, places: 3))") }
    if let duration = facts.duration { parts.append("lasts \(Human.duration(duration))") }
    if let rate = facts.bitRate { parts.append(Human.rate(rate)) }
    return parts
  }

  private static func chapter(_ chapter: Chapter) -> String {
    let title = chapter.title.map { "  \($0)" } ?? ""
    return "\(Human.duration(chapter.start)) to \(Human.duration(chapter.end))\(title)"
  }

  private static func fault(_ fault: Fault) -> String {
    (fault.stream.map { "stream \($0): " } ?? "") + "\(fault.message) (\(fault.code))"
  }
}
