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
    further: OperandDeclaration(name: "ID", count: .several, help: "an asset"),
    options: [published] + Options.logging)

  static let published = OptionDeclaration(
    name: "--published", value: .flag, help: "delete them first from every bucket that they were published to"
  )

  private let tree: String
  private let ids: [String]
  private let fromBuckets: Bool

  init(_ invocation: Invocation) {
    tree = invocation.operands.first ?? ""
    ids = Array(invocation.operands.dropFirst())
    fromBuckets = invocation.isSet(Self.published)
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
      do throws(CommandFailure) { try forget(id, store, ledger, shell) } catch {
        shell.log.failure(error)
        code = code == .temporary ? code : error.exit
      }
    }
    return code
  }

  private func forget(
    _ id: String, _ store: Tree, _ ledger: Ledger?, _ shell: Shell
  ) throws(CommandFailure) {
    let log = shell.log
    let lock: AssetLock
    do throws(StoreFailure) { lock = try store.lock(id) } catch { throw CommandFailure(error) }
    defer { withExtendedLifetime(lock) {} }
    let asset = try TreeLedger.asking { () throws(LedgerFailure) in try ledger?.asset(id) }
    if asset?.status == .processing, try isRunning(id, ledger) {
      throw CommandFailure(id, "is being made", advice: "try again when that is done", exit: .temporary)
    }
    // A bucket that is away leaves the asset here, so that the same command can be given again.
    var withdrawn = 0
    if fromBuckets {
      do { withdrawn = try PublishStep.withdraw(lock, from: store, shell: shell) } catch {
        throw CommandFailure(publishing: error)
      }
      if withdrawn > 0 { log.info("\(Human.count(withdrawn, "object")) deleted from buckets", item: id) }
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
    case .none where withdrawn > 0: break
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
