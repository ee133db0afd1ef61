import Foundation
import Storing

/// Checks a document against the part of JSON Schema that `asset.schema.json` uses; a keyword that it does not know is
/// reported, so that the schema cannot outgrow it.
struct SchemaChecker {
  let root: JSONValue

  /// What is wrong, each with where.
  func check(_ value: JSONValue) -> [String] { check(value, root, "$") }

  private func check(_ value: JSONValue, _ schema: JSONValue, _ path: String) -> [String] {
    guard case .object(let rules) = schema else { return ["\(path): the schema is no object"] }
    return rules.flatMap { rule in check(value, rule.name, rule.value, schema, path) }
  }

  private func check(
    _ value: JSONValue, _ keyword: String, _ rule: JSONValue, _ schema: JSONValue, _ path: String
  ) -> [String] {
    switch keyword {
    case "$schema", "$defs", "title", "description": return []
    case "$ref":
      let name = String(rule.text?.split(separator: "/").last ?? "")
      guard let target = root["$defs"]?[name] else { return ["\(path): no definition \(name)"] }
      return check(value, target, path)
    case "type": return has(value, type: rule.text ?? "") ? [] : ["\(path): not of type \(rule.canonical)"]
    case "const": return value == rule ? [] : ["\(path): not \(rule.canonical)"]
    case "enum": return rule.elements?.contains(value) == true ? [] : ["\(path): not one of the enum"]
    case "minimum":
      guard case .number(let text) = value, let number = Double(text) else { return [] }
      return number >= Double(rule.integer ?? 0) ? [] : ["\(path): below the minimum"]
    case "pattern":
      guard let text = value.text, let pattern = rule.text else { return [] }
      return text.range(of: pattern, options: .regularExpression) != nil
        ? [] : ["\(path): not by the pattern"]
    case "required":
      return (rule.elements ?? []).compactMap {
        value[$0.text ?? ""] == nil ? "\(path): no \($0.canonical)" : nil
      }
    case "items":
      return (value.elements ?? []).enumerated().flatMap { check($1, rule, "\(path)[\($0)]") }
    case "properties":
      guard case .object(let properties) = rule else { return ["\(path): no properties"] }
      return properties.flatMap { property in
        value[property.name].map { check($0, property.value, "\(path).\(property.name)") } ?? []
      }
    case "additionalProperties":
      guard case .object(let members) = value else { return [] }
      return members.filter { schema["properties"]?[$0.name] == nil }.flatMap { member in
        rule == .bool(false)
          ? ["\(path): \(member.name) is not in the schema"]
          : check(member.value, rule, "\(path).\(member.name)")
      }
    default: return ["\(path): unknown keyword \(keyword)"]
    }
  }

  private func has(_ value: JSONValue, type: String) -> Bool {
    switch (type, value) {
    case ("object", .object), ("array", .array), ("string", .string), ("number", .number),
      ("boolean", .bool), ("null", .null):
      true
    case ("integer", .number): value.integer != nil
    default: false
    }
  }
}
