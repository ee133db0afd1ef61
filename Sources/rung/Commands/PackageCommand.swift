/// `rung package SOURCE --into TREE`: what a person asked for. The composition of the steps is in the files beside
/// this one.
struct PackageCommand {
  static let declaration = CommandDeclaration(
    name: "package", summary: "makes a stream of a source, in a tree shaped like a bucket",
    discussion: [
      "Probes, plans, encodes in chunks, packages and commits. Nothing shows in the tree before it is complete;",
      "the same source with the same ladder again is up to date and left alone.",
    ],
    operand: OperandDeclaration(name: "SOURCE", count: .one, help: "a media file"),
    options: [Options.into] + Options.planning + [Options.workers, Options.baseURL, Options.force]
      + Options.logging)

  let source: String
  let tree: String
  let planning: PlanningOptions
  /// nil: one a core.
  let workers: Int?
  let baseURL: String?
  let isForced: Bool

  init(_ invocation: Invocation) {
    source = invocation.operands.first ?? ""
    tree = invocation.text(Options.into) ?? ""
    planning = PlanningOptions(invocation)
    workers = invocation.number(Options.workers)
    baseURL = invocation.text(Options.baseURL)
    isForced = invocation.isSet(Options.force)
  }
}
