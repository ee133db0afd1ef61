internal import Batching
internal import Storing

/// `rung forget TREE ID…`
struct ForgetCommand: Command {
  static let declaration = CommandDeclaration(
    name: "forget", summary: "deletes assets: all their objects, and what the ledger knows of them",
    discussion: [
      "Playlists and manifests go first, then media. An upload that still lies in the inbox is left alone from",
      "then on, until it changes. An asset that is being made is not touched: try again when that is done.",
    ],
    operand: OperandDeclaration(name: "TREE", count: .one, help: "the output folder"),
    further: OperandDeclaration(name: "ID", count: .several, help: "an asset"), options: Options.logging)

  private let tree: String
  private let ids: [String]

  init(_ invocation: Invocation) {
    tree = invocation.operands.first ?? ""
    ids = Array(invocation.operands.dropFirst())
  }

  func run(_ shell: Shell) throws(CommandFailure) -> ExitCode {
    let ledger = try TreeLedger.find(tree)
    let store: Tree
    do throws(StoreFailure) {
      store = try Tree.open(tree)
      try store.recover()
    } catch { throw CommandFailure(error) }
    var code = ExitCode.done
    for id in ids {
      do throws(CommandFailure) { try forget(id, store, ledger, shell.log) } catch {
        shell.log.failure(error)
        code = code == .temporary ? code : error.exit
      }
    }
    return code
  }

  private func forget(_ id: String, _ store: Tree, _ ledger: Ledger?, _ log: Log) throws(CommandFailure) {
    let lock: AssetLock
    do throws(StoreFailure) { lock = try store.lock(id) } catch { throw CommandFailure(error) }
    defer { withExtendedLifetime(lock) {} }
    let asset = try TreeLedger.asking { () throws(LedgerFailure) in try ledger?.asset(id) }
    if asset?.status == .processing, try isRunning(id, ledger) {
      throw CommandFailure(id, "is being made", advice: "try again when that is done", exit: .temporary)
    }
    let removal: Removal
    do throws(StoreFailure) {
      removal = try store.remove(lock, assetKey: asset?.assetKey ?? "packaged/\(id)/asset.json")
    } catch { throw CommandFailure(error) }
    // The row goes last: what was cut short before is named by it, and can be forgotten once more.
    if asset != nil {
      try TreeLedger.asking { () throws(LedgerFailure) in try ledger?.forget(id) }
    }
    switch removal {
    case .removed(let objects, let bytes):
      log.info("\(Human.count(objects, "object")) deleted, \(Human.bytes(bytes))", item: id)
    case .none where asset != nil: log.info("forgotten; it had no objects", item: id)
    case .none:
      throw CommandFailure(id, "there is no such asset", advice: "'rung status \(tree)' lists what there is")
    case .damaged(let path, let what):
      throw CommandFailure(
        id, "its objects are not known: \(path) is damaged: \(what)",
        advice: "the ledger has forgotten it; remove its folder by hand")
    }
  }

  private func isRunning(_ id: String, _ ledger: Ledger?) throws(CommandFailure) -> Bool {
    let jobs = try TreeLedger.asking { () throws(LedgerFailure) in try ledger?.jobs(of: id) ?? [] }
    return jobs.contains { $0.status == .running && TreeLedger.isAlive($0.pid) }
  }
}
