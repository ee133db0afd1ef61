internal import Foundation

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

/// One regular file, read at any place through a window of a megabyte, so that its size does not matter.
final class InputFile {
  private static let window = 1 << 20
  let path: String
  let size: Int64
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var bufferStart: Int64 = 0

  private init(path: String, size: Int64, descriptor: Int32) {
    self.path = path
    self.size = size
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// nil when there is no such file, it cannot be read, or it is a folder, a pipe or a device.
  static func open(_ path: String) -> InputFile? {
    // Without O_NONBLOCK a pipe in the tree would stop the verification for ever.
    let descriptor = unsafe Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    var facts = stat()
    guard unsafe fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      return nil
    }
    return InputFile(path: path, size: Int64(facts.st_size), descriptor: descriptor)
  }

  /// Exactly `count` bytes.
  func read(_ offset: Int64, _ count: Int) throws(Malformed) -> ArraySlice<UInt8> {
    guard offset >= 0, count >= 0, offset <= size, Int64(count) <= size - offset else {
      throw Malformed("bytes \(offset) and the next \(count) are outside of the file's \(size)")
    }
    if offset >= bufferStart, offset + Int64(count) <= bufferStart + Int64(buffer.count) {
      let start = Int(offset - bufferStart)
      return buffer[start..<start + count]
    }
    buffer = try fill(offset, Int(min(Int64(max(count, InputFile.window)), size - offset)))
    bufferStart = offset
    return buffer[0..<count]
  }

  /// The whole file, when it is not larger than `limit`.
  func whole(limit: Int) throws(Malformed) -> [UInt8] {
    guard size <= Int64(limit) else { throw Malformed("\(size) bytes, expected at most \(limit)") }
    return try fill(0, Int(size))
  }

  private func fill(_ offset: Int64, _ count: Int) throws(Malformed) -> [UInt8] {
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { space, filled in
      filled = 0
      while filled < count {
        let target = unsafe space.baseAddress?.advanced(by: filled)
        let got = unsafe pread(descriptor, target, count - filled, off_t(offset) + off_t(filled))
        if got < 0, errno == EINTR { continue }
        if got <= 0 { return }
        filled += got
      }
    }
    guard bytes.count == count else { throw Malformed("the file cannot be read at byte \(offset)") }
    return bytes
  }
}
