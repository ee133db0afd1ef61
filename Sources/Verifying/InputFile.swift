internal import Foundation

/// A hash being computed while a file is read: bytes in; 64 hex digits out. From outside, since this module imports no
/// library of hashes.
package protocol RunningHash: AnyObject {
  func update(_ bytes: UnsafeRawBufferPointer) throws
  func finish() throws -> String
}

/// One regular file, read at any place through a window, so that its size does not matter. With a hash it goes through
/// the whole file once, from front to back, however much of it is asked for.
final class InputFile {
  /// Headers are what is looked for: a wider window would read what nobody wants.
  private static let window = 1 << 16
  private static let hashedWindow = 1 << 20
  let path: String
  let size: Int64
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var bufferStart: Int64 = 0
  private var hash: (any RunningHash)?
  /// All bytes before this are in the hash.
  private var hashed: Int64 = 0

  private init(path: String, size: Int64, descriptor: Int32, hash: (any RunningHash)?) {
    (self.path, self.size, self.descriptor, self.hash) = (path, size, descriptor, hash)
  }

  deinit { close(descriptor) }

  /// nil when there is no such file, it cannot be read, or it is a folder, a pipe or a device.
  static func open(_ path: String, hash: (any RunningHash)? = nil) -> InputFile? {
    // Without O_NONBLOCK a pipe in the tree would stop the verification for ever.
    let descriptor = unsafe Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    var facts = stat()
    guard unsafe fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      return nil
    }
    return InputFile(path: path, size: Int64(facts.st_size), descriptor: descriptor, hash: hash)
  }

  /// Exactly `count` bytes.
  func read(_ offset: Int64, _ count: Int) throws(Malformed) -> ArraySlice<UInt8> {
    guard offset >= 0, count >= 0, offset <= size, Int64(count) <= size - offset else {
      throw Malformed("bytes \(offset) and the next \(count) are outside of the file's \(size)")
    }
    if let found = buffered(offset, count) { return found }
    guard hash != nil else {
      buffer = try fill(offset, Int(min(Int64(max(count, Self.window)), size - offset)))
      bufferStart = offset
      return buffer[0..<count]
    }
    // What lies behind is read by itself; the hash only goes on.
    guard offset >= bufferStart else { return try fill(offset, count)[...] }
    while hashed < sum(offset, Int64(count)) {
      // The tail of the window may be the head of what is asked for.
      let kept = offset < hashed ? buffer[max(0, Int(offset - bufferStart))...] : []
      let next = try hashedBlock()
      bufferStart = hashed - Int64(next.count) - Int64(kept.count)
      buffer = kept.isEmpty ? next : Array(kept) + next
    }
    guard let found = buffered(offset, count) else { return try fill(offset, count)[...] }
    return found
  }

  private func buffered(_ offset: Int64, _ count: Int) -> ArraySlice<UInt8>? {
    guard offset >= bufferStart, offset + Int64(count) <= bufferStart + Int64(buffer.count) else {
      return nil
    }
    let start = Int(offset - bufferStart)
    return buffer[start..<start + count]
  }

  /// The next bytes that are not in the hash, which they enter.
  private func hashedBlock() throws(Malformed) -> [UInt8] {
    let block = try fill(hashed, Int(min(Int64(Self.hashedWindow), size - hashed)))
    do {
      try unsafe block.withUnsafeBytes { try unsafe hash?.update($0) }
    } catch {
      throw Malformed("the hash cannot be computed")
    }
    hashed += Int64(block.count)
    return block
  }

  /// The hash of the whole file, of which the rest is read now; nil where it was opened without, or cannot be read.
  func finishHash() -> String? {
    guard let hash else { return nil }
    do {
      while hashed < size { _ = try hashedBlock() }
      self.hash = nil
      return try hash.finish()
    } catch {
      return nil
    }
  }

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
