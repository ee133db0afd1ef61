import Foundation
import Media
import Storing
import Testing

/// An asset, and a neighbour that must not change.
private struct RemovalFixture {
  let folder: TemporaryFolder
  let asset: SampleAsset
  let neighbour: SampleAsset

  init(_ layout: (String) -> Layout) throws {
    folder = try TemporaryFolder()
    asset = SampleAsset(layout: layout("a"), edition: 2)
    neighbour = SampleAsset(layout: layout("b"), edition: 1)
    try neighbour.make(in: folder.path, replacing: false)
    try asset.make(in: folder.path, replacing: false)
  }

  func remove(_ steps: StepObserver = StepObserver()) throws -> Removal {
    let tree = try Tree.open(folder.path, steps: steps)
    return try tree.remove(try tree.lock("a"), assetKey: "packaged/a/asset.json")
  }
}

@Suite struct RemovalTests {
  @Test(arguments: [true, false])
  func everyObjectGoesAndNothingElse(_ isSingle: Bool) throws {
    let fixture = try RemovalFixture(isSingle ? Layouts.single : Layouts.several)
    guard case .removed(let objects, let bytes) = try fixture.remove() else {
      Issue.record("nothing was removed")
      return
    }
    let expected = try fixture.asset.expected()
    #expect(objects == expected.count)
    #expect(bytes == expected.values.reduce(0) { $0 + Int64($1.utf8.count) })
    #expect(try visible(fixture.folder.path) == fixture.neighbour.expected())
    #expect(try leftovers(fixture.folder.path) == [])
    #expect(!FileManager.default.fileExists(atPath: fixture.folder.path + "/packaged/a"))
    #expect(try fixture.remove() == .none)
  }

  /// What leads to media goes before media: the document, the master, the media playlist.
  @Test func theWayInGoesFirst() throws {
    let fixture = try RemovalFixture(Layouts.several)
    let counter = StepCounter()
    _ = try fixture.remove(counter.observer())
    let keys = counter.steps.compactMap { step -> String? in
      if case .removeOld(let key) = step { key } else { nil }
    }
    #expect(keys.prefix(3) == ["packaged/a/asset.json", "hls/a/480p.m3u8", "hls/a/playlist.m3u8"])
    #expect(keys.count == 6 && keys.dropFirst(3).allSatisfy { !$0.hasSuffix(".m3u8") })
  }

  @Test func theMasterGoesBeforeWhatItNames() throws {
    let fixture = try RemovalFixture(Layouts.single)
    let counter = StepCounter()
    _ = try fixture.remove(counter.observer())
    let removed = counter.steps.filter { if case .removeOld = $0 { true } else { false } }
    #expect(
      removed.prefix(3) == [
        .removeOld("packaged/a/asset.json"), .removeOld("packaged/a/hls/master.m3u8"),
        .removeOld("packaged/a/hls/480p/index.m3u8"),
      ])
  }

  /// Stopped before each step: afterwards the asset is as it was, or the next command ends what was begun.
  @Test func aCrashAtAnyStepLeavesAllOrNothing() throws {
    let fixture = try RemovalFixture(Layouts.several)
    let counter = StepCounter()
    _ = try fixture.remove(counter.observer())
    #expect(counter.steps.count > 6)
    for number in 1...counter.steps.count {
      let fixture = try RemovalFixture(Layouts.several)
      let before = try visible(fixture.folder.path)
      let stop = StoreFailure.cancelled
      #expect(throws: stop) {
        try fixture.remove(StepCounter().observer(at: number) { () throws(StoreFailure) in throw stop })
      }
      try Tree.open(fixture.folder.path).recover()
      let after = try visible(fixture.folder.path)
      let isGone = number > 1
      #expect(after == (isGone ? try fixture.neighbour.expected() : before), "step \(number)")
      #expect(try leftovers(fixture.folder.path) == [], "step \(number)")
    }
  }

  @Test func whatIsNotItsOwnStays() throws {
    let fixture = try RemovalFixture(Layouts.single)
    try fixture.folder.write("mine", to: "packaged/a/notes.txt")
    // Somebody has put another file where an object was.
    try fixture.folder.write("another poster", to: "packaged/a/images/poster.jpg")
    _ = try fixture.remove()
    var expected = try fixture.neighbour.expected()
    expected["packaged/a/notes.txt"] = "mine"
    expected["packaged/a/images/poster.jpg"] = "another poster"
    #expect(try visible(fixture.folder.path) == expected)
  }

  @Test func aDamagedDocumentRemovesNothing() throws {
    let fixture = try RemovalFixture(Layouts.single)
    try fixture.folder.write("{", to: "packaged/a/asset.json")
    let before = try visible(fixture.folder.path)
    guard case .damaged(let path, _) = try fixture.remove() else {
      Issue.record("it was not found to be damaged")
      return
    }
    #expect(path.hasSuffix("/packaged/a/asset.json"))
    #expect(try visible(fixture.folder.path) == before)
  }
}

