internal import Foundation
package import Media

/// What a tree holds under an id.
package enum ExistingAsset: Equatable, Sendable {
  case none
  /// `asset.json` is there and cannot be read. It is not up to date, and nobody can say which source it was of: only
  /// `--force` replaces it.
  case damaged(path: String, what: String)
  case whole(AssetSummary)

  package var summary: AssetSummary? {
    guard case .whole(let summary) = self else { return nil }
    return summary
  }
}

/// What `asset.json` says that decides whether an asset has to be made again.
package struct AssetSummary: Equatable, Sendable {
  package var id: String
  package var sourceName: String
  package var sourceBytes: Int64
  package var sourceSHA256: String
  /// The stream that was asked for as the picture; nil for the main one.
  package var videoTrack: Int?
  /// The ladder in `JSONValue`'s canonical form.
  package var ladder: String
  package var madeBy: MadeBy
  package var objects: [InventoryEntry]
  /// Subtitle files that lay beside the source.
  package var sidecars: [SidecarRecord]

  /// The same source, track and ladder; `ladder` is any JSON text of it.
  package func isOf(sourceSHA256: String, videoTrack: Int? = nil, ladder: String) -> Bool {
    guard sourceSHA256 == self.sourceSHA256, videoTrack == self.videoTrack,
      let value = try? JSONValue.parse(ladder)
    else { return false }
    return value.canonical == self.ladder
  }
}

extension AssetSummary {
  /// nil when a member is missing or of another type than the schema's.
  init?(_ document: JSONValue) {
    guard document["schema"]?.integer == AssetDocument.schema,
      let id = document["id"]?.text,
      let source = document["source"],
      let name = source["name"]?.text, let bytes = source["bytes"]?.integer,
      let hash = source["sha256"]?.text, SHA256.isHex(hash),
      let ladder = document["ladder"], case .object = ladder,
      let maker = document["made_by"], let tool = maker["tool"]?.text, let version = maker["version"]?.text,
      case .object(let libraries) = maker["libraries"],
      let objects = document["objects"]?.elements
    else { return nil }
    self.id = id
    (sourceName, sourceBytes, sourceSHA256) = (name, bytes, hash)
    videoTrack = source["video_track"]?.integer.flatMap { Int(exactly: $0) }
    self.ladder = ladder.canonical
    let named = libraries.map { ($0.name, $0.value.text ?? "") }
    madeBy = MadeBy(tool: tool, version: version, libraries: Dictionary(named) { first, _ in first })
    sidecars = (source["sidecars"]?.elements ?? []).compactMap { record in
      guard let name = record["name"]?.text, let bytes = record["bytes"]?.integer,
        let hash = record["sha256"]?.text
      else { return nil }
      return SidecarRecord(name: name, bytes: bytes, sha256: hash)
    }
    self.objects = objects.compactMap(InventoryEntry.init)
    guard self.objects.count == objects.count else { return nil }
  }
}

extension InventoryEntry {
  fileprivate init?(_ value: JSONValue) {
    guard let key = value["key"]?.text, (try? NameRule.check(key: key)) != nil,
      let bytes = value["bytes"]?.integer, bytes >= 0,
      let hash = value["sha256"]?.text, SHA256.isHex(hash),
      let type = value["content_type"]?.text.flatMap(ContentType.init(rawValue:)),
      let cache = value["cache_control"]?.text.flatMap(CachePolicy.init(rawValue:))
    else { return nil }
    self.init(key: key, bytes: bytes, sha256: hash, contentType: type, cacheControl: cache)
  }
}

extension Tree {
  static let longestDocument = 1 << 26

  /// Reads the `asset.json` of an id. Hold its lock, so that no commit happens in between.
  package func existingAsset(id: String, assetKey: String) throws(StoreFailure) -> ExistingAsset {
    try NameRule.check(key: assetKey)
    let path = path(assetKey)
    guard let entry = try Disk.entry(path) else { return .none }
    guard entry.kind == .file, entry.bytes <= Self.longestDocument else {
      return .damaged(path: path, what: "it is not a file of a sensible size")
    }
    let bytes = try Descriptor.open(path, O_RDONLY).readAll(limit: Self.longestDocument)
    do throws(JSONFailure) {
      guard let summary = AssetSummary(try JSONValue.parse(bytes)) else {
        return .damaged(path: path, what: "it does not follow the schema of asset.json")
      }
      guard summary.id == id else { return .damaged(path: path, what: "it is of the id \(summary.id)") }
      return .whole(summary)
    } catch {
      return .damaged(path: path, what: error.description)
    }
  }

  /// The id of the asset whose document the file at `key` is; nil when it is none.
  func documentID(_ key: String) throws(StoreFailure) -> String? {
    guard (try? NameRule.check(key: key)) != nil, let entry = try Disk.entry(path(key)), entry.kind == .file,
      entry.bytes <= Self.longestDocument,
      let file = try Descriptor.openExisting(path(key), O_RDONLY | O_NOFOLLOW)
    else { return nil }
    let bytes = try file.readAll(limit: Self.longestDocument)
    guard let summary = (try? JSONValue.parse(bytes)).flatMap(AssetSummary.init),
      (try? NameRule.check(id: summary.id)) != nil
    else { return nil }
    return summary.id
  }

  /// The listed objects that are gone from the tree or have another size there: an asset with such is not up to date.
  package func missingObjects(of summary: AssetSummary) throws(StoreFailure) -> [String] {
    var missing: [String] = []
    for object in summary.objects {
      let entry = try Disk.entry(path(object.key))
      if entry?.kind != .file || entry?.bytes != object.bytes { missing.append(object.key) }
    }
    return missing
  }
}
