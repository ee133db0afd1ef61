internal import Foundation

/// Files of a tree that no asset has, and that lie where only assets have theirs.
package struct Orphans: Equatable, Sendable {
  package var keys: [String]
  package var bytes: Int64
  /// Why other places could not be looked at or cleared.
  package var failures: [StoreFailure]

  init() { (keys, bytes, failures) = ([], 0, []) }
}

extension Tree {
  /// An `asset.json`, under whatever name its layout has given it.
  private struct Document {
    var id: String
    var key: String

    /// The folder that is named after the asset, on the way to its document; nil when there is none.
    var ownFolder: String? {
      let components = key.split(separator: "/").dropLast()
      guard let last = components.lastIndex(of: Substring(id)) else { return nil }
      return components[...last].joined(separator: "/")
    }
  }

  /// Finds orphans, and with `removing` removes them: in the folder of an asset what its `asset.json` does not list,
  /// and under `packaged/` the folders of ids of which there is no asset. An asset that somebody works on is left out.
  package func orphans(removing: Bool) throws(StoreFailure) -> Orphans {
    var orphans = Orphans()
    var documents: [Document] = []
    try collect(&documents, in: "")
    let known = Set(documents.map(\.id))
    var places = documents.compactMap { document in
      document.ownFolder.map { (id: document.id, folder: $0, key: document.key as String?) }
    }
    for name in try Disk.names(in: path("packaged"))
    where !known.contains(name) && (try? NameRule.check(id: name)) != nil {
      let folder = "packaged/\(name)"
      guard try Disk.entry(path(folder))?.kind == .folder else { continue }
      places.append((name, folder, nil))
    }
    for place in places {
      do throws(StoreFailure) {
        let lock = try lock(place.id)
        defer { withExtendedLifetime(lock) {} }
        guard try Disk.entry(journal(of: place.id)) == nil else { continue }
        try examine(place.id, in: place.folder, document: place.key, removing: removing, &orphans)
      } catch {
        if error != .busy(id: place.id) { orphans.failures.append(error) }
      }
    }
    return orphans
  }

  private func examine(
    _ id: String, in folder: String, document: String?, removing: Bool, _ orphans: inout Orphans
  ) throws(StoreFailure) {
    var listed: Set<String> = []
    if let document {
      // What a damaged one would have listed is unknown: everything stays.
      guard case .whole(let summary) = try existingAsset(id: id, assetKey: document) else { return }
      listed = Set(summary.objects.map(\.key) + [document])
    } else if try Disk.entry(path("\(folder)/asset.json")) != nil {
      return
    }
    var emptied: Set<String> = []
    for file in try Disk.files(below: path(folder)) {
      let key = "\(folder)/\(file)"
      guard !listed.contains(key), let entry = try Disk.entry(path(key)) else { continue }
      if removing { try Disk.removeFile(path(key)) }
      orphans.keys.append(key)
      orphans.bytes &+= entry.bytes
      // The folder of ids itself stays, as the commit that made it would make it again.
      emptied.formUnion(NameRule.folders(of: key).filter { $0.hasPrefix(folder) })
    }
    guard removing else { return }
    for empty in emptied.sorted().reversed() { _ = Disk.removeEmptyFolder(path(empty)) }
  }

  /// Every document below a folder; links are not followed, and `.rung` is not looked into.
  private func collect(_ documents: inout [Document], in folder: String) throws(StoreFailure) {
    for name in try Disk.names(in: folder.isEmpty ? root + "/" : path(folder)) where name != ".rung" {
      let key = folder.isEmpty ? name : "\(folder)/\(name)"
      switch try Disk.entry(path(key))?.kind {
      case .folder: try collect(&documents, in: key)
      case .file where name.hasSuffix(".json"):
        if let id = try documentID(key) { documents.append(Document(id: id, key: key)) }
      case .file, .other, nil: continue
      }
    }
  }
}
