/// The attributes of one tag by name: `BANDWIDTH=1000,CODECS="avc1.64001f"` in; values without their quotes out.
struct AttributeList {
  enum Form { case integer, hexadecimal, decimal, signed, quoted, word, resolution, client }

  /// Each tag's attributes and the form of their values (RFC 8216 4.3 and its second edition).
  private static let table: [String: [String: Form]] = [
    "EXT-X-MAP": ["URI": .quoted, "BYTERANGE": .quoted],
    "EXT-X-KEY": [
      "METHOD": .word, "URI": .quoted, "IV": .hexadecimal, "KEYFORMAT": .quoted, "KEYFORMATVERSIONS": .quoted,
    ],
    "EXT-X-SESSION-KEY": [
      "METHOD": .word, "URI": .quoted, "IV": .hexadecimal, "KEYFORMAT": .quoted, "KEYFORMATVERSIONS": .quoted,
    ],
    "EXT-X-START": ["TIME-OFFSET": .signed, "PRECISE": .word],
    "EXT-X-DEFINE": ["NAME": .quoted, "VALUE": .quoted, "IMPORT": .quoted, "QUERYPARAM": .quoted],
    "EXT-X-MEDIA": [
      "TYPE": .word, "URI": .quoted, "GROUP-ID": .quoted, "LANGUAGE": .quoted, "ASSOC-LANGUAGE": .quoted,
      "NAME": .quoted, "STABLE-RENDITION-ID": .quoted, "DEFAULT": .word, "AUTOSELECT": .word, "FORCED": .word,
      "INSTREAM-ID": .quoted, "BIT-DEPTH": .integer, "SAMPLE-RATE": .integer, "CHARACTERISTICS": .quoted,
      "CHANNELS": .quoted,
    ],
    "EXT-X-STREAM-INF": stream.merging([
      "FRAME-RATE": .decimal, "AUDIO": .quoted, "SUBTITLES": .quoted, "CLOSED-CAPTIONS": .client,
    ]) { first, _ in first },
    "EXT-X-I-FRAME-STREAM-INF": stream.merging(["URI": .quoted]) { first, _ in first },
    "EXT-X-IMAGE-STREAM-INF": stream.merging(["URI": .quoted]) { first, _ in first },
    "EXT-X-SESSION-DATA": [
      "DATA-ID": .quoted, "VALUE": .quoted, "URI": .quoted, "FORMAT": .word, "LANGUAGE": .quoted,
    ],
    "EXT-X-CONTENT-STEERING": ["SERVER-URI": .quoted, "PATHWAY-ID": .quoted],
    "EXT-X-TILES": ["RESOLUTION": .resolution, "LAYOUT": .resolution, "DURATION": .decimal],
  ]
  private static let stream: [String: Form] = [
    "BANDWIDTH": .integer, "AVERAGE-BANDWIDTH": .integer, "SCORE": .decimal, "CODECS": .quoted,
    "SUPPLEMENTAL-CODECS": .quoted, "RESOLUTION": .resolution, "HDCP-LEVEL": .word, "ALLOWED-CPC": .quoted,
    "VIDEO-RANGE": .word, "REQ-VIDEO-LAYOUT": .quoted, "STABLE-VARIANT-ID": .quoted, "VIDEO": .quoted,
    "PATHWAY-ID": .quoted,
  ]

  let values: [String: String]
  subscript(_ name: String) -> String? { values[name] }
  func integer(_ name: String) -> Int64? { values[name].flatMap { Decimal.integer($0) } }

  init(_ text: String, tag: String, line: Int, path: String, findings: Findings) {
    var values: [String: String] = [:]
    var rest = Array(text.utf8)[...]
    let known = AttributeList.table[tag]
    while !rest.isEmpty {
      guard let (name, value, quoted) = AttributeList.next(&rest) else {
        let found = String(decoding: rest.prefix(30), as: UTF8.self)
        findings.add(.attributeSyntax, path, "NAME=VALUE expected at \"\(found)\"", at: .line(line))
        break
      }
      if values.updateValue(value, forKey: name) != nil {
        findings.add(.attributeSyntax, path, "\(name) twice, expected once", at: .line(line))
      }
      // Attributes of a date range may begin with X- and then be anything.
      guard let known, !name.hasPrefix("X-") else { continue }
      guard let form = known[name] else {
        findings.add(.attributeUnknown, path, "#\(tag) has no attribute \(name)", at: .line(line))
        continue
      }
      if !AttributeList.fits(value, quoted, form) {
        findings.add(
          .attributeSyntax, path, "\(name) is \(value.prefix(40)), expected \(form)", at: .line(line))
      }
    }
    self.values = values
  }

  /// Takes one attribute and the comma after it.
  private static func next(_ rest: inout ArraySlice<UInt8>) -> (String, String, Bool)? {
    let text = rest
    let isName = { (byte: UInt8) in (65...90).contains(byte) || (48...57).contains(byte) || byte == 45 }
    let name = text.prefix(while: isName)
    let after = text.dropFirst(name.count)
    guard !name.isEmpty, after.first == UInt8(ascii: "=") else { return nil }
    let body = after.dropFirst()
    let quote = UInt8(ascii: "\"")
    let value: ArraySlice<UInt8>
    var end: ArraySlice<UInt8>
    if body.first == quote {
      value = body.dropFirst().prefix { $0 != quote }
      end = body.dropFirst(1 + value.count)
      guard end.first == quote else { return nil }
      end = end.dropFirst()
    } else {
      value = body.prefix { $0 != UInt8(ascii: ",") }
      guard !value.isEmpty, !value.contains(quote), !value.contains(32) else { return nil }
      end = body.dropFirst(value.count)
    }
    if !end.isEmpty {
      guard end.first == UInt8(ascii: ","), end.count > 1 else { return nil }
      end = end.dropFirst()
    }
    rest = end
    return (
      String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self), body.first == quote
    )
  }

  private static func fits(_ value: String, _ quoted: Bool, _ form: Form) -> Bool {
    switch form {
    case .quoted: return quoted
    case .client: return quoted || value == "NONE"
    case .integer: return !quoted && Decimal.integer(value) != nil
    case .decimal: return !quoted && Decimal.number(value) != nil
    case .signed:
      return !quoted && Decimal.number(value.hasPrefix("-") ? value.dropFirst() : value[...]) != nil
    case .hexadecimal: return !quoted && (value.hasPrefix("0x") || value.hasPrefix("0X"))
    case .word: return !quoted
    case .resolution: return !quoted && AttributeList.resolution(value) != nil
    }
  }

  /// `1280x720`.
  static func resolution(_ text: String) -> (width: Int64, height: Int64)? {
    let sides = text.split(separator: "x", omittingEmptySubsequences: false)
    guard sides.count == 2, let width = Decimal.integer(sides[0]), let height = Decimal.integer(sides[1])
    else { return nil }
    return (width, height)
  }
}
