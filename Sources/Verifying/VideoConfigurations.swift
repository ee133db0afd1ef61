internal import Media

func hex(_ value: Int, _ digits: Int = 2) -> String {
  let text = String(value, radix: 16)
  return String(repeating: "0", count: max(0, digits - text.count)) + text
}

/// H.264: `avcC` and sequence parameter sets (ISO 14496-15 5.3.3, ISO 14496-10 7.3.2.1).
enum AVC {
  static func configuration(_ body: ArraySlice<UInt8>, _ format: String) throws(Malformed) -> CodecFacts {
    var cursor = Cursor(body)
    guard try cursor.u8() == 1 else { throw Malformed("avcC is not of version 1") }
    let profile = [try cursor.u8(), try cursor.u8(), try cursor.u8()]
    let lengthSize = try cursor.u8() & 3 + 1
    var sets: [[UInt8]] = []
    let sequences = try cursor.u8() & 31
    for _ in 0..<sequences { sets.append(Array(try cursor.take(try cursor.u16()))) }
    let pictures = try cursor.u8()
    for _ in 0..<pictures { sets.append(Array(try cursor.take(try cursor.u16()))) }
    guard sequences > 0, pictures > 0, let first = sets.first else {
      throw Malformed("avcC has \(sequences) SPS and \(pictures) PPS, expected both")
    }
    var facts = try sequence(first[...])
    guard first.count > 3, first[1...3].map(Int.init) == profile else {
      throw Malformed("avcC says profile and level \(profile), its SPS \(first.dropFirst().prefix(3))")
    }
    facts.codecs = format + facts.codecs.dropFirst(4)
    facts.lengthSize = lengthSize
    facts.parameterSets = sets
    return facts
  }

  /// From an SPS with its NAL header.
  static func sequence(_ nal: ArraySlice<UInt8>) throws(Malformed) -> CodecFacts {
    guard let head = nal.first, head & 31 == 7 else { throw Malformed("no SPS where one is expected") }
    var bits = BitCursor(NALUnits.payload(nal.dropFirst())[...])
    let (profile, constraints, level) = (try bits.bits(8), try bits.bits(8), try bits.bits(8))
    var facts = CodecFacts(codecs: "avc1." + hex(profile) + hex(constraints) + hex(level), isVideo: true)
    facts.nal = .avc
    _ = try bits.unsigned()
    var chroma = 1
    if [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135].contains(profile) {
      chroma = try bits.unsigned()
      if chroma == 3 { try bits.skip(1) }
      _ = try bits.unsigned()
      _ = try bits.unsigned()
      try bits.skip(1)
      if try bits.flag() { try scalingLists(&bits, chroma == 3 ? 12 : 8) }
    }
    _ = try bits.unsigned()
    try pictureOrder(&bits)
    _ = try bits.unsigned()
    try bits.skip(1)
    let columns = try bits.unsigned() + 1
    let rows = try bits.unsigned() + 1
    let framesOnly = try bits.flag()
    facts.isInterlaced = !framesOnly
    if !framesOnly { try bits.skip(1) }
    try bits.skip(1)
    let fields = framesOnly ? 1 : 2
    var (width, height) = (columns * 16, rows * 16 * fields)
    if try bits.flag() {
      let crop = [try bits.unsigned(), try bits.unsigned(), try bits.unsigned(), try bits.unsigned()]
      width -= (crop[0] + crop[1]) * (chroma == 1 || chroma == 2 ? 2 : 1)
      height -= (crop[2] + crop[3]) * (chroma == 1 ? 2 : 1) * fields
    }
    facts.size = PictureSize(width, height)
    if try bits.flag() { try usability(&bits, &facts) }
    return facts
  }

  private static func scalingLists(_ bits: inout BitCursor, _ count: Int) throws(Malformed) {
    for list in 0..<count where try bits.flag() {
      var (last, next) = (8, 8)
      for _ in 0..<(list < 6 ? 16 : 64) {
        if next != 0 { next = (last + (try bits.signed())) & 255 }
        if next != 0 { last = next }
      }
    }
  }

