internal import Foundation

/// What tells whether a file is still the one that was seen: size, time and inode. Also when it last changed in any
/// way, which nobody can set, and which says how long it has been left alone.
package struct FileStamp: Sendable, Equatable {
  package var bytes: Int64
  package var modifiedNanoseconds: Int64
  package var inode: UInt64
  package var device: UInt64
  /// Of the last write, rename, or change of rights; not part of `text`: another name for the file changes it, too.
  package var changedNanoseconds: Int64

  package init(
    bytes: Int64, modifiedNanoseconds: Int64, inode: UInt64, device: UInt64, changedNanoseconds: Int64
  ) {
    self.bytes = bytes
    self.modifiedNanoseconds = modifiedNanoseconds
    self.inode = inode
    self.device = device
    self.changedNanoseconds = changedNanoseconds
  }

  init(_ status: stat) {
    func nanoseconds(_ time: timespec) -> Int64 { Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec) }
    self.init(
      bytes: Int64(status.st_size), modifiedNanoseconds: nanoseconds(status.st_mtim),
      inode: UInt64(status.st_ino), device: UInt64(status.st_dev),
      changedNanoseconds: nanoseconds(status.st_ctim))
  }

  /// As the ledger keeps it.
  package var text: String { "\(bytes) \(modifiedNanoseconds) \(inode)" }

  /// The file that a path names, links followed; nil when there is none.
  package static func of(_ path: String) -> FileStamp? {
    var status = stat()
    guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return FileStamp(status)
  }
}

extension FileStamp {
  /// The file system on which a path lies; nil when there is nothing.
  package static func device(_ path: String) -> UInt64? {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? UInt64(status.st_dev) : nil
  }
}
