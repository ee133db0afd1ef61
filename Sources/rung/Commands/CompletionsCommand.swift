/// `rung completions SHELL`: what `make install` and the Debian package put where the shells look.
struct CompletionsCommand: Command {
  static let declaration = CommandDeclaration(
    name: "completions", summary: "a shell's completions of these commands",
    discussion: ["As in: source <(rung completions bash)"],
    operand: OperandDeclaration(
      name: "SHELL", count: .one,
      help: CompletedShell.allCases.map(\.rawValue).joined(separator: ", ")),
    isHidden: true)

  private let shell: CompletedShell

  init(_ invocation: Invocation) throws(CommandFailure) {
    let name = invocation.operands.first ?? ""
    guard let shell = CompletedShell(rawValue: name) else {
      let known = CompletedShell.allCases.map(\.rawValue).joined(separator: ", ")
      throw CommandFailure(nil, "there are no completions for '\(name)'; there are: \(known)", exit: .usage)
    }
    self.shell = shell
  }

  func run(_ shell: Shell) throws(CommandFailure) -> ExitCode {
    try StandardOutput.write(self.shell.script(commands.map { $0.declaration }))
    return .done
  }
}
