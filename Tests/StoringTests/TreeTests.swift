import Foundation
import Media
import Storing
import Testing

@Suite struct TreeTests {
  @Test func openingMakesTheTreeAndItsControlFolder() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/bucket"
    for _ in 1...2 {
      let tree = try Tree.open(path)
      #expect(tree.root.hasSuffix("/bucket"))
      #expect(tree.path("a/b") == tree.root + "/a/b")
    }
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: path + "/.rung").sorted()
        == ["chunks", "commit", "locks", "staging", "work"])
    let mode = try FileManager.default.attributesOfItem(atPath: path + "/.rung")[.posixPermissions] as? Int
    #expect(mode == 0o700)
  }

  @Test func whatCannotBeATree() throws {
    let folder = try TemporaryFolder()
    try folder.write("text", to: "file")
    let root = folder.path
    try FileManager.default.createSymbolicLink(atPath: root + "/link", withDestinationPath: root + "/nowhere")
    #expect(throws: StoreFailure.notAFolder(path: root + "/link")) { try Tree.open(root + "/link/bucket") }
    #expect(throws: StoreFailure.notAFolder(path: root + "/file")) { try Tree.open(root + "/file") }
    #expect(throws: StoreFailure.notAFolder(path: root + "/file/bucket")) {
      try Tree.open(root + "/file/bucket")
    }
  }

  @Test(arguments: ["a/b/c", "a/b/c/", "a//b/c", "a/../b"])
  func foldersAboveATreeAreMade(_ path: String) throws {
    let folder = try TemporaryFolder()
    let tree = try Tree.open(folder.path + "/" + path)
    #expect(tree.root.hasSuffix(path.contains("..") ? "/b" : "/a/b/c"))
    #expect(FileManager.default.fileExists(atPath: folder.path + "/" + path + "/.rung/chunks"))
  }

  /// In a process that gave up root's rights, since root may write anywhere.
  @Test func noPermission() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path
    try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: path)
    await #expect(processExitsWith: .success) { [path = path as String] in
      if getuid() == 0 { try #require(setuid(65534) == 0) }
      #expect(throws: StoreFailure.noPermission(path: path + "/bucket")) { try Tree.open(path + "/bucket") }
      #expect(throws: StoreFailure.noPermission(path: path + "/.rung")) { try Tree.open(path) }
    }
  }

  @Test func aLockIsHeldByOne() throws {
    let folder = try TemporaryFolder()
    let tree = try Tree.open(folder.path)
    do {
      let lock = try tree.lock("a")
      #expect(throws: StoreFailure.busy(id: "a")) { try tree.lock("a") }
      let other = try tree.lock("b")
      #expect(other.id == "b")
      withExtendedLifetime(lock) {}
    }
    #expect(try leftovers(folder.path) == [])
    #expect(try tree.lock("a").id == "a")
  }

  @Test func aLockOutlivesItsFile() throws {
    let folder = try TemporaryFolder()
    let tree = try Tree.open(folder.path)
    let file = folder.path + "/.rung/locks/a.lock"
    do {
      let first = try tree.lock("a")
      try FileManager.default.removeItem(atPath: file)
      let second = try tree.lock("a")
      withExtendedLifetime(first) {}
      // The first owner's end leaves the file of the second.
      #expect(FileManager.default.fileExists(atPath: file))
      withExtendedLifetime(second) {}
    }
  }

  @Test(arguments: ["", ".a", "a/b", "-a", "a b", "ä", String(repeating: "a", count: 129)])
  func idsThatAreNone(_ id: String) throws {
    let folder = try TemporaryFolder()
    let tree = try Tree.open(folder.path)
    let failure = #expect(throws: StoreFailure.self) { try tree.lock(id) }
    guard case .invalidID(id, _) = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
  }

  @Test func workFoldersOfDeadRunsGo() throws {
    let folder = try TemporaryFolder()
    let tree = try Tree.open(folder.path)
    do {
      let lock = try tree.lock("a")
      let work = try tree.makeWork(lock)
      try folder.write("x", to: ".rung/work/a/packets")
      #expect(try tree.makeWork(lock) == work)
      #expect(try FileManager.default.contentsOfDirectory(atPath: work) == [])
      try tree.removeWork(lock)
      #expect(!FileManager.default.fileExists(atPath: work))
      try folder.write("x", to: ".rung/work/a/packets")
      // Somebody holds the lock: not a leftover.
      #expect(try tree.recover() == [])
      withExtendedLifetime(lock) {}
    }
    try folder.write("x", to: ".rung/staging/b/tree/packaged/b/asset.json")
    #expect(try tree.recover() == [.cleaned(id: "a"), .cleaned(id: "b")])
    #expect(try leftovers(folder.path) == [])
  }

  @Test func journalsThatAreNotOurs() throws {
    let folder = try TemporaryFolder()
    let tree = try Tree.open(folder.path)
    try folder.write("secret", to: "outside")
    try folder.write("not JSON", to: "bucket/.rung/commit/a.json")
    let bucket = try Tree.open(folder.path + "/bucket")
    try folder.write(
      #"{"schema":1,"id":"b","asset":"packaged/b/asset.json","groups":[],"removals":[{"key":"../outside","bytes":6}]}"#,
      to: "bucket/.rung/commit/b.json")
    let found = try bucket.recover()
    let path = bucket.root + "/.rung/commit"
    #expect(
      found == [
        .failed(
          id: "a",
          .damagedJournal(id: "a", path: path + "/a.json", what: "it is not a journal of this id")),
        .failed(
          id: "b",
          .damagedJournal(
            id: "b", path: path + "/b.json", what: "it holds a key that leads out of the tree")),
      ])
    #expect(FileManager.default.fileExists(atPath: tree.path("outside")))
  }

  /// Nobody but a person removes staged files while a journal names them.
  @Test func aJournalWhoseStagedFilesAreGoneIsRolledBack() throws {
    let folder = try TemporaryFolder()
    let asset = SampleAsset(layout: Layouts.several("a"), edition: 2)
    let stop = StepObserver { (step) throws(StoreFailure) in
      if step == .move("hls/a/480p.m3u8") { throw .cancelled }
    }
    #expect(throws: StoreFailure.cancelled) { try asset.make(in: folder.path, replacing: false, steps: stop) }
    #expect(try visible(folder.path).count == 3)
    try FileManager.default.removeItem(atPath: folder.path + "/.rung/staging/a/tree")
    let tree = try Tree.open(folder.path)
    #expect(try tree.recover() == [.rolledBack(id: "a")])
    #expect(try visible(folder.path) == [:])
    #expect(try leftovers(folder.path) == [])
  }

  @Test func rollingBackOverAnOldAssetTakesItsInventoryAway() throws {
    let folder = try TemporaryFolder()
    try SampleAsset(layout: Layouts.several("a"), edition: 1).make(in: folder.path, replacing: false)
    let asset = SampleAsset(layout: Layouts.several("a"), edition: 2)
    let stop = StepObserver { (step) throws(StoreFailure) in
      if step == .move("packaged/a/asset.json") { throw .cancelled }
    }
    #expect(throws: StoreFailure.cancelled) { try asset.make(in: folder.path, replacing: true, steps: stop) }
    try FileManager.default.removeItem(atPath: folder.path + "/.rung/staging/a/tree")
    let tree = try Tree.open(folder.path)
    #expect(try tree.recover() == [.rolledBack(id: "a")])
    #expect(try tree.existingAsset(id: "a", assetKey: "packaged/a/asset.json") == .none)
  }
}
