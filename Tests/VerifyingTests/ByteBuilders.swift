internal import Foundation

/// Big-endian bytes of an integer.
func be(_ value: Int, _ count: Int) -> [UInt8] {
  (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

/// A box of an MP4 file.
func box(_ type: String, _ parts: [UInt8]...) -> [UInt8] {
  let body = parts.flatMap { $0 }
  return be(body.count + 8, 4) + Array(type.utf8) + body
}

/// A box with version and flags.
func full(_ type: String, _ version: Int, _ flags: Int, _ parts: [UInt8]...) -> [UInt8] {
  box(type, be(version, 1) + be(flags, 3) + parts.flatMap { $0 })
}

func zeros(_ count: Int) -> [UInt8] { Array(repeating: 0, count: count) }

/// Bits from the most significant on, as parameter sets are written.
struct BitWriter {
  private var all: [UInt8] = []

  mutating func bits(_ value: Int, _ count: Int) {
    for index in (0..<count).reversed() { all.append(UInt8(value >> index & 1)) }
  }

  mutating func unsigned(_ value: Int) {
    let width = String(value + 1, radix: 2).count
    bits(0, width - 1)
    bits(value + 1, width)
  }

  /// With a stop bit and zeros up to a whole byte.
  func finished() -> [UInt8] {
    var padded = all + [1]
    while padded.count % 8 != 0 { padded.append(0) }
    return stride(from: 0, to: padded.count, by: 8).map { start in
      padded[start..<start + 8].reduce(0) { $0 << 1 | $1 }
    }
  }
}

/// A baseline SPS for pictures of whole macroblocks, with `crop` luma rows cut off below.
func sequenceParameterSet(columns: Int, rows: Int, crop: Int = 0, isProgressive: Bool = true) -> [UInt8] {
  var bits = BitWriter()
  bits.bits(66, 8)
  bits.bits(0xC0, 8)
  bits.bits(10, 8)
  for value in [0, 0, 2, 1] { bits.unsigned(value) }
  bits.bits(0, 1)
  bits.unsigned(columns - 1)
  bits.unsigned(rows - 1)
  bits.bits(isProgressive ? 1 : 0, 1)
  if !isProgressive { bits.bits(0, 1) }
  bits.bits(1, 1)
  bits.bits(crop > 0 ? 1 : 0, 1)
  if crop > 0 { for value in [0, 0, 0, crop / 2] { bits.unsigned(value) } }
  bits.bits(0, 1)
  return [0x67] + bits.finished()
}

let pictureParameterSet: [UInt8] = [0x68, 0xCE, 0x3C, 0x80]

/// Stands in for SHA-256, which comes from outside of the module: 64 hex digits that follow from the bytes.
func testHash(_ bytes: some Sequence<UInt8>) -> String {
  var value: UInt64 = 0xcbf2_9ce4_8422_2325
  for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
  let text = String(value, radix: 16)
  let word = String(repeating: "0", count: 16 - text.count) + text
  return word + word + word + word
}

/// A small generator with a seed, so that a failing round can be run again.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &+ 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
