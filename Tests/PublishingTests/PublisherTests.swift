import Foundation
import TestKit
import Testing

@testable import Publishing

/// Against a strict server of the tests' own: what goes up, in which order, and what happens between.
@Suite struct PublisherTests {
  @Test func mediaGoesFirstAndTheInventoryLast() throws {
    let bucket = try TestBucket()
    let asset = try bucket.asset()
    let summary = try bucket.publisher().publish(asset)
    #expect(summary.uploaded == 6)
    try bucket.expectHolds([asset])
    let puts = try bucket.puts()
    #expect(Set(puts[..<5]).count == 5)
    #expect(puts[..<5].allSatisfy { $0.contains("/seg-") })
    #expect(puts[..<5].filter { $0.contains("#") }.count == 3)
    #expect(
      Array(puts[5...]) == [
        "p/packaged/clip/hls/720p/index.m3u8", "p/packaged/clip/hls/master.m3u8",
        "p/packaged/clip/asset.json",
      ])
  }

  @Test func whatIsThereIsLeftAlone() throws {
    let bucket = try TestBucket()
    let asset = try bucket.asset()
    _ = try bucket.publisher().publish(asset)
    let requests = try bucket.server.log(bucket.name).count
    let summary = try bucket.publisher().publish(asset)
    #expect(summary.uploaded == 0)
    #expect(summary.unchanged == 6)
    #expect(try bucket.server.log(bucket.name).count == requests)
    // Another place is another matter.
    #expect(try bucket.publisher(prefix: "ä +%").publish(asset).uploaded == 6)
    #expect(try bucket.contents().objects["ä +%/packaged/clip/asset.json"] != nil)
  }

  @Test func theOldMediaGoesAfterTheGrace() throws {
    let bucket = try TestBucket()
    let (old, new) = (try bucket.asset(), try bucket.asset(version: "bbbb"))
    _ = try bucket.publisher().publish(old)
    let summary = try bucket.publisher().publish(new)
    #expect(summary.retired == 3)
    // Both are there, for those who play the old one.
    #expect(try bucket.contents().objects.count == 9)
    let publisher = try bucket.publisher()
    #expect(try publisher.assetsToSweep() == [])
    bucket.clock.withLock { $0 += 3600 }
    #expect(try publisher.assetsToSweep() == ["clip"])
    #expect(try publisher.sweep("clip") == 3)
    #expect(try publisher.assetsToSweep() == [])
    try bucket.expectHolds([new])
  }

  @Test func whatComesBackInTimeStays() throws {
    let bucket = try TestBucket()
    let (old, new) = (try bucket.asset(), try bucket.asset(version: "bbbb"))
    for asset in [old, new, old] { _ = try bucket.publisher().publish(asset) }
    // The old media was still there.
    #expect(try bucket.puts().filter { $0.contains("seg-aaaa-1") }.count == 1)
    bucket.clock.withLock { $0 += 3600 }
    #expect(try bucket.publisher().sweep("clip") == 3)
    try bucket.expectHolds([old])
  }

  @Test func takingAwayGoesTheOtherWayRound() throws {
    let bucket = try TestBucket()
    let (one, two) = (try bucket.asset(), try bucket.asset("other"))
    for asset in [one, two] { _ = try bucket.publisher().publish(asset) }
    #expect(try bucket.publisher().withdraw("clip") == 6)
    let gone = try bucket.server.log(bucket.name).filter { $0.method == "DELETE" }.map {
      $0.key.split(separator: "/").last ?? ""
    }
    #expect(Array(gone.prefix(3)) == ["asset.json", "master.m3u8", "index.m3u8"])
    #expect(gone.count == 6)
    try bucket.expectHolds([two])
    #expect(bucket.memory.all(try bucket.publisher().target).allSatisfy { $0.id == "other" })
  }

  /// `media/current/manifest.json` belongs to whatever was packaged last.
  @Test func anAssetWhosePlacesWereTakenGoes() throws {
    let bucket = try TestBucket()
    var (first, second) = (try bucket.asset("first"), try bucket.asset("second", version: "bbbb"))
    first.objects[3].key = "media/current.m3u8"
    second.objects[3].key = "media/current.m3u8"
    _ = try bucket.publisher().publish(first)
    _ = try bucket.publisher(grace: 0).publish(second) { $0 != "first" }
    let publisher = try bucket.publisher()
    #expect(try publisher.assetsToSweep() == ["first"])
    #expect(try publisher.sweep("first") == 5)
    try bucket.expectHolds([second])
  }

  @Test func checkingFindsAndMends() throws {
    let bucket = try TestBucket()
    let asset = try bucket.asset()
    _ = try bucket.publisher().publish(asset)
    let client = try bucket.client()
    try client.delete("p/packaged/clip/hls/720p/seg-aaaa-1.m4s")
    let other = Array("other".utf8)
    try client.put("p/packaged/clip/hls/master.m3u8", .bytes(other), ContentDigest.of(other), [])
    try client.put("p/packaged/clip/hls/stranger.m4s", .bytes(other), ContentDigest.of(other), [])
    #expect(try bucket.publisher().publish(asset).uploaded == 0)
    let summary = try bucket.publisher(checks: true).publish(asset)
    #expect(
      summary.differing == ["packaged/clip/hls/720p/seg-aaaa-1.m4s", "packaged/clip/hls/master.m3u8"])
    #expect(summary.unknown == ["packaged/clip/hls/stranger.m4s"])
    #expect(summary.uploaded == 2)
    try client.delete("p/packaged/clip/hls/stranger.m4s")
    try bucket.expectHolds([asset])
    // A memory that was lost is had again by asking.
    #expect(try bucket.publisher(memory: ListMemory(), checks: true).publish(asset).uploaded == 0)
  }

  /// A file that is not what asset.json says never goes up.
  @Test(arguments: [0, 1, 3])
  func anAlteredFileIsRefused(_ index: Int) throws {
    let bucket = try TestBucket()
    let asset = try bucket.asset()
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: asset.objects[index].path)))
    bytes[bytes.count - 1] ^= 1
    try Data(bytes).write(to: URL(fileURLWithPath: asset.objects[index].path))
    #expect(throws: PublishFailure.fileChanged(path: asset.objects[index].path)) {
      try bucket.publisher().publish(asset)
    }
    #expect(try bucket.contents().objects["p/\(asset.objects[index].key)"] == nil)
    #expect(try bucket.contents().objects["p/packaged/clip/asset.json"] == nil)
    #expect(try bucket.contents().uploads.isEmpty)
  }

  /// A run that dies before any of its steps, and the one after it: all is there, nothing beside it, and nothing went
  /// up twice.
  @Test func killedAtEveryStep() throws {
    var steps = 0
    while true {
      steps += 1
      let bucket = try TestBucket()
      let (old, new) = (try bucket.asset(), try bucket.asset(version: "bbbb"))
      _ = try bucket.publisher().publish(old)
      let dying = DyingRun(bucket.memory, after: steps)
      do {
        let publisher = try bucket.publisher(memory: dying, observer: dying.observer, grace: 0)
        _ = try publisher.publish(new)
        for id in try publisher.assetsToSweep() { _ = try publisher.sweep(id) }
      } catch {
        #expect(error as? PublishFailure == .cancelled)
      }
      let publisher = try bucket.publisher(grace: 0)
      _ = try publisher.publish(new)
      for id in try publisher.assetsToSweep() { _ = try publisher.sweep(id) }
      try bucket.expectHolds([new])
      let puts = try bucket.puts()
      #expect(puts.count == Set(puts).count + 3, "step \(steps): \(puts)")
      if !dying.isDead { break }
    }
    #expect(steps > 20)
  }
}
