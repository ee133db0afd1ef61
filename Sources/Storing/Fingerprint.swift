internal import CCrypto
internal import Foundation

/// A keyed checksum being computed (Poly1305): bytes in, 16 bytes out, many times faster than SHA-256. By it a file that
/// was just written is held against what was meant; the key belongs to this process alone and is told to nobody, so no
/// other bytes can be made to fit. Sole owner of one `EVP_MAC_CTX`.
@safe struct Fingerprint: ~Copyable {
  private static let bytes = 16
  private static let key: [UInt8] = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
  private let context: OpaquePointer

  init() throws(StoreFailure) {
    guard let algorithm = unsafe EVP_MAC_fetch(nil, "POLY1305", nil) else {
      throw .hashing(call: "EVP_MAC_fetch")
    }
    // The context holds what it needs of the algorithm.
    defer { unsafe EVP_MAC_free(algorithm) }
    guard let context = unsafe EVP_MAC_CTX_new(algorithm) else { throw .hashing(call: "EVP_MAC_CTX_new") }
    guard unsafe EVP_MAC_init(context, Self.key, Self.key.count, nil) == 1 else {
      unsafe EVP_MAC_CTX_free(context)
      throw .hashing(call: "EVP_MAC_init")
    }
    unsafe self.context = context
  }

  deinit { unsafe EVP_MAC_CTX_free(context) }

  func update(_ bytes: UnsafeRawBufferPointer) throws(StoreFailure) {
    guard let base = unsafe bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count > 0 else { return }
    guard unsafe EVP_MAC_update(context, base, bytes.count) == 1 else {
      throw .hashing(call: "EVP_MAC_update")
    }
  }

  func update(_ bytes: [UInt8]) throws(StoreFailure) {
    guard unsafe EVP_MAC_update(context, bytes, bytes.count) == 1 else {
      throw .hashing(call: "EVP_MAC_update")
    }
  }

  /// Of everything that was given; asked for once.
  func finish() throws(StoreFailure) -> [UInt8] {
    var mark = [UInt8](repeating: 0, count: Self.bytes)
    var count = 0
    guard unsafe EVP_MAC_final(context, &mark, &count, mark.count) == 1, count == Self.bytes else {
      throw .hashing(call: "EVP_MAC_final")
    }
    return mark
  }
}

/// Bytes as they were written: how many, and their fingerprint.
struct FileMark: Equatable, Sendable {
  var bytes: Int64
  var fingerprint: [UInt8]
}

/// A file being read piece by piece, by whoever has it at the time: an open file in, the mark of its bytes out. A file
/// that reads directly has to be given whole pages but for its end.
///
/// Unchecked: one thread after another uses it, never two at once.
final class FileReading: @unchecked Sendable {
  static let block = 1 << 20
  static let alignment = 4096
  private let fingerprint: Fingerprint
  /// How much was read.
  private(set) var bytes: Int64 = 0

  init() throws(StoreFailure) { fingerprint = try Fingerprint() }

  /// Reads on up to `end`, or the end of the file, a block at a time; `isCancelled` is asked before each.
  func read(
    _ file: borrowing Descriptor, upTo end: Int64?, isCancelled: () -> Bool
  ) throws(StoreFailure) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.block, alignment: Self.alignment)
    defer { unsafe buffer.deallocate() }
    try unsafe read(file, upTo: end, through: buffer, isCancelled: isCancelled)
  }

  /// The same through a buffer that is there, of whole pages.
  func read(
    _ file: borrowing Descriptor, upTo end: Int64?, through buffer: UnsafeMutableRawBufferPointer,
    isCancelled: () -> Bool
  ) throws(StoreFailure) {
    while bytes < end ?? .max {
      if isCancelled() { throw .cancelled }
      let wanted = min(Int64(buffer.count), (end ?? .max) - bytes)
      let got = unsafe pread(file.raw, buffer.baseAddress, Int(wanted), off_t(bytes))
      let code = errno
      if got < 0, code == EINTR || (code == EINVAL && file.endDirect(from: bytes)) { continue }
      guard got >= 0 else { throw .from(code, "read", file.path) }
      if got == 0 { return }
      try unsafe fingerprint.update(UnsafeRawBufferPointer(rebasing: buffer[..<got]))
      bytes += Int64(got)
    }
  }

  /// Asked for once.
  func finish() throws(StoreFailure) -> FileMark {
    FileMark(bytes: bytes, fingerprint: try fingerprint.finish())
  }
}
