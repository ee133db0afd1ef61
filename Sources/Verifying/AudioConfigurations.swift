internal import Media

/// AAC (and MP3) in `esds`: the AudioSpecificConfig (ISO 14496-1 7.2.6, ISO 14496-3 1.6).
enum AAC {
  static let rates: [Int64] = [
    96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
  ]
  static let channels = [0, 1, 2, 3, 4, 5, 6, 8]

  static func descriptor(_ body: ArraySlice<UInt8>) throws(Malformed) -> CodecFacts {
    var cursor = Cursor(body)
    try cursor.skip(4)
    var stream = Cursor(try tagged(&cursor, 3))
    try stream.skip(2)
    let flags = try stream.u8()
    if flags & 0x80 != 0 { try stream.skip(2) }
    if flags & 0x40 != 0 { try stream.skip(try stream.u8()) }
    if flags & 0x20 != 0 { try stream.skip(2) }
    var decoder = Cursor(try tagged(&stream, 4))
    let type = try decoder.u8()
    try decoder.skip(12)
    guard type == 0x40 else {
      return CodecFacts(codecs: "mp4a." + hex(type).uppercased(), isVideo: false)
    }
    return try configuration(try tagged(&decoder, 5))
  }

  private static func tagged(_ cursor: inout Cursor, _ wanted: Int) throws(Malformed) -> ArraySlice<UInt8> {
    let tag = try cursor.u8()
    guard tag == wanted else { throw Malformed("esds has descriptor \(tag), expected \(wanted)") }
    var size = 0
    for _ in 0..<4 {
      let byte = try cursor.u8()
      size = size << 7 | byte & 127
      if byte & 128 == 0 { break }
    }
    return try cursor.take(size)
  }

  static func configuration(_ body: ArraySlice<UInt8>) throws(Malformed) -> CodecFacts {
    var bits = BitCursor(body)
    let type = try objectType(&bits)
    var facts = CodecFacts(codecs: "mp4a.40.\(type)", isVideo: false)
    facts.sampleRate = try rate(&bits)
    let layout = try bits.bits(4)
    facts.channels = layout < channels.count && layout > 0 ? channels[layout] : nil
    // Explicit SBR and PS: the rate that follows is the one that is heard.
    if type == 5 || type == 29 { facts.sampleRate = try rate(&bits) }
    if type == 29 { facts.channels = 2 }
    return facts
  }

  private static func objectType(_ bits: inout BitCursor) throws(Malformed) -> Int {
    let type = try bits.bits(5)
    return type == 31 ? 32 + (try bits.bits(6)) : type
  }

  private static func rate(_ bits: inout BitCursor) throws(Malformed) -> Int64 {
    let index = try bits.bits(4)
    if index == 15 { return Int64(try bits.bits(24)) }
    guard index < rates.count else { throw Malformed("AudioSpecificConfig with rate index \(index)") }
    return rates[index]
  }
}

/// AC-3 and E-AC-3: `dac3` and `dec3` (ETSI TS 102 366 annex F).
enum DolbyAudio {
  private static let channels = [2, 1, 2, 3, 3, 4, 4, 5]
  private static let rates: [Int64] = [48000, 44100, 32000, 0]

  static func ac3(_ body: ArraySlice<UInt8>) throws(Malformed) -> CodecFacts {
    var bits = BitCursor(body)
    var facts = CodecFacts(codecs: "ac-3", isVideo: false)
    facts.sampleRate = rates[try bits.bits(2)]
    try bits.skip(8)
    facts.channels = channels[try bits.bits(3)] + (try bits.bits(1))
    return facts
  }

  static func eac3(_ body: ArraySlice<UInt8>) throws(Malformed) -> CodecFacts {
    var bits = BitCursor(body)
    var facts = CodecFacts(codecs: "ec-3", isVideo: false)
    try bits.skip(16)
    facts.sampleRate = rates[try bits.bits(2)]
    try bits.skip(10)
    facts.channels = channels[try bits.bits(3)] + (try bits.bits(1))
    return facts
  }
}

/// Opus and FLAC: `dOps` and `dfLa`.
enum OtherAudio {
  static func opus(_ body: ArraySlice<UInt8>) throws(Malformed) -> CodecFacts {
    var cursor = Cursor(body)
    try cursor.skip(1)
    var facts = CodecFacts(codecs: "Opus", isVideo: false)
    facts.channels = try cursor.u8()
    facts.sampleRate = 48000
    return facts
  }

  static func flac(_ body: ArraySlice<UInt8>) throws(Malformed) -> CodecFacts {
    var bits = BitCursor(body)
    try bits.skip((4 + 4 + 10) * 8)
    var facts = CodecFacts(codecs: "fLaC", isVideo: false)
    facts.sampleRate = Int64(try bits.bits(20))
    facts.channels = try bits.bits(3) + 1
    return facts
  }
}
