internal import Foundation

/// A file open for reading; sole owner of its descriptor, which several requests may read from at once.
final class OpenFile: Sendable {
  let path: String
  let bytes: Int64
  private let descriptor: Int32

  private init(path: String, bytes: Int64, descriptor: Int32) {
    self.path = path
    self.bytes = bytes
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  static func open(_ path: String) throws(PublishFailure) -> OpenFile {
    let descriptor = unsafe Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else {
      throw errno == ENOENT
        ? .fileChanged(path: path) : .file(path: path, call: "open", errno: errno)
    }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw .fileChanged(path: path)
    }
    return OpenFile(path: path, bytes: Int64(status.st_size), descriptor: descriptor)
  }

  /// Reads up to `buffer`'s size from `offset`; 0 at the end, negative with `errno` set for a failure.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int {
    guard let base = buffer.baseAddress, offset >= 0 else { return 0 }
    while true {
      let got = unsafe pread(descriptor, base, buffer.count, off_t(offset))
      if got >= 0 || errno != EINTR { return got }
    }
  }
}

/// A part of a file, as the body of a request.
struct FileRange: Sendable {
  let file: OpenFile
  let offset: Int64
  let bytes: Int64

  init(_ file: OpenFile) { self.init(file, offset: 0, bytes: file.bytes) }

  init(_ file: OpenFile, offset: Int64, bytes: Int64) {
    self.file = file
    self.offset = offset
    self.bytes = bytes
  }

  /// Reads from `position` in the range; 0 where file or range end.
  func read(into block: inout [UInt8], at position: Int64) throws(PublishFailure) -> Int {
    let most = min(Int64(block.count), bytes - position)
    let got = unsafe block.withUnsafeMutableBytes { raw in
      unsafe file.read(
        into: UnsafeMutableRawBufferPointer(rebasing: raw[..<Int(clamping: max(0, most))]),
        at: offset + position)
    }
    guard got >= 0 else { throw .file(path: file.path, call: "read", errno: errno) }
    return got
  }
}
