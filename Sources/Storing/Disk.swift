internal import Foundation

/// A file descriptor; sole owner, closed at its end.
struct Descriptor: ~Copyable, Sendable {
  private(set) var raw: Int32
  let path: String

  private init(raw: Int32, path: String) {
    self.raw = raw
    self.path = path
  }

  deinit { if raw >= 0 { Foundation.close(raw) } }

  /// New files take the mode that the process's mask leaves of `mode`.
  static func open(_ path: String, _ flags: Int32, mode: mode_t = 0o666) throws(StoreFailure) -> Descriptor {
    while true {
      let raw = unsafe Foundation.open(path, flags | O_CLOEXEC, mode)
      if raw >= 0 { return Descriptor(raw: raw, path: path) }
      if errno != EINTR { throw .from(errno, "open", path) }
    }
  }

  /// nil when there is nothing at `path`.
  static func openExisting(_ path: String, _ flags: Int32) throws(StoreFailure) -> Descriptor? {
    do throws(StoreFailure) {
      return try open(path, flags)
    } catch {
      if case .io("open", _, ENOENT) = error { return nil }
      throw error
    }
  }

  /// For reading from the disk itself, past the kernel's cache, where the file system can: by whole pages, into a buffer
  /// that begins at one.
  static func openDirect(_ path: String) throws(StoreFailure) -> Descriptor {
    do throws(StoreFailure) {
      return try open(path, O_RDONLY | __O_DIRECT)
    } catch {
      guard case .io("open", _, EINVAL) = error else { throw error }
      return try open(path, O_RDONLY)
    }
  }

  var isDirect: Bool {
    let flags = fcntl(raw, F_GETFL)
    return flags >= 0 && flags & __O_DIRECT != 0
  }

  /// From here on through the cache, which is dropped from `offset` on: some file systems allow no more than to open a
  /// file so, and a file's end is no whole page. false for a file that was never direct.
  func endDirect(from offset: Int64) -> Bool {
    let flags = fcntl(raw, F_GETFL)
    guard isDirect, fcntl(raw, F_SETFL, flags & ~__O_DIRECT) == 0 else { return false }
    dropCache(from: offset)
    return true
  }

  func write(_ bytes: [UInt8]) throws(StoreFailure) {
    var done = 0
    while done < bytes.count {
      let wrote = unsafe bytes.withUnsafeBytes { raw in
        unsafe Foundation.write(self.raw, raw.baseAddress?.advanced(by: done), raw.count - done)
      }
      if wrote < 0, errno == EINTR { continue }
      // A write of nothing without an error is how some file systems say that they are full.
      guard wrote != 0 else { throw .diskFull(path: path) }
      guard wrote > 0 else { throw .from(errno, "write", path) }
      done += wrote
    }
  }

  /// Everything in the file, if that is at most `limit` bytes.
  func readAll(limit: Int) throws(StoreFailure) -> [UInt8] {
    var result: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let got = unsafe block.withUnsafeMutableBytes { unsafe Foundation.read(raw, $0.baseAddress, $0.count) }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw .from(errno, "read", path) }
      if got == 0 { return result }
      guard result.count + got <= limit else { throw .fileTooLarge(path: path) }
      result.append(contentsOf: block[..<got])
    }
  }

  /// Takes, or changes to, an advisory lock; false when `LOCK_NB` is given and another has it.
  func lock(_ operation: Int32) throws(StoreFailure) -> Bool {
    while flock(raw, operation) != 0 {
      if errno == EINTR { continue }
      if errno == EWOULDBLOCK { return false }
      throw .from(errno, "flock", path)
    }
    return true
  }

  func sync() throws(StoreFailure) {
    while fsync(raw) != 0 {
      if errno == EINTR { continue }
      // What cannot be synced (some file systems' folders) says so by EINVAL.
      if errno == EINVAL { return }
      throw .from(errno, "fsync", path)
    }
  }

  /// Asks the kernel to begin writing to the disk, without waiting: the sync at the end then has little left to do.
  func startWriting() {
    guard let syncRange = GNU.syncFileRange else { return }
    _ = syncRange(raw, 0, 0, GNU.syncFileRangeWrite)
  }

  /// What tells that the file is still the one that was looked at.
  func stamp() throws(StoreFailure) -> Disk.Stamp {
    var status = stat()
    guard unsafe fstat(raw, &status) == 0 else { throw .from(errno, "fstat", path) }
    return Disk.Stamp(status)
  }

  /// Drops the kernel's copy of what is already on the disk, so that the next read comes from there.
  func dropCache(from offset: Int64 = 0) { _ = posix_fadvise(raw, off_t(offset), 0, POSIX_FADV_DONTNEED) }

  /// Closes, and says what closing found: a quota on a network disk shows itself only here.
  consuming func close() throws(StoreFailure) {
    let closing = raw
    raw = -1
    guard Foundation.close(closing) == 0 || errno == EINTR else { throw .from(errno, "close", path) }
  }
}

