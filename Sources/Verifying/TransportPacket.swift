/// One packet of 188 bytes of a transport stream, taken apart (ISO 13818-1 2.4.3).
struct TransportPacket {
  static let size = 188

  var pid: Int
  var startsUnit: Bool
  var isDamaged: Bool
  var isScrambled: Bool
  var counter: Int
  var isRandomAccess = false
  var isDiscontinuous = false
  var clock: Int64?
  var payload: ArraySlice<UInt8>?

  init(_ bytes: ArraySlice<UInt8>) throws(Malformed) {
    var cursor = Cursor(bytes)
    guard try cursor.u8() == 0x47 else { throw Malformed("no sync byte") }
    let head = try cursor.u16()
    isDamaged = head & 0x8000 != 0
    startsUnit = head & 0x4000 != 0
    pid = head & 0x1FFF
    let control = try cursor.u8()
    isScrambled = control & 0xC0 != 0
    counter = control & 15
    if control & 0x20 != 0 {
      var field = Cursor(try cursor.take(try cursor.u8()))
      if field.left > 0 {
        let flags = try field.u8()
        isDiscontinuous = flags & 0x80 != 0
        isRandomAccess = flags & 0x40 != 0
        if flags & 0x10 != 0 { clock = Int64(try field.u32()) << 1 | Int64(try field.u16() >> 15) }
      }
    }
    if control & 0x10 != 0 { payload = cursor.rest }
  }
}

/// The program tables that rendition segments carry: one program, its streams.
struct ProgramTables {
  struct Stream: Equatable {
    var type: Int
    var pid: Int
  }

  var mapPID: Int?
  var clockPID: Int?
  var streams: [Stream] = []

  var video: Stream? { streams.first { [0x1B, 0x24].contains($0.type) } }
  var audio: Stream? { streams.first { [0x0F, 0x03, 0x04, 0x81, 0x87].contains($0.type) } }

  mutating func association(_ payload: ArraySlice<UInt8>) throws(Malformed) {
    var body = Cursor(try ProgramTables.section(payload, table: 0))
    var programs = 0
    while body.left >= 4 {
      let program = try body.u16()
      let pid = try body.u16() & 0x1FFF
      if program == 0 { continue }
      programs += 1
      if programs == 1 { mapPID = pid }
    }
    guard programs == 1 else { throw Malformed("a PAT of \(programs) programs, expected one") }
  }

  mutating func map(_ payload: ArraySlice<UInt8>) throws(Malformed) {
    var body = Cursor(try ProgramTables.section(payload, table: 2))
    clockPID = try body.u16() & 0x1FFF
    try body.skip(try body.u16() & 0xFFF)
    var found: [Stream] = []
    while body.left >= 5 {
      let type = try body.u8()
      found.append(Stream(type: type, pid: try body.u16() & 0x1FFF))
      try body.skip(try body.u16() & 0xFFF)
    }
    streams = found
  }

  /// The entries of a table that fits in one packet, its checksum checked.
  private static func section(_ payload: ArraySlice<UInt8>, table: Int) throws(Malformed) -> ArraySlice<UInt8>
  {
    var cursor = Cursor(payload)
    try cursor.skip(try cursor.u8())
    let start = cursor.rest
    let found = try cursor.u8()
    guard found == table else { throw Malformed("table \(found), expected \(table)") }
    let length = try cursor.u16() & 0xFFF
    guard length >= 9, length <= cursor.left else { throw Malformed("table \(table) of \(length) bytes") }
    guard checksum(start.prefix(3 + length)) == 0 else {
      throw Malformed("table \(table) with a wrong checksum")
    }
    try cursor.skip(5)
    return try cursor.take(length - 9)
  }

  /// CRC-32 of MPEG-2; over a section with its own checksum it is 0.
  static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var value: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      value ^= UInt32(byte) << 24
      for _ in 0..<8 { value = value & 0x8000_0000 != 0 ? value << 1 ^ 0x04C1_1DB7 : value << 1 }
    }
    return value
  }
}

/// One PES packet while its transport packets arrive.
struct PacketizedUnit {
  var pid: Int
  var offset: Int64
  /// Where tables stand right before it, as packets that bring a keyframe often do.
  var tablesOffset: Int64?
  var end: Int64
  var isRandomAccess: Bool
  var bytes: [UInt8] = []
  var total = 0
  /// What comes is only counted.
  var isSkipped = false

  mutating func append(_ payload: ArraySlice<UInt8>, end: Int64, room: Int) {
    if bytes.count < room { bytes.append(contentsOf: payload.prefix(room - bytes.count)) }
    total += payload.count
    self.end = end
  }

  struct Header {
    var presentation: Int64
    var decode: Int64
    /// Of the whole packet after its length field; 0 when it is not said.
    var length: Int
    var body: Int
  }

  func header() throws(Malformed) -> Header {
    var cursor = Cursor(bytes[...])
    guard try cursor.u24() == 1 else { throw Malformed("no PES start code") }
    try cursor.skip(1)
    let length = try cursor.u16()
    try cursor.skip(1)
    let flags = try cursor.u8()
    let extra = try cursor.u8()
    guard flags & 0x80 != 0 else { throw Malformed("a PES packet without a timestamp") }
    let presentation = try PacketizedUnit.stamp(&cursor)
    let decode = flags & 0x40 != 0 ? try PacketizedUnit.stamp(&cursor) : presentation
    guard 9 + extra <= bytes.count else { throw Malformed("a PES header of \(extra) bytes") }
    return Header(presentation: presentation, decode: decode, length: length, body: 9 + extra)
  }

  private static func stamp(_ cursor: inout Cursor) throws(Malformed) -> Int64 {
    let high = Int64(try cursor.u8() >> 1 & 7)
    let middle = Int64(try cursor.u16() >> 1)
    return high << 30 | middle << 15 | Int64(try cursor.u16() >> 1)
  }
}
