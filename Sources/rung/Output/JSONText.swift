/// A JSON document with its keys in the order given, so that the same values give the same text. Decimals come as
/// text from `DecimalText`.
indirect enum JSONText: Sendable {
  case object([(String, JSONText)])
  case array([JSONText])
  case string(String)
  case integer(Int64)
  /// A number that is written already: `29.970`.
  case decimal(String)
  case bool(Bool)
  case null

  static func optional(_ text: String?) -> JSONText { text.map { .string($0) } ?? .null }
  static func optional(_ number: Int64?) -> JSONText { number.map { .integer($0) } ?? .null }
  static func optional(_ number: Int?) -> JSONText { number.map { .integer(Int64($0)) } ?? .null }
  static func strings(_ texts: [String]) -> JSONText { .array(texts.map { .string($0) }) }

  /// On one line.
  var compact: String {
    switch self {
    case .object(let members):
      "{" + members.map { "\(Self.quoted($0.0)):\($0.1.compact)" }.joined(separator: ",") + "}"
    case .array(let values): "[" + values.map(\.compact).joined(separator: ",") + "]"
    default: scalar
    }
  }

  /// Indented by two spaces; lists of plain values stay on their line.
  var pretty: String { pretty("") + "\n" }

  private func pretty(_ indent: String) -> String {
    let inner = indent + "  "
    switch self {
    case .object(let members) where !members.isEmpty:
      let lines = members.map { "\(inner)\(Self.quoted($0.0)): \($0.1.pretty(inner))" }
      return "{\n" + lines.joined(separator: ",\n") + "\n\(indent)}"
    case .array(let values) where values.contains(where: \.isContainer):
      return "[\n" + values.map { inner + $0.pretty(inner) }.joined(separator: ",\n") + "\n\(indent)]"
    case .array(let values): return "[" + values.map(\.compact).joined(separator: ", ") + "]"
    case .object: return "{}"
    default: return scalar
    }
  }

  private var isContainer: Bool {
    switch self {
    case .object, .array: true
    default: false
    }
  }

  private var scalar: String {
    switch self {
    case .string(let text): Self.quoted(text)
    case .integer(let number): String(number)
    case .decimal(let text): text
    case .bool(let value): value ? "true" : "false"
    case .null, .object, .array: "null"
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      default:
        if scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) {
          let digits = String(scalar.value, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}
