internal import Foundation

/// Verifies what a finished packaging left on disk, with parsers that share nothing with what wrote it: a path in,
/// a report out. It reads and never writes.
package enum Verifier {
  /// `path` is a tree, an asset's folder, an `asset.json`, a master or media playlist, a parts manifest, an MPD or a
  /// whole MP4 file.
  package static func verify(path: String, options: VerifyOptions = VerifyOptions()) -> VerificationReport {
    let path = URL(fileURLWithPath: path).standardizedFileURL.path
    let findings: Findings
    if TreeFiles.isFolder(path) {
      let all = TreeFiles.all(below: path)
      let assets = all.filter { TreeFiles.name($0) == "asset.json" }
      // An asset's own folder: its keys begin further up.
      let start = assets.first == path + "/asset.json" ? root(of: path + "/asset.json") : path
      findings = Findings(root: start)
      folder(path, all, assets, AssetVerifier(findings: findings, options: options))
    } else {
      findings = Findings(root: root(of: path))
      file(path, AssetVerifier(findings: findings, options: options))
    }
    let diff = options.golden?.compare(with: findings.root, findings) ?? ""
    var ignores = options.ignores
    ignores.read(findings.root, findings: findings)
    var report = ignores.applied(to: findings.report())
    report.diff = diff
    return report
  }

  private static func file(_ path: String, _ verifier: AssetVerifier) {
    let findings = verifier.findings
    guard InputFile.open(path) != nil else {
      findings.add(.inputUnreadable, path, "there is no such file or folder, or it cannot be read")
      return
    }
    if path.hasSuffix(".json") {
      document(path, verifier)
      verifier.finish()
    } else if path.hasSuffix(".m3u8") {
      let playlists = verifier.playlists()
      if playlists.verify(path) { playlists.orphans(below: TreeFiles.folder(path), known: []) }
      verifier.finish(playlists)
    } else if path.hasSuffix(".mpd") {
      DashChecks(path: path, files: TreeFiles(root: findings.root), findings: findings).check()
    } else if path.hasSuffix(".mp4"), MovieChecks.isWhole(path) {
      verifier.movie(path)
      verifier.finish()
    } else {
      findings.add(
        .inputUnreadable, path,
        "not a playlist (.m3u8), manifest (.mpd, .json) or whole .mp4 file, expected one or a folder")
    }
  }

  private static func folder(_ path: String, _ all: [String], _ assets: [String], _ verifier: AssetVerifier) {
    for asset in assets { document(asset, verifier) }
    if assets.isEmpty { loose(path, all, verifier) }
    verifier.finish()
  }

  /// A folder without an inventory, as other packagers leave one: masters with all that they lead to, else each media
  /// playlist by itself; manifests beside them.
  private static func loose(_ path: String, _ all: [String], _ verifier: AssetVerifier) {
    let findings = verifier.findings
    let playlists = verifier.playlists()
    let lists = all.filter { $0.hasSuffix(".m3u8") }
    let masters = lists.filter { playlists.isMaster($0) }
    for master in masters { playlists.verify(master) }
    for list in lists where masters.isEmpty { playlists.verify(list) }
    var known: Set<String> = []
    let manifests = all.filter { $0.hasSuffix(".mpd") }
    for manifest in manifests {
      let checks = DashChecks(path: manifest, files: TreeFiles(root: findings.root), findings: findings)
      checks.check()
      known.formUnion(checks.reached)
    }
    for folder in Set(masters.map { TreeFiles.folder($0) }).sorted() {
      playlists.orphans(below: folder, known: known)
    }
    if lists.isEmpty, manifests.isEmpty {
      findings.add(
        .treeEmpty, path, "neither asset.json, playlist nor MPD below this folder, expected one of them")
    }
    verifier.played(playlists)
  }

  private static func document(_ path: String, _ verifier: AssetVerifier) {
    let findings = verifier.findings
    let bytes: [UInt8]?
    do throws(Malformed) {
      bytes = try InputFile.open(path)?.whole(limit: AssetVerifier.limit)
    } catch {
      findings.add(.inputUnreadable, path, error.what)
      return
    }
    guard let bytes else {
      findings.add(.inputUnreadable, path, "it cannot be opened")
      return
    }
    let document = JSONValue.parse(bytes)
    if let document, document.array != nil {
      verifier.parts(path, document, limit: nil)
    } else if let document, case .object = document {
      verifier.asset(path, document)
    } else {
      let name = TreeFiles.name(path)
      findings.add(
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
