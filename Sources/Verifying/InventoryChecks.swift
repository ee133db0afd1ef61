internal import Foundation
internal import Media

/// Judges an `asset.json` against the tree: every object there with its bytes, hash, type and cache rule, no file
/// that it does not list, no clock time and no path of a machine.
struct InventoryChecks {
  let path: String
  let root: String
  let findings: Findings
  let ledger: HashLedger

  /// An asset's objects as far as they exist, and what else the other checks need of it.
  struct Inventory {
    var objects: [(key: String, path: String)] = []
    var partLimit: Int64?
  }

  func check(_ document: JSONValue) -> Inventory {
    var inventory = Inventory()
    if document["schema"]?.integer != 1 { findings.add(.assetFormat, path, "schema is not 1") }
    guard let id = document["id"]?.string, !id.isEmpty else {
      findings.add(.assetFormat, path, "no id")
      return inventory
    }
    guard let objects = document["objects"]?.array else {
      findings.add(.assetFormat, path, "no objects, expected the list of files")
      return inventory
    }
    inventory.partLimit = document["ladder"]?["part_bytes"]?.integer
    var seen: Set<String> = []
    for object in objects {
      guard let key = object["key"]?.string, let file = self.file(key, &seen) else { continue }
      check(object, key, file, id)
      inventory.objects.append((key, file.path))
    }
    unlisted(Set(inventory.objects.map(\.path)), id)
    privacy(document, key: "", depth: 0)
    return inventory
  }

  private func file(_ key: String, _ seen: inout Set<String>) -> TreeFiles.File? {
    let parts = key.split(separator: "/", omittingEmptySubsequences: false)
    if parts.contains(where: { $0.isEmpty || $0.hasPrefix(".") }) || !seen.insert(key).inserted {
      findings.add(.objectKey, path, "key \"\(key.prefix(120))\", expected a path below the tree, once")
      return nil
    }
    guard let file = TreeFiles.file(root + "/" + key) else {
      findings.add(.objectMissing, path, "there is no object \(key)")
      return nil
    }
    return file
  }

  private func check(_ object: JSONValue, _ key: String, _ file: TreeFiles.File, _ id: String) {
    if object["bytes"]?.integer != file.size {
      let found = object["bytes"]?.integer.map(String.init) ?? "missing"
      findings.add(.objectBytes, path, "bytes of \(key) is \(found), expected \(file.size)")
    }
    let named = object["sha256"]?.string ?? ""
    if !InventoryChecks.isHash(named) {
      findings.add(.objectHash, path, "sha256 of \(key) is \"\(named.prefix(80))\", expected 64 hex digits")
    } else {
      ledger.claim(
        HashLedger.Claim(code: .objectHash, document: path, file: file.path, name: key, hash: named))
    }
    let types = InventoryChecks.types(key)
    let type = object["content_type"]?.string ?? "missing"
    if !types.isEmpty, !types.contains(type) {
      findings.add(
        .objectType, path, "content_type of \(key) is \(type), expected \(types.joined(separator: " or "))")
    }
    let cache = object["cache_control"]?.string ?? "missing"
    let expected = (InventoryChecks.isVersioned(key, id) ? CachePolicy.immutable : .short).rawValue
    if cache != expected {
      findings.add(.objectCache, path, "cache_control of \(key) is \"\(cache)\", expected \"\(expected)\"")
    }
  }

  static func isHash(_ text: String) -> Bool {
    text.utf8.count == 64 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
  }

  private static func types(_ key: String) -> [String] {
    switch (key as NSString).pathExtension.lowercased() {
    case "m3u8": ["application/vnd.apple.mpegurl"]
    case "mp4": ["video/mp4", "audio/mp4"]
    case "m4s": ["video/iso.segment"]
    case "ts": ["video/mp2t"]
    case "vtt": ["text/vtt"]
    case "mpd": ["application/dash+xml"]
    case "json": ["application/json"]
    case "jpg", "jpeg": ["image/jpeg"]
    default: []
    }
  }

