internal import Foundation

/// Verifies what a finished packaging left on disk, with parsers that share nothing with what wrote it: a path in,
/// a report out. It reads and never writes.
package enum Verifier {
  /// `path` is a tree, an asset's folder, an `asset.json`, a master or media playlist, or a parts manifest.
  /// With `deep` every sample is looked at, otherwise the first of each fragment. `hash` gives the SHA-256 of a
  /// file in hex; without it hashes are only checked for their form.
  package static func verify(
    path: String, deep: Bool, hash: ((String) throws -> String)? = nil
  ) -> VerificationReport {
    let path = URL(fileURLWithPath: path).standardizedFileURL.path
    if TreeFiles.isFolder(path) { return folder(path, deep, hash) }
    let findings = Findings(root: root(of: path))
    guard InputFile.open(path) != nil else {
      findings.error(.inputUnreadable, path, "there is no such file or folder, or it cannot be read")
      return findings.report()
    }
    if path.hasSuffix(".json") {
      document(path, AssetVerifier(findings: findings, deep: deep, hash: hash))
    } else if path.hasSuffix(".m3u8") {
      let verifier = PlaylistVerifier(files: TreeFiles(root: findings.root), deep: deep, findings: findings)
      if verifier.verify(path) { verifier.orphans(below: TreeFiles.folder(path), known: []) }
    } else if path.hasSuffix(".mpd") {
      DashChecks(path: path, files: TreeFiles(root: findings.root), findings: findings).check()
    } else {
      findings.error(
        .inputUnreadable, path, "not a playlist (.m3u8) or manifest (.mpd, .json), expected one or a folder")
    }
    return findings.report()
  }

  private static func folder(_ path: String, _ deep: Bool, _ hash: ((String) throws -> String)?)
    -> VerificationReport
  {
    let all = TreeFiles.all(below: path)
    let assets = all.filter { TreeFiles.name($0) == "asset.json" }
    // An asset's own folder: its keys begin further up.
    let start = assets.first == path + "/asset.json" ? root(of: path + "/asset.json") : path
    let findings = Findings(root: start)
    let verifier = AssetVerifier(findings: findings, deep: deep, hash: hash)
    for asset in assets { document(asset, verifier) }
    if assets.isEmpty {
      let playlists = PlaylistVerifier(files: TreeFiles(root: path), deep: deep, findings: findings)
      let masters = all.filter { $0.hasSuffix(".m3u8") && playlists.isMaster($0) }
      for master in masters { playlists.verify(master) }
      for master in masters { playlists.orphans(below: TreeFiles.folder(master), known: []) }
      if masters.isEmpty {
        findings.error(
          .treeEmpty, path, "no asset.json and no master playlist below this folder, expected one")
      }
    }
    return findings.report()
  }

  private static func document(_ path: String, _ verifier: AssetVerifier) {
    let findings = verifier.findings
    let bytes: [UInt8]?
    do throws(Malformed) {
      bytes = try InputFile.open(path)?.whole(limit: AssetVerifier.limit)
    } catch {
      findings.error(.inputUnreadable, path, error.what)
      return
    }
    guard let bytes else {
      findings.error(.inputUnreadable, path, "it cannot be opened")
      return
    }
    let document = JSONValue.parse(bytes)
    if let document, document.array != nil {
      verifier.parts(path, document, limit: nil)
    } else if let document, case .object = document {
      verifier.asset(path, document)
    } else {
      let name = TreeFiles.name(path)
      findings.error(
        name == "asset.json" ? .assetFormat : .partsFormat, path,
        "\(name) is not JSON of an asset or of parts")
    }
  }

  /// The tree that a single file belongs to: where the keys of its `asset.json` begin, or the nearest folder with
  /// Rung's own `.rung`; without either the file's folder.
  private static func root(of path: String) -> String {
    let own = TreeFiles.folder(path)
    var folder = own
    for _ in 0..<12 where !folder.isEmpty {
      if TreeFiles.isFolder(folder + "/.rung") { return folder }
      if let bytes = try? InputFile.open(folder + "/asset.json")?.whole(limit: AssetVerifier.limit),
        let objects = JSONValue.parse(bytes)?["objects"]?.array
      {
        return base(of: objects.compactMap { $0["key"]?.string }, above: folder)
      }
      folder = TreeFiles.folder(folder)
    }
    return own
  }

  /// The folder above `folder` under which most of `keys` are files.
  private static func base(of keys: [String], above folder: String) -> String {
    var best = (folder: folder, found: 0)
    var candidate = folder
    for _ in 0..<8 where !candidate.isEmpty {
      let found = keys.prefix(200).count { TreeFiles.file(candidate + "/" + $0) != nil }
      if found > best.found { best = (candidate, found) }
      candidate = TreeFiles.folder(candidate)
    }
    return best.folder
  }
}

