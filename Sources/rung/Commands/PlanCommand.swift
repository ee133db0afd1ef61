internal import Media

/// `rung plan SOURCE`
struct PlanCommand: Command {
  static let declaration = CommandDeclaration(
    name: "plan", summary: "what would be made of a source, and why not more",
    discussion: [
      "Reads the source and the ladder, makes nothing. The same options as for package change the plan."
    ],
    operand: OperandDeclaration(name: "SOURCE", count: .one, help: "a media file"),
    options: Options.planning + [Options.json] + Options.caps + Options.logging)

  private let path: String
  private let options: PlanningOptions
  private let isJSON: Bool

  init(_ invocation: Invocation) {
    path = invocation.operands.first ?? ""
    options = PlanningOptions(invocation)
    isJSON = invocation.isSet(Options.json)
  }

  func run(_ shell: Shell) throws(CommandFailure) -> ExitCode {
    try PlanningSteps.check(options)
    let source = try SourceFile.open(path)
    let ladder = try PlanningSteps.ladder(options.ladder)
    let examination = try SourceWorker.start(source, shell).examine(
      name: source.name, videoTrack: options.videoTrack)
    let hash = try PlanningSteps.hash(source, shell)
    let id = PlanningSteps.id(options, source) { hash.sha256 }
    let plan = try PlanningSteps.plan(examination, ladder, options, id: id, source: source)
    try StandardOutput.write(isJSON ? PlanJSON.document(plan, source: path).pretty : PlanText.render(plan))
    return .done
  }
}
