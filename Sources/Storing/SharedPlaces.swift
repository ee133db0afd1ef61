internal import Foundation
internal import Media

/// An asset that stands where another one goes.
struct DisplacedAsset {
  var lock: AssetLock
  var summary: AssetSummary
  /// Its `asset.json`.
  var document: InventoryEntry

  /// Everything that goes with it.
  var objects: [InventoryEntry] { summary.objects + [document] }
}

/// Layouts whose places belong to no id, like `media/current/manifest.json`: what was packaged last stands there. The
/// asset that stood there before goes as a whole, after the new one's manifest has come: half of it would be no asset.
extension Staging {
  /// Some template names a place that is the same for every id.
  var hasSharedPlaces: Bool { layout.templates.values.contains { !$0.contains("{id}") } }

  /// Held from before the other assets are looked at until the new one is in its place, which takes a moment.
  func lockSharedPlaces() throws(StoreFailure) -> AssetLock {
    for _ in 0..<100 {
      do throws(StoreFailure) {
        return try tree.lock(Self.sharedLock)
      } catch {
        guard error == .busy(id: Self.sharedLock) else { throw error }
        Thread.sleep(forTimeInterval: 0.1)
      }
    }
    throw .busy(id: Self.sharedLock)
  }

  private static let sharedLock = "shared-places"

  /// Other assets of this layout with an object at a key of the new one, locked.
  func displacedAssets() throws(StoreFailure) -> [DisplacedAsset] {
    var displaced: [DisplacedAsset] = []
    for other in try otherIDs() {
      guard let key = key(ofAsset: other),
        case .whole(let summary) = try tree.existingAsset(id: other, assetKey: key),
        summary.objects.contains(where: { entries[$0.key] != nil })
      else { continue }
      let lock = try tree.lock(other)
      // Its last run may have been working on it when it was read.
      guard case .whole(let settled) = try tree.existingAsset(id: other, assetKey: key),
        let entry = try Disk.entry(tree.path(key))
      else { continue }
      let document = InventoryEntry(
        key: key, bytes: entry.bytes, sha256: "", contentType: .json, cacheControl: .short)
      displaced.append(DisplacedAsset(lock: lock, summary: settled, document: document))
    }
    return displaced
  }

  private func key(ofAsset other: String) -> String? {
    Layout(templates: layout.templates, id: other, creator: layout.creator).key(.asset)
      ?? "packaged/\(other)/asset.json"
  }

  /// The ids for which there is a folder where this layout puts `asset.json`.
  private func otherIDs() throws(StoreFailure) -> [String] {
    let mark = "\u{1}"
    guard let marked = key(ofAsset: mark) else { return [] }
    let components = marked.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard let place = components.firstIndex(where: { $0.contains(mark) }) else { return [] }
    let around = components[place].components(separatedBy: mark)
    guard around.count == 2 else { return [] }
    let folder = tree.path(components[..<place].joined(separator: "/"))
    guard Disk.isFolder(folder) else { return [] }
    return try Disk.names(in: folder).compactMap { name in
      guard name.hasPrefix(around[0]), name.hasSuffix(around[1]),
        name.count > around[0].count + around[1].count
      else { return nil }
      let other = String(name.dropFirst(around[0].count).dropLast(around[1].count))
      return other != id && (try? NameRule.check(id: other)) != nil ? other : nil
    }.sorted()
  }
}
