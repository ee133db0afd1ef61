internal import Batching

/// `rung retry TREE [ID…]`
struct RetryCommand: Command {
  static let declaration = CommandDeclaration(
    name: "retry", summary: "puts failed uploads back into the queue, for the next batch",
    discussion: [
      "Without an ID: all that are failed. What comes of them is as if they were new: three attempts."
    ],
    operand: OperandDeclaration(name: "TREE", count: .one, help: "the output folder of 'rung batch'"),
    further: OperandDeclaration(name: "ID", count: .any, help: "an asset"), options: Options.logging)

  private static let atOnce = 500
  private let tree: String
  private let ids: [String]

  init(_ invocation: Invocation) {
    tree = invocation.operands.first ?? ""
    ids = Array(invocation.operands.dropFirst())
  }

  func run(_ shell: Shell) throws(CommandFailure) -> ExitCode {
    let ledger = try TreeLedger.open(tree)
    if ids.isEmpty { return try retryAll(ledger, shell.log) }
    var code = ExitCode.done
    for id in ids {
      do throws(CommandFailure) { try retry(id, ledger, shell.log) } catch {
        shell.log.failure(error)
        code = code == .temporary ? code : error.exit
      }
    }
    return code
  }

  private func retry(_ id: String, _ ledger: Ledger, _ log: Log) throws(CommandFailure) {
    let asset = try TreeLedger.asking { () throws(LedgerFailure) in
      guard let asset = try ledger.asset(id) else { throw .unknown(id: id) }
      return asset
    }
    guard asset.status != .ready else {
      throw CommandFailure(id, "is ready", advice: "'rung batch --refresh' makes outdated assets again")
    }
    let isQueued = try TreeLedger.asking { () throws(LedgerFailure) in
      try ledger.retry(id, now: TreeLedger.now)
    }
    log.info(isQueued ? "queued; the next batch makes it" : "is queued or being made already", item: id)
  }

  private func retryAll(_ ledger: Ledger, _ log: Log) throws(CommandFailure) -> ExitCode {
    var count = 0
    while true {
      let failed = try TreeLedger.asking { () throws(LedgerFailure) in try ledger.failures(limit: Self.atOnce)
      }
      // One transaction for many: a ledger of a million rows has a disk behind it.
      let queued = try TreeLedger.asking { () throws(LedgerFailure) in
        try ledger.transaction { () throws(LedgerFailure) in
          var queued = 0
          for asset in failed where try ledger.retry(asset.id, now: TreeLedger.now) { queued += 1 }
          return queued
        }
      }
      count += queued
      if queued == 0 { break }
    }
    log.info(count == 0 ? "nothing is failed" : "\(Human.count(count, "upload")) queued for the next batch")
    return .done
  }
}
