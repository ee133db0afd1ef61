/// Changes one box of an MP4 file and the sizes of all that it lies in: a path of types and what to make of the content
/// in, the whole file out. Every box of that path is changed. A file without it comes back as it was.
package enum BoxEdit {
  package static func replace(
    _ path: [String], in bytes: [UInt8], _ change: ([UInt8]) -> [UInt8]
  ) -> [UInt8] {
    rewrite(path, bytes) { box($0, change($1)) }
  }

  /// Each box of the path as often as `count` says, one behind the other.
  package static func multiply(_ path: [String], by count: Int, in bytes: [UInt8]) -> [UInt8] {
    rewrite(path, bytes) { kind, content in
      Array(repeatElement(box(kind, content), count: count).joined())
    }
  }

  /// A box with this content.
  package static func box(_ kind: String, _ content: [UInt8]) -> [UInt8] {
    number(UInt32(clamping: content.count + 8)) + Array(kind.utf8) + content
  }

  package static func number(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  /// `value` in place of the four bytes at `offset`; content that is too short stays as it is.
  package static func put(_ value: UInt32, at offset: Int, in content: [UInt8]) -> [UInt8] {
    guard offset >= 0, offset + 4 <= content.count else { return content }
    return Array(content[..<offset]) + number(value) + Array(content[(offset + 4)...])
  }

  package static func number(at offset: Int, in content: [UInt8]) -> UInt32 {
    guard offset >= 0, offset + 4 <= content.count else { return 0 }
    return content[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
  }

  private static func rewrite(
    _ path: [String], _ bytes: [UInt8], _ made: (_ kind: String, _ content: [UInt8]) -> [UInt8]
  ) -> [UInt8] {
    guard let wanted = path.first else { return bytes }
    var result: [UInt8] = []
    var at = 0
    while at + 8 <= bytes.count {
      let size = Int(number(at: at, in: bytes))
      guard size >= 8, at + size <= bytes.count else { break }
      let kind = String(decoding: bytes[at + 4..<at + 8], as: UTF8.self)
      let content = Array(bytes[at + 8..<at + size])
      if kind != wanted {
        result += bytes[at..<at + size]
      } else if path.count == 1 {
        result += made(kind, content)
      } else {
        result += box(kind, rewrite(Array(path.dropFirst()), content, made))
      }
      at += size
    }
    return result + bytes[at...]
  }
}
