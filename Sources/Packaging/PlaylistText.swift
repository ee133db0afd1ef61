internal import Media

/// Writes playlist lines so that no value from a ladder or a source can break one.
enum PlaylistText {
  /// A relative URI reference: all but unreserved characters and `/` in percent-encoding, since a key may hold
  /// what a name on disk may.
  static func uri(_ key: String, from base: String) -> String {
    var result = ""
    for byte in Layout.relative(key, from: base).utf8 {
      let scalar = Unicode.Scalar(byte)
      switch scalar {
      case "A"..."Z", "a"..."z", "0"..."9", "-", ".", "_", "~", "/": result.unicodeScalars.append(scalar)
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        result += "%" + (digits.count < 2 ? "0" : "") + digits
      }
    }
    return result
  }

  /// A quoted string: it can hold neither quotes nor line ends (RFC 8216 4.2), and playlists no control characters.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "'"
      case _ where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value): result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// A BCP 47 tag, or `und` for what is none.
  static func language(_ tag: String?) -> String {
    guard let tag else { return "und" }
    let parts = tag.split(separator: "-", omittingEmptySubsequences: false)
    let isWord = { (part: Substring) in part.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) } }
    guard let primary = parts.first, (2...3).contains(primary.utf8.count), primary.utf8.allSatisfy(isLetter),
      parts.dropFirst().allSatisfy({ (1...8).contains($0.utf8.count) && isWord($0) })
    else { return "und" }
    return tag
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
  }
}

/// The features of a playlist that ask for a protocol version (RFC 8216 7).
struct PlaylistFeatures: OptionSet {
  let rawValue: Int
  static let decimalDurations = PlaylistFeatures(rawValue: 1)
  static let byteRanges = PlaylistFeatures(rawValue: 2)
  static let iframesOnly = PlaylistFeatures(rawValue: 4)
  static let map = PlaylistFeatures(rawValue: 8)

  /// The least EXT-X-VERSION that allows them all.
  var version: Int {
    if contains(.map) { return contains(.iframesOnly) ? 5 : 6 }
    if contains(.byteRanges) || contains(.iframesOnly) { return 4 }
    return contains(.decimalDurations) ? 3 : 1
  }
}
