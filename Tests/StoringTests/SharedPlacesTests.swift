import Foundation
import Media
import Storing
import Testing

/// Layouts whose places are the same for every id: what was packaged last stands there, and nothing of what stood there
/// before.
@Suite struct SharedPlacesTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func asset(_ edition: Int, _ id: String) -> SampleAsset {
    SampleAsset(layout: Layouts.current(id), edition: edition)
  }

  @Test func theNewestStandsThereAlone() throws {
    try asset(5, "first").make(in: folder.path, replacing: false)
    // Fewer segments: those of the first one that are left over go, and so does its asset.json.
    try asset(2, "second").make(in: folder.path, replacing: false)
    #expect(try visible(folder.path) == asset(2, "second").expected())
    try asset(3, "first").make(in: folder.path, replacing: true)
    #expect(try visible(folder.path) == asset(3, "first").expected())
    #expect(try leftovers(folder.path) == [])
  }

  @Test func assetsElsewhereStay() throws {
    let other = SampleAsset(layout: Layouts.single("other"), edition: 1)
    try other.make(in: folder.path, replacing: false)
    try asset(2, "first").make(in: folder.path, replacing: false)
    try asset(1, "second").make(in: folder.path, replacing: false)
    let expected = try other.expected().merging(asset(1, "second").expected()) { first, _ in first }
    #expect(try visible(folder.path) == expected)
  }

  @Test func somebodyElsesFilesAreNotReplaced() throws {
    try folder.write("mine", to: "media/current/playlist.m3u8")
    let path = try Tree.open(folder.path).path("media/current/playlist.m3u8")
    #expect(throws: StoreFailure.exists(id: "first", path: path)) {
      try asset(1, "first").make(in: folder.path, replacing: false)
    }
    #expect(try visible(folder.path) == ["media/current/playlist.m3u8": "mine"])
  }

  @Test func anAssetInWorkIsNotDisplaced() throws {
    try asset(3, "first").make(in: folder.path, replacing: false)
    let lock = try Tree.open(folder.path).lock("first")
    #expect(throws: StoreFailure.busy(id: "first")) {
      try asset(1, "second").make(in: folder.path, replacing: false)
    }
    withExtendedLifetime(lock) {}
    #expect(try visible(folder.path) == asset(3, "first").expected())
  }

  /// Stopped before any step, the next command leaves the one or the other, whole.
  @Test func aCrashLeavesOneOfTheTwo() throws {
    let (old, new) = (try asset(4, "first").expected(), try asset(2, "second").expected())
    let counter = StepCounter()
    let trial = try TemporaryFolder()
    try asset(4, "first").make(in: trial.path, replacing: false)
    try asset(2, "second").make(in: trial.path, replacing: false, steps: counter.observer())
    for step in 1...counter.steps.count {
      let place = try TemporaryFolder()
      try asset(4, "first").make(in: place.path, replacing: false)
      let stopping = StepCounter().observer(at: step) { () throws(StoreFailure) in
        throw .io(call: "test", path: "nowhere", errno: EIO)
      }
      try? asset(2, "second").make(in: place.path, replacing: false, steps: stopping)
      try Tree.open(place.path).recover()
      let left = try visible(place.path)
      #expect(left == old || left == new, "stopped before step \(step): \(left.keys.sorted())")
    }
  }
}
