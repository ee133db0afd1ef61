internal import Foundation
internal import Media

/// One value of a ladder file and where it is: reads it as what the ladder needs, or says which rule it breaks.
struct LadderField {
  var file: String
  /// `rungs[2].bitrate`; empty for the whole document.
  var path: String
  var value: JSONValue

  func broken(_ rule: LadderRule) -> LadderFailure { .broken(file: file, key: path, rule) }

  private func wrongType(_ wanted: String) -> LadderFailure {
    broken(.wrongType(wanted: wanted, found: value.kind))
  }

  func text() throws(LadderFailure) -> String {
    guard case .string(let text) = value else { throw wrongType("a text") }
    return text
  }

  func flag() throws(LadderFailure) -> Bool {
    guard case .bool(let flag) = value else { throw wrongType("true or false") }
    return flag
  }

  /// A whole number. `2.0` is one too: JSON does not tell it from `2`.
  func integer(_ range: ClosedRange<Int>) throws(LadderFailure) -> Int {
    guard case .number(let digits) = value else { throw wrongType("a whole number") }
    let wanted = "a whole number from \(range.lowerBound) to \(range.upperBound)"
    guard let number = Int(digits) ?? Double(digits).flatMap({ Int(exactly: $0) }), range.contains(number)
    else {
      throw broken(.outOfRange(value: digits, wanted: wanted))
    }
    return number
  }

  func decimal(_ range: ClosedRange<Double>) throws(LadderFailure) -> Double {
    guard case .number(let digits) = value else { throw wrongType("a number") }
    guard let number = Double(digits), range.contains(number) else {
      throw broken(.outOfRange(value: digits, wanted: LadderField.wanted(range)))
    }
    return number
  }

  /// Seconds, exact to the microsecond.
  func seconds(_ range: ClosedRange<Double>) throws(LadderFailure) -> Rational {
    let number = try decimal(range)
    return Rational(Int64((number * 1_000_000).rounded()), 1_000_000).reduced
  }

  /// `30`, `29.97`, `"29.97"` or `"30000/1001"`.
  func frameRate(_ range: ClosedRange<Double>) throws(LadderFailure) -> Rational {
    let written: String
    switch value {
    case .number(let digits): written = digits
    case .string(let text): written = text
    default: throw wrongType("a number or a text such as \"30000/1001\"")
    }
    guard let rate = StandardRate.parse(written), range.contains(rate.approximate) else {
      throw broken(
        .outOfRange(
          value: written, wanted: LadderField.wanted(range) + ", or a fraction such as \"30000/1001\""))
    }
    return rate
  }

  /// One of the choices that this build makes; `made` has fewer than the type when some come later.
  func choice<Value: CaseIterable & RawRepresentable & Equatable>(
    made: [Value]
  ) throws(LadderFailure) -> Value where Value.RawValue == String {
    let text = try text()
    if let value = made.first(where: { $0.rawValue == text }) { return value }
    if Value(rawValue: text) != nil { throw broken(.notMade(value: text, made: made.map(\.rawValue))) }
    throw broken(.notOneOf(value: text, choices: made.map(\.rawValue)))
  }

  func elements(atMost limit: Int, mayBeEmpty: Bool) throws(LadderFailure) -> [LadderField] {
    guard case .array(let values) = value else { throw wrongType("a list") }
    if values.isEmpty && !mayBeEmpty { throw broken(.empty) }
    if values.count > limit {
      throw broken(.outOfRange(value: "\(values.count) entries", wanted: "at most \(limit)"))
    }
    return values.enumerated().map { LadderField(file: file, path: "\(path)[\($0)]", value: $1) }
  }

  /// The members of an object, all with keys from `known`, none twice.
  func members(known: [String]) throws(LadderFailure) -> LadderObject {
    guard case .object(let members) = value else { throw wrongType("an object") }
    var fields: [String: LadderField] = [:]
    for member in members {
      let field = LadderField(
        file: file, path: path.isEmpty ? member.key : "\(path).\(member.key)", value: member.value)
      guard known.contains(member.key) else { throw field.broken(.unknownKey(known: known)) }
      guard fields.updateValue(field, forKey: member.key) == nil else { throw field.broken(.repeatedKey) }
    }
    return LadderObject(place: self, fields: fields)
  }

  static func wanted(_ range: ClosedRange<Double>) -> String {
    "a number from \(short(range.lowerBound)) to \(short(range.upperBound))"
  }

  private static func short(_ number: Double) -> String {
    Int(exactly: number).map { "\($0)" } ?? "\(number)"
  }
}

/// The fields of one object of a ladder file, by key.
struct LadderObject {
  var place: LadderField
  var fields: [String: LadderField]

  subscript<Key: RawRepresentable>(_ key: Key) -> LadderField? where Key.RawValue == String {
    fields[key.rawValue]
  }

  func required<Key: RawRepresentable>(
    _ key: Key
  ) throws(LadderFailure) -> LadderField where Key.RawValue == String {
    if let field = fields[key.rawValue] { return field }
    let path = place.path.isEmpty ? key.rawValue : "\(place.path).\(key.rawValue)"
    throw .broken(file: place.file, key: path, .missing)
  }
}