  /// The file name has a version (8 hex digits between dashes and dots), apart from the id, which may end in some.
  private static func isVersioned(_ key: String, _ id: String) -> Bool {
    let name = TreeFiles.name(key)
    guard !["m3u8", "mpd", "json"].contains((name as NSString).pathExtension) else { return false }
    return apart(name, from: id).split(whereSeparator: isSeparator).contains { part in
      part.utf8.count == 8 && part.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }
  }

  private static func isSeparator(_ character: Character) -> Bool { "-._".contains(character) }

  /// The name without the id where that stands between separators: an id may be as short as one digit, which every
  /// version holds.
  private static func apart(_ name: String, from id: String) -> String {
    var rest = name
    var start = rest.startIndex
    while !id.isEmpty, let found = rest.range(of: id, range: start..<rest.endIndex) {
      let opens =
        found.lowerBound == rest.startIndex || isSeparator(rest[rest.index(before: found.lowerBound)])
      let closes = found.upperBound == rest.endIndex || isSeparator(rest[found.upperBound])
      guard opens, closes else {
        start = rest.index(after: found.lowerBound)
        continue
      }
      rest.removeSubrange(found)
      start = rest.startIndex
    }
    return rest
  }

  /// Every file in a folder that is this asset's alone (one named after its id, or that holds its `asset.json`).
  private func unlisted(_ listed: Set<String>, _ id: String) {
    var folders: Set<String> = []
    for file in listed.union([path]) where file.hasPrefix(root + "/") {
      let parts = file.dropFirst(root.count + 1).split(separator: "/")
      guard let index = parts.dropLast().firstIndex(where: { $0 == id || $0 == id + "_hls" }) else {
        continue
      }
      folders.insert(root + "/" + parts[...index].joined(separator: "/"))
    }
    for folder in folders.sorted() {
      for file in TreeFiles.all(below: folder) where file != path && !listed.contains(file) {
        findings.add(.objectUnlisted, file, "\(findings.relative(path)) does not list this file")
      }
    }
  }

  private static let clockKeys: Set<String> = [
    "created", "created_at", "updated", "updated_at", "modified", "mtime", "ctime", "date", "time",
    "timestamp",
    "started_at", "finished_at", "hostname", "user", "pid", "cwd",
  ]
  /// Free text out of the source, and URLs; they may look like anything.
  private static let freeKeys: Set<String> = ["name", "title", "label", "url", "base_url", "message"]

  /// A date and a time of day, and whatever follows. By hand, since it is asked of every text in a large inventory.
  static func isClockTime(_ text: String) -> Bool {
    let form = "0000-00-00T00:00".utf8
    let bytes = text.utf8.prefix(form.count)
    return bytes.count == form.count
      && zip(form, bytes).allSatisfy { wanted, byte in
        switch wanted {
        case UInt8(ascii: "0"): (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        case UInt8(ascii: "T"): byte == wanted || byte == UInt8(ascii: " ")
        default: byte == wanted
        }
      }
  }

  private func privacy(_ value: JSONValue, key: String, depth: Int) {
    guard depth < 64 else { return }
    switch value {
    case .object(let values):
      for (name, inner) in values.sorted(by: { $0.key < $1.key }) {
        if InventoryChecks.clockKeys.contains(name) {
          findings.add(.assetClock, path, "key \(name), expected none that changes from run to run")
        }
        privacy(inner, key: name, depth: depth + 1)
      }
    case .array(let values): for inner in values { privacy(inner, key: key, depth: depth + 1) }
    case .string(let text):
      guard !InventoryChecks.freeKeys.contains(key) else { return }
      if InventoryChecks.isClockTime(text) {
        findings.add(.assetClock, path, "\(key) is the clock time \(text.prefix(40)), expected none")
      }
      if text.hasPrefix("/") && text.dropFirst().contains("/") || text.hasPrefix("file:")
        || text.contains(":\\")
      {
        findings.add(.assetPath, path, "\(key) is the path \(text.prefix(80)), expected none of a machine")
      }
    default: break
    }
  }
}