/// Verifies one asset after another: inventory, playlists, parts.
final class AssetVerifier {
  static let limit = 256 << 20

  let findings: Findings
  private let deep: Bool
  private let hash: ((String) throws -> String)?

  init(findings: Findings, deep: Bool, hash: ((String) throws -> String)?) {
    (self.findings, self.deep, self.hash) = (findings, deep, hash)
  }

  func asset(_ path: String, _ document: JSONValue) {
    let checks = InventoryChecks(path: path, root: findings.root, findings: findings, hash: hash)
    findings.copies = copies(document)
    defer { findings.copies = [] }
    let inventory = checks.check(document)
    let playlists = PlaylistVerifier(files: TreeFiles(root: findings.root), deep: deep, findings: findings)
    let lists = inventory.objects.filter { $0.key.hasSuffix(".m3u8") }.map(\.path).sorted()
    let masters = lists.filter { playlists.isMaster($0) }
    for master in masters { playlists.verify(master) }
    for list in lists where !playlists.reached.contains(list) {
      // Players of the image extension are handed its playlist; RFC 8216 has no tag for it.
      if masters.isEmpty || playlists.isImagesOnly(list) {
        playlists.verify(list)
      } else {
        findings.error(.fileOrphan, list, "no master playlist leads to this playlist, expected one")
      }
    }
    var known = Set(lists)
    for object in inventory.objects where object.key.hasSuffix(".json") {
      guard let file = InputFile.open(object.path), let bytes = try? file.whole(limit: AssetVerifier.limit),
        let manifest = JSONValue.parse(bytes), let items = manifest.array,
        items.first?["url"] != nil || TreeFiles.name(object.key) == "manifest.json"
      else { continue }
      known.formUnion(parts(object.path, manifest, limit: inventory.partLimit))
    }
    for object in inventory.objects where object.key.hasSuffix(".mpd") {
      let checks = DashChecks(path: object.path, files: TreeFiles(root: findings.root), findings: findings)
      checks.check()
      known.formUnion(checks.reached)
    }
    // Whole MP4 files are renditions of their own; segments and init files are not.
    known.formUnion(
      inventory.objects.filter { $0.key.hasSuffix(".mp4") && !TreeFiles.name($0.key).hasPrefix("init") }.map(
        \.path))
    known.formUnion(inventory.objects.filter { isStoryboard($0) }.map(\.path))
    for folder in Set(masters.map { TreeFiles.folder($0) }).sorted() {
      playlists.orphans(below: folder, known: known)
    }
  }

  /// The playlists of renditions that hold copied streams; their media is added when they are read.
  private func copies(_ document: JSONValue) -> Set<String> {
    let renditions = (document["renditions"]?.array ?? []).filter {
      if case .bool(true) = $0["copied"] { true } else { false }
    }
    let keys = renditions.flatMap { [$0["playlist"]?.string, $0["iframe_playlist"]?.string] }
    return Set(keys.compactMap { $0.map { findings.root + "/" + $0 } })
  }

  /// WebVTT whose cues are places on pictures: metadata that no playlist leads to.
  private func isStoryboard(_ object: (key: String, path: String)) -> Bool {
    guard object.key.hasSuffix(".vtt"),
      let bytes = try? InputFile.open(object.path)?.whole(limit: PlaylistText.limit)
    else { return false }
    return String(decoding: bytes.prefix(4096), as: UTF8.self).contains("#xywh=")
  }

  @discardableResult
  func parts(_ path: String, _ document: JSONValue, limit: Int64?) -> Set<String> {
    var checks = PartsChecks(path: path, limit: limit, deep: deep, findings: findings, hash: hash)
    checks.check(document)
    return checks.reached
  }
}
