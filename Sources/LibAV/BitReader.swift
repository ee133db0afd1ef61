/// Reads a byte string from its first bit on; in, bytes; out, integers. Past the end it gives nil, never a crash.
package struct BitReader {
  private let bytes: [UInt8]
  private var position = 0

  package init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

  /// A NAL unit's payload with its emulation prevention bytes taken out (ITU-T H.264 7.4.1).
  package init(unescaping nal: some Sequence<UInt8>) {
    var clean: [UInt8] = []
    var zeros = 0
    for byte in nal {
      if zeros >= 2, byte == 3 {
        zeros = 0
        continue
      }
      zeros = byte == 0 ? zeros + 1 : 0
      clean.append(byte)
    }
    bytes = clean
  }

  package var bitsLeft: Int { bytes.count * 8 - position }

  /// The next `count` bits (at most 32) as a number, the first bit being the highest.
  package mutating func bits(_ count: Int) -> Int? {
    guard (0...32).contains(count), bitsLeft >= count else { return nil }
    var value = 0
    for _ in 0..<count {
      value = value << 1 | Int(bytes[position >> 3] >> UInt8(7 - position & 7) & 1)
      position += 1
    }
    return value
  }

  /// An unsigned Exp-Golomb number (H.264 9.1).
  package mutating func exponentialGolomb() -> Int? {
    var zeros = 0
    while let bit = bits(1) {
      if bit == 1 {
        guard let rest = bits(zeros) else { return nil }
        return (1 << zeros) - 1 + rest
      }
      zeros += 1
      if zeros > 31 { return nil }
    }
    return nil
  }
}
