internal import Batching

/// `rung status TREE [ID]`
struct StatusCommand: Command {
  static let declaration = CommandDeclaration(
    name: "status", summary: "what the batches over a tree have made, are making and could not make",
    discussion: [
      "Counts, running jobs, the queue, failures with their reasons, what the last hour and day came to, and",
      "how long each stage took in the last 1,000 jobs. With an ID: that asset alone, with --json for pollers.",
    ],
    operand: OperandDeclaration(name: "TREE", count: .one, help: "the output folder of 'rung batch'"),
    further: OperandDeclaration(name: "ID", count: .optional, help: "one asset"),
    options: [Options.json] + Options.logging)

  private let tree: String
  private let id: String?
  private let isJSON: Bool

  init(_ invocation: Invocation) {
    tree = invocation.operands.first ?? ""
    id = invocation.operands.dropFirst().first
    isJSON = invocation.isSet(Options.json)
  }

  func run(_ shell: Shell) throws(CommandFailure) -> ExitCode {
    let ledger = try TreeLedger.open(tree)
    let now = TreeLedger.now
    guard let id else {
      let snapshot = try TreeLedger.asking { () throws(LedgerFailure) in try LedgerSnapshot(ledger, now: now)
      }
      try StandardOutput.write(
        isJSON ? StatusJSON.document(snapshot).pretty : StatusText.render(snapshot))
      return .done
    }
    let report = try TreeLedger.asking { () throws(LedgerFailure) in
      guard let report = try AssetStatusReport(ledger, id, now: now) else { throw .unknown(id: id) }
      return report
    }
    try StandardOutput.write(isJSON ? report.json.pretty : report.text)
    return .done
  }
}
