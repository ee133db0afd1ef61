internal import Foundation

/// Verifies one asset after another: inventory, playlists, manifests, parts, whole files, pictures. Hashes that
/// documents claim are held against the files at the end.
final class AssetVerifier {
  static let limit = 256 << 20

  let findings: Findings
  let options: VerifyOptions
  private let ledger: HashLedger
  /// Whole files and parts, beside what playlists lead to.
  private var playables: [Playable] = []

  init(findings: Findings, options: VerifyOptions) {
    (self.findings, self.options, ledger) = (findings, options, HashLedger(options))
  }

  func playlists() -> PlaylistVerifier {
    PlaylistVerifier(
      files: TreeFiles(root: findings.root), options: options, ledger: ledger, findings: findings)
  }

  /// Plays what was read, where somebody can.
  func played(_ playlists: PlaylistVerifier) {
    PlaybackChecks(findings: findings, options: options).check(
      playlists.renditions.compactMap { Playable($0) } + playables)
    playables = []
  }

  /// A whole MP4 file.
  func movie(_ path: String) {
    if let one = MovieChecks(findings: findings, deep: options.deep).check(path) { playables.append(one) }
  }

  /// After all documents.
  func finish(_ playlists: PlaylistVerifier? = nil) {
    played(playlists ?? self.playlists())
    ledger.settle(findings)
  }

  func asset(_ path: String, _ document: JSONValue) {
    let checks = InventoryChecks(path: path, root: findings.root, findings: findings, ledger: ledger)
    findings.copies = copies(document)
    defer { findings.copies = [] }
    let inventory = checks.check(document)
    let playlists = playlists()
    let lists = inventory.objects.filter { $0.key.hasSuffix(".m3u8") }.map(\.path).sorted()
    let masters = lists.filter { playlists.isMaster($0) }
    for master in masters { playlists.verify(master) }
    for list in lists where !playlists.reached.contains(list) {
      // Players of the image extension are handed its playlist; RFC 8216 has no tag for it.
      if masters.isEmpty || playlists.isImagesOnly(list) {
        playlists.verify(list)
      } else {
        findings.add(.fileOrphan, list, "no master playlist leads to this playlist, expected one")
      }
    }
    var known = Set(lists)
    known.formUnion(documents(inventory))
    for object in inventory.objects where object.key.hasSuffix(".mpd") {
      let checks = DashChecks(path: object.path, files: TreeFiles(root: findings.root), findings: findings)
      checks.check()
      known.formUnion(checks.reached)
    }
    // Whole MP4 files are renditions of their own; segments and init files are not.
    known.formUnion(
      inventory.objects.filter { $0.key.hasSuffix(".mp4") && !TreeFiles.name($0.key).hasPrefix("init") }.map(
        \.path))
    let wholes = Set((document["renditions"]?.array ?? []).compactMap { $0["file"]?.string })
    for object in inventory.objects where wholes.contains(object.key) && MovieChecks.isWhole(object.path) {
      movie(object.path)
    }
    known.formUnion(pictures(inventory))
    for folder in Set(masters.map { TreeFiles.folder($0) }).sorted() {
      playlists.orphans(below: folder, known: known)
    }
    played(playlists)
  }

  /// JSON beside the media: parts manifests, and documents that name renditions and a poster. What they lead to.
  private func documents(_ inventory: InventoryChecks.Inventory) -> Set<String> {
    var known: Set<String> = []
    for object in inventory.objects where object.key.hasSuffix(".json") {
      guard let file = InputFile.open(object.path), let bytes = try? file.whole(limit: AssetVerifier.limit)
      else { continue }
      guard let manifest = JSONValue.parse(bytes) else {
        findings.add(.documentFile, object.path, "it is not JSON")
        continue
      }
      if let items = manifest.array {
        guard items.first?["url"] != nil || TreeFiles.name(object.key) == "manifest.json" else { continue }
        known.formUnion(parts(object.path, manifest, limit: inventory.partLimit))
        continue
      }
      var named: [String] = [manifest["poster"]?.string].compactMap { $0 }
      if case .object(let renditions)? = manifest["renditions"] {
        named += renditions.sorted { $0.key < $1.key }.compactMap(\.value.string)
      }
      for uri in named {
        let found = TreeFiles.join(uri, to: object.path, root: findings.root)
        if found.flatMap(TreeFiles.file) == nil {
          findings.add(.documentFile, object.path, "there is no file \(uri.prefix(120))")
        }
      }
    }
    return known
  }

  /// The pictures are whole; storyboards lead to them. Returns the storyboards, which no playlist leads to.
  private func pictures(_ inventory: InventoryChecks.Inventory) -> Set<String> {
    let checks = ImageChecks(findings: findings)
    var storyboards: Set<String> = []
    for object in inventory.objects {
      if object.key.hasSuffix(".jpg") || object.key.hasSuffix(".jpeg") || object.key.hasSuffix(".png") {
        checks.picture(object.path)
      } else if isStoryboard(object) {
        storyboards.insert(object.path)
        checks.storyboard(object.path, root: findings.root)
      }
    }
    return storyboards
  }

  /// The playlists of renditions that hold copied streams; their media is added when they are read.
  private func copies(_ document: JSONValue) -> Set<String> {
    let renditions = (document["renditions"]?.array ?? []).filter {
      if case .bool(true) = $0["copied"] { true } else { false }
    }
    let keys = renditions.flatMap {
      [$0["playlist"]?.string, $0["iframe_playlist"]?.string, $0["file"]?.string]
    }
    return Set(keys.compactMap { $0.map { findings.root + "/" + $0 } })
  }

  /// WebVTT whose cues are places on pictures: metadata that no playlist leads to.
  private func isStoryboard(_ object: (key: String, path: String)) -> Bool {
    guard object.key.hasSuffix(".vtt"), let file = InputFile.open(object.path),
      let head = try? file.read(0, Int(min(file.size, 4096)))
    else { return false }
    return String(decoding: head, as: UTF8.self).contains("#xywh=")
  }

  @discardableResult
  func parts(_ path: String, _ document: JSONValue, limit: Int64?) -> Set<String> {
    var checks = PartsChecks(
      path: path, limit: limit, deep: options.deep, findings: findings, ledger: ledger)
    checks.check(document)
    if let one = checks.playable { playables.append(one) }
    return checks.reached
  }
}
