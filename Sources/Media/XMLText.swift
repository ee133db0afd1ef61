/// Text as it stands in an XML document, in attributes and between tags.
package enum XMLText {
  /// Control characters have no form in XML 1.0 and become spaces; `keepsLines`: but for line feeds.
  package static func escaped(_ text: String, keepsLines: Bool = false) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\n" where keepsLines: result += "\n"
      case _ where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value): result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
  }
}
