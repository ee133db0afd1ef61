/// `rung package SOURCE --into TREE`: what a person asked for. The composition of the steps is in the files beside
/// this one.
struct PackageCommand: Command {
  static let declaration = CommandDeclaration(
    name: "package", summary: "makes a stream of a source, in a tree shaped like a bucket",
    discussion: [
      "Probes, plans, encodes in chunks, packages and commits. Nothing shows in the tree before it is complete;",
      "the same source with the same ladder again is up to date and left alone.",
    ],
    operand: OperandDeclaration(name: "SOURCE", count: .one, help: "a media file"),
    options: [Options.into] + Options.planning + [
      Options.workers, Options.maxWorkBytes, Options.baseURL, Options.force, Options.noVerify,
    ] + Options.caps + Options.logging)

  let source: String
  let tree: String
  var planning: PlanningOptions
  /// nil: one a core.
  let workers: Int?
  let baseURL: String?
  let isForced: Bool
  /// nil: as `WorkCleaning` has it.
  let maxWorkBytes: Int64?
  /// Looks at the result before it is committed.
  let verifies: Bool
  /// Set by a batch, whose child this is.
  var job: JobTerms?

  init(
    source: String, tree: String, planning: PlanningOptions, workers: Int?, baseURL: String?, isForced: Bool,
    maxWorkBytes: Int64?, verifies: Bool = true
  ) {
    self.source = source
    self.tree = tree
    self.planning = planning
    self.workers = workers
    self.baseURL = baseURL
    self.isForced = isForced
    self.maxWorkBytes = maxWorkBytes
    self.verifies = verifies
  }

  init(_ invocation: Invocation) {
    source = invocation.operands.first ?? ""
    tree = invocation.text(Options.into) ?? ""
    planning = PlanningOptions(invocation)
    workers = invocation.number(Options.workers)
    baseURL = invocation.text(Options.baseURL)
    isForced = invocation.isSet(Options.force)
    maxWorkBytes = invocation.bytes(Options.maxWorkBytes)
    verifies = !invocation.isSet(Options.noVerify)
  }

  func run(_ shell: Shell) throws(CommandFailure) -> ExitCode {
    let outcome: PackagePipeline.Outcome
    do { outcome = try PackagePipeline(self, shell).run() } catch {
      throw CommandFailure(any: error, source: source)
    }
    try report(outcome, shell)
    return .done
  }

  private func report(_ outcome: PackagePipeline.Outcome, _ shell: Shell) throws(CommandFailure) {
    switch outcome {
    case .upToDate(let id, let master):
      shell.log.info("\(id) is up to date", item: source)
      try StandardOutput.write(master + "\n")
    case .made(let made):
      for note in made.notes { shell.log.info("\(note.subject): \(note.reason)", item: source) }
      if shell.log.showsSummary {
        shell.log.console.line(SummaryTable.render(made.renditions, milliseconds: made.milliseconds))
      }
      try StandardOutput.write(made.master + "\n")
    }
  }
}
