internal import Foundation

/// A JSON document as a value: text in, text out. Numbers stay the text that they are, so a decimal never passes
/// through floating point, and members keep their order.
package indirect enum JSONValue: Equatable, Sendable {
  case null
  case bool(Bool)
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([Member])

  package struct Member: Equatable, Sendable {
    package var name: String
    package var value: JSONValue
    package init(_ name: String, _ value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  package static func integer(_ value: some BinaryInteger) -> JSONValue { .number(String(value)) }

  /// Members whose value is nil are left out.
  package static func members(_ list: [(String, JSONValue?)]) -> JSONValue {
    .object(list.compactMap { name, value in value.map { Member(name, $0) } })
  }

  package subscript(_ name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  package var text: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  package var integer: Int64? {
    guard case .number(let text) = self else { return nil }
    return Int64(text)
  }

  package var elements: [JSONValue]? {
    guard case .array(let elements) = self else { return nil }
    return elements
  }

  // MARK: Writing

  /// Without spaces, members sorted by name: equal for documents that say the same.
  package var canonical: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .number(let text): text
    case .string(let text): JSONValue.quoted(text)
    case .array(let elements): "[" + elements.map(\.canonical).joined(separator: ",") + "]"
    case .object(let members):
      "{"
        + members.sorted { $0.name < $1.name }
        .map { "\(JSONValue.quoted($0.name)):\($0.value.canonical)" }
        .joined(separator: ",") + "}"
    }
  }

  /// For people and for diffs: members in their order, one a line; an object or a list of plain values inside a list
  /// stays on one line. Ends with a newline.
  package var pretty: String {
    var result = ""
    write(to: &result, indent: "", inList: false)
    return result + "\n"
  }

  private var isPlain: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }

  private func write(to result: inout String, indent: String, inList: Bool) {
    let inner = indent + "  "
    switch self {
    case .array(let elements) where elements.contains { !$0.isPlain }:
      result += "[\n"
      for (index, element) in elements.enumerated() {
        result += inner
        element.write(to: &result, indent: inner, inList: true)
        result += index == elements.count - 1 ? "\n" : ",\n"
      }
      result += indent + "]"
    case .array(let elements):
      result += "[" + elements.map(\.canonical).joined(separator: ", ") + "]"
    case .object(let members) where members.isEmpty:
      result += "{}"
    case .object(let members) where inList && members.allSatisfy({ $0.value.isPlain }):
      let line = members.map { "\(JSONValue.quoted($0.name)): \($0.value.canonical)" }
      result += "{ " + line.joined(separator: ", ") + " }"
    case .object(let members):
      result += "{\n"
      for (index, member) in members.enumerated() {
        result += "\(inner)\(JSONValue.quoted(member.name)): "
        member.value.write(to: &result, indent: inner, inList: false)
        result += index == members.count - 1 ? "\n" : ",\n"
      }
      result += indent + "}"
    default:
      result += canonical
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
        if scalar.value < 0x20 || scalar.value == 0x7f {
          result += "\\u" + String(repeating: "0", count: scalar.value < 0x10 ? 3 : 2)
          result += String(scalar.value, radix: 16)
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}
