/// What a command is called with: the data from which parsing, help and suggestions are made. A new command or
/// option is a new declaration and nothing else.
struct CommandDeclaration: Sendable, Equatable {
  var name: String
  /// One line, for the list of commands.
  var summary: String
  /// What a person wants to know beyond that; lines as they are printed.
  var discussion: [String] = []
  var operand: OperandDeclaration?
  /// What may stand behind it, once or several times: `ID…` of `rung status TREE [ID]`.
  var further: OperandDeclaration?
  var options: [OptionDeclaration] = []
  /// Not listed: called by Rung itself.
  var isHidden = false
}

/// What stands on the command line without a name: `SOURCE`.
struct OperandDeclaration: Sendable, Equatable {
  /// `several`: one and more; `any`: none and more.
  enum Count: Sendable { case one, optional, several, any }

  var name: String
  var count: Count
  var help: String

  var isRequired: Bool { count == .one || count == .several }
  var isRepeated: Bool { count == .several || count == .any }

  /// As it stands in a usage line: `[ID…]`.
  var usage: String {
    let word = isRepeated ? "\(name)…" : name
    return isRequired ? word : "[\(word)]"
  }
}

/// One `--option`, how its value is read, and its help.
struct OptionDeclaration: Sendable, Equatable {
  enum Value: Sendable, Equatable {
    case flag
    case text(String)
    /// May stand several times.
    case list(String)
    case choice([String])
    /// `--copy` alone, or `--copy=strict`.
    case flagOrChoice([String])
    case number(String, ClosedRange<Int>)
    /// `256MiB`, as `ByteSize` reads it.
    case bytes(String, ClosedRange<Int64>)
  }

  var name: String
  var value: Value
  var isRequired = false
  var help: String

  var choices: [String] {
    switch value {
    case .choice(let choices), .flagOrChoice(let choices): choices
    case .flag, .text, .list, .number, .bytes: []
    }
  }

  /// As it stands in a usage line: `--speed fast|balanced|best`.
  var usage: String {
    switch value {
    case .flag: name
    case .text(let placeholder), .list(let placeholder), .number(let placeholder, _),
      .bytes(let placeholder, _):
      "\(name) \(placeholder)"
    case .choice(let choices): "\(name) \(choices.joined(separator: "|"))"
    case .flagOrChoice(let choices): "\(name)[=\(choices.joined(separator: "|"))]"
    }
  }
}

extension CommandDeclaration {
  var operands: [OperandDeclaration] { [operand, further].compactMap { $0 } }

  /// `rung package SOURCE --into TREE [--id ID] …`
  var usage: [String] {
    operands.map(\.usage) + options.map { $0.isRequired ? $0.usage : "[\($0.usage)]" }
  }
}
