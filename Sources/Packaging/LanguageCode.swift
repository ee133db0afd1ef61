internal import Foundation

/// Languages as MP4 and MPEG-TS write them.
enum LanguageCode {
  /// The three letters of ISO 639-2/T for a BCP 47 tag (`en-GB` gives `eng`); nil where there are none.
  static func threeLetters(_ tag: String?) -> String? {
    guard let primary = tag?.split(separator: "-").first?.lowercased(), (2...3).contains(primary.utf8.count),
      let code = Locale.LanguageCode(primary).identifier(.alpha3), code.utf8.count == 3,
      code.utf8.allSatisfy({ (0x61...0x7a).contains($0) })
    else { return nil }
    return code
  }
}
