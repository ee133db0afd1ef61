internal import Batching
internal import Foundation
internal import TestKit
internal import Testing

/// A ledger in a folder of its own.
struct LedgerFixture {
  let folder: TemporaryFolder
  let ledger: Ledger

  init() throws {
    folder = try TemporaryFolder("ledger")
    try FileManager.default.createDirectory(
      atPath: folder.file(".rung"), withIntermediateDirectories: true)
    ledger = try Ledger.open(inTree: folder.path)
  }

  static func upload(_ id: String, priority: Int = 0, bytes: Int64 = 10) -> Upload {
    Upload(id: id, source: "/inbox/\(id)", bytes: bytes, policy: AssetPolicy(priority: priority))
  }

  static func done(_ sha256: String = "aa", recipe: String = "r") -> FinishedJob {
    var done = FinishedJob(
      sha256: sha256, bytes: 10, durationMilliseconds: 2000, width: 320, height: 180, hasAudio: true,
      assetKey: "a/asset.json", manifestKey: "a/master.m3u8", thumbnailKey: nil, recipe: recipe, bytesOut: 30,
      renditions: [
        RenditionRow(
          profile: "180p", kind: "video", rate: 200, playlistKey: "a/180p.m3u8", segmentCount: 1,
          codec: "avc1")
      ])
    done.milliseconds = [.probe: 5, .encode: 100]
    done.totalMilliseconds = 120
    return done
  }

  static let broken = JobFailure(reason: "it is broken", code: "input", isRetryable: false)
  static let busy = JobFailure(reason: "the disk was slow", code: "stalled", isRetryable: true)

  func counts() throws -> [Int64] {
    let counts = try ledger.counts()
    return [counts.queued, counts.processing, counts.ready, counts.failed, counts.outdated]
  }

  func startNext(pid: Int = 7, now: Int64 = 100) throws -> JobRecord {
    let next = try #require(try ledger.nextJob())
    try ledger.start(next.job, pid: pid, now: now)
    return next.job
  }
}

