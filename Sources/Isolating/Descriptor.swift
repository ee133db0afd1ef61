internal import CPosix
internal import Foundation

/// Sole owner of one file descriptor, closed when it goes.
struct Descriptor: ~Copyable {
  let raw: Int32

  /// Takes over `raw`, which is open.
  init(owning raw: Int32) { self.raw = raw }

  deinit { close(raw) }

  /// Children get their descriptors as 0 to 3 by duplication: everything that is kept in the parent stays above,
  /// so that no duplication overwrites the source of a later one.
  private static let lowest: Int32 = 10

  /// A duplicate out of the children's way, closed on exec.
  static func duplicate(_ raw: Int32) throws(WorkerFailure) -> Descriptor {
    let copy = fcntl(raw, F_DUPFD_CLOEXEC, lowest)
    guard copy >= 0 else { throw .cannotStart(call: "fcntl", errno: errno) }
    return Descriptor(owning: copy)
  }

  static func open(_ path: String, _ flags: Int32) throws(WorkerFailure) -> Descriptor {
    let opened = unsafe Foundation.open(path, flags | O_CLOEXEC)
    guard opened >= 0 else { throw .cannotStart(call: "open \(path)", errno: errno) }
    let first = Descriptor(owning: opened)
    return try duplicate(first.raw)
  }

  func setNonblocking() throws(WorkerFailure) {
    let flags = fcntl(raw, F_GETFL)
    guard flags >= 0, fcntl(raw, F_SETFL, flags | O_NONBLOCK) >= 0 else {
      throw .cannotStart(call: "fcntl", errno: errno)
    }
  }

  enum Reading { case bytes([UInt8]), nothingYet, end }

  /// What is there, up to `count` bytes. An error counts as the end: the other side is gone either way.
  func read(_ count: Int) -> Reading {
    var result = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      repeat {
        result = unsafe Foundation.read(raw, buffer.baseAddress, count)
      } while result < 0 && errno == EINTR
      filled = max(0, result)
    }
    if result > 0 { return .bytes(bytes) }
    return result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? .nothingYet : .end
  }

  /// Writes what fits now and gives how many bytes that was; nil when nobody reads any more.
  func write(_ bytes: ArraySlice<UInt8>) -> Int? {
    var result = 0
    unsafe bytes.withUnsafeBytes { buffer in
      repeat {
        result = unsafe Foundation.write(raw, buffer.baseAddress, buffer.count)
      } while result < 0 && errno == EINTR
    }
    if result >= 0 { return result }
    return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : nil
  }
}

/// A pipe with both ends out of the children's way and closed on exec.
struct Pipe: ~Copyable {
  let reading: Descriptor
  let writing: Descriptor

  static func make() throws(WorkerFailure) -> Pipe {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe2(&ends, O_CLOEXEC) == 0 else { throw .cannotStart(call: "pipe", errno: errno) }
    let first = Descriptor(owning: ends[0])
    let second = Descriptor(owning: ends[1])
    return Pipe(reading: try Descriptor.duplicate(first.raw), writing: try Descriptor.duplicate(second.raw))
  }

  consuming func takeReading() -> Descriptor { reading }
  consuming func takeWriting() -> Descriptor { writing }

  private init(reading: consuming Descriptor, writing: consuming Descriptor) {
    self.reading = reading
    self.writing = writing
  }
}
