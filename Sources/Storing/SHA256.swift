internal import CCrypto
internal import Foundation

/// A SHA-256 being computed: bytes in, 64 lowercase hex digits out. Sole owner of one `EVP_MD_CTX`.
@safe package struct SHA256: ~Copyable {
  private let context: OpaquePointer

  package init() throws(StoreFailure) {
    guard let context = unsafe EVP_MD_CTX_new() else { throw .hashing(call: "EVP_MD_CTX_new") }
    guard unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      unsafe EVP_MD_CTX_free(context)
      throw .hashing(call: "EVP_DigestInit_ex")
    }
    unsafe self.context = context
  }

  private init(owning context: OpaquePointer) {
    unsafe self.context = context
  }

  deinit { unsafe EVP_MD_CTX_free(context) }

  package func update(_ bytes: UnsafeRawBufferPointer) throws(StoreFailure) {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return }
    guard unsafe EVP_DigestUpdate(context, base, bytes.count) == 1 else {
      throw .hashing(call: "EVP_DigestUpdate")
    }
  }

  package func update(_ bytes: [UInt8]) throws(StoreFailure) {
    if bytes.isEmpty { return }
    let result = unsafe bytes.withUnsafeBytes { unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    guard result == 1 else { throw .hashing(call: "EVP_DigestUpdate") }
  }

  /// Another hash that goes on from the same bytes.
  package func copy() throws(StoreFailure) -> SHA256 {
    guard let other = unsafe EVP_MD_CTX_new() else { throw .hashing(call: "EVP_MD_CTX_new") }
    guard unsafe EVP_MD_CTX_copy_ex(other, context) == 1 else {
      unsafe EVP_MD_CTX_free(other)
      throw .hashing(call: "EVP_MD_CTX_copy_ex")
    }
    return unsafe SHA256(owning: other)
  }

  /// The hash of everything given so far; more can follow.
  package func digest() throws(StoreFailure) -> String {
    try copy().finish()
  }

  package consuming func finish() throws(StoreFailure) -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    guard unsafe EVP_DigestFinal_ex(context, &digest, nil) == 1 else {
      throw .hashing(call: "EVP_DigestFinal_ex")
    }
    return SHA256.hex(digest)
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count * 2)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Whether `text` is 64 lowercase hex digits.
  package static func isHex(_ text: some StringProtocol) -> Bool {
    text.utf8.count == 64 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
  }
}

/// How much of a file was read and its hash.
package struct FileHash: Equatable, Sendable {
  package var bytes: Int64
  package var sha256: String
  package init(bytes: Int64, sha256: String) {
    self.bytes = bytes
    self.sha256 = sha256
  }
}

extension SHA256 {
  /// Small enough for a core's own cache, from which it is hashed.
  private static let block = 1 << 18

  package static func hash(_ bytes: [UInt8]) throws(StoreFailure) -> String {
    let hash = try SHA256()
    try hash.update(bytes)
    return try hash.finish()
  }

  /// Hashes a whole file, a block at a time; `isCancelled` is asked before each.
  package static func hash(
    path: String, isCancelled: () -> Bool = { false }
  ) throws(StoreFailure) -> FileHash {
    let file = try Descriptor.open(path, O_RDONLY)
    return try hash(descriptor: file.raw, path: path, isCancelled: isCancelled)
  }

  /// Hashes a whole file from its first byte, wherever the descriptor stands, and leaves it there; `path` is for
  /// messages.
  package static func hash(
    descriptor: Int32, path: String, isCancelled: () -> Bool = { false }
  ) throws(StoreFailure) -> FileHash {
    let hash = try SHA256()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: block, alignment: 4096)
    defer { unsafe buffer.deallocate() }
    var offset: Int64 = 0
    while true {
      if isCancelled() { throw .cancelled }
      let got = unsafe pread(descriptor, buffer.baseAddress, block, off_t(offset))
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw .from(errno, "read", path) }
      if got == 0 { break }
      try unsafe hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<got]))
      offset += Int64(got)
    }
    return FileHash(bytes: offset, sha256: try hash.finish())
  }
}
