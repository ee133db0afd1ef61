internal import Foundation
package import Media

/// An asset of the same bytes, made the same way: its finished objects serve once more.
package struct TwinAsset: Sendable, Equatable {
  package var layout: Layout
  package var summary: AssetSummary
  fileprivate var document: JSONValue
}

extension Tree {
  /// The asset at `id`, laid out by the templates of `layout`; nil when there is none that is whole. Nothing holds it:
  /// what is taken from it is read back before it shows.
  package func twin(_ id: String, creator: String?, like layout: Layout) throws(StoreFailure) -> TwinAsset? {
    try NameRule.check(id: id)
    let own = Layout(templates: layout.templates, id: id, creator: creator)
    guard let key = own.key(.asset), case .whole(let summary) = try existingAsset(id: id, assetKey: key),
      try missingObjects(of: summary).isEmpty,
      let bytes = try? Descriptor.open(path(key), O_RDONLY).readAll(limit: 1 << 26),
      let document = try? JSONValue.parse(bytes)
    else { return nil }
    return TwinAsset(layout: own, summary: summary, document: document)
  }
}

extension Staging {
  /// What of an asset is text and names other objects or the asset itself.
  private static let texts: Set<ContentType> = [.playlist, .dash, .json, .webVTT]

  /// Fills this staging with a twin's finished objects, as further names of the same files, and writes its own
  /// `asset.json`. `sourceName`: what this asset's source is called. False, and nothing staged that a commit would
  /// take, where an object cannot serve for both: it names the twin in a way that cannot be told from other text.
  package func take(_ twin: TwinAsset, sourceName: String) throws -> Bool {
    guard
      twin.layout.sourceKey(of: sourceName).map({ twin.layout.translated($0, to: layout) })
        == layout.sourceKey(of: sourceName).map({ Optional($0) })
    else { return false }
    var keys: [String: String] = [:]
    var texts: [String: [UInt8]] = [:]
    for object in twin.summary.objects {
      guard let key = twin.layout.translated(object.key, to: layout) else { return false }
      keys[object.key] = key
      guard Self.texts.contains(object.contentType) else { continue }
      guard let text = try rewritten(object, twin) else { return false }
      texts[object.key] = text
    }
    for (old, text) in texts {
      guard let new = keys[old], relativesStay(String(decoding: text, as: UTF8.self), old, new, keys) else {
        return false
      }
    }
    for object in twin.summary.objects {
      guard let key = keys[object.key] else { return false }
      if let text = texts[object.key], try SHA256.hash(text) != object.sha256 {
        try put(text, key: key, type: object.contentType, cache: object.cacheControl)
      } else {
        try link(object, key: key)
      }
    }
    let own = twin.document.ofTwin(id: id, sourceName: sourceName, keys: keys, objects: inventory())
    try put(Array(own.pretty.utf8), key: assetKey, type: .json, cache: layout.cachePolicy(.asset))
    return true
  }

  /// Whether every reference in a text leads to the same object from its new place. What lies beside it does; what lies
  /// in another root would not.
  private func relativesStay(_ text: String, _ old: String, _ new: String, _ keys: [String: String]) -> Bool {
    keys.allSatisfy { target, moved in
      let reference = Layout.relative(target, from: old)
      return reference == Layout.relative(moved, from: new) || !text.contains(reference)
    }
  }

  /// A text object as it has to read here; nil where it names the twin other than as a JSON string of its own.
  private func rewritten(_ object: InventoryEntry, _ twin: TwinAsset) throws -> [UInt8]? {
    let bytes = try Descriptor.open(tree.path(object.key), O_RDONLY).readAll(limit: 1 << 26)
    guard var text = String(validating: bytes, as: UTF8.self) else { return nil }
    if object.contentType == .json {
      text = text.replacingOccurrences(of: "\"\(twin.layout.id)\"", with: "\"\(id)\"")
    }
    return twin.layout.id == id || !text.contains(twin.layout.id) ? Array(text.utf8) : nil
  }

  private func link(_ object: InventoryEntry, key: String) throws {
    let file = try Descriptor.open(tree.path(object.key), O_RDONLY | O_NOFOLLOW)
    try keep(
      descriptor: file.raw, path: tree.path(object.key), bytes: object.bytes, sha256: object.sha256, key: key,
      type: object.contentType, cache: object.cacheControl)
  }
}

extension JSONValue {
  /// The `asset.json` of a twin as this asset's: another id and source name, other keys.
  fileprivate func ofTwin(
    id: String, sourceName: String, keys: [String: String], objects: [InventoryEntry]
  ) -> JSONValue {
    guard case .object(let members) = self else { return self }
    return .object(
      members.map { member in
        switch member.name {
        case "id": Member("id", .string(id))
        case "source": Member("source", member.value.replacing("name", .string(sourceName)))
        case "objects": Member("objects", .array(objects.map(AssetDocument.object)))
        default: Member(member.name, member.value.translated(keys))
        }
      })
  }

  private func replacing(_ name: String, _ value: JSONValue) -> JSONValue {
    guard case .object(let members) = self else { return self }
    return .object(members.map { $0.name == name ? Member(name, value) : $0 })
  }

  /// Every string that is a key of the twin becomes that of this asset.
  private func translated(_ keys: [String: String]) -> JSONValue {
    switch self {
    case .string(let text): .string(keys[text] ?? text)
    case .array(let elements): .array(elements.map { $0.translated(keys) })
    case .object(let members): .object(members.map { Member($0.name, $0.value.translated(keys)) })
    case .null, .bool, .number: self
    }
  }
}
