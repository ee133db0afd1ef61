internal import Foundation

/// The decision to replace an asset object by object, as `.rung/commit/{id}.json` holds it: which staged objects go
/// into place, group after group, and which old ones go. Once the file is there, the commit only goes forward.
struct Journal: Codable, Equatable {
  struct Move: Codable, Equatable {
    var key: String
    var bytes: Int64
    /// Something was at the key before.
    var replaces: Bool
  }

  struct Removal: Codable, Equatable {
    var key: String
    /// What lies there now and has another size belongs to somebody else by now.
    var bytes: Int64
  }

  static let longest = 1 << 26
  var schema = 1
  var id: String
  /// The key of `asset.json`.
  var asset: String
  var groups: [[Move]]
  var removals: [Removal]

  init(id: String, asset: String, groups: [[Move]], removals: [Removal]) {
    self.id = id
    self.asset = asset
    self.groups = groups
    self.removals = removals
  }

  var moves: [Move] { groups.flatMap { $0 } }

  /// Written beside, synced, renamed: there is never half a journal.
  func write(by draft: String, to path: String, steps: StepObserver) throws(StoreFailure) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(self) else {
      throw .damagedJournal(id: id, path: path, what: "it cannot be written as JSON")
    }
    let file = try Descriptor.open(draft, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
    try file.write(Array(data))
    try file.sync()
    try steps.before(.writeJournal)
    try Disk.rename(draft, path)
    try Disk.syncFolder(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
  }

  /// The journal at `path`, its keys checked; nil when there is none.
  static func read(_ path: String, id: String) throws(StoreFailure) -> Journal? {
    guard try Disk.entry(path) != nil else { return nil }
    let bytes = try Descriptor.open(path, O_RDONLY).readAll(limit: longest)
    guard let journal = try? JSONDecoder().decode(Journal.self, from: Data(bytes)), journal.schema == 1,
      journal.id == id
    else { throw .damagedJournal(id: id, path: path, what: "it is not a journal of this id") }
    do throws(StoreFailure) {
      for move in journal.moves { try NameRule.check(key: move.key) }
      for removal in journal.removals { try NameRule.check(key: removal.key) }
      try NameRule.check(key: journal.asset)
    } catch {
      throw .damagedJournal(id: id, path: path, what: "it holds a key that leads out of the tree")
    }
    return journal
  }
}

extension Tree {
  /// Carries out what the journal of an asset still holds, and removes it. Every step can be repeated, so that this
  /// may stop anywhere and begin again. Returns what it did, nil when there was no journal.
  func finishJournal(of lock: AssetLock) throws(StoreFailure) -> Recovery? {
    let path = journal(of: lock.id)
    guard let journal = try Journal.read(path, id: lock.id) else { return nil }
    let staged = "\(staging(of: lock.id))/tree"
    var isComplete = true
    for move in journal.moves where try Disk.entry("\(staged)/\(move.key)") == nil {
      if try !isInPlace(move) { isComplete = false }
    }
    if isComplete {
      try rollForward(journal, from: staged)
    } else {
      try rollBack(journal, from: staged)
    }
    try steps.before(.removeJournal)
    try Disk.removeFile(path)
    try Disk.syncFolder(commitFolder)
    try steps.before(.removeStaging)
    try Disk.removeAll(staging(of: lock.id))
    return isComplete ? .rolledForward(id: lock.id) : .rolledBack(id: lock.id)
  }

  private func isInPlace(_ move: Journal.Move) throws(StoreFailure) -> Bool {
    let entry = try Disk.entry(self.path(move.key))
    return entry?.kind == .file && entry?.bytes == move.bytes
  }

  private func rollForward(_ journal: Journal, from staged: String) throws(StoreFailure) {
    for group in journal.groups {
      for move in group where try Disk.entry("\(staged)/\(move.key)") != nil {
        try steps.before(.move(move.key))
        try moveIntoPlace("\(staged)/\(move.key)", move.key)
      }
      // Each group is on the disk before the next one names it.
      try syncParents(of: group.map(\.key))
    }
    try remove(journal.removals.map { ($0.key, $0.bytes) })
  }

  /// Only reached when staged objects are gone, which no crash does but a person can. New objects that replaced
  /// nothing go; if an old one was already replaced, `asset.json` goes too, so that nothing says the asset is whole.
  private func rollBack(_ journal: Journal, from staged: String) throws(StoreFailure) {
    var gone: [(String, Int64)] = []
    var wasReplaced = false
    for move in journal.moves where try Disk.entry("\(staged)/\(move.key)") == nil {
      guard try isInPlace(move) else { continue }
      if move.replaces {
        wasReplaced = true
      } else {
        gone.append((move.key, move.bytes))
      }
    }
    if wasReplaced, let entry = try Disk.entry(path(journal.asset)) {
      gone.append((journal.asset, entry.bytes))
    }
    try remove(gone)
  }

  /// Removes objects, and the folders that this leaves empty.
  private func remove(_ objects: [(key: String, bytes: Int64)]) throws(StoreFailure) {
    var parents: Set<String> = []
    for object in objects {
      let entry = try Disk.entry(path(object.key))
      guard entry?.kind == .file, entry?.bytes == object.bytes else { continue }
      try steps.before(.removeOld(object.key))
      try Disk.removeFile(path(object.key))
    }
    for object in objects { parents.formUnion(NameRule.folders(of: object.key)) }
    // The innermost first.
    for folder in parents.sorted().reversed() { _ = Disk.removeEmptyFolder(path(folder)) }
    try syncParents(of: objects.map(\.key))
  }

  /// Renames something staged to its place, making the folders above it. Another asset's commit may remove an empty
  /// folder between the two, hence again.
  func moveIntoPlace(_ staged: String, _ key: String) throws(StoreFailure) {
    for attempt in 1... {
      do throws(StoreFailure) {
        try Disk.makeParents(of: key, in: root)
        return try Disk.rename(staged, path(key))
      } catch {
        guard attempt < 10, isMissingFolder(error), try Disk.entry(staged) != nil else { throw error }
      }
    }
  }

  private func isMissingFolder(_ failure: StoreFailure) -> Bool {
    switch failure {
    case .parentMissing: true
    case .io("rename", _, ENOENT): true
    default: false
    }
  }

  /// Syncs every folder from the root down to the keys' parents, as far as they exist.
  func syncParents(of keys: [String]) throws(StoreFailure) {
    var folders: Set<String> = []
    for key in keys { folders.formUnion(NameRule.folders(of: key)) }
    for folder in folders.sorted().reversed() where Disk.isFolder(path(folder)) {
      try Disk.syncFolder(path(folder))
    }
    try Disk.syncFolder(root.isEmpty ? "/" : root)
  }
}
