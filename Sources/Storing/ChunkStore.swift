internal import Foundation

/// The finished work of one job, kept so that a run that died goes on with what is missing: a key made from what the
/// work depends on, in; paths of files whose hash was checked, out. Several processes and threads may use a store at
/// once. It lies under `.rung/chunks/{key}/`; a file is `{name}.{sha256}`, so that name, bytes and hash appear in one
/// rename, and a file that is being written is `{name}.{random}.tmp`. While a store is open, its folder is locked
/// (shared), and cleaning, which wants the lock alone, leaves it.
package final class ChunkStore: Sendable {
  package let key: String
  /// Where workers may write, at the paths that `path(for:)` gives.
  package let folder: String
  private let descriptor: Descriptor

  private init(key: String, folder: String, descriptor: consuming Descriptor) {
    self.key = key
    self.folder = folder
    self.descriptor = descriptor
  }

  /// The key of work that depends on `parts` (the source's hash, the plan, library versions) and on nothing else.
  /// Each part is hashed with its length, so that moving a character from one to the next changes the key.
  package static func key(of parts: [String]) throws(StoreFailure) -> String {
    let hash = try SHA256()
    for part in parts {
      try hash.update(Array("\(part.utf8.count):".utf8))
      try hash.update(Array(part.utf8))
    }
    return try hash.finish()
  }

  /// Opens or makes the store of `key`; `now` (seconds since 1970) is noted as its last use.
  package static func open(_ tree: Tree, key: String, now: Int64) throws(StoreFailure) -> ChunkStore {
    guard SHA256.isHex(key) else { throw .invalidKey(key, rule: "a chunk store's key is 64 hex digits") }
    let folder = "\(tree.chunksFolder)/\(key)"
    while true {
      try Disk.makeFolder(folder, mode: 0o700)
      guard let descriptor = try Descriptor.openExisting(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else {
        continue
      }
      // Alone in the store: what is half-written is left from a run that died.
      if try descriptor.lock(LOCK_EX | LOCK_NB), Disk.isNamed(descriptor.raw, folder) {
        for name in try Disk.names(in: folder) where name.contains(".tmp") {
          try Disk.removeAll("\(folder)/\(name)")
        }
      }
      _ = try descriptor.lock(LOCK_SH)
      // Cleaning may have removed the folder before the lock was had.
      guard Disk.isNamed(descriptor.raw, folder) else { continue }
      let mark = "\(folder)/\(usedMark)"
      if let found = try Disk.entry(mark), found.kind != .file { try Disk.removeAll(mark) }
      try Disk.touch(mark, at: now)
      return ChunkStore(key: key, folder: folder, descriptor: descriptor)
    }
  }

  /// A fresh path at which a worker may write the file that is to become `name`.
  package func path(for name: String) throws(StoreFailure) -> String {
    try NameRule.check(id: name)
    return "\(folder)/\(name).\(String(UInt64.random(in: .min ... .max), radix: 16)).tmp"
  }

  /// Takes over a finished file from a path that `path(for:)` gave: synced, hashed, and in place under its hash in one
  /// rename. Returns where it is now.
  package func adopt(
    _ name: String, from temporary: String, isCancelled: () -> Bool = { false }
  ) throws(StoreFailure) -> String {
    try NameRule.check(id: name)
    let file = try Descriptor.open(temporary, O_RDONLY)
    try file.sync()
    let hash = try SHA256.hash(descriptor: file.raw, path: temporary, isCancelled: isCancelled)
    let final = "\(folder)/\(name).\(hash.sha256)"
    try Disk.rename(temporary, final)
    try descriptor.sync()
    return final
  }

  /// Where the file of `name` is, after its bytes were found to be those that were adopted; nil when there is none. One
  /// that was cut short or altered, or is no file any more, is removed, so that it is made again.
  package func find(
    _ name: String, isCancelled: () -> Bool = { false }
  ) throws(StoreFailure) -> String? {
    try NameRule.check(id: name)
    for candidate in try Disk.names(in: folder) where candidate.hasPrefix(name + ".") {
      let recorded = candidate.dropFirst(name.count + 1)
      guard SHA256.isHex(recorded) else { continue }
      let path = "\(folder)/\(candidate)"
      if let entry = try Disk.entry(path), entry.kind != .file {
        try Disk.removeAll(path)
        continue
      }
      // Another process may have found it altered first.
      guard let file = try Descriptor.openExisting(path, O_RDONLY | O_NOFOLLOW) else { continue }
      let found = try SHA256.hash(descriptor: file.raw, path: path, isCancelled: isCancelled)
      if found.sha256 == recorded { return path }
      // Another process may have put a good one there in the meantime.
      if Disk.isNamed(file.raw, path) { try Disk.removeFile(path) }
    }
    return nil
  }

  /// Removes the store when its work is done; false when another process uses it too. The last call on a store.
  @discardableResult
  package func remove() throws(StoreFailure) -> Bool {
    guard try descriptor.lock(LOCK_EX | LOCK_NB) else {
      // A change of lock that fails gives up the old one.
      _ = try descriptor.lock(LOCK_SH)
      return false
    }
    guard Disk.isNamed(descriptor.raw, folder) else { return false }
    try Disk.removeAll(folder)
    return true
  }
}

// MARK: Cleaning

extension ChunkStore {
  private static let usedMark = "used"

  /// What cleaning did.
  package struct Cleaning: Equatable, Sendable {
    /// The keys of stores that were removed, in this order, and what they took all together.
    package var removed: [String]
    package var bytes: Int64
    /// Why others could not be looked at or removed: the next cleaning tries again.
    package var failures: [StoreFailure]

    package init(removed: [String] = [], bytes: Int64 = 0, failures: [StoreFailure] = []) {
      self.removed = removed
      self.bytes = bytes
      self.failures = failures
    }
  }

  /// Removes the stores whose last use is more than `olderThan` seconds before `now`, and then, the longest unused
  /// first, as many as bring the rest down to `maxBytes`. Stores in `keeping` and stores in use stay. One that makes
  /// difficulties stays too and does not keep the others: cleaning is never why a run fails. Without `removing`, only
  /// what would go is found out.
  package static func clean(
    _ tree: Tree, olderThan: Int64?, maxBytes: Int64?, keeping: Set<String> = [], now: Int64,
    removing: Bool = true
  ) -> Cleaning {
    var cleaning = Cleaning()
    var stores = stores(of: tree, &cleaning.failures)
    stores.sort { ($0.used, $0.key) < ($1.used, $1.key) }
    var total = stores.reduce(0) { $0 &+ $1.bytes }
    for store in stores where !keeping.contains(store.key) {
      let isOld = olderThan.map { now &- store.used > $0 } ?? false
      let isTooMuch = maxBytes.map { total > $0 } ?? false
      guard isOld || isTooMuch else { continue }
      do throws(StoreFailure) {
        let folder = "\(tree.chunksFolder)/\(store.key)"
        guard try isUnused(folder, lastUsed: store.used, removing: removing) else { continue }
      } catch {
        cleaning.failures.append(error)
        continue
      }
      total &-= store.bytes
      cleaning.bytes &+= store.bytes
      cleaning.removed.append(store.key)
    }
    return cleaning
  }

  private static func stores(
    of tree: Tree, _ failures: inout [StoreFailure]
  ) -> [(used: Int64, key: String, bytes: Int64)] {
    var stores: [(used: Int64, key: String, bytes: Int64)] = []
    do throws(StoreFailure) {
      for key in try Disk.names(in: tree.chunksFolder) where SHA256.isHex(key) {
        let folder = "\(tree.chunksFolder)/\(key)"
        do throws(StoreFailure) {
          guard let used = try lastUse(folder) else { continue }
          stores.append((used, key, try size(folder)))
        } catch {
          failures.append(error)
        }
      }
    } catch {
      failures.append(error)
    }
    return stores
  }

  /// Whether nobody uses it; with `removing` it is gone then.
  private static func isUnused(
    _ folder: String, lastUsed: Int64, removing: Bool
  ) throws(StoreFailure) -> Bool {
    guard let descriptor = try Descriptor.openExisting(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else {
      return false
    }
    guard try descriptor.lock(LOCK_EX | LOCK_NB), Disk.isNamed(descriptor.raw, folder) else { return false }
    // Somebody may have used it and be done since it was looked at.
    guard try lastUse(folder) == lastUsed else { return false }
    if removing { try Disk.removeAll(folder) }
    return true
  }

  /// When a store was last opened; a folder without the mark was never opened to the end, and its own time counts.
  private static func lastUse(_ folder: String) throws(StoreFailure) -> Int64? {
    if let mark = try Disk.entry("\(folder)/\(usedMark)") { return mark.modified }
    return try Disk.entry(folder)?.modified
  }

  private static func size(_ folder: String) throws(StoreFailure) -> Int64 {
    var total: Int64 = 0
    for name in try Disk.names(in: folder) {
      if let entry = try Disk.entry("\(folder)/\(name)") { total &+= entry.bytes }
    }
    return total
  }
}
