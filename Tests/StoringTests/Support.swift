import Foundation
import Media
import Storing
import Synchronization

/// A folder of its own for one test, gone with it.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    // In memory where there is such a place: these tests sync thousands of files.
    let isInMemory = FileManager.default.isWritableFile(atPath: "/dev/shm")
    path = (isInMemory ? "/dev/shm/" : NSTemporaryDirectory()) + "rung-storing-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ text: String, to name: String) throws {
    let full = path + "/" + name
    try FileManager.default.createDirectory(
      atPath: (full as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(fileURLWithPath: full))
  }
}

/// Every file below `folder` that a reader of the tree sees, with its text.
func visible(_ folder: String) throws -> [String: String] {
  var result: [String: String] = [:]
  for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
    if name == ".rung" || name.hasPrefix(".rung/") { continue }
    // Folders have no contents.
    guard let data = FileManager.default.contents(atPath: folder + "/" + name) else { continue }
    result[name] = String(decoding: data, as: UTF8.self)
  }
  return result
}

/// What is left under `.rung`, folders that always exist left out.
func leftovers(_ tree: String) throws -> [String] {
  try FileManager.default.subpathsOfDirectory(atPath: tree + "/.rung").filter { $0.contains("/") }.sorted()
}

enum Layouts {
  /// Everything of an asset in one folder.
  static func single(_ id: String) -> Layout {
    Layout(
      templates: [
        .asset: "packaged/{id}/asset.json", .master: "packaged/{id}/hls/master.m3u8",
        .media: "packaged/{id}/hls/{rendition}/index.m3u8",
        .segment: "packaged/{id}/hls/{rendition}/seg-{version}-{n:05}.m4s",
        .poster: "packaged/{id}/images/poster.jpg",
      ], id: id)
  }

  /// One place for what was packaged last, whatever its id.
  static func current(_ id: String) -> Layout {
    Layout(
      templates: [
        .asset: "packaged/{id}/asset.json", .master: "media/current/playlist.m3u8",
        .media: "media/current/{rendition}.m3u8", .segment: "media/current/{rendition}-{n:05}.ts",
        .poster: "packaged/{id}/poster.jpg",
      ], id: id)
  }

  /// Several roots, one of them shared by all assets.
  static func several(_ id: String) -> Layout {
    Layout(
      templates: [
        .asset: "packaged/{id}/asset.json", .master: "hls/{id}/playlist.m3u8",
        .media: "hls/{id}/{rendition}.m3u8",
        .segment: "hls/{id}/{rendition}-{version}-{n:05}.ts", .poster: "thumbnails/{id}.jpg",
      ], id: id)
  }
}

/// A small asset, different for each `edition`; more segments in later ones.
struct SampleAsset {
  var layout: Layout
  var edition: Int
  var id: String { layout.id }
  static let ladder = #"{"name":"sample","segment_seconds":6.006}"#

  var source: SourceReport {
    var report = SourceReport(name: "holiday \(edition).mov", bytes: 12_345, format: "mp4")
    report.duration = MediaTime(1001, Rational(1, 1000))
    return report
  }

  func document(_ objects: [InventoryEntry]) throws -> AssetDocument {
    try AssetDocument(
      id: id, source: source, sourceSHA256: SHA256.hash(Array("source \(edition)".utf8)),
      ladder: Self.ladder, renditions: [], objects: objects,
      madeBy: MadeBy(tool: "rung", version: "1", libraries: [:]))
  }

  func stage(into staging: Staging) throws {
    var objects: [MediaObject] = []
    for n in 1...edition {
      let sink = try staging.open(rendition: "480p")
      try sink.write(Array("edition \(edition) ".utf8))
      try sink.write(Array("segment \(n)".utf8))
      objects.append(try sink.finish())
    }
    let version = try staging.version(of: "480p")
    for (index, object) in objects.enumerated() {
      let key = layout.key(.segment, rendition: "480p", version: version, n: index + 1) ?? ""
      try staging.place(object, key: key, type: .segment, cache: .immutable)
    }
    try staging.put(
      Array("poster \(edition)".utf8), key: layout.key(.poster) ?? "", type: .jpeg, cache: .short)
    try staging.put(
      Array("media playlist \(edition) \(version)".utf8), key: layout.key(.media, rendition: "480p") ?? "",
      type: .playlist, cache: .short)
    try staging.put(
      Array("master \(edition)".utf8), key: layout.key(.master) ?? "", type: .playlist, cache: .short)
    try staging.put(try document(staging.inventory()))
  }

  /// As a command does it: open, recover, lock, stage, commit.
  func make(in folder: String, replacing: Bool, steps: StepObserver = StepObserver()) throws {
    let tree = try Tree.open(folder, steps: steps)
    try tree.recover()
    let staging = try tree.begin(try tree.lock(id), layout: layout)
    try stage(into: staging)
    try staging.commit(replacing: replacing)
  }

  /// What a reader sees of it.
  func expected() throws -> [String: String] {
    let folder = try TemporaryFolder()
    try make(in: folder.path, replacing: false)
    return try visible(folder.path)
  }
}

/// Counts the steps of storing, and stops at one of them.
final class StepCounter: Sendable {
  private let seen = Mutex<[StepObserver.Step]>([])
  var steps: [StepObserver.Step] { seen.withLock { $0 } }

  /// `stop` is called before the step numbered `at` (from 1).
  func observer(
    at number: Int = 0, allowsExchange: Bool = true,
    stop: @escaping @Sendable () throws(StoreFailure) -> Void = { () throws(StoreFailure) in }
  ) -> StepObserver {
    StepObserver(allowsExchange: allowsExchange) { [self] (step) throws(StoreFailure) in
      let count = seen.withLock {
        $0.append(step)
        return $0.count
      }
      if count == number { try stop() }
    }
  }
}
