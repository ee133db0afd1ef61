internal import Foundation

/// Bringing a file that is already somewhere into the tree.
extension Disk {
  /// Gives an open file one more name; false where that cannot be (another file system, no right to it, no links).
  static func link(_ descriptor: Int32, to path: String) throws(StoreFailure) -> Bool {
    // By the descriptor, so that it is the file that was read, whatever its path has become since.
    if unsafe linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 {
      return true
    }
    let code = errno
    let isExpected = [EXDEV, EPERM, EACCES, ENOENT, EMLINK, EOPNOTSUPP, ENOSYS, ELOOP].contains(code)
    guard isExpected else { throw .from(code, "link", path) }
    return false
  }

  /// Writes a copy of all of an open file. Reads at offsets of its own: others use the descriptor too.
  static func copy(_ descriptor: Int32, path: String, to place: String) throws(StoreFailure) {
    let file = try Descriptor.open(place, O_WRONLY | O_CREAT | O_EXCL)
    var block = [UInt8](repeating: 0, count: 1 << 20)
    var offset: off_t = 0
    while true {
      let got = unsafe block.withUnsafeMutableBytes {
        unsafe pread(descriptor, $0.baseAddress, $0.count, offset)
      }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw .from(errno, "read", path) }
      if got == 0 { break }
      try file.write(got == block.count ? block : Array(block[..<got]))
      offset += off_t(got)
    }
    file.startWriting()
  }
}
