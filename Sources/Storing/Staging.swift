internal import Foundation
package import Media

/// The staging folder of one asset: media, playlists and documents in; the inventory, and at last the asset in its
/// place in the tree, out. Nothing outside `.rung/` changes before `commit`. Used from one thread. Whatever ends
/// without a commit removes the folder.
package final class Staging: DeliveryTarget {
  let tree: Tree
  let lock: AssetLock
  let layout: Layout
  let folder: String
  enum State { case open, committed, discarded }
  var state = State.open
  private var renditions: [String: RenditionVersion] = [:]
  private var unplaced: [Int: MediaObject] = [:]
  /// The tokens of media objects by their keys.
  private var media: [String: Int] = [:]
  private let early = EarlyReadBack()
  private var tokens = 0
  private(set) var entries: [String: InventoryEntry] = [:]
  private(set) var folders: Set<String> = []

  /// Where the objects are, under their keys: the tree as it will be.
  package var stagedTree: String { "\(folder)/tree" }
  private var mediaFolder: String { "\(folder)/media" }
  package var id: String { lock.id }

  /// The key of `asset.json`.
  package var assetKey: String { layout.key(.asset) ?? "packaged/\(id)/asset.json" }

  init(tree: Tree, lock: AssetLock, layout: Layout) throws(StoreFailure) {
    self.tree = tree
    self.lock = lock
    self.layout = layout
    folder = tree.staging(of: lock.id)
    try NameRule.check(key: assetKey)
    try Disk.removeAll(folder)
    try Disk.makeFolder(folder, mode: 0o700)
    try Disk.makeFolder(stagedTree)
    try Disk.makeFolder(mediaFolder, mode: 0o700)
  }

  deinit { discard() }

  /// Removes what was staged. After a commit there is nothing to do; what cannot be removed now, the next command's
  /// `recover` removes.
  package func discard() {
    guard state == .open else { return }
    state = .discarded
    early.stop()
    _ = try? Disk.removeAll(folder)
  }

  private func checkOpen() throws(StoreFailure) {
    guard state == .open else { throw .outOfOrder(what: "staging is already closed") }
  }

  // MARK: DeliveryTarget

  package func open(rendition: String) throws -> any MediaSink {
    try checkOpen()
    let version = try renditions[rendition] ?? RenditionVersion()
    guard !version.isBusy else {
      throw StoreFailure.outOfOrder(what: "two media objects of \(rendition) are open at once")
    }
    renditions[rendition] = version
    tokens += 1
    let token = tokens
    let path = mediaPath(token)
    try tree.steps.before(.stage(rendition))
    let sink = try StagedMedia(token: token, path: path, rendition: version, early: early) {
      [weak self] object in
      self?.unplaced[token] = object
    }
    version.isBusy = true
    return sink
  }

  private func mediaPath(_ token: Int) -> String {
    let digits = String(token)
    return "\(mediaFolder)/media-" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }

  package func version(of rendition: String) throws -> String {
    guard let made = renditions[rendition], !made.isBusy, let version = try made.version() else {
      throw StoreFailure.outOfOrder(
        what: "the version of \(rendition) was asked for before its media was finished")
    }
    return version
  }

  package func place(_ object: MediaObject, key: String, type: ContentType, cache: CachePolicy) throws {
    try checkOpen()
    guard unplaced[object.token] == object else {
      throw StoreFailure.outOfOrder(what: "\(key) is not an unplaced media object")
    }
    try claim(key)
    try tree.steps.before(.place(key))
    try early.move(object.token, to: "\(stagedTree)/\(key)")
    unplaced[object.token] = nil
    media[key] = object.token
    entries[key] = InventoryEntry(
      key: key, bytes: object.bytes, sha256: object.sha256, contentType: type, cacheControl: cache)
  }

  package func put(_ bytes: [UInt8], key: String, type: ContentType, cache: CachePolicy) throws {
    try checkOpen()
    try claim(key)
    try tree.steps.before(.place(key))
    let file = try Descriptor.open("\(stagedTree)/\(key)", O_WRONLY | O_CREAT | O_EXCL)
    try file.write(bytes)
    entries[key] = InventoryEntry(
      key: key, bytes: Int64(bytes.count), sha256: try SHA256.hash(bytes), contentType: type,
      cacheControl: cache)
  }

  /// Puts the source that was packaged beside what was made of it: as another name of the same file where the file
  /// system can, else as a copy. `sha256` is what it was when it was read; the commit reads it back.
  package func keep(descriptor: Int32, path: String, bytes: Int64, sha256: String, key: String) throws {
    try keep(
      descriptor: descriptor, path: path, bytes: bytes, sha256: sha256, key: key,
      type: ContentType.ofSource(key), cache: layout.cachePolicy(.source))
  }

  func keep(
    descriptor: Int32, path: String, bytes: Int64, sha256: String, key: String, type: ContentType,
    cache: CachePolicy
  ) throws {
    try checkOpen()
    try claim(key)
    try tree.steps.before(.place(key))
    let place = "\(stagedTree)/\(key)"
    if try !Disk.link(descriptor, to: place) {
      try Disk.copy(descriptor, path: path, to: place)
    }
    entries[key] = InventoryEntry(
      key: key, bytes: bytes, sha256: sha256, contentType: type, cacheControl: cache)
  }

  /// Writes `asset.json`; the last object before `commit`.
  package func put(_ document: AssetDocument) throws {
    try put(Array(document.text.utf8), key: assetKey, type: .json, cache: layout.cachePolicy(.asset))
  }

  /// Checks a key and makes its folders.
  private func claim(_ key: String) throws(StoreFailure) {
    try NameRule.check(key: key)
    guard entries[key] == nil else { throw .duplicateKey(key) }
    guard !folders.contains(key) else { throw .keyIsAlsoFolder(key) }
    for folder in NameRule.folders(of: key) where !folders.contains(folder) {
      guard entries[folder] == nil else { throw .keyIsAlsoFolder(folder) }
      try Disk.makeFolder("\(stagedTree)/\(folder)")
      folders.insert(folder)
    }
  }

  /// Every object so far, by key; without `asset.json`, which cannot list itself.
  package func inventory() -> [InventoryEntry] {
    entries.values.filter { $0.key != assetKey }.sorted { $0.key < $1.key }
  }

  /// What media was not read back yet is, beside whatever else is done until `readBack` waits for it.
  func beginReadBack() { early.hurry() }

  /// Everything is on the disk and was read from there, media since it was written.
  func readBack(_ isCancelled: @escaping @Sendable () -> Bool) throws(StoreFailure) {
    try early.finish(isCancelled: isCancelled)
    let all = entries.values.sorted { $0.key < $1.key }
    try ReadBack(
      folder: stagedTree, entries: all, media: media, early: early, steps: tree.steps,
      isCancelled: isCancelled
    ).run()
  }

  var hasUnplacedMedia: Bool { !unplaced.isEmpty || renditions.values.contains { $0.isBusy } }
}
