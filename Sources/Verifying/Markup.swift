/// An element of an XML document: its name without a prefix, its attributes, what is inside.
struct MarkupElement {
  var name: String
  var attributes: [String: String] = [:]
  var children: [MarkupElement] = []
  var text = ""

  func all(_ name: String) -> [MarkupElement] { children.filter { $0.name == name } }
  func first(_ name: String) -> MarkupElement? { children.first { $0.name == name } }
}

/// Reads as much of XML as manifests use: bytes in, the root element out, or what is wrong. Entities are the five
/// of XML itself and numbers; a document type, which could declare others, is refused.
struct MarkupReader {
  private static let deepest = 64
  private let bytes: [UInt8]
  private var position = 0

  static func read(_ bytes: [UInt8]) throws(Malformed) -> MarkupElement {
    var reader = MarkupReader(bytes: bytes)
    try reader.skipProlog()
    let root = try reader.element(depth: 0)
    try reader.skipProlog()
    guard reader.position == bytes.count else { throw Malformed("there is text after the root element") }
    return root
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private func starts(_ text: StaticString) -> Bool {
    bytes[position...].starts(with: Array(text.description.utf8))
  }

  private mutating func skip(past text: StaticString) throws(Malformed) {
    let end = Array(text.description.utf8)
    while position < bytes.count {
      if bytes[position...].starts(with: end) {
        position += end.count
        return
      }
      position += 1
    }
    throw Malformed("\(text.description) is missing")
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) { position += 1 }
  }

  /// Space, comments and processing instructions.
  private mutating func skipProlog() throws(Malformed) {
    while true {
      skipSpace()
      if starts("<?") {
        try skip(past: "?>")
      } else if starts("<!--") {
        try skip(past: "-->")
      } else if starts("<!") {
        throw Malformed("a document type declaration, expected none")
      } else {
        return
      }
    }
  }

  private mutating func element(depth: Int) throws(Malformed) -> MarkupElement {
    guard depth < Self.deepest else { throw Malformed("elements are nested too deeply") }
    guard starts("<") else { throw Malformed("an element is expected at byte \(position)") }
    position += 1
    let name = try self.name()
    var element = MarkupElement(name: name)
    while true {
      skipSpace()
      if starts("/>") {
        position += 2
        return element
      }
      if starts(">") { break }
      let key = try self.name()
      skipSpace()
      guard starts("=") else { throw Malformed("attribute \(key) has no value") }
      position += 1
      skipSpace()
      guard element.attributes.updateValue(try value(), forKey: key) == nil else {
        throw Malformed("attribute \(key) stands twice")
      }
    }
    position += 1
    try content(of: &element, depth: depth)
    return element
  }

  private mutating func content(of element: inout MarkupElement, depth: Int) throws(Malformed) {
    var text: [UInt8] = []
    while position < bytes.count {
      if starts("</") {
        position += 2
        guard try name() == element.name else { throw Malformed("\(element.name) is not closed") }
        skipSpace()
        guard starts(">") else { throw Malformed("\(element.name) is not closed") }
        position += 1
        element.text = try Self.decoded(text[...])
        return
      }
      if starts("<!--") {
        try skip(past: "-->")
      } else if starts("<?") {
        try skip(past: "?>")
      } else if starts("<") {
        element.children.append(try self.element(depth: depth + 1))
      } else {
        text.append(bytes[position])
        position += 1
      }
    }
    throw Malformed("\(element.name) is not closed")
  }

  /// Prefixes of name spaces are left out.
  private mutating func name() throws(Malformed) -> String {
    let start = position
    while position < bytes.count, !Self.ends(bytes[position]) { position += 1 }
    guard position > start else { throw Malformed("a name is expected at byte \(start)") }
    let name = String(decoding: bytes[start..<position], as: UTF8.self)
    return name.split(separator: ":").last.map(String.init) ?? name
  }

  private static func ends(_ byte: UInt8) -> Bool { byte <= 0x20 || "=<>/\"'".utf8.contains(byte) }

  private mutating func value() throws(Malformed) -> String {
    guard position < bytes.count, [0x22, 0x27].contains(bytes[position]) else {
      throw Malformed("a value in quotes is expected at byte \(position)")
    }
    let quote = bytes[position]
    guard let end = bytes[(position + 1)...].firstIndex(of: quote) else {
      throw Malformed("a value does not end")
    }
    defer { position = end + 1 }
    return try Self.decoded(bytes[position + 1..<end])
  }

  private static func decoded(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> String {
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.contains("&") else { return text }
    let names: [Substring: Character] = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"]
    var result = ""
    var rest = text[...]
    while let mark = rest.firstIndex(of: "&") {
      result += rest[..<mark]
      guard let end = rest[mark...].firstIndex(of: ";") else { throw Malformed("an '&' stands alone") }
      let name = rest[rest.index(after: mark)..<end]
      if let character = names[name] {
        result.append(character)
      } else if name.hasPrefix("#"), let number = UInt32(name.dropFirst()),
        let scalar = Unicode.Scalar(number)
      {
        result.unicodeScalars.append(scalar)
      } else {
        throw Malformed("the entity &\(name.prefix(20)); is unknown")
      }
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }
}
