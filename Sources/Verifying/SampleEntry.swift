internal import Media

/// What a decoder configuration says of a track, whatever box or stream it came from.
struct CodecFacts: Equatable, Sendable {
  enum NAL: Sendable { case avc, hevc }

  /// A CODECS entry as it is compared: in lower case, AV1's and VP9's without the chroma and colour that their full
  /// forms go on with (AV1 and VP9 in ISOBMFF, 5 and 2.3).
  static func comparable(_ entry: some StringProtocol) -> String {
    let text = entry.lowercased()
    guard text.hasPrefix("av01.") || text.hasPrefix("vp09.") else { return text }
    return text.split(separator: ".").prefix(4).joined(separator: ".")
  }

  /// By RFC 6381: `avc1.64001f`.
  var codecs: String
  var isVideo: Bool
  /// Of the pictures as shown: cropped.
  var size: PictureSize?
  var pixelAspect: Rational?
  /// May hold fields instead of frames.
  var isInterlaced = false
  /// H.273 transfer characteristics.
  var transfer: Int?
  var channels: Int?
  var sampleRate: Int64?
  var nal: NAL?
  var lengthSize = 4
  var parameterSets: [[UInt8]] = []

  init(codecs: String, isVideo: Bool) {
    self.codecs = codecs
    self.isVideo = isVideo
  }

  var videoRange: String { transfer == 16 ? "PQ" : (transfer == 18 ? "HLG" : "SDR") }
}

/// One entry of `stsd`: the coding's name, the sizes that the box itself claims, and the configuration inside.
struct SampleEntry {
  var format: String
  var size: PictureSize?
  var channels: Int?
  var sampleRate: Int64?
  var hasColour = false
  var pixelAspect: Rational?
  /// Its samples are encrypted (ISO 23001-7).
  var isEncrypted = false
  /// nil when there is no configuration box that is understood.
  var facts: CodecFacts?

  static func list(_ body: ArraySlice<UInt8>, handler: String) throws(Malformed) -> [SampleEntry] {
    var cursor = Cursor(body)
    try cursor.skip(4)
    let count = try cursor.u32()
    let boxes = try Box.list(cursor.rest)
    guard boxes.count == count else { throw Malformed("stsd says \(count) entries and has \(boxes.count)") }
    var entries: [SampleEntry] = []
    for box in boxes { entries.append(try SampleEntry(box, handler: handler)) }
    return entries
  }

  private init(_ box: Box, handler: String) throws(Malformed) {
    format = box.type
    var cursor = Cursor(box.body)
    try cursor.skip(8)
    switch handler {
    case "vide":
      try cursor.skip(16)
      size = PictureSize(try cursor.u16(), try cursor.u16())
      try cursor.skip(50)
      try video(try Box.list(cursor.rest))
    case "soun":
      try cursor.skip(8)
      channels = try cursor.u16()
      try cursor.skip(6)
      sampleRate = Int64(try cursor.u32() >> 16)
      try audio(try Box.list(cursor.rest))
    default: break
    }
  }

  private mutating func video(_ boxes: [Box]) throws(Malformed) {
    var transfer: Int?
    if let colour = boxes.first("colr") {
      var cursor = Cursor(colour)
      let kind = try cursor.fourCC()
      hasColour = kind == "nclx"
      if hasColour {
        try cursor.skip(2)
        transfer = try cursor.u16()
      }
    }
    if let aspect = boxes.first("pasp") {
      var cursor = Cursor(aspect)
      pixelAspect = Rational(Int64(try cursor.u32()), Int64(try cursor.u32()))
    }
    switch format {
    case "avc1", "avc3": facts = try AVC.configuration(try boxes.only("avcC", in: format), format)
    case "hvc1", "hev1": facts = try HEVC.configuration(try boxes.only("hvcC", in: format), format)
    case "av01": facts = try AV1.configuration(try boxes.only("av1C", in: format))
    case "encv": isEncrypted = true
    case "vp09": facts = try VP9.configuration(try boxes.only("vpcC", in: format))
    default: break
    }
    if facts?.size == nil { facts?.size = size }
    if let transfer { facts?.transfer = transfer }
  }

  private mutating func audio(_ boxes: [Box]) throws(Malformed) {
    switch format {
    case "mp4a": facts = try AAC.descriptor(try boxes.only("esds", in: format))
    case "ac-3": facts = try DolbyAudio.ac3(try boxes.only("dac3", in: format))
    case "ec-3": facts = try DolbyAudio.eac3(try boxes.only("dec3", in: format))
    case "enca": isEncrypted = true
    case "Opus": facts = try OtherAudio.opus(try boxes.only("dOps", in: format))
    case "fLaC": facts = try OtherAudio.flac(try boxes.only("dfLa", in: format))
    default: break
    }
  }
}
