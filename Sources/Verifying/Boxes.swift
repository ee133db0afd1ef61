/// A box in memory: its type and what is between its header and its end.
struct Box {
  let type: String
  let body: ArraySlice<UInt8>

  /// The boxes that fill `bytes`, one after another.
  static func list(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> [Box] {
    var result: [Box] = []
    var cursor = Cursor(bytes)
    while cursor.left > 0 {
      let whole = cursor.left
      var size = try cursor.u32()
      let type = try cursor.fourCC()
      var header = 8
      if size == 1 {
        guard let large = Int(exactly: try cursor.u64()) else { throw Malformed("box \(type) is too large") }
        (size, header) = (large, 16)
      } else if size == 0 {
        size = whole
      }
      guard size >= header, size <= whole else {
        throw Malformed("box \(type) of \(size) bytes where \(whole) are left")
      }
      result.append(Box(type: type, body: try cursor.take(size - header)))
    }
    return result
  }
}

extension [Box] {
  func first(_ type: String) -> ArraySlice<UInt8>? { first { $0.type == type }?.body }

  func only(_ type: String, in parent: String) throws(Malformed) -> ArraySlice<UInt8> {
    let found = filter { $0.type == type }
    guard found.count == 1, let box = found.first else {
      throw Malformed("\(parent) has \(found.count) boxes \(type), expected one")
    }
    return box.body
  }
}

/// Where a box lies in its file.
struct BoxPlace {
  let type: String
  let offset: Int64
  let header: Int64
  let size: Int64
  var end: Int64 { offset + size }
  var body: Range<Int64> { offset + header..<offset + size }
}

/// Walks the top-level boxes of a part of a file, header by header, so that media data is never in memory.
struct BoxWalker {
  private let file: InputFile
  private let end: Int64
  private(set) var position: Int64

  init(_ file: InputFile, _ range: Range<Int64>) {
    self.file = file
    end = min(range.upperBound, file.size)
    position = range.lowerBound
  }

  /// The next box; nil exactly at the end.
  mutating func next() throws(Malformed) -> BoxPlace? {
    let left = end - position
    if left <= 0 { return nil }
    guard left >= 8 else { throw Malformed("\(left) bytes after the last box, at \(position)") }
    var cursor = Cursor(try file.read(position, Int(min(16, left))))
    var size = Int64(try cursor.u32())
    let type = try cursor.fourCC()
    var header: Int64 = 8
    if size == 1 {
      size = Int64(truncatingIfNeeded: try cursor.u64())
      header = 16
    } else if size == 0 {
      size = left
    }
    guard size >= header, size <= left else {
      throw Malformed("box \(type) at \(position) has \(size) bytes where \(left) are left")
    }
    defer { position += size }
    return BoxPlace(type: type, offset: position, header: header, size: size)
  }
}
