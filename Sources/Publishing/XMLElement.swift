internal import Media

/// A small XML document as S3 answers with: elements and their text. Attributes, comments and processing instructions
/// are read over; document types, which S3 never sends, are refused.
struct XMLElement: Equatable, Sendable {
  var name: String
  var text = ""
  var children: [XMLElement] = []

  /// The first child of this name.
  subscript(_ name: String) -> XMLElement? { children.first { $0.name == name } }

  func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

  /// nil for what is no XML document of such a form.
  static func parse(_ bytes: [UInt8]) -> XMLElement? {
    var reader = XMLReader(bytes: bytes)
    return reader.document()
  }
}

/// Bytes in, elements out; nil from every step where the form is broken.
private struct XMLReader {
  private static let deepest = 32
  let bytes: [UInt8]
  var position = 0

  mutating func document() -> XMLElement? {
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { position = 3 }
    guard skipProlog(), position < bytes.count else { return nil }
    return element(depth: 0)
  }

  private func has(_ text: StaticString) -> Bool {
    let wanted = Array(text.description.utf8)
    return bytes[position...].starts(with: wanted)
  }

  /// Goes behind the next `text`.
  private mutating func skip(behind text: String) -> Bool {
    let wanted = Array(text.utf8)
    while position + wanted.count <= bytes.count {
      if bytes[position...].starts(with: wanted) {
        position += wanted.count
        return true
      }
      position += 1
    }
    return false
  }

  private mutating func skipProlog() -> Bool {
    while position < bytes.count {
      if has("<?") {
        guard skip(behind: "?>") else { return false }
      } else if has("<!--") {
        guard skip(behind: "-->") else { return false }
      } else if has("<!") {
        return false
      } else if bytes[position] == UInt8(ascii: "<") {
        return true
      } else {
        position += 1
      }
    }
    return false
  }

  private mutating func element(depth: Int) -> XMLElement? {
    guard depth < Self.deepest, bytes[position] == UInt8(ascii: "<") else { return nil }
    position += 1
    let start = position
    while position < bytes.count, !Self.endsName(bytes[position]) { position += 1 }
    guard position > start, position < bytes.count else { return nil }
    let name = String(decoding: bytes[start..<position], as: UTF8.self)
    // Attributes: values may hold ">".
    var quote: UInt8?
    while position < bytes.count {
      let byte = bytes[position]
      if let open = quote {
        if byte == open { quote = nil }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      } else if byte == UInt8(ascii: ">") {
        break
      }
      position += 1
    }
    guard position < bytes.count else { return nil }
    position += 1
    var element = XMLElement(name: String(name.split(separator: ":").last ?? ""))
    if bytes[position - 2] == UInt8(ascii: "/") { return element }
    guard content(of: &element, depth: depth), skip(behind: ">") else { return nil }
    return element
  }

  /// Up to and with `</`.
  private mutating func content(of element: inout XMLElement, depth: Int) -> Bool {
    var text: [UInt8] = []
    while position < bytes.count {
      if has("</") {
        position += 2
        element.text = Self.unescaped(text)
        return true
      }
      if has("<!--") {
        guard skip(behind: "-->") else { return false }
      } else if has("<![CDATA[") {
        position += 9
        let start = position
        guard skip(behind: "]]>") else { return false }
        text += Array(
          XMLText.escaped(String(decoding: bytes[start..<position - 3], as: UTF8.self), keepsLines: true).utf8
        )
      } else if has("<?") {
        guard skip(behind: "?>") else { return false }
      } else if bytes[position] == UInt8(ascii: "<") {
        guard let child = self.element(depth: depth + 1) else { return false }
        element.children.append(child)
      } else {
        text.append(bytes[position])
        position += 1
      }
    }
    return false
  }

  private static func endsName(_ byte: UInt8) -> Bool {
    byte <= 0x20 || byte == UInt8(ascii: "/") || byte == UInt8(ascii: ">")
  }

  private static func unescaped(_ bytes: [UInt8]) -> String {
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.contains("&") else { return text }
    var result = ""
    var rest = text[...]
    while let start = rest.firstIndex(of: "&") {
      result += rest[..<start]
      guard let end = rest[start...].firstIndex(of: ";") else {
        rest = rest[start...]
        break
      }
      let name = rest[rest.index(after: start)..<end]
      result += entity(name) ?? String(rest[start...end])
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }

  private static func entity(_ name: Substring) -> String? {
    switch name {
    case "amp": return "&"
    case "lt": return "<"
    case "gt": return ">"
    case "quot": return "\""
    case "apos": return "'"
    default:
      guard name.first == "#" else { return nil }
      let isHex = name.dropFirst().first == "x"
      let code = UInt32(name.dropFirst(isHex ? 2 : 1), radix: isHex ? 16 : 10)
      return code.flatMap(Unicode.Scalar.init).map { String(Character($0)) }
    }
  }
}
