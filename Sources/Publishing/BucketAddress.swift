/// Where in a store a tree goes: `s3://BUCKET/PREFIX` in, bucket and prefix out. The prefix is taken literally, spaces
/// and `%` and all, and ends with no slash.
package struct BucketAddress: Equatable, Sendable {
  package let bucket: String
  /// Empty for the bucket's top.
  package let prefix: String

  package init(_ text: String) throws(PublishFailure) {
    guard text.hasPrefix("s3://") else { throw .badAddress(text, rule: "it begins with s3://") }
    let rest = text.dropFirst("s3://".count)
    let bucket = rest.prefix { $0 != "/" }
    guard (1...255).contains(bucket.utf8.count), bucket.utf8.allSatisfy(Self.isOfBucket),
      bucket.first != ".", bucket.first != "-"
    else {
      throw .badAddress(text, rule: "a bucket's name holds letters, digits, \".\", \"-\" and \"_\"")
    }
    var prefix = rest.dropFirst(bucket.count).drop { $0 == "/" }
    while prefix.last == "/" { prefix.removeLast() }
    for component in prefix.split(separator: "/", omittingEmptySubsequences: false) where !prefix.isEmpty {
      guard !component.isEmpty, component != ".", component != ".." else {
        throw .badAddress(text, rule: "its prefix has no empty part, and none that is \".\" or \"..\"")
      }
    }
    guard prefix.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f }), prefix.utf8.count <= 512
    else {
      throw .badAddress(text, rule: "its prefix is at most 512 bytes long and holds no control character")
    }
    self.bucket = String(bucket)
    self.prefix = String(prefix)
  }

  private static func isOfBucket(_ byte: UInt8) -> Bool {
    PercentEncoding.isUnreserved(byte) && byte != UInt8(ascii: "~")
  }

  /// The key in the bucket of what has `key` in the tree.
  package func key(_ key: String) -> String { prefix.isEmpty ? key : "\(prefix)/\(key)" }

  /// `s3://BUCKET/PREFIX/KEY`, for people.
  package func text(_ key: String) -> String { "s3://\(bucket)/\(self.key(key))" }

  package var text: String { prefix.isEmpty ? "s3://\(bucket)" : "s3://\(bucket)/\(prefix)" }
}

/// Text as it stands in a signed URL (RFC 3986): everything but unreserved characters as `%XX`, in upper case.
enum PercentEncoding {
  static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "~"):
      true
    default: false
    }
  }

  /// A path: slashes stay.
  static func path(_ text: String) -> String { encoded(text, keepsSlash: true) }

  /// A name or a value of a query.
  static func query(_ text: String) -> String { encoded(text, keepsSlash: false) }

  /// Sorted by the encoded names, as signatures want it; every name with a `=`.
  static func query(_ items: [(String, String)]) -> String {
    items.map { (query($0.0), query($0.1)) }
      .sorted { $0.0 == $1.0 ? Array($0.1.utf8).precedes($1.1.utf8) : Array($0.0.utf8).precedes($1.0.utf8) }
      .map { "\($0.0)=\($0.1)" }.joined(separator: "&")
  }

  private static func encoded(_ text: String, keepsSlash: Bool) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var result: [UInt8] = []
    for byte in text.utf8 {
      if isUnreserved(byte) || (keepsSlash && byte == UInt8(ascii: "/")) {
        result.append(byte)
      } else {
        result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}

extension Array where Element == UInt8 {
  fileprivate func precedes(_ other: String.UTF8View) -> Bool { lexicographicallyPrecedes(other) }
}
