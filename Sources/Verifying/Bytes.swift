/// Why bytes could not be understood, as the end of a sentence.
struct Malformed: Error, Sendable {
  let what: String
  init(_ what: String) { self.what = what }
}

/// Reads big-endian values from bytes, front to back; past the end it throws and never traps.
struct Cursor {
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  var left: Int { bytes.endIndex - position }
  var rest: ArraySlice<UInt8> { bytes[position...] }

  mutating func take(_ count: Int) throws(Malformed) -> ArraySlice<UInt8> {
    guard count >= 0, count <= left else { throw Malformed("\(count) bytes wanted where \(left) are left") }
    defer { position += count }
    return bytes[position..<position + count]
  }

  mutating func skip(_ count: Int) throws(Malformed) { _ = try take(count) }

  mutating func u64() throws(Malformed) -> UInt64 {
    try take(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  mutating func u8() throws(Malformed) -> Int { try value(1) }
  mutating func u16() throws(Malformed) -> Int { try value(2) }
  mutating func u24() throws(Malformed) -> Int { try value(3) }
  mutating func u32() throws(Malformed) -> Int { try value(4) }
  mutating func s32() throws(Malformed) -> Int { Int(Int32(truncatingIfNeeded: try value(4))) }

  private mutating func value(_ count: Int) throws(Malformed) -> Int {
    try take(count).reduce(0) { $0 << 8 | Int($1) }
  }

  mutating func fourCC() throws(Malformed) -> String { Cursor.name(try take(4)) }

  /// Version and flags, with which most boxes begin.
  mutating func fullBox() throws(Malformed) -> (version: Int, flags: Int) { (try u8(), try u24()) }

  static func name(_ bytes: ArraySlice<UInt8>) -> String {
    String(String.UnicodeScalarView(bytes.map { (32...126).contains($0) ? Unicode.Scalar($0) : "?" }))
  }
}

/// Reads bits from the most significant on, with the Exp-Golomb codes of H.264 and HEVC; throws at the end.
struct BitCursor {
  private let bytes: ArraySlice<UInt8>
  private var position = 0

  init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  mutating func bits(_ count: Int) throws(Malformed) -> Int {
    guard position + count <= bytes.count * 8 else { throw Malformed("the bits end early") }
    var value = 0
    for _ in 0..<count {
      let byte = bytes[bytes.startIndex + position >> 3]
      value = value << 1 | Int(byte >> UInt8(7 - position & 7) & 1)
      position += 1
    }
    return value
  }

  mutating func flag() throws(Malformed) -> Bool { try bits(1) == 1 }

  mutating func skip(_ count: Int) throws(Malformed) {
    guard count >= 0, position + count <= bytes.count * 8 else { throw Malformed("the bits end early") }
    position += count
  }

  mutating func unsigned() throws(Malformed) -> Int {
    var zeros = 0
    while try bits(1) == 0 {
      zeros += 1
      if zeros > 32 { throw Malformed("an Exp-Golomb code of more than 32 bits") }
    }
    return (1 << zeros) - 1 + (try bits(zeros))
  }

  mutating func signed() throws(Malformed) -> Int {
    let code = try unsigned()
    return code & 1 == 1 ? (code + 1) / 2 : -(code / 2)
  }
}
