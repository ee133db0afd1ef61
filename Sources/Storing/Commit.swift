internal import Foundation
internal import Media

/// How a staged asset becomes visible.
private enum Way: Equatable {
  /// Its folder is moved to where there is none.
  case rename(folder: String)
  /// Its folder is swapped with the old one.
  case exchange(folder: String)
  /// Object by object, through a journal; then what is only in the old asset is removed.
  case journal(removals: [InventoryEntry])
}

/// What a commit decided, and the locks that it needs until all is in place.
private struct Decision {
  var way: Way
  var locks: [AssetLock] = []
}

extension Staging {
  /// Makes the staged asset visible: `beforeVisible` (given the folder in which keys are paths) may still refuse, beside
  /// it and after it everything is synced and read back, and then the asset appears as a whole. Whatever fails before
  /// leaves the tree as it was and removes the staging. A run that dies in the middle of a journal is finished by `Tree.recover`.
  package func commit(
    replacing: Bool, beforeVisible: (String) throws -> Void = { _ in },
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws {
    guard state == .open, entries[assetKey] != nil, !hasUnplacedMedia else {
      throw StoreFailure.outOfOrder(
        what: "a commit needs every media object placed, asset.json written, and happens once")
    }
    do {
      beginReadBack()
      try tree.steps.before(.check)
      try beforeVisible(stagedTree)
      try readBack(isCancelled)
      let decision = try decide(replacing: replacing)
      defer { withExtendedLifetime(decision.locks) {} }
      try syncStagedFolders()
      if isCancelled() { throw StoreFailure.cancelled }
      try makeVisible(decision.way)
    } catch {
      // Discards unless a journal is written: then the staging is what it moves from.
      discard()
      throw error
    }
    state = .committed
    // The asset is in place; a leftover that cannot be removed now is removed by the next command.
    _ = try? removeStaging()
  }

  private func removeStaging() throws(StoreFailure) {
    try tree.steps.before(.removeStaging)
    try Disk.removeAll(folder)
  }

  private func syncStagedFolders() throws(StoreFailure) {
    for folder in folders.sorted() { try Disk.syncFolder("\(stagedTree)/\(folder)") }
    try Disk.syncFolder(stagedTree)
    try Disk.syncFolder(folder)
  }

  // MARK: Which way

  /// The folder that belongs to this asset alone: the way to `asset.json` up to the component that is the id; nil when
  /// the layout has none, or objects lie outside of it.
  private var ownFolder: String? {
    let template = layout.templates[.asset] ?? "packaged/{id}/asset.json"
    let components = template.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    guard let last = components.lastIndex(of: "{id}") else { return nil }
    let prefix = components[...last].joined(separator: "/")
    guard let own = Layout(templates: [.asset: prefix], id: id, creator: layout.creator).key(.asset),
      entries.keys.allSatisfy({ $0.hasPrefix(own + "/") })
    else { return nil }
    return own
  }

  private func decide(replacing: Bool) throws(StoreFailure) -> Decision {
    guard hasSharedPlaces else { return Decision(way: try chooseWay(replacing: replacing, displaced: [])) }
    let lock = try lockSharedPlaces()
    let displaced = try displacedAssets()
    let way = try chooseWay(replacing: replacing, displaced: displaced.flatMap(\.objects))
    return Decision(way: way, locks: [lock] + displaced.map(\.lock))
  }

  /// `displaced` are objects of other assets that this one takes the place of.
  private func chooseWay(replacing: Bool, displaced: [InventoryEntry]) throws(StoreFailure) -> Way {
    let existing = try tree.existingAsset(id: id, assetKey: assetKey)
    if !replacing, existing != .none { throw .exists(id: id, path: tree.path(assetKey)) }
    let old = existing.summary?.objects ?? []
    try checkTargets()
    if let own = ownFolder, old.allSatisfy({ $0.key.hasPrefix(own + "/") }) {
      guard try Disk.entry(tree.path(own)) != nil else { return .rename(folder: own) }
      let files = try Disk.files(below: tree.path(own))
      // An unreadable asset.json leaves unknown which files it listed; the folder as such is the asset's.
      if case .damaged = existing { return .exchange(folder: own) }
      let known = Set(old.map { $0.key } + [assetKey])
      if files.allSatisfy({ known.contains("\(own)/\($0)") }) { return .exchange(folder: own) }
      // Somebody else's files are in there: they stay, which a swap of folders could not do.
    }
    if !replacing {
      let known = Set(displaced.map(\.key))
      for key in entries.keys.sorted() where !known.contains(key) {
        if try Disk.entry(tree.path(key)) != nil { throw .exists(id: id, path: tree.path(key)) }
      }
    }
    return .journal(removals: (old + displaced).filter { entries[$0.key] == nil })
  }

  /// Finds out before anything moves what would stop a move halfway: a file where a folder has to be, or the other way
  /// round, or another file system.
  private func checkTargets() throws(StoreFailure) {
    let device = Disk.device(folder)
    for folder in folders.sorted() {
      let path = tree.path(folder)
      guard try Disk.entry(path) != nil else { continue }
      guard Disk.isFolder(path) else { throw .notAFolder(path: path) }
      guard Disk.device(path) == device else { throw .crossesFileSystems(path: path) }
    }
    for key in entries.keys.sorted() where try Disk.entry(tree.path(key))?.kind == .folder {
      throw .keyIsAlsoFolder(key)
    }
  }

  // MARK: The ways

  private func makeVisible(_ way: Way) throws(StoreFailure) {
    switch way {
    case .rename(let own):
      try tree.steps.before(.renameAsset(own))
      try tree.moveIntoPlace("\(stagedTree)/\(own)", own)
      try tree.syncParents(of: [own])
    case .exchange(let own):
      try tree.steps.before(.exchangeAssets(own))
      guard tree.steps.allowsExchange, try Disk.exchange("\(stagedTree)/\(own)", tree.path(own)) else {
        return try commitByJournal(try filesOnlyInOld(own))
      }
      try tree.syncParents(of: [own])
    case .journal(let removals):
      try commitByJournal(removals)
    }
  }

  /// What a swap would have removed, for a file system that cannot swap.
  private func filesOnlyInOld(_ own: String) throws(StoreFailure) -> [InventoryEntry] {
    var result: [InventoryEntry] = []
    for file in try Disk.files(below: tree.path(own)) {
      let key = "\(own)/\(file)"
      guard entries[key] == nil, (try? NameRule.check(key: key)) != nil else { continue }
      let bytes = try Disk.entry(tree.path(key))?.bytes ?? 0
      result.append(
        InventoryEntry(key: key, bytes: bytes, sha256: "", contentType: .json, cacheControl: .short))
    }
    return result
  }

  private func commitByJournal(_ removals: [InventoryEntry]) throws(StoreFailure) {
    var groups: [[Journal.Move]] = [[], [], [], []]
    for entry in entries.values.sorted(by: { $0.key < $1.key }) {
      let replaces = try Disk.entry(tree.path(entry.key)) != nil
      groups[rank(entry)].append(Journal.Move(key: entry.key, bytes: entry.bytes, replaces: replaces))
    }
    let journal = Journal(
      id: id, asset: assetKey, groups: groups,
      removals: removals.map { Journal.Removal(key: $0.key, bytes: $0.bytes) })
    try journal.write(by: "\(folder)/journal.json", to: tree.journal(of: id), steps: tree.steps)
    // From here on the new asset is decided upon: a failure leaves the rest to `Tree.recover`.
    state = .committed
    _ = try tree.finishJournal(of: lock)
  }

  /// Media, then what names media, then what names playlists, then `asset.json` (checklist rule 22).
  private func rank(_ entry: InventoryEntry) -> Int {
    if entry.key == assetKey { return 3 }
    let entrances: [Layout.Slot] = [.master, .dash, .partsManifest, .storyboardIndex]
    if entrances.contains(where: { layout.key($0) == entry.key }) { return 2 }
    switch entry.contentType {
    case .playlist, .dash, .json: return 1
    case .videoMP4, .audioMP4, .segment, .transportStream, .webVTT, .jpeg, .quickTime, .matroska, .webM,
      .bytes:
      return 0
    }
  }
}