/// File operations by path, with failures as `StoreFailure`.
enum Disk {
  enum Kind: Equatable { case file, folder, other }

  struct Entry {
    var kind: Kind
    var bytes: Int64
    /// Seconds since 1970.
    var modified: Int64
  }

  /// Which file it is, how long, and when its bytes last changed.
  struct Stamp: Equatable, Sendable {
    private let inode: UInt64
    private let bytes: Int64
    private let seconds: Int64
    private let nanoseconds: Int64

    init(_ status: stat) {
      inode = UInt64(status.st_ino)
      bytes = Int64(status.st_size)
      seconds = Int64(status.st_mtim.tv_sec)
      nanoseconds = Int64(status.st_mtim.tv_nsec)
    }
  }

  /// nil when there is nothing at `path`.
  static func stamp(_ path: String) throws(StoreFailure) -> Stamp? {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else {
      if errno == ENOENT { return nil }
      throw .from(errno, "stat", path)
    }
    return Stamp(status)
  }

  /// What is at `path`, not following a link there; nil when there is nothing.
  static func entry(_ path: String) throws(StoreFailure) -> Entry? {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw .from(errno, "stat", path)
    }
    return entry(status)
  }

  private static func entry(_ status: stat) -> Entry {
    let kind: Kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .folder
      default: .other
      }
    return Entry(kind: kind, bytes: Int64(status.st_size), modified: Int64(status.st_mtim.tv_sec))
  }

  /// The file system on which `path` lies, links followed; nil when there is nothing.
  static func device(_ path: String) -> UInt64? {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? UInt64(status.st_dev) : nil
  }

  /// Whether the open file is the one that `path` names: after a lock was taken, that nobody replaced it before.
  static func isNamed(_ descriptor: Int32, _ path: String) -> Bool {
    var (opened, named) = (stat(), stat())
    return unsafe fstat(descriptor, &opened) == 0 && lstat(path, &named) == 0
      && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev
  }

  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Makes one folder; false when there is one already (or a link to one).
  @discardableResult
  static func makeFolder(_ path: String, mode: mode_t = 0o777) throws(StoreFailure) -> Bool {
    // Another run may remove the folder between the two calls: then it is made again.
    for _ in 0..<100 {
      if unsafe mkdir(path, mode) == 0 { return true }
      let code = errno
      if code == ENOENT { throw .parentMissing(path: path) }
      guard code == EEXIST else { throw .from(code, "mkdir", path) }
      if isFolder(path) { return false }
      var status = stat()
      if unsafe lstat(path, &status) == 0 || errno != ENOENT { break }
    }
    // A folder that came in between is one all the same.
    guard isFolder(path) else { throw .notAFolder(path: path) }
    return false
  }

  /// Makes a folder and those above it that are missing.
  static func makeFolders(_ path: String) throws(StoreFailure) {
    do throws(StoreFailure) {
      try makeFolder(path)
    } catch {
      let parent = (path as NSString).deletingLastPathComponent
      guard case .parentMissing = error, !parent.isEmpty, parent != path else { throw error }
      try makeFolders(parent)
      try makeFolder(path)
    }
  }

  /// Makes the folders that lead from `root` to `key`'s parent, and returns those made, the outermost first.
  @discardableResult
  static func makeParents(of key: String, in root: String) throws(StoreFailure) -> [String] {
    var made: [String] = []
    var path = root
    for component in key.split(separator: "/").dropLast() {
      path += "/\(component)"
      if try makeFolder(path) { made.append(path) }
    }
    return made
  }

  static func rename(_ from: String, _ to: String) throws(StoreFailure) {
    guard unsafe Foundation.rename(from, to) == 0 else { throw .from(errno, "rename", to) }
  }

  /// Swaps two paths in one step; false where the kernel or the file system cannot.
  static func exchange(_ from: String, _ to: String) throws(StoreFailure) -> Bool {
    guard let renameat2 = unsafe GNU.renameat2 else { return false }
    if unsafe renameat2(AT_FDCWD, from, AT_FDCWD, to, GNU.renameExchange) == 0 { return true }
    let code = errno
    if code == EINVAL || code == ENOSYS || code == EOPNOTSUPP { return false }
    throw .from(code, "exchange", to)
  }

  static func syncFolder(_ path: String) throws(StoreFailure) {
    try Descriptor.open(path, O_RDONLY | O_DIRECTORY).sync()
  }

  /// Names in a folder, sorted; none when there is no such folder.
  static func names(in folder: String) throws(StoreFailure) -> [String] {
    guard let stream = unsafe opendir(folder) else {
      if errno == ENOENT { return [] }
      throw .from(errno, "opendir", folder)
    }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = unsafe readdir(stream) else {
        guard errno == 0 else { throw .from(errno, "readdir", folder) }
        return names.sorted()
      }
      let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
  }

  /// Every file below `folder` (anything that is no folder), as paths relative to it, sorted.
  static func files(below folder: String, prefix: String = "") throws(StoreFailure) -> [String] {
    var result: [String] = []
    for name in try names(in: folder) {
      if try entry("\(folder)/\(name)")?.kind == .folder {
        result += try files(below: "\(folder)/\(name)", prefix: "\(prefix)\(name)/")
      } else {
        result.append(prefix + name)
      }
    }
    return result
  }

  static func removeFile(_ path: String) throws(StoreFailure) {
    guard unsafe unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR else {
      throw .from(errno, "unlink", path)
    }
  }

  /// Removes a folder that is empty; false when it is not.
  static func removeEmptyFolder(_ path: String) -> Bool { unsafe rmdir(path) == 0 }

  /// Removes whatever is at `path`, following no link.
  static func removeAll(_ path: String) throws(StoreFailure) {
    guard let found = try entry(path) else { return }
    guard found.kind == .folder else { return try removeFile(path) }
    for name in try names(in: path) { try removeAll("\(path)/\(name)") }
    guard unsafe rmdir(path) == 0 || errno == ENOENT else { throw .from(errno, "rmdir", path) }
  }

  /// Sets when a file was last used, in seconds since 1970.
  static func touch(_ path: String, at seconds: Int64) throws(StoreFailure) {
    let file = try Descriptor.open(path, O_WRONLY | O_CREAT, mode: 0o600)
    let time = timespec(tv_sec: Int(clamping: seconds), tv_nsec: 0)
    guard unsafe futimens(file.raw, [time, time]) == 0 else { throw .from(errno, "utime", path) }
  }
}

/// Functions that the C library's headers show only to GNU sources, looked up by name; nil where it has none.
private enum GNU {
  typealias Renameat2 =
    @convention(c) (Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32) -> Int32
  typealias SyncFileRange = @convention(c) (Int32, Int64, Int64, UInt32) -> Int32
  static let renameExchange: UInt32 = 2
  static let syncFileRangeWrite: UInt32 = 2

  static let renameat2: Renameat2? = {
    guard let symbol = unsafe dlsym(nil, "renameat2") else { return nil }
    return unsafe unsafeBitCast(symbol, to: Renameat2.self)
  }()

  static let syncFileRange: SyncFileRange? = {
    guard let symbol = unsafe dlsym(nil, "sync_file_range") else { return nil }
    return unsafe unsafeBitCast(symbol, to: SyncFileRange.self)
  }()
}
