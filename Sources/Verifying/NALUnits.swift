/// Length-prefixed NAL units of one sample (ISO 14496-15) or start-code-prefixed ones of one PES (annex B).
enum NALUnits {
  /// The units of `sample`; throws when their lengths do not fill it exactly.
  static func split(_ sample: ArraySlice<UInt8>, lengthSize: Int) throws(Malformed) -> [ArraySlice<UInt8>] {
    var cursor = Cursor(sample)
    var units: [ArraySlice<UInt8>] = []
    while cursor.left > 0 {
      let length = try cursor.take(lengthSize).reduce(0) { $0 << 8 | Int($1) }
      guard length > 0, length <= cursor.left else {
        throw Malformed("a NAL unit of \(length) bytes where \(cursor.left) are left")
      }
      units.append(try cursor.take(length))
    }
    if units.isEmpty { throw Malformed("a sample without NAL units") }
    return units
  }

  /// The units between start codes.
  static func annexB(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    var units: [ArraySlice<UInt8>] = []
    var start: Int?
    var index = bytes.startIndex
    while index + 2 < bytes.endIndex {
      guard bytes[index] == 0, bytes[index + 1] == 0, bytes[index + 2] == 1 else {
        index += 1
        continue
      }
      if let start { units.append(trimmed(bytes[start..<index])) }
      start = index + 3
      index += 3
    }
    if let start { units.append(trimmed(bytes[start...])) }
    return units.filter { !$0.isEmpty }
  }

  private static func trimmed(_ unit: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var unit = unit
    while unit.last == 0 { unit = unit.dropLast() }
    return unit
  }

  /// Without the bytes that keep start codes out of a NAL unit.
  static func payload(_ nal: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(nal.count)
    var zeros = 0
    for byte in nal {
      if zeros >= 2, byte == 3 {
        zeros = 0
        continue
      }
      zeros = byte == 0 ? zeros + 1 : 0
      result.append(byte)
    }
    return result
  }

  static func type(_ unit: ArraySlice<UInt8>, _ codec: CodecFacts.NAL) -> Int {
    guard let first = unit.first else { return -1 }
    return codec == .avc ? Int(first & 31) : Int(first >> 1 & 63)
  }

  /// A picture that begins decoding anew with nothing before it: IDR of H.264; IDR and BLA of HEVC. An HEVC
  /// CRA is a sync sample too, but its leading pictures need what came before, so a segment may not begin so.
  static func isIDR(_ type: Int, _ codec: CodecFacts.NAL) -> Bool {
    codec == .avc ? type == 5 : (16...20).contains(type)
  }

  static func isSync(_ type: Int, _ codec: CodecFacts.NAL) -> Bool {
    codec == .avc ? type == 5 : (16...21).contains(type)
  }

  static func isPicture(_ type: Int, _ codec: CodecFacts.NAL) -> Bool {
    codec == .avc ? (1...5).contains(type) : (0...31).contains(type)
  }

  static func isParameterSet(_ type: Int, _ codec: CodecFacts.NAL) -> Bool {
    codec == .avc ? type == 7 || type == 8 : (32...34).contains(type)
  }
}
