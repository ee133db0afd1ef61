internal import Foundation

/// The name of an asset: `[A-Za-z0-9][A-Za-z0-9._-]{0,127}`. A creator's name keeps the same rule, since both become
/// path components.
package enum AssetID {
  private static let longest = 128

  package static func isValid(_ text: String) -> Bool {
    guard let first = text.utf8.first, isAlphanumeric(first), text.utf8.count <= longest else { return false }
    return text.utf8.allSatisfy {
      isAlphanumeric($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
    }
  }

  /// The default id: a file's stem (or a path) in lower-case letters and digits with single hyphens between them,
  /// and 8 hex digits of `hash`, a longer hexadecimal text. Accents go; scripts without a Latin letter leave
  /// `asset`, and the hash tells them apart.
  package static func slug(stem: String, hash: String) -> String {
    var slug = ""
    for scalar in stem.decomposedStringWithCompatibilityMapping.lowercased().unicodeScalars {
      if scalar.isASCII, scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) {
        slug.unicodeScalars.append(scalar)
      } else if !scalar.properties.isDiacritic, scalar.properties.generalCategory != .nonspacingMark,
        !slug.isEmpty, slug.last != "-"
      {
        slug.append("-")
      }
    }
    let end = hash.utf8.filter { isAlphanumeric($0) }.prefix(8)
    slug = String(slug.prefix(longest - 9))
    while slug.last == "-" { slug.removeLast() }
    if slug.isEmpty { slug = "asset" }
    return end.isEmpty ? slug : slug + "-" + String(decoding: end, as: UTF8.self).lowercased()
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: false
    }
  }
}
