package import Media

/// A JPEG file as a worker left it: bytes in; the size that its header names out, or why it is none. The process
/// that publishes looks at what another one, which met the source, wrote.
package enum JPEGFile {
  /// The most that one picture may take.
  package static let mostBytes = 64 << 20

  package static func size(_ bytes: [UInt8], path: String) throws(PicturesFailure) -> PictureSize {
    guard bytes.count > 4, bytes.count <= mostBytes, bytes[0] == 0xff, bytes[1] == 0xd8,
      bytes[bytes.count - 2] == 0xff, bytes[bytes.count - 1] == 0xd9
    else { throw .damaged(path: path, what: "it is no whole JPEG file") }
    var at = 2
    // Segments of marker, length and contents up to the frame header (ISO/IEC 10918-1, B.1.1.4 and B.2.2).
    while at + 9 < bytes.count, bytes[at] == 0xff {
      let marker = bytes[at + 1]
      let length = Int(bytes[at + 2]) << 8 | Int(bytes[at + 3])
      if (0xc0...0xc2).contains(marker) {
        let height = Int(bytes[at + 5]) << 8 | Int(bytes[at + 6])
        let width = Int(bytes[at + 7]) << 8 | Int(bytes[at + 8])
        return PictureSize(width, height)
      }
      guard length >= 2, marker != 0xda else { break }
      at += 2 + length
    }
    throw .damaged(path: path, what: "it has no frame header")
  }

  package static func check(_ bytes: [UInt8], is size: PictureSize, path: String) throws(PicturesFailure) {
    let found = try self.size(bytes, path: path)
    guard found == size else { throw .damaged(path: path, what: "it is \(found), expected \(size)") }
  }
}
