internal import Foundation
internal import Media

/// What came of removing an asset.
package enum Removal: Equatable, Sendable {
  /// There is no such asset in the tree.
  case none
  /// Its `asset.json` does not say what is its own.
  case damaged(path: String, what: String)
  case removed(objects: Int, bytes: Int64)
}

extension Tree {
  /// Removes an asset, every object that its `asset.json` lists: an id's lock and the document's key in; what is left
  /// of the asset after a crash goes with the next command's `recover`, since a journal holds the decision. What leads
  /// to media goes before the media, so that nobody who begins to read is sent to what has gone.
  package func remove(_ lock: AssetLock, assetKey: String) throws(StoreFailure) -> Removal {
    _ = try finishJournal(of: lock)
    let summary: AssetSummary
    switch try existingAsset(id: lock.id, assetKey: assetKey) {
    case .none: return .none
    case .damaged(let path, let what): return .damaged(path: path, what: what)
    case .whole(let found): summary = found
    }
    guard let document = try Disk.entry(path(assetKey)) else { return .none }
    let ordered = summary.objects.sorted { (removalRank($0), $0.key) < (removalRank($1), $1.key) }
    let removals =
      [Journal.Removal(key: assetKey, bytes: document.bytes)]
      + ordered.map { Journal.Removal(key: $0.key, bytes: $0.bytes) }
    let journal = Journal(id: lock.id, asset: assetKey, groups: [], removals: removals)
    let folder = staging(of: lock.id)
    try Disk.removeAll(folder)
    try Disk.makeFolder(folder, mode: 0o700)
    do throws(StoreFailure) {
      try journal.write(by: "\(folder)/journal.json", to: self.journal(of: lock.id), steps: steps)
    } catch {
      // Once the journal stands, what is staged is its own.
      if try Disk.entry(self.journal(of: lock.id)) == nil { _ = try? Disk.removeAll(folder) }
      throw error
    }
    _ = try finishJournal(of: lock)
    return .removed(
      objects: removals.count, bytes: summary.objects.reduce(document.bytes) { $0 &+ $1.bytes })
  }

  /// What is nearest to the root leads to the others: the master playlist before those that it names.
  private func removalRank(_ entry: InventoryEntry) -> Int {
    switch entry.contentType {
    case .playlist, .dash, .json: entry.key.split(separator: "/").count
    case .videoMP4, .audioMP4, .segment, .transportStream, .webVTT, .jpeg, .quickTime, .matroska, .webM,
      .bytes:
      Int.max
    }
  }
}
