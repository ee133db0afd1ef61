/// A command line that was understood: the command, its options' values, what else stood there.
struct Invocation: Sendable, Equatable {
  var command: String
  var operands: [String] = []
  fileprivate(set) var values: [String: String] = [:]
  fileprivate var lists: [String: [String]] = [:]

  func isSet(_ option: OptionDeclaration) -> Bool { values[option.name] != nil }
  func list(_ option: OptionDeclaration) -> [String] { lists[option.name] ?? [] }
  func text(_ option: OptionDeclaration) -> String? { values[option.name] }
  /// Checked against the option's range while parsing.
  func number(_ option: OptionDeclaration) -> Int? { values[option.name].flatMap { Int($0) } }
  /// Checked against the option's range while parsing.
  func bytes(_ option: OptionDeclaration) -> Int64? { values[option.name].flatMap(ByteSize.parse) }
  /// A choice as the enumeration that its raw values name.
  func choice<Choice: RawRepresentable>(_ option: OptionDeclaration, as: Choice.Type = Choice.self) -> Choice?
  where Choice.RawValue == String {
    values[option.name].flatMap { Choice(rawValue: $0) }
  }
}

/// Arguments in, what to do out: names are looked up in the declarations, values are held against them.
enum Parser {
  enum Outcome: Equatable {
    case run(Invocation)
    /// The help of one command, or of all.
    case help(CommandDeclaration?)
    case version
  }

  static func parse(
    _ arguments: [String], _ commands: [CommandDeclaration]
  ) throws(UsageFailure) -> Outcome {
    guard let first = arguments.first else { throw .noCommand }
    if first == "--help" || first == "-h" { return .help(nil) }
    if first == "--version" { return .version }
    guard !first.hasPrefix("-") else {
      let meant = Suggestion.nearest(to: first, in: ["--help", "--version"])
      throw .unknownOption(first, command: nil, meant: meant)
    }
    guard let command = commands.first(where: { $0.name == first }) else {
      let names = commands.filter { !$0.isHidden }.map(\.name)
      throw .unknownCommand(first, meant: Suggestion.nearest(to: first, in: names))
    }
    return try parse(arguments.dropFirst(), command)
  }

  private static func parse(
    _ arguments: ArraySlice<String>, _ command: CommandDeclaration
  ) throws(UsageFailure) -> Outcome {
    var invocation = Invocation(command: command.name)
    var rest = arguments
    while let argument = rest.popFirst() {
      if argument == "--" {
        invocation.operands += rest
        break
      }
      if argument == "--help" || argument == "-h" { return .help(command) }
      if argument.hasPrefix("-"), argument != "-" {
        try option(argument, &rest, &invocation, command)
      } else {
        invocation.operands.append(argument)
      }
    }
    try checkOperands(invocation, command)
    for option in command.options where option.isRequired && !invocation.isSet(option) {
      throw .missingOption(option, command: command.name)
    }
    return .run(invocation)
  }

  private static func option(
    _ argument: String, _ rest: inout ArraySlice<String>, _ invocation: inout Invocation,
    _ command: CommandDeclaration
  ) throws(UsageFailure) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = parts.first.map(String.init) ?? argument
    let attached = parts.count > 1 ? String(parts[1]) : nil
    guard let option = command.options.first(where: { $0.name == name }) else {
      let names = command.options.map(\.name) + ["--help"]
      throw .unknownOption(name, command: command.name, meant: Suggestion.nearest(to: name, in: names))
    }
    guard !invocation.isSet(option) else { throw .repeated(name, command: command.name) }
    if option.value == .flag {
      guard attached == nil else { throw .unwantedValue(name, command: command.name) }
      invocation.values[name] = ""
      return
    }
    if case .flagOrChoice = option.value, attached == nil {
      invocation.values[name] = ""
      return
    }
    // `--into --force` is a forgotten value; who means it writes `--into=--force`.
    guard let value = attached ?? (rest.first?.hasPrefix("--") == true ? nil : rest.popFirst()),
      !value.isEmpty
    else { throw .missingValue(option, command: command.name) }
    try check(value, option, command)
    if case .list = option.value {
      invocation.lists[name, default: []].append(value)
      return
    }
    invocation.values[name] = value
  }

  private static func check(
    _ value: String, _ option: OptionDeclaration, _ command: CommandDeclaration
  ) throws(UsageFailure) {
    switch option.value {
    case .flag, .text, .list: return
    case .choice(let choices), .flagOrChoice(let choices):
      guard choices.contains(value) else {
        let meant = Suggestion.nearest(to: value, in: choices)
        throw .notAChoice(value, option, meant: meant, command: command.name)
      }
    case .number(_, let range):
      guard let number = Int(value), range.contains(number) else {
        throw .notANumber(value, option, command: command.name)
      }
    case .bytes(_, let range):
      guard let size = ByteSize.parse(value), range.contains(size) else {
        throw .notASize(value, option, command: command.name)
      }
    }
  }

  private static func checkOperands(
    _ invocation: Invocation, _ command: CommandDeclaration
  ) throws(UsageFailure) {
    var rest = invocation.operands[...]
    for operand in command.operands {
      if rest.isEmpty, operand.isRequired { throw .missingOperand(operand.name, command: command.name) }
      rest = operand.isRepeated ? [] : rest.dropFirst()
    }
    if let extra = rest.first { throw .tooManyOperands(extra, command: command.name) }
  }
}
