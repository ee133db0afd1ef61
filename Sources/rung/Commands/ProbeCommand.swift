internal import Media

/// `rung probe SOURCE… [--json]`
struct ProbeCommand: Command {
  static let declaration = CommandDeclaration(
    name: "probe", summary: "what is in a source",
    discussion: [
      "Streams, codecs, sizes, rates, colour, languages, chapters and faults. With --json one document on",
      "standard output: an object for one source, a list for several. A source that fails is one error",
      "line; the others are printed.",
    ],
    operand: OperandDeclaration(name: "SOURCE", count: .several, help: "a media file"),
    options: [Options.json] + Options.reading + Options.logging)

  private let sources: [String]
  private let isJSON: Bool

  init(_ invocation: Invocation) {
    sources = invocation.operands
    isJSON = invocation.isSet(Options.json)
  }

  func run(_ shell: Shell) throws(CommandFailure) -> ExitCode {
    var documents: [JSONText] = []
    var worst = ExitCode.done
    var printed = 0
    for path in sources {
      try shell.cancellation.check()
      do throws(CommandFailure) {
        let report = try examine(path, shell)
        if isJSON {
          documents.append(ReportJSON.document(report, source: path))
        } else {
          try StandardOutput.write((printed > 0 ? "\n" : "") + ReportText.render(report))
        }
        printed += 1
      } catch {
        if error.isSilent || sources.count == 1 || shell.cancellation.isCancelled { throw error }
        shell.log.failure(error)
        worst = .failed
      }
    }
    if isJSON {
      let document = sources.count == 1 ? documents.first ?? .null : .array(documents)
      try StandardOutput.write(document.pretty)
    }
    return worst
  }

  private func examine(_ path: String, _ shell: Shell) throws(CommandFailure) -> SourceReport {
    let source = try SourceFile.open(path)
    return try SourceWorker.start(source, shell).examine(name: source.name).report
  }
}
