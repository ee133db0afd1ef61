package import Foundation
internal import Media

/// What numbers a ladder file may hold; `ladder.schema.json` says the same.
package enum LadderLimits {
  package static let segmentSeconds = 0.5...60.0
  package static let gopSeconds = 0.1...30.0
  package static let partBytes = 1_048_576...1_099_511_627_776
  package static let side = 16...16384
  package static let bitrate = 10_000...400_000_000
  package static let quality = 1.0...51.0
  package static let bufferSeconds = 0.1...10.0
  package static let frameRate = 1.0...120.0
  package static let audioBitrate = 8_000...1_000_000
  package static let audioChannels = [1, 2, 6]
  package static let audioRates = [16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000]
  package static let imageSide = 16...8192
  package static let imageQuality = 1...100
  package static let imageSeconds = 0.1...86_400.0
  package static let thumbnails = 1...1000
  package static let tileSide = 16...1024
  package static let tiles = 1...64
  package static let rungs = 32
  package static let audio = 8
  /// LUFS: from film mixes to what no stream goes above.
  package static let loudness = -36.0...(-8.0)
  package static let surroundRates = [32_000, 44_100, 48_000]
  /// What an AC-3 frame can have (ATSC A/52 table 5.18), in bits per second.
  package static let ac3Bitrates = [
    32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640,
  ].map { $0 * 1000 }
}

