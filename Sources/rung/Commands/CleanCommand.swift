internal import Foundation
internal import Storing

/// `rung clean TREE`
struct CleanCommand: Command {
  static let declaration = CommandDeclaration(
    name: "clean", summary: "removes from a tree what no asset needs",
    discussion: [
      "What dead runs have staged; the work of interrupted runs that nobody came back to for a week, and of the",
      "rest what is beyond --max-work-bytes; files in an asset's folder that its asset.json does not list; folders",
      "under packaged/ without an asset. What a running command works on stays.",
    ],
    operand: OperandDeclaration(name: "TREE", count: .one, help: "the output folder"),
    options: [dryRun, Options.maxWorkBytes] + Options.logging)

  static let dryRun = OptionDeclaration(
    name: "--dry-run", value: .flag, help: "only say what would be removed")

  private let tree: String
  private let isDry: Bool
  private let maxWorkBytes: Int64

  init(_ invocation: Invocation) {
    tree = invocation.operands.first ?? ""
    isDry = invocation.isSet(Self.dryRun)
    maxWorkBytes = invocation.bytes(Options.maxWorkBytes) ?? WorkCleaning.usualBytes
  }

  func run(_ shell: Shell) throws(CommandFailure) -> ExitCode {
    // A misspelled name must not become a new tree.
    _ = try TreeLedger.find(tree)
    let found: Found
    do throws(StoreFailure) { found = try clean(Tree.open(tree)) } catch { throw CommandFailure(error) }
    let lines = found.leftovers + found.work.removed.map { ".rung/chunks/\($0)" } + found.orphans.keys
    try StandardOutput.write(lines.map { Printable.line($0) + "\n" }.joined())
    let counts = [
      Human.count(found.leftovers.count, "leftover"),
      Human.count(found.work.removed.count, "unfinished encoding"),
      Human.count(found.orphans.keys.count, "orphan"),
    ]
    let bytes = Human.bytes(found.work.bytes &+ found.orphans.bytes)
    shell.log.info(
      "\(counts.joined(separator: ", ")), \(bytes) \(isDry ? "would be removed" : "removed")", item: tree)
    let failures = found.failures + found.work.failures + found.orphans.failures
    for failure in failures { shell.log.warning("\(failure)") }
    return failures.isEmpty ? .done : .failed
  }

  private struct Found {
    var leftovers: [String]
    var failures: [StoreFailure]
    var work: ChunkStore.Cleaning
    var orphans: Orphans
  }

  private func clean(_ store: Tree) throws(StoreFailure) -> Found {
    let leftovers = try store.leftovers()
    var failures: [StoreFailure] = []
    if !isDry {
      failures = try store.recover().compactMap {
        if case .failed(_, let failure) = $0 { failure } else { nil }
      }
    }
    let work = ChunkStore.clean(
      store, olderThan: WorkCleaning.oldest, maxBytes: maxWorkBytes, now: TreeLedger.now, removing: !isDry)
    return Found(
      leftovers: leftovers, failures: failures, work: work, orphans: try store.orphans(removing: !isDry))
  }
}
