internal import Foundation

/// Any JSON document, so that a manifest can be judged key by key without knowing all of it.
enum JSONValue: Decodable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  static func parse(_ bytes: [UInt8]) -> JSONValue? {
    try? JSONDecoder().decode(JSONValue.self, from: Data(bytes))
  }

  subscript(_ key: String) -> JSONValue? {
    if case .object(let values) = self { return values[key] }
    return nil
  }
  var string: String? {
    if case .string(let value) = self { return value }
    return nil
  }
  var integer: Int64? {
    if case .integer(let value) = self { return value }
    return nil
  }
  var array: [JSONValue]? {
    if case .array(let value) = self { return value }
    return nil
  }
  /// Seconds of a manifest as nanoseconds.
  var time: Nanoseconds? {
    switch self {
    case .integer(let value): value.magnitude < 4_000_000_000 ? value * second : nil
    case .number(let value): value.magnitude < 4e9 ? Int64((value * 1e9).rounded()) : nil
    default: nil
    }
  }
}