/// Reads a ladder file: JSON bytes in, a checked `Ladder` out, or the first rule that the file breaks with the key
/// path and the value. A key is added by a line here, one in `Ladder.Key` and one in the schema.
package enum LadderDecoder {
  package static func decode(_ data: Data, file: String) throws(LadderFailure) -> Ladder {
    let document: JSONValue
    do {
      document = try JSONReader.read(Array(data))
    } catch {
      throw .notJSON(file: file, line: error.line, column: error.column, reason: error.reason)
    }
    let root = LadderField(file: file, path: "", value: document)
    let top = try root.members(known: Ladder.Key.allCases.map(\.rawValue))
    var ladder = Ladder(name: try name(top.required(Ladder.Key.name)), rungs: [])
    _ = try top[Ladder.Key.schema]?.text()
    ladder.outputs = try outputs(top.required(Ladder.Key.outputs))
    ladder.rungs = try rungs(top.required(Ladder.Key.rungs))
    try readDelivery(top, into: &ladder)
    try readEncoding(top, into: &ladder)
    if let field = top[Ladder.Key.audio] { ladder.audio = try audio(field) }
    if let field = top[Ladder.Key.loudness] { ladder.loudness = try field.decimal(LadderLimits.loudness) }
    if let field = top[Ladder.Key.hdr] { ladder.hdr = try field.choice(made: HDRTreatment.allCases) }
    if let field = top[Ladder.Key.subtitles] { ladder.subtitles = try field.flag() }
    if let field = top[Ladder.Key.images] { ladder.images = try LadderImages.read(field) }
    if let field = top[Ladder.Key.layout] { ladder.layout = try layout(field) }
    try LadderRules.check(ladder, file: file)
    return ladder
  }

  private static func readDelivery(_ top: LadderObject, into ladder: inout Ladder) throws(LadderFailure) {
    typealias Key = Ladder.Key
    if let field = top[Key.segments] { ladder.segments = try field.choice(made: Ladder.Made.segments) }
    if let field = top[Key.addressing] { ladder.addressing = try field.choice(made: Ladder.Made.addressing) }
    if let field = top[Key.copy] { ladder.copy = try field.choice(made: Ladder.Made.copy) }
    if let field = top[Key.copyCodecs] { ladder.copyCodecs = try codecs(field) }
    if let field = top[Key.segmentSeconds] {
      ladder.segmentSeconds = try field.seconds(LadderLimits.segmentSeconds)
    }
    if let field = top[Key.gopSeconds] { ladder.gopSeconds = try field.seconds(LadderLimits.gopSeconds) }
    if let field = top[Key.partBytes] {
      ladder.partBytes = Int64(try field.integer(LadderLimits.partBytes))
    }
  }

  private static func readEncoding(_ top: LadderObject, into ladder: inout Ladder) throws(LadderFailure) {
    typealias Key = Ladder.Key
    if let field = top[Key.rateControl] { ladder.rateControl = try field.choice(made: RateControl.allCases) }
    if let field = top[Key.quality] { ladder.quality = try field.decimal(LadderLimits.quality) }
    if let field = top[Key.bufferSeconds] {
      ladder.bufferSeconds = try field.decimal(LadderLimits.bufferSeconds)
    }
    if let field = top[Key.speed] { ladder.speed = try field.choice(made: Speed.allCases) }
    if let field = top[Key.dropRedundant] { ladder.dropRedundant = try field.flag() }
    if let field = top[Key.frameRate] { ladder.frameRate = try field.frameRate(LadderLimits.frameRate) }
    if let field = top[Key.maxFrameRate] {
      ladder.maxFrameRate = try field.frameRate(LadderLimits.frameRate)
    }
    if let field = top[Key.maxHeight] { ladder.maxHeight = try field.integer(LadderLimits.side) }
    if let field = top[Key.deinterlace] { ladder.deinterlace = try deinterlace(field) }
  }

  private static func name(_ field: LadderField) throws(LadderFailure) -> String {
    let text = try field.text()
    guard LadderRules.isName(text) else { throw field.broken(.badName(value: text)) }
    return text
  }

  private static func outputs(_ field: LadderField) throws(LadderFailure) -> [Output] {
    var outputs: [Output] = []
    for element in try field.elements(atMost: Output.allCases.count, mayBeEmpty: false) {
      let output: Output = try element.choice(made: Ladder.Made.outputs)
      if outputs.contains(output) { throw element.broken(.repeated(value: output.rawValue)) }
      outputs.append(output)
    }
    return outputs
  }

  private static func codecs(_ field: LadderField) throws(LadderFailure) -> [Codec] {
    var codecs: [Codec] = []
    for element in try field.elements(atMost: Codec.allCases.count, mayBeEmpty: false) {
      let codec: Codec = try element.choice(made: Codec.allCases)
      if codecs.contains(codec) { throw element.broken(.repeated(value: codec.rawValue)) }
      codecs.append(codec)
    }
    return codecs
  }

  /// `off` is no choice: interlaced pictures in a stream look broken (HLS authoring 1.19).
  private static func deinterlace(_ field: LadderField) throws(LadderFailure) -> Deinterlacing {
    let text = try field.text()
    guard let value = Ladder.Made.deinterlace.first(where: { $0.rawValue == text }) else {
      throw field.broken(.notOneOf(value: text, choices: Ladder.Made.deinterlace.map(\.rawValue)))
    }
    return value
  }

  private static func rungs(_ field: LadderField) throws(LadderFailure) -> [LadderRung] {
    var rungs: [LadderRung] = []
    for element in try field.elements(atMost: LadderLimits.rungs, mayBeEmpty: false) {
      let object = try element.members(known: LadderRung.Key.allCases.map(\.rawValue))
      typealias Key = LadderRung.Key
      let box = PictureSize(
        try object.required(Key.width).integer(LadderLimits.side),
        try object.required(Key.height).integer(LadderLimits.side))
      var rung = LadderRung(
        name: try name(object.required(Key.name)), box: box,
        bitrate: try object.required(Key.bitrate).integer(LadderLimits.bitrate))
      if let peak = object[Key.maxBitrate] { rung.maxBitrate = try peak.integer(LadderLimits.bitrate) }
      if let codec = object[Key.codec] { rung.codec = try codec.choice(made: Ladder.Made.videoCodecs) }
      rungs.append(rung)
    }
    return rungs
  }

  private static func audio(_ field: LadderField) throws(LadderFailure) -> [AudioTarget] {
    var targets: [AudioTarget] = []
    for element in try field.elements(atMost: LadderLimits.audio, mayBeEmpty: true) {
      let object = try element.members(known: AudioTarget.Key.allCases.map(\.rawValue))
      typealias Key = AudioTarget.Key
      var target = AudioTarget()
      target.codec = try object.required(Key.codec).choice(made: Ladder.Made.audioCodecs)
      target.channels = try number(object.required(Key.channels), from: LadderLimits.audioChannels)
      target.bitrate = try object.required(Key.bitrate).integer(LadderLimits.audioBitrate)
      if let rate = object[Key.rate] { target.rate = try number(rate, from: LadderLimits.audioRates) }
      targets.append(target)
    }
    return targets
  }

  private static func number(_ field: LadderField, from choices: [Int]) throws(LadderFailure) -> Int {
    let number = try field.integer(Int.min...Int.max)
    guard choices.contains(number) else {
      throw field.broken(.notOneOf(value: "\(number)", choices: choices.map(String.init)))
    }
    return number
  }

  private static func layout(_ field: LadderField) throws(LadderFailure) -> [Layout.Slot: String] {
    let slots = LayoutTemplates.slots
    let object = try field.members(known: slots.map(\.rawValue))
    var layout: [Layout.Slot: String] = [:]
    for slot in slots {
      if let template = object[slot] { layout[slot] = try template.text() }
    }
    return layout
  }
}
