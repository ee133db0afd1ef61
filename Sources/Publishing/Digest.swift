internal import CCrypto
internal import Foundation

/// SHA-256 (for signatures and content) and MD5 (which S3's ETags are made of) of some bytes.
struct ContentDigest: Equatable, Sendable {
  var bytes: Int64
  var sha256: String
  var md5: [UInt8]

  /// As an ETag has it.
  var md5Text: String { Hexadecimal.text(md5) }

  static func of(_ bytes: [UInt8]) throws(PublishFailure) -> ContentDigest {
    let sha = try RunningDigest(.sha256)
    let md5 = try RunningDigest(.md5)
    try sha.update(bytes)
    try md5.update(bytes)
    return ContentDigest(
      bytes: Int64(bytes.count), sha256: Hexadecimal.text(try sha.finish()), md5: try md5.finish())
  }

  private static let block = 1 << 18

  /// Of a range of a file, in constant memory.
  static func of(_ range: FileRange, isCancelled: () -> Bool) throws(PublishFailure) -> ContentDigest {
    let sha = try RunningDigest(.sha256)
    let md5 = try RunningDigest(.md5)
    var block = [UInt8](repeating: 0, count: min(Self.block, max(1, Int(clamping: range.bytes))))
    var position: Int64 = 0
    while position < range.bytes {
      if isCancelled() { throw .cancelled }
      let got = try range.read(into: &block, at: position)
      // Shorter than it was: somebody cut it.
      guard got > 0 else { throw .fileChanged(path: range.file.path) }
      try sha.update(block, count: got)
      try md5.update(block, count: got)
      position += Int64(got)
    }
    return ContentDigest(
      bytes: position, sha256: Hexadecimal.text(try sha.finish()), md5: try md5.finish())
  }

  static let emptySHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
}

/// A hash being computed; sole owner of one `EVP_MD_CTX`.
@safe struct RunningDigest: ~Copyable {
  enum Kind { case sha256, md5 }

  private let context: OpaquePointer
  private let size: Int

  init(_ kind: Kind) throws(PublishFailure) {
    guard let context = unsafe EVP_MD_CTX_new() else { throw .library(call: "EVP_MD_CTX_new") }
    let type = unsafe kind == .sha256 ? EVP_sha256() : EVP_md5()
    guard unsafe EVP_DigestInit_ex(context, type, nil) == 1 else {
      unsafe EVP_MD_CTX_free(context)
      throw .library(call: "EVP_DigestInit_ex")
    }
    unsafe self.context = context
    size = kind == .sha256 ? 32 : 16
  }

  deinit { unsafe EVP_MD_CTX_free(context) }

  func update(_ bytes: [UInt8]) throws(PublishFailure) { try update(bytes, count: bytes.count) }

  func update(_ bytes: [UInt8], count: Int) throws(PublishFailure) {
    if bytes.isEmpty || count <= 0 { return }
    let result = unsafe bytes.withUnsafeBytes {
      unsafe EVP_DigestUpdate(context, $0.baseAddress, min(count, $0.count))
    }
    guard result == 1 else { throw .library(call: "EVP_DigestUpdate") }
  }

  consuming func finish() throws(PublishFailure) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: size)
    guard unsafe EVP_DigestFinal_ex(context, &digest, nil) == 1 else {
      throw .library(call: "EVP_DigestFinal_ex")
    }
    return digest
  }
}

enum Hexadecimal {
  static func text(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count * 2)
    for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }

  /// Whether it is as many hex digits as an MD5 has: the form of an ETag that says what the bytes are.
  static func isMD5(_ text: String) -> Bool {
    text.utf8.count == 32 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
  }
}

/// HMAC-SHA256 (RFC 2104) through libcrypto.
enum MessageCode {
  static func sha256(key: [UInt8], _ message: String) throws(PublishFailure) -> [UInt8] {
    let bytes = Array(message.utf8)
    var code = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 0
    guard
      let keyBytes = Int32(exactly: key.count),
      unsafe HMAC(EVP_sha256(), key, keyBytes, bytes, bytes.count, &code, &length) != nil, length == 32
    else { throw .library(call: "HMAC") }
    return code
  }
}
