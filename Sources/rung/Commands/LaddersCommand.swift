internal import Planning

/// `rung ladders [NAME]`
struct LaddersCommand: Command {
  static let declaration = CommandDeclaration(
    name: "ladders", summary: "the presets, or one as JSON to start from",
    discussion: [
      "Presets are looked for in Ladders beside the binary, in share/rung/Ladders of where it is installed,",
      "and in the checkout it was built in.",
    ],
    operand: OperandDeclaration(name: "NAME", count: .optional, help: "a preset, to see its JSON"))

  private let name: String?

  init(_ invocation: Invocation) { name = invocation.operands.first }

  func run(_ shell: Shell) throws(CommandFailure) -> ExitCode {
    let shelf = PlanningSteps.shelf()
    if let name {
      let text: String
      do throws(LadderFailure) { text = try shelf.text(name) } catch {
        throw CommandFailure(nil, error.message)
      }
      try StandardOutput.write(text.hasSuffix("\n") ? text : text + "\n")
      return .done
    }
    let presets = shelf.list()
    guard !presets.isEmpty else {
      throw CommandFailure(
        nil, "no presets were found in \(shelf.folders.joined(separator: ", "))",
        advice: "give a ladder file with --ladder FILE")
    }
    var table = Table([.init(title: "name"), .init(title: "rungs"), .init(title: "file")])
    for preset in presets {
      let ladder = try PlanningSteps.ladder(preset.name)
      table.add([preset.name, ladder.rungs.map(\.name).joined(separator: " "), preset.path])
    }
    try StandardOutput.write(table.render())
    return .done
  }
}