  private static func pictureOrder(_ bits: inout BitCursor) throws(Malformed) {
    switch try bits.unsigned() {
    case 0: _ = try bits.unsigned()
    case 1:
      try bits.skip(1)
      _ = try bits.signed()
      _ = try bits.signed()
      let count = try bits.unsigned()
      guard count < 256 else { throw Malformed("an SPS with \(count) reference frame offsets") }
      for _ in 0..<count { _ = try bits.signed() }
    default: break
    }
  }

  /// The head of the VUI: sample aspect ratio and colour.
  private static func usability(_ bits: inout BitCursor, _ facts: inout CodecFacts) throws(Malformed) {
    if try bits.flag() {
      let index = try bits.bits(8)
      if index == 255 {
        facts.pixelAspect = Rational(Int64(try bits.bits(16)), Int64(try bits.bits(16)))
      } else if index == 1 {
        facts.pixelAspect = Rational(1, 1)
      }
    }
    if try bits.flag() { try bits.skip(1) }
    if try bits.flag() {
      try bits.skip(4)
      if try bits.flag() {
        try bits.skip(8)
        facts.transfer = try bits.bits(8)
      }
    }
  }
}

/// HEVC: `hvcC` and sequence parameter sets (ISO 14496-15 8.3.3 and E.3, H.265 7.3.2.2).
enum HEVC {
  static func configuration(_ body: ArraySlice<UInt8>, _ format: String) throws(Malformed) -> CodecFacts {
    var cursor = Cursor(body)
    guard try cursor.u8() == 1 else { throw Malformed("hvcC is not of version 1") }
    let profile = try cursor.u8()
    let compatibility = UInt32(truncatingIfNeeded: try cursor.u32())
    let constraints = Array(try cursor.take(6))
    let level = try cursor.u8()
    try cursor.skip(8)
    let lengthSize = try cursor.u8() & 3 + 1
    var sets: [[UInt8]] = []
    for _ in 0..<(try cursor.u8()) {
      try cursor.skip(1)
      for _ in 0..<(try cursor.u16()) { sets.append(Array(try cursor.take(try cursor.u16()))) }
    }
    var facts = CodecFacts(
      codecs: format + "." + name(profile, compatibility, constraints, level), isVideo: true)
    facts.nal = .hevc
    facts.lengthSize = lengthSize
    facts.parameterSets = sets
    guard let sequence = sets.first(where: { $0.first.map { $0 >> 1 & 63 } == 33 }) else {
      throw Malformed("hvcC has no SPS")
    }
    facts.size = try size(sequence[...])
    return facts
  }

  /// `2.4.L123.B0`.
  private static func name(_ profile: Int, _ compatibility: UInt32, _ constraints: [UInt8], _ level: Int)
    -> String
  {
    let space = ["", "A", "B", "C"][profile >> 6]
    var reversed: UInt32 = 0
    for bit in 0..<32 where compatibility >> UInt32(bit) & 1 == 1 { reversed |= 1 << UInt32(31 - bit) }
    var parts = ["\(space)\(profile & 31)", String(reversed, radix: 16).uppercased()]
    parts.append((profile & 32 != 0 ? "H" : "L") + String(level))
    var bytes = constraints[...]
    while bytes.last == 0 { bytes = bytes.dropLast() }
    return (parts + bytes.map { String($0, radix: 16).uppercased() }).joined(separator: ".")
  }

  /// From an SPS with its NAL header.
  static func sequence(_ nal: ArraySlice<UInt8>) throws(Malformed) -> CodecFacts {
    var cursor = Cursor(NALUnits.payload(nal.dropFirst(2))[...])
    try cursor.skip(1)
    let profile = try cursor.u8()
    let compatibility = UInt32(truncatingIfNeeded: try cursor.u32())
    let constraints = Array(try cursor.take(6))
    var facts = CodecFacts(
      codecs: "hvc1." + name(profile, compatibility, constraints, try cursor.u8()), isVideo: true)
    facts.nal = .hevc
    facts.size = try size(nal)
    return facts
  }

