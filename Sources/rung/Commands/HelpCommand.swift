/// `rung help [COMMAND]`
struct HelpCommand: Command {
  static let declaration = CommandDeclaration(
    name: "help", summary: "what commands there are, or all about one",
    operand: OperandDeclaration(name: "COMMAND", count: .optional, help: "a command's name"))

  private let about: String?

  init(_ invocation: Invocation) { about = invocation.operands.first }

  func run(_ shell: Shell) throws(CommandFailure) -> ExitCode {
    let declarations = commands.map { $0.declaration }
    guard let about else {
      try StandardOutput.write(Help.overview(declarations))
      return .done
    }
    guard let command = declarations.first(where: { $0.name == about }) else {
      let meant = Suggestion.nearest(to: about, in: declarations.filter { !$0.isHidden }.map(\.name))
      throw CommandFailure(nil, UsageFailure.unknownCommand(about, meant: meant).message, exit: .usage)
    }
    try StandardOutput.write(Help.command(command))
    return .done
  }
}

/// The build's name.
enum Version {
  static let number = "0.1.0"
  static let text = "rung \(number)"
}
