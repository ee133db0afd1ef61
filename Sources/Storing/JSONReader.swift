internal import Foundation

/// What is wrong with a JSON text, and at which byte.
package struct JSONFailure: Error, Equatable, Sendable, CustomStringConvertible {
  package var what: String
  package var offset: Int
  package var description: String { "\(what) at byte \(offset)" }
}

extension JSONValue {
  package static func parse(_ bytes: [UInt8]) throws(JSONFailure) -> JSONValue {
    var reader = JSONReader(bytes: bytes)
    return try reader.document()
  }

  package static func parse(_ text: String) throws(JSONFailure) -> JSONValue {
    try parse(Array(text.utf8))
  }
}

/// A strict reader of RFC 8259: UTF-8 bytes in, one `JSONValue` out. Refuses what the grammar does not have, doubled
/// member names, and nesting deeper than 64.
private struct JSONReader {
  private static let deepest = 64
  let bytes: [UInt8]
  var position = 0

  mutating func document() throws(JSONFailure) -> JSONValue {
    guard String(validating: bytes, as: UTF8.self) != nil else { throw fail("not UTF-8") }
    let value = try value(depth: 0)
    skipSpace()
    guard position == bytes.count else { throw fail("text after the end") }
    return value
  }

  private func fail(_ what: String) -> JSONFailure { JSONFailure(what: what, offset: position) }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  private mutating func value(depth: Int) throws(JSONFailure) -> JSONValue {
    guard depth <= Self.deepest else { throw fail("nested too deeply") }
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case nil: throw fail("the text ends too early")
    default: return .number(try number())
    }
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws(JSONFailure) -> JSONValue {
    guard bytes[position...].starts(with: word.utf8) else { throw fail("no JSON value") }
    position += word.utf8.count
    return value
  }

  private mutating func object(depth: Int) throws(JSONFailure) -> JSONValue {
    position += 1
    var members: [JSONValue.Member] = []
    var names: Set<String> = []
    skipSpace()
    if take(UInt8(ascii: "}")) { return .object([]) }
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw fail("a member name is missing") }
      let name = try string()
      guard names.insert(name).inserted else { throw fail("a member name occurs twice") }
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw fail("\":\" is missing") }
      members.append(JSONValue.Member(name, try value(depth: depth + 1)))
      skipSpace()
      if take(UInt8(ascii: "}")) { return .object(members) }
      guard take(UInt8(ascii: ",")) else { throw fail("\",\" or \"}\" is missing") }
    }
  }

  private mutating func array(depth: Int) throws(JSONFailure) -> JSONValue {
    position += 1
    var elements: [JSONValue] = []
    skipSpace()
    if take(UInt8(ascii: "]")) { return .array([]) }
    while true {
      elements.append(try value(depth: depth + 1))
      skipSpace()
      if take(UInt8(ascii: "]")) { return .array(elements) }
      guard take(UInt8(ascii: ",")) else { throw fail("\",\" or \"]\" is missing") }
    }
  }

  private mutating func digits() throws(JSONFailure) {
    let start = position
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    guard position > start else { throw fail("no JSON value") }
  }

  private mutating func number() throws(JSONFailure) -> String {
    let start = position
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { try digits() }
    if take(UInt8(ascii: ".")) { try digits() }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try digits()
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func string() throws(JSONFailure) -> String {
    position += 1
    var text: [UInt8] = []
    while let byte = next {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"): try escape(into: &text)
      case 0..<0x20: throw fail("a control character in a string")
      default: text.append(byte)
      }
    }
    throw fail("a string has no end")
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSONFailure) {
    guard let byte = next else { throw fail("a string has no end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0c)
    case UInt8(ascii: "n"): text.append(0x0a)
    case UInt8(ascii: "r"): text.append(0x0d)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      var code = try fourHexDigits()
      if (0xd800..<0xdc00).contains(code) {
        guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw fail("half a surrogate pair") }
        let low = try fourHexDigits()
        guard (0xdc00..<0xe000).contains(low) else { throw fail("half a surrogate pair") }
        code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw fail("half a surrogate pair") }
      text.append(contentsOf: Array(String(Character(scalar)).utf8))
    default: throw fail("an unknown escape")
    }
  }

  private mutating func fourHexDigits() throws(JSONFailure) -> UInt32 {
    guard position + 4 <= bytes.count else { throw fail("a string has no end") }
    let digits = bytes[position..<position + 4]
    guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw fail("no hex digits") }
    position += 4
    return value
  }
}