@Suite struct LedgerTests {
  @Test func theWayOfAnUpload() throws {
    let fixture = try LedgerFixture()
    let ledger = fixture.ledger
    try ledger.enqueue(LedgerFixture.upload("a"), now: 50)
    #expect(try fixture.counts() == [1, 0, 0, 0, 0])
    #expect(try ledger.oldestQueued() == 50)
    let job = try fixture.startNext()
    #expect(try fixture.counts() == [0, 1, 0, 0, 0])
    #expect(try ledger.nextJob() == nil)
    try ledger.advance(job, stage: .encode, progress: 420)
    let running = try #require(try ledger.runningJobs().first)
    #expect(running.job.stage == .encode && running.job.progress == 420 && running.job.pid == 7)
    try ledger.finish(job, LedgerFixture.done(), now: 160)
    #expect(try fixture.counts() == [0, 0, 1, 0, 0])
    let asset = try #require(try ledger.asset("a"))
    #expect(asset.status == .ready && asset.manifestKey == "a/master.m3u8" && asset.hasAudio == true)
    #expect(asset.publishedAt == 160 && asset.durationMilliseconds == 2000 && asset.sha256 == "aa")
    #expect(try ledger.renditions(of: "a").map(\.profile) == ["180p"])
    #expect(try ledger.jobs(of: "a").map(\.status) == [.done])
    #expect(
      try ledger.totals() == [
        LedgerTotal(name: "bytes_in", label: "", value: 10),
        LedgerTotal(name: "bytes_out", label: "", value: 30),
        LedgerTotal(name: "jobs", label: "done", value: 1),
        LedgerTotal(name: "stage_ms", label: "encode", value: 100),
        LedgerTotal(name: "stage_ms", label: "probe", value: 5),
      ])
    #expect(try ledger.throughput(since: 160).jobs == 1)
    #expect(try ledger.throughput(since: 161).jobs == 0)
  }

  @Test func priorityThenTheOldest() throws {
    let fixture = try LedgerFixture()
    for (id, priority) in [("a", 0), ("b", 5), ("c", 0), ("d", 5), ("e", -1)] {
      // The clock goes backwards, and the order stays.
      try fixture.ledger.enqueue(
        LedgerFixture.upload(id, priority: priority), now: 1000 - Int64(priority) - Int64(id.utf8.first ?? 0))
    }
    #expect(try fixture.ledger.queue(limit: 9).map(\.asset.id) == ["b", "d", "a", "c", "e"])
    try fixture.ledger.setPolicy(AssetPolicy(priority: 9), of: "c")
    #expect(try fixture.ledger.nextJob()?.asset.id == "c")
  }

  @Test func theNextShortOne() throws {
    let fixture = try LedgerFixture()
    let ledger = fixture.ledger
    let film = LongUploads.bytes
    for (id, priority, bytes) in [
      ("film", 0, film), ("clip", 0, 10), ("late", 0, 10), ("wanted", 3, film), ("slow", 0, film),
    ] {
      try ledger.enqueue(LedgerFixture.upload(id, priority: priority, bytes: bytes), now: 50)
    }
    #expect(try ledger.nextJob()?.asset.id == "wanted")
    #expect(try ledger.nextShortJob(priority: 0)?.asset.id == "clip")
    #expect(try ledger.nextShortJob(priority: 1) == nil)
    // Once it is known how long they are, their bytes say nothing.
    try ledger.setDuration(LongUploads.milliseconds, of: "clip")
    #expect(try ledger.nextShortJob(priority: 0)?.asset.id == "late")
    try ledger.setDuration(1000, of: "wanted")
    #expect(try ledger.nextShortJob(priority: 3)?.asset.id == "wanted")
  }

  @Test func aRetryableFailureWaitsAndComesBack() throws {
    let fixture = try LedgerFixture()
    let ledger = fixture.ledger
    try ledger.enqueue(LedgerFixture.upload("a"), now: 0)
    try ledger.fail(try fixture.startNext(), LedgerFixture.busy, retryAt: 200, now: 100)
    let asset = try #require(try ledger.asset("a"))
    #expect(asset.status == .failed && asset.isRetryable && asset.retryAfter == 200)
    #expect(try ledger.nextDue() == 200)
    try ledger.releaseDue(now: 199, longestBackoff: 3600)
    #expect(try ledger.nextJob() == nil)
    try ledger.releaseDue(now: 200, longestBackoff: 3600)
    let next = try #require(try ledger.nextJob())
    #expect(next.job.attempt == 2)
    #expect(try ledger.jobs(of: "a").map(\.status) == [.failed, .queued])
    #expect(try ledger.failuresByCode() == [LedgerTotal(name: "failed", label: "stalled", value: 1)])
  }

  /// A clock that was a year ahead when the job failed must not keep it waiting for a year.
  @Test func aClockThatJumpsBackReleases() throws {
    let fixture = try LedgerFixture()
    try fixture.ledger.enqueue(LedgerFixture.upload("a"), now: 0)
    try fixture.ledger.fail(
      try fixture.startNext(), LedgerFixture.busy, retryAt: 31_536_000, now: 31_535_000)
    try fixture.ledger.releaseDue(now: 1000, longestBackoff: 3600)
    #expect(try fixture.ledger.nextJob()?.asset.id == "a")
  }

  @Test func aPermanentFailureStaysUntilRetry() throws {
    let fixture = try LedgerFixture()
    let ledger = fixture.ledger
    try ledger.enqueue(LedgerFixture.upload("a"), now: 0)
    try ledger.fail(try fixture.startNext(), LedgerFixture.broken, retryAt: nil, now: 1)
    try ledger.releaseDue(now: 1_000_000, longestBackoff: 60)
    #expect(try ledger.nextJob() == nil)
    #expect(try ledger.failures(limit: 5).map(\.failureReason) == ["it is broken"])
    #expect(try ledger.retry("a", now: 2))
    #expect(try !ledger.retry("a", now: 2))
    #expect(try ledger.nextJob()?.job.attempt == 1)
    #expect(try fixture.counts() == [1, 0, 0, 0, 0])
    #expect(throws: LedgerFailure.unknown(id: "b")) { try ledger.retry("b", now: 2) }
  }

  @Test func crashesAreCounted() throws {
    let fixture = try LedgerFixture()
    try fixture.ledger.enqueue(LedgerFixture.upload("a"), now: 0)
    for (code, count) in [(JobFailure.crash, 1), (JobFailure.quarantined, 2)] {
      let failure = JobFailure(reason: "it died", code: code, isRetryable: code == JobFailure.crash)
      try fixture.ledger.fail(try fixture.startNext(), failure, retryAt: count == 1 ? 0 : nil, now: 0)
      #expect(try fixture.ledger.asset("a")?.crashes == count)
      try fixture.ledger.releaseDue(now: 0, longestBackoff: 60)
    }
    try fixture.ledger.retry("a", now: 0)
    #expect(try fixture.ledger.asset("a")?.crashes == 0)
  }

  @Test func aNewVersionTakesTheOpenJob() throws {
    let fixture = try LedgerFixture()
    let ledger = fixture.ledger
    try ledger.enqueue(LedgerFixture.upload("a"), now: 0)
    try ledger.enqueue(LedgerFixture.upload("a", bytes: 11), now: 1)
    #expect(try ledger.queue(limit: 9).map(\.job.version) == [2])
    try ledger.finish(try fixture.startNext(), LedgerFixture.done(), now: 2)
    try ledger.enqueue(LedgerFixture.upload("a", bytes: 12), now: 3)
    let asset = try #require(try ledger.asset("a"))
    #expect(asset.version == 3 && asset.status == .queued && asset.sha256 == nil)
    // What stands in the tree stands there still.
    #expect(asset.manifestKey == "a/master.m3u8")
    #expect(try ledger.jobs(of: "a").map(\.status) == [.done, .queued])
  }

  @Test func theSameBytesWaitForEachOther() throws {
    let fixture = try LedgerFixture()
    let ledger = fixture.ledger
    for id in ["a", "b", "c"] { try ledger.enqueue(LedgerFixture.upload(id), now: 0) }
    let first = try fixture.startNext()
    let second = try fixture.startNext()
    try ledger.putBack(second, waitingFor: first.assetID)
    #expect(try ledger.asset("b")?.status == .queued)
    #expect(try ledger.nextJob()?.asset.id == "c")
    try ledger.releaseDue(now: 1_000_000, longestBackoff: 1)
    #expect(try ledger.nextJob()?.asset.id == "c")
    try ledger.finish(first, LedgerFixture.done("same"), now: 1)
    #expect(try ledger.nextJob()?.asset.id == "b")
    #expect(try ledger.assets(sha256: "same").map(\.id) == ["a"])
  }

  @Test func forgetting() throws {
    let fixture = try LedgerFixture()
    let ledger = fixture.ledger
    try ledger.enqueue(LedgerFixture.upload("a"), now: 0)
    try ledger.remember(
      UploadMemory(path: "/inbox/a", assetID: "a", stamp: "s", beside: "", state: .known))
    try ledger.finish(try fixture.startNext(), LedgerFixture.done(), now: 1)
    try ledger.forget("a")
    #expect(try ledger.asset("a") == nil)
    #expect(try ledger.renditions(of: "a").isEmpty && ledger.jobs(of: "a").isEmpty)
    #expect(try fixture.counts() == [0, 0, 0, 0, 0])
    let memory = try #require(try ledger.uploads(in: "/inbox").first)
    #expect(memory.state == .forgotten && memory.assetID == nil && memory.stamp == "s")
    #expect(throws: LedgerFailure.unknown(id: "a")) { try ledger.forget("a") }
  }

  @Test func anInboxIsNotItsNeighbour() throws {
    let fixture = try LedgerFixture()
    for path in ["/inbox/a", "/inbox-2/b", "/inbox/c/d", "/inbox0"] {
      try fixture.ledger.remember(
        UploadMemory(path: path, assetID: nil, stamp: "s", beside: "", state: .arriving))
    }
    #expect(try fixture.ledger.uploads(in: "/inbox").map(\.path) == ["/inbox/a", "/inbox/c/d"])
  }

  @Test func latencies() {
    #expect(Latency([]) == nil)
    let hundred = Latency(Array(1...100).shuffled())
    #expect(hundred?.median == 50 && hundred?.p90 == 90 && hundred?.p99 == 99 && hundred?.longest == 100)
    #expect(Latency([4])?.p99 == 4)
  }
}

