/// The rules for names that become paths: ids of assets and keys of objects. A name in; nothing out, or the rule
/// that it breaks. Checked here once more, whoever made the name, since a key is joined to the tree's path.
enum NameRule {
  static let longestKey = 1024
  static let longestComponent = 255

  /// `[A-Za-z0-9][A-Za-z0-9._-]{0,127}`
  static func check(id: String) throws(StoreFailure) {
    let bytes = Array(id.utf8)
    guard let first = bytes.first, bytes.count <= 128 else {
      throw .invalidID(id, rule: "it has 1 to 128 characters")
    }
    guard isLetterOrDigit(first) else {
      throw .invalidID(id, rule: "it begins with a letter or a digit")
    }
    guard bytes.allSatisfy({ isLetterOrDigit($0) || ".-_".utf8.contains($0) }) else {
      throw .invalidID(id, rule: "it holds only letters, digits, \".\", \"-\" and \"_\"")
    }
  }

  /// Components of unreserved URI characters (RFC 3986 2.3), so that a key stands in a playlist as it is; none
  /// empty, none hidden, hence no `..` and nothing under `.rung`.
  static func check(key: String) throws(StoreFailure) {
    guard !key.isEmpty, key.utf8.count <= longestKey else {
      throw .invalidKey(key, rule: "it has 1 to \(longestKey) characters")
    }
    for component in key.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      guard let first = component.first else {
        throw .invalidKey(key, rule: "it has no empty folder name and no \"/\" at its ends")
      }
      guard first != UInt8(ascii: ".") else {
        throw .invalidKey(key, rule: "no part of it begins with \".\"")
      }
      guard component.count <= longestComponent else {
        throw .invalidKey(key, rule: "each part has at most \(longestComponent) characters")
      }
      guard component.allSatisfy({ isLetterOrDigit($0) || ".-_~".utf8.contains($0) }) else {
        throw .invalidKey(key, rule: "it holds only letters, digits, \".\", \"-\", \"_\", \"~\" and \"/\"")
      }
    }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: false
    }
  }

  /// The folders that lead to a key: `a/b/c` has `a` and `a/b`.
  static func folders(of key: String) -> [String] {
    var folders: [String] = []
    for component in key.split(separator: "/").dropLast() {
      folders.append(folders.last.map { "\($0)/\(component)" } ?? String(component))
    }
    return folders
  }
}