  static func size(_ nal: ArraySlice<UInt8>) throws(Malformed) -> PictureSize {
    var bits = BitCursor(NALUnits.payload(nal.dropFirst(2))[...])
    try bits.skip(4)
    let layers = try bits.bits(3)
    try bits.skip(1 + 96)
    var present: [(Bool, Bool)] = []
    for _ in 0..<layers { present.append((try bits.flag(), try bits.flag())) }
    if layers > 0 { try bits.skip(2 * (8 - layers)) }
    for layer in present {
      if layer.0 { try bits.skip(88) }
      if layer.1 { try bits.skip(8) }
    }
    _ = try bits.unsigned()
    let chroma = try bits.unsigned()
    if chroma == 3 { try bits.skip(1) }
    var (width, height) = (try bits.unsigned(), try bits.unsigned())
    if try bits.flag() {
      let crop = [try bits.unsigned(), try bits.unsigned(), try bits.unsigned(), try bits.unsigned()]
      width -= (crop[0] + crop[1]) * (chroma == 1 || chroma == 2 ? 2 : 1)
      height -= (crop[2] + crop[3]) * (chroma == 1 ? 2 : 1)
    }
    return PictureSize(width, height)
  }
}

/// AV1: `av1C` and the sequence header in it (AV1-ISOBMFF 2.3, AV1 5.5).
enum AV1 {
  static func configuration(_ body: ArraySlice<UInt8>) throws(Malformed) -> CodecFacts {
    var bits = BitCursor(body)
    guard try bits.bits(8) == 0x81 else { throw Malformed("av1C does not begin with 0x81") }
    let (profile, level) = (try bits.bits(3), try bits.bits(5))
    let tier = try bits.flag() ? "H" : "M"
    let (high, twelve) = (try bits.flag(), try bits.flag())
    let depth = high ? (twelve ? 12 : 10) : 8
    let two = { (value: Int) in (value < 10 ? "0" : "") + String(value) }
    var facts = CodecFacts(codecs: "av01.\(profile).\(two(level))\(tier).\(two(depth))", isVideo: true)
    facts.size = try sequenceSize(body.dropFirst(4))
    return facts
  }

  /// Of the first sequence header OBU, if there is one.
  private static func sequenceSize(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> PictureSize? {
    var cursor = Cursor(bytes)
    while cursor.left > 0 {
      let head = try cursor.u8()
      if head & 4 != 0 { try cursor.skip(1) }
      var size = cursor.left
      if head & 2 != 0 {
        size = 0
        for index in 0..<8 {
          let byte = try cursor.u8()
          size |= (byte & 127) << (7 * index)
          if byte & 128 == 0 { break }
        }
      }
      let payload = try cursor.take(size)
      if head >> 3 & 15 == 1 { return try pictureSize(payload) }
    }
    return nil
  }

  private static func pictureSize(_ header: ArraySlice<UInt8>) throws(Malformed) -> PictureSize {
    var bits = BitCursor(header)
    try bits.skip(4)
    if try bits.flag() {
      try bits.skip(5)
    } else {
      var delayLength = 0
      if try bits.flag() {
        try bits.skip(64)
        if try bits.flag() { _ = try bits.unsigned() }
        if try bits.flag() {
          delayLength = try bits.bits(5) + 1
          try bits.skip(42)
        }
      }
      let hasDelay = try bits.flag()
      for _ in 0...(try bits.bits(5)) {
        try bits.skip(12)
        if try bits.bits(5) > 7 { try bits.skip(1) }
        if delayLength > 0, try bits.flag() { try bits.skip(2 * delayLength + 1) }
        if hasDelay, try bits.flag() { try bits.skip(4) }
      }
    }
    let (widthBits, heightBits) = (try bits.bits(4) + 1, try bits.bits(4) + 1)
    return PictureSize(try bits.bits(widthBits) + 1, try bits.bits(heightBits) + 1)
  }
}

/// VP9: `vpcC` (VP9-ISOBMFF).
enum VP9 {
  static func configuration(_ body: ArraySlice<UInt8>) throws(Malformed) -> CodecFacts {
    var cursor = Cursor(body)
    try cursor.skip(4)
    let values = [try cursor.u8(), try cursor.u8(), try cursor.u8() >> 4]
    let text = values.map { ($0 < 10 ? "0" : "") + String($0) }.joined(separator: ".")
    try cursor.skip(1)
    var facts = CodecFacts(codecs: "vp09." + text, isVideo: true)
    facts.transfer = try cursor.u8()
    return facts
  }
}
