internal import Foundation

/// A source that was opened for reading and is known to be a file with something in it; sole owner of its
/// descriptor. Opening never waits, not even on a pipe that nobody writes to.
final class SourceFile {
  let path: String
  /// Without its folder.
  let name: String
  let descriptor: Int32
  let bytes: Int64

  private init(path: String, descriptor: Int32, bytes: Int64) {
    self.path = path
    self.descriptor = descriptor
    self.bytes = bytes
    name = (path as NSString).lastPathComponent
  }

  deinit { close(descriptor) }

  static func open(_ path: String) throws(CommandFailure) -> SourceFile {
    let descriptor = unsafe Foundation.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    guard descriptor >= 0 else { throw cannotOpen(path, errno) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw .system(path, "cannot be read", errno: code)
    }
    let source = SourceFile(path: path, descriptor: descriptor, bytes: Int64(status.st_size))
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR:
      throw CommandFailure(path, "is a folder, not a media file", advice: "name a file in it")
    default:
      throw CommandFailure(
        path, "is not a regular file (a pipe or a device)", advice: "save it to a file first")
    }
    guard source.bytes > 0 else {
      throw CommandFailure(path, "is empty (0 bytes)", advice: "copy or upload it again")
    }
    return source
  }

  /// Ranges of files, one after another, as one file that has no name and is gone when it is let go of.
  static func joined(
    _ ranges: [(path: String, offset: Int64, length: Int64)], name: String
  ) throws(CommandFailure) -> SourceFile {
    var template = Array((NSTemporaryDirectory() + "/rung-XXXXXX").utf8CString)
    let descriptor = unsafe mkstemp(&template)
    guard descriptor >= 0 else { throw .system(NSTemporaryDirectory(), "cannot make a file", errno: errno) }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    _ = unsafe unlink(template)
    let file = SourceFile(
      path: name, descriptor: descriptor, bytes: ranges.reduce(0) { $0 &+ $1.length })
    for range in ranges {
      let source = try SourceFile.open(range.path)
      var (offset, left) = (range.offset, range.length)
      var buffer = [UInt8](repeating: 0, count: 1 << 20)
      while left > 0 {
        let got = unsafe pread(source.descriptor, &buffer, Int(min(left, 1 << 20)), off_t(offset))
        if got < 0, errno == EINTR { continue }
        guard got > 0 else { throw .system(range.path, "cannot be read", errno: got < 0 ? errno : EIO) }
        if let code = writeAll(descriptor, Array(buffer[..<got])) {
          throw .system(NSTemporaryDirectory(), "cannot write", errno: code)
        }
        (offset, left) = (offset &+ Int64(got), left &- Int64(got))
      }
    }
    return file
  }

  private static func cannotOpen(_ path: String, _ code: Int32) -> CommandFailure {
    switch code {
    case ENOENT, ENOTDIR: CommandFailure(path, "no such file", advice: "check the name")
    case EACCES, EPERM:
      CommandFailure(path, "no permission to read it", advice: "change its permissions or run as its owner")
    case ENXIO: CommandFailure(path, "is not a regular file (a socket)", advice: "save it to a file first")
    case ELOOP: CommandFailure(path, "its symbolic links lead in a circle", advice: "name the file itself")
    case ENAMETOOLONG: CommandFailure(path, "the name is too long", advice: "check the name")
    default: .system(path, "cannot be opened", errno: code)
    }
  }
}
