internal import Foundation

/// One asset that a tree holds, or what stands in its place.
package struct ListedAsset: Equatable, Sendable {
  /// Of its `asset.json`, in the tree.
  package var key: String
  package var asset: ExistingAsset

  /// By the place for one that cannot be read.
  package var id: String {
    asset.summary?.id ?? key.split(separator: "/").dropLast().last.map(String.init) ?? key
  }
}

/// The assets of a tree, found in the tree itself: a layout may have moved `asset.json` to any place, so that every JSON
/// file is looked at. Makes nothing and takes no lock; what is done with an asset is done under its lock, after another
/// look.
extension Tree {
  private static let usualFolder = "packaged"

  /// Every asset of the tree at `root`, by id.
  package static func assets(in root: String) throws(StoreFailure) -> [ListedAsset] {
    var assets: [ListedAsset] = []
    for key in try candidates(in: root, below: "") {
      if let found = try listed(root, key, id: nil) { assets.append(found) }
    }
    return assets.sorted { $0.id < $1.id }
  }

  /// The asset of an id: where it usually is, or wherever it was put; nil when there is none.
  package static func asset(_ id: String, in root: String) throws(StoreFailure) -> ListedAsset? {
    try NameRule.check(id: id)
    if let usual = try listed(root, "\(usualFolder)/\(id)/asset.json", id: id) { return usual }
    for key in try candidates(in: root, below: "") {
      if let found = try listed(root, key, id: id), found.asset.summary != nil { return found }
    }
    return nil
  }

  private static func candidates(in root: String, below folder: String) throws(StoreFailure) -> [String] {
    var keys: [String] = []
    let path = folder.isEmpty ? root : "\(root)/\(folder)"
    for name in try Disk.names(in: path) where !name.hasPrefix(".") {
      let key = folder.isEmpty ? name : "\(folder)/\(name)"
      if name.hasSuffix(".json") {
        keys.append(key)
      } else if try Disk.entry("\(root)/\(key)")?.kind == .folder {
        keys += try candidates(in: root, below: key)
      }
    }
    return keys
  }

  /// nil for a file that is no `asset.json`, or of another id. What stands at the usual place of one and cannot be read
  /// is a damaged one.
  private static func listed(_ root: String, _ key: String, id: String?) throws(StoreFailure) -> ListedAsset?
  {
    let path = "\(root)/\(key)"
    guard let entry = try Disk.entry(path), entry.kind == .file, entry.bytes <= longestDocument else {
      return nil
    }
    let parts = key.split(separator: "/")
    let isUsual = parts.count == 3 && parts[0] == usualFolder && parts[2] == "asset.json"
    let bytes = try Descriptor.open(path, O_RDONLY).readAll(limit: longestDocument)
    do throws(JSONFailure) {
      if let summary = AssetSummary(try JSONValue.parse(bytes)) {
        return id == nil || summary.id == id ? ListedAsset(key: key, asset: .whole(summary)) : nil
      }
      guard isUsual else { return nil }
      return ListedAsset(
        key: key, asset: .damaged(path: path, what: "it does not follow the schema of asset.json"))
    } catch {
      return isUsual ? ListedAsset(key: key, asset: .damaged(path: path, what: error.description)) : nil
    }
  }
}
