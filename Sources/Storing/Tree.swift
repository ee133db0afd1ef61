internal import Foundation
package import Media

/// A bucket-shaped output folder on this disk: a path in; locks, staging, recovery and what is known of its assets
/// out. Everything that is not yet complete is under `.rung/`, which only its owner may read.
package struct Tree: Sendable {
  /// The absolute path, links resolved.
  package let root: String
  let steps: StepObserver

  var control: String { "\(root)/.rung" }
  var stagingFolder: String { "\(control)/staging" }
  var commitFolder: String { "\(control)/commit" }
  var chunksFolder: String { "\(control)/chunks" }
  var locksFolder: String { "\(control)/locks" }
  var workFolder: String { "\(control)/work" }

  /// Opens a tree; makes its folder, those above it and `.rung/` where they are missing.
  package static func open(
    _ path: String, steps: StepObserver = StepObserver()
  ) throws(StoreFailure) -> Tree {
    try Disk.makeFolders(path)
    guard let resolved = unsafe realpath(path, nil) else { throw .from(errno, "realpath", path) }
    defer { unsafe free(resolved) }
    let root = unsafe String(cString: resolved)
    let tree = Tree(root: root == "/" ? "" : root, steps: steps)
    try Disk.makeFolder(tree.control, mode: 0o700)
    let folders = [
      tree.stagingFolder, tree.commitFolder, tree.chunksFolder, tree.locksFolder, tree.workFolder,
    ]
    for folder in folders { try Disk.makeFolder(folder, mode: 0o700) }
    // A mode that forbids writing shows itself here and not after an hour of encoding.
    guard unsafe access(tree.root.isEmpty ? "/" : tree.root, W_OK | X_OK) == 0 else {
      throw .from(errno, "access", path)
    }
    guard unsafe access(tree.stagingFolder, W_OK | X_OK) == 0 else {
      throw .from(errno, "access", tree.stagingFolder)
    }
    return tree
  }

  package func path(_ key: String) -> String { "\(root)/\(key)" }

  /// Takes the lock of an asset without waiting; `.busy` when another run has it.
  package func lock(_ id: String) throws(StoreFailure) -> AssetLock {
    try AssetLock.acquire(id, in: locksFolder)
  }

  /// A fresh folder for a worker's files, which lives until `removeWork`, or until the next command finds that nobody
  /// holds its lock.
  package func makeWork(_ lock: AssetLock) throws(StoreFailure) -> String {
    let path = "\(workFolder)/\(lock.id)"
    try Disk.removeAll(path)
    try Disk.makeFolder(path, mode: 0o700)
    return path
  }

  package func removeWork(_ lock: AssetLock) throws(StoreFailure) {
    try Disk.removeAll("\(workFolder)/\(lock.id)")
  }

  /// Starts to stage an asset: finishes a commit of it that was cut short, removes what else is left of it, and
  /// gives an empty staging folder.
  package func begin(_ lock: AssetLock, layout: Layout) throws(StoreFailure) -> Staging {
    guard lock.id == layout.id else { throw .outOfOrder(what: "the lock is of another id than the layout") }
    _ = try finishJournal(of: lock)
    return try Staging(tree: self, lock: lock, layout: layout)
  }

  func staging(of id: String) -> String { "\(stagingFolder)/\(id)" }
  func journal(of id: String) -> String { "\(commitFolder)/\(id).json" }
}

/// Called before each step with which storing changes what a crash would leave behind: tests stop a run there. A
/// failure that it throws ends the step as a failure of the disk would.
package struct StepObserver: Sendable {
  package enum Step: Equatable, Sendable {
    case stage(String)
    case place(String)
    case sync(String)
    case readBack(String)
    case check
    case renameAsset(String)
    case exchangeAssets(String)
    case writeJournal
    case move(String)
    case removeOld(String)
    case removeJournal
    case removeStaging
  }

  package var before: @Sendable (Step) throws(StoreFailure) -> Void
  /// False makes a commit do without RENAME_EXCHANGE, as on a file system that lacks it.
  package var allowsExchange: Bool

  package init(
    allowsExchange: Bool = true,
    before: @escaping @Sendable (Step) throws(StoreFailure) -> Void = { (_) throws(StoreFailure) in }
  ) {
    self.allowsExchange = allowsExchange
    self.before = before
  }
}
