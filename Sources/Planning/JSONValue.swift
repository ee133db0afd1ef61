/// A JSON document as it was written: numbers keep their digits and objects their order and repeated keys, so
/// that a strict decoder can tell `2` from `2.0`, `true` from `1` and one key from two.
enum JSONValue: Equatable {
  case null
  case bool(Bool)
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([Member])

  struct Member: Equatable {
    var key: String
    var value: JSONValue
  }

  /// What a person calls this kind of value in an error.
  var kind: String {
    switch self {
    case .null: "null"
    case .bool: "true or false"
    case .number: "a number"
    case .string: "a text"
    case .array: "a list"
    case .object: "an object"
    }
  }
}

/// Where and why a text is not JSON.
struct JSONFault: Error, Equatable {
  var line: Int
  var column: Int
  var reason: String
}

/// Reads RFC 8259 JSON: bytes in, one `JSONValue` out. Nesting is bounded, so that a text cannot exhaust the stack.
struct JSONReader {
  private static let deepest = 32

  private let bytes: [UInt8]
  private var at = 0

  static func read(_ bytes: [UInt8]) throws(JSONFault) -> JSONValue {
    var reader = JSONReader(bytes: bytes)
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw JSONFault(line: 1, column: 1, reason: "it is not UTF-8 text")
    }
    reader.skipSpace()
    let value = try reader.value(depth: 0)
    reader.skipSpace()
    if reader.at < bytes.count { throw reader.fault("there is more text after the end of the document") }
    return value
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private var current: UInt8? { at < bytes.count ? bytes[at] : nil }

  private mutating func value(depth: Int) throws(JSONFault) -> JSONValue {
    guard depth < JSONReader.deepest else { throw fault("it is nested too deeply") }
    switch current {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case nil: throw fault("the document ends too early")
    case .some(let byte) where byte == UInt8(ascii: "-") || JSONReader.isDigit(byte):
      return .number(try number())
    default:
      if take("true") { return .bool(true) }
      if take("false") { return .bool(false) }
      if take("null") { return .null }
      throw fault("a value is expected")
    }
  }

  private mutating func object(depth: Int) throws(JSONFault) -> JSONValue {
    at += 1
    var members: [JSONValue.Member] = []
    skipSpace()
    if take("}") { return .object(members) }
    while true {
      skipSpace()
      guard current == UInt8(ascii: "\"") else { throw fault("a key in double quotes is expected") }
      let key = try string()
      skipSpace()
      guard take(":") else { throw fault("':' is expected after the key \"\(key)\"") }
      skipSpace()
      members.append(JSONValue.Member(key: key, value: try value(depth: depth + 1)))
      skipSpace()
      if take("}") { return .object(members) }
      guard take(",") else { throw fault("',' or '}' is expected") }
    }
  }

  private mutating func array(depth: Int) throws(JSONFault) -> JSONValue {
    at += 1
    var elements: [JSONValue] = []
    skipSpace()
    if take("]") { return .array(elements) }
    while true {
      skipSpace()
      elements.append(try value(depth: depth + 1))
      skipSpace()
      if take("]") { return .array(elements) }
      guard take(",") else { throw fault("',' or ']' is expected") }
    }
  }

  private mutating func number() throws(JSONFault) -> String {
    let start = at
    _ = take("-")
    if !take("0") { try digits() }
    if take(".") { try digits() }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      try digits()
    }
    return String(decoding: bytes[start..<at], as: UTF8.self)
  }

  private mutating func digits() throws(JSONFault) {
    let start = at
    while let byte = current, JSONReader.isDigit(byte) { at += 1 }
    if at == start { throw fault("a digit is expected") }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private mutating func string() throws(JSONFault) -> String {
    at += 1
    var units: [UInt8] = []
    while let byte = current {
      at += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: units, as: UTF8.self)
      case UInt8(ascii: "\\"): units += try escape()
      case 0..<0x20: throw fault("a control character in a text has to be escaped")
      default: units.append(byte)
      }
    }
    throw fault("a text is not closed")
  }

  private mutating func escape() throws(JSONFault) -> [UInt8] {
    guard let byte = current else { throw fault("a text is not closed") }
    at += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0c]
    case UInt8(ascii: "n"): return [0x0a]
    case UInt8(ascii: "r"): return [0x0d]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      let first = try hexQuad()
      guard UTF16.isLeadSurrogate(first) else { return Array(String(decoding: [first], as: UTF16.self).utf8) }
      guard take("\\u") else { return Array("\u{FFFD}".utf8) }
      return Array(String(decoding: [first, try hexQuad()], as: UTF16.self).utf8)
    default: throw fault("an unknown escape in a text")
    }
  }

  private mutating func hexQuad() throws(JSONFault) -> UInt16 {
    let end = at + 4
    guard end <= bytes.count, bytes[at..<end].allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
      let unit = UInt16(String(decoding: bytes[at..<end], as: UTF8.self), radix: 16)
    else { throw fault("four hexadecimal digits are expected after \\u") }
    at = end
    return unit
  }

  private mutating func take(_ text: String) -> Bool {
    guard bytes[at...].starts(with: text.utf8) else { return false }
    at += text.utf8.count
    return true
  }

  private mutating func skipSpace() {
    while let byte = current, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { at += 1 }
  }

  private func fault(_ reason: String) -> JSONFault {
    let before = bytes[..<min(at, bytes.count)]
    let line = before.reduce(1) { $0 + ($1 == 0x0a ? 1 : 0) }
    let column = before.count - (before.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0) + 1
    return JSONFault(line: line, column: column, reason: reason)
  }
}