/// Opening, migrating and checking.
@Suite(.enabled(if: Shell.find("python3") != nil, "needs python3 to change ledgers from outside"))
struct LedgerFileTests {
  /// From another process, as a person would.
  private func perform(_ sql: String, on path: String) throws {
    let script =
      "import sqlite3, sys; sqlite3.connect(sys.argv[1], isolation_level=None).execute(sys.argv[2]).fetchall()"
    let result = try Shell.run("python3", ["-c", script, path, sql])
    try #require(result.succeeded, "\(result)")
  }

  @Test func aSecondOpeningFindsWhatTheFirstWrote() throws {
    let fixture = try LedgerFixture()
    #expect(try fixture.ledger.version() == 2)
    try fixture.ledger.enqueue(LedgerFixture.upload("a"), now: 0)
    let other = try #require(try Ledger.openExisting(inTree: fixture.folder.path))
    #expect(try other.asset("a")?.status == .queued)
    #expect(try Ledger.openExisting(inTree: fixture.folder.file("nowhere")) == nil)
  }

  @Test func aFailedTransactionLeavesNothing() throws {
    let fixture = try LedgerFixture()
    #expect(throws: LedgerFailure.unknown(id: "x")) {
      try fixture.ledger.transaction { () throws(LedgerFailure) in
        try fixture.ledger.enqueue(LedgerFixture.upload("a"), now: 0)
        throw .unknown(id: "x")
      }
    }
    #expect(try fixture.ledger.asset("a") == nil)
    #expect(try fixture.counts() == [0, 0, 0, 0, 0])
  }

  @Test func aLedgerOfANewerRungIsRefused() throws {
    let fixture = try LedgerFixture()
    let path = Ledger.path(inTree: fixture.folder.path)
    try perform("PRAGMA user_version = 99", on: path)
    #expect(throws: LedgerFailure.newer(path: path, version: 99, known: 2)) {
      try Ledger.open(inTree: fixture.folder.path)
    }
  }

  @Test func whatIsNoLedgerIsRefused() throws {
    let folder = try TemporaryFolder("ledger")
    let path = try folder.write(
      "This is a text and no database, whatever its name says.", ".rung/ledger.sqlite")
    do {
      _ = try Ledger.open(inTree: folder.path)
      Issue.record("a text was opened as a ledger")
    } catch {
      guard case .damaged(path, _) = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  /// Only after an unclean end, or a week, is everything read.
  @Test func damageIsFoundAfterAnUncleanEnd() throws {
    let fixture = try LedgerFixture()
    try fixture.ledger.beginBatch(now: 1000)
    try fixture.ledger.transaction { () throws(LedgerFailure) in
      for number in 0..<2000 {
        try fixture.ledger.enqueue(LedgerFixture.upload("asset-\(number)"), now: 0)
      }
    }
    let path = Ledger.path(inTree: fixture.folder.path)
    try perform("PRAGMA wal_checkpoint(TRUNCATE)", on: path)
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let page = 4096
    // A page in the middle becomes nonsense, behind those that every opening reads.
    let middle = bytes.count / page / 2 * page
    for index in middle..<middle + page { bytes[index] = 0xa5 }
    try Data(bytes).write(
      to: URL(fileURLWithPath: fixture.folder.file("copy/.rung/ledger.sqlite")).creatingFolder())
    let damaged = try Ledger.open(inTree: fixture.folder.file("copy"))
    do {
      try damaged.beginBatch(now: 2000)
      Issue.record("the damage was not seen")
    } catch {
      guard case .damaged = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test func anOrderlyEndIsBelieved() throws {
    let fixture = try LedgerFixture()
    try fixture.ledger.beginBatch(now: 1000)
    #expect(try fixture.ledger.fact("checked_at") == "1000")
    try fixture.ledger.endBatch()
    try fixture.ledger.beginBatch(now: 2000)
    #expect(try fixture.ledger.fact("checked_at") == "1000")
    // It is still in use: the end was not orderly.
    try fixture.ledger.beginBatch(now: 3000)
    #expect(try fixture.ledger.fact("checked_at") == "3000")
    try fixture.ledger.endBatch()
    // The clock is behind the last check: nobody knows how long ago that was.
    try fixture.ledger.beginBatch(now: 500)
    #expect(try fixture.ledger.fact("checked_at") == "500")
  }
}

extension URL {
  fileprivate func creatingFolder() throws -> URL {
    try FileManager.default.createDirectory(
      at: deletingLastPathComponent(), withIntermediateDirectories: true)
    return self
  }
}