@Suite struct OrphanTests {
  private func fixture() throws -> RemovalFixture {
    let fixture = try RemovalFixture(Layouts.single)
    for name in [
      "packaged/a/hls/480p/seg-00000000-00009.m4s", "packaged/a/old/poster.jpg",
      "packaged/gone/hls/master.m3u8", "packaged/gone/hls/1/seg.ts",
    ] { try fixture.folder.write("12345", to: name) }
    // Not where assets have theirs, or of an asset that cannot be read.
    for name in ["index.html", "raw/anna/x/source.mov", "packaged/robots.txt", "packaged/bad/seg.ts"] {
      try fixture.folder.write("stays", to: name)
    }
    try fixture.folder.write("{}", to: "packaged/bad/asset.json")
    return fixture
  }

  private static let expected = [
    "packaged/a/hls/480p/seg-00000000-00009.m4s", "packaged/a/old/poster.jpg", "packaged/gone/hls/1/seg.ts",
    "packaged/gone/hls/master.m3u8",
  ]

  @Test func whatNoAssetHasIsFound() throws {
    let fixture = try fixture()
    let before = try visible(fixture.folder.path)
    let tree = try Tree.open(fixture.folder.path)
    let found = try tree.orphans(removing: false)
    #expect(found.keys.sorted() == Self.expected && found.bytes == 20 && found.failures == [])
    #expect(try visible(fixture.folder.path) == before)
    #expect(try tree.orphans(removing: true).keys.sorted() == Self.expected)
    #expect(try visible(fixture.folder.path) == before.filter { !Self.expected.contains($0.key) })
    #expect(!FileManager.default.fileExists(atPath: fixture.folder.path + "/packaged/gone"))
    #expect(try tree.orphans(removing: true).keys == [])
  }

  @Test func anAssetThatSomebodyWorksOnIsLeftAlone() throws {
    let fixture = try fixture()
    let tree = try Tree.open(fixture.folder.path)
    let lock = try tree.lock("gone")
    let found = try tree.orphans(removing: true)
    withExtendedLifetime(lock) {}
    #expect(found.keys.sorted() == Array(Self.expected.prefix(2)) && found.failures == [])
  }

  /// A layout that has its document elsewhere: the folder under packaged/ is that asset's.
  @Test func aDocumentElsewhereCounts() throws {
    let folder = try TemporaryFolder()
    var layout = Layouts.single("a")
    layout.templates[.asset] = "meta/{id}.json"
    try SampleAsset(layout: layout, edition: 1).make(in: folder.path, replacing: false)
    let before = try visible(folder.path)
    #expect(try Tree.open(folder.path).orphans(removing: true).keys == [])
    #expect(try visible(folder.path) == before)
  }

  @Test func leftoversOfDeadRunsAreFound() throws {
    let folder = try TemporaryFolder()
    let tree = try Tree.open(folder.path)
    try folder.write("x", to: ".rung/staging/a/tree/x")
    try folder.write("x", to: ".rung/work/b/x")
    try folder.write("x", to: ".rung/staging/c/x")
    var lock: AssetLock? = try tree.lock("c")
    #expect(lock?.id == "c")
    #expect(try tree.leftovers() == [".rung/staging/a", ".rung/work/b"])
    lock = nil
    #expect(try tree.recover() == [.cleaned(id: "a"), .cleaned(id: "b"), .cleaned(id: "c")])
  }
}
