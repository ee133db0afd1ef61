import Foundation
import Media
import Storing
import Testing

@Suite struct CommitTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  func asset(_ edition: Int, _ layout: Layout = Layouts.single("a")) -> SampleAsset {
    SampleAsset(layout: layout, edition: edition)
  }

  @Test func theHookSeesTheWholeAssetBeforeAnybodyElse() throws {
    let tree = try Tree.open(folder.path)
    let staging = try tree.begin(try tree.lock("a"), layout: Layouts.single("a"))
    try asset(1).stage(into: staging)
    var seen: [String: String] = [:]
    try staging.commit(replacing: false) { staged in
      seen = try visible(staged)
      #expect(try visible(folder.path) == [:])
    }
    #expect(seen.count == 5)
    #expect(try visible(folder.path) == seen)
  }

  @Test func theHookRefuses() throws {
    struct Refusal: Error {}
    let tree = try Tree.open(folder.path)
    do {
      let staging = try tree.begin(try tree.lock("a"), layout: Layouts.single("a"))
      try asset(1).stage(into: staging)
      #expect(throws: Refusal.self) { try staging.commit(replacing: false) { _ in throw Refusal() } }
    }
    #expect(try visible(folder.path) == [:])
    #expect(try leftovers(folder.path) == [])
  }

  @Test(arguments: [Layouts.single("a"), Layouts.several("a")])
  func anExistingAssetIsReplacedOnlyWhenAskedFor(_ layout: Layout) throws {
    try asset(1, layout).make(in: folder.path, replacing: false)
    let path = try Tree.open(folder.path).path("packaged/a/asset.json")
    #expect(throws: StoreFailure.exists(id: "a", path: path)) {
      try asset(2, layout).make(in: folder.path, replacing: false)
    }
    #expect(try visible(folder.path) == asset(1, layout).expected())
    try asset(2, layout).make(in: folder.path, replacing: true)
    #expect(try visible(folder.path) == asset(2, layout).expected())
  }

  @Test func anotherLayoutMovesTheAsset() throws {
    let (single, several) = (asset(2), asset(3, Layouts.several("a")))
    try single.make(in: folder.path, replacing: false)
    try several.make(in: folder.path, replacing: true)
    #expect(try visible(folder.path) == several.expected())
    try single.make(in: folder.path, replacing: true)
    #expect(try visible(folder.path) == single.expected())
    // Folders that became empty are gone.
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == [".rung", "packaged"])
  }

  @Test func otherPeoplesFilesStay() throws {
    try asset(1).make(in: folder.path, replacing: false)
    try folder.write("mine", to: "packaged/a/notes.txt")
    try asset(2).make(in: folder.path, replacing: true)
    var expected = try asset(2).expected()
    expected["packaged/a/notes.txt"] = "mine"
    #expect(try visible(folder.path) == expected)
  }

  @Test func aFileThatNoAssetListsIsNotOverwritten() throws {
    for layout in [Layouts.single("a"), Layouts.several("a")] {
      let folder = try TemporaryFolder()
      let key = layout.key(.master) ?? ""
      try folder.write("mine", to: key)
      let path = try Tree.open(folder.path).path(key)
      #expect(throws: StoreFailure.exists(id: "a", path: path)) {
        try asset(1, layout).make(in: folder.path, replacing: false)
      }
      #expect(try visible(folder.path) == [key: "mine"])
      try asset(1, layout).make(in: folder.path, replacing: true)
      #expect(try visible(folder.path) == asset(1, layout).expected())
    }
  }

  @Test func anOldObjectThatSomebodyReplacedStays() throws {
    try asset(1, Layouts.several("a")).make(in: folder.path, replacing: false)
    let old = try #require(visible(folder.path).keys.first { $0.hasSuffix(".ts") })
    try folder.write("another's, and longer than before", to: old)
    try asset(2, Layouts.several("a")).make(in: folder.path, replacing: true)
    #expect(try visible(folder.path)[old] == "another's, and longer than before")
  }

  @Test func whatIsInTheWayIsFoundBeforeAnythingMoves() throws {
    let asset = asset(1, Layouts.several("a"))
    try folder.write("a file", to: "hls")
    let root = try Tree.open(folder.path).root
    #expect(throws: StoreFailure.notAFolder(path: root + "/hls")) {
      try asset.make(in: folder.path, replacing: true)
    }
    #expect(try visible(folder.path) == ["hls": "a file"])
    try FileManager.default.removeItem(atPath: folder.path + "/hls")
    try folder.write("x", to: "thumbnails/a.jpg/x")
    #expect(throws: StoreFailure.keyIsAlsoFolder("thumbnails/a.jpg")) {
      try asset.make(in: folder.path, replacing: true)
    }
    #expect(try visible(folder.path) == ["thumbnails/a.jpg/x": "x"])
    #expect(try leftovers(folder.path) == [])
  }

  /// Damage of each kind between writing and reading back.
  @Test(arguments: ["longer text", "mastEr 1", ""])
  func anAlteredFileIsFound(_ text: String) throws {
    let staged = folder.path + "/.rung/staging/a/tree/packaged/a/hls/master.m3u8"
    let steps = StepObserver { (step) throws(StoreFailure) in
      guard step == .readBack("packaged/a/hls/master.m3u8") else { return }
      let file = FileHandle(forWritingAtPath: staged)
      _ = try? file?.truncate(atOffset: 0)
      file?.write(Data(text.utf8))
      _ = try? file?.close()
    }
    #expect(throws: StoreFailure.altered(key: "packaged/a/hls/master.m3u8")) {
      try asset(1).make(in: folder.path, replacing: false, steps: steps)
    }
    #expect(try visible(folder.path) == [:])
    #expect(try leftovers(folder.path) == [])
  }

  @Test func cancellingBeforeItIsVisible() throws {
    let tree = try Tree.open(folder.path)
    do {
      let staging = try tree.begin(try tree.lock("a"), layout: Layouts.single("a"))
      try asset(1).stage(into: staging)
      #expect(throws: StoreFailure.cancelled) { try staging.commit(replacing: false, isCancelled: { true }) }
    }
    #expect(try visible(folder.path) == [:])
    #expect(try leftovers(folder.path) == [])
  }

  /// A file system of 256 KB; only root may mount one.
  @Test(.enabled("only root may mount a small file system") { DiskFull.canMount })
  func aFullDisk() throws {
    try DiskFull.withSmallDisk { disk in
      let tree = try Tree.open(disk)
      var failure: StoreFailure?
      do {
        let staging = try tree.begin(try tree.lock("a"), layout: Layouts.single("a"))
        let sink = try staging.open(rendition: "480p")
        failure = #expect(throws: StoreFailure.self) {
          for _ in 1...16 { try sink.write([UInt8](repeating: 1, count: 1 << 16)) }
        }
      }
      guard case .diskFull = failure else {
        Issue.record("\(String(describing: failure))")
        return
      }
      #expect(failure?.isTemporary == true)
      #expect(try leftovers(disk) == [])
      // With its space back, the same works.
      try asset(1).make(in: disk, replacing: false)
      #expect(try visible(disk) == asset(1).expected())
    }
  }

  /// The process's limit on file sizes.
  @Test func aFileOverTheLimit() async throws {
    let path = folder.path
    await #expect(processExitsWith: .success) { [path = path as String] in
      signal(SIGXFSZ, SIG_IGN)
      let tree = try Tree.open(path)
      let staging = try tree.begin(try tree.lock("a"), layout: Layouts.single("a"))
      let sink = try staging.open(rendition: "480p")
      var limit = rlimit(rlim_cur: 1 << 16, rlim_max: 1 << 16)
      try #require(unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
      let failure = #expect(throws: StoreFailure.self) {
        try sink.write([UInt8](repeating: 1, count: 1 << 20))
      }
      guard case .fileTooLarge = failure else { throw failure ?? .cancelled }
    }
  }
}

enum DiskFull {
  static let canMount: Bool = getuid() == 0 && ((try? withSmallDisk { _ in true }) ?? false)

  static func withSmallDisk<R>(_ body: (String) throws -> R) throws -> R {
    let folder = try TemporaryFolder()
    let disk = folder.path + "/disk"
    try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: false)
    guard try run("/bin/mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", disk]) else {
      throw CocoaError(.fileWriteUnknown)
    }
    defer { _ = try? run("/bin/umount", [disk]) }
    return try body(disk)
  }

  private static func run(_ program: String, _ arguments: [String]) throws -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
