internal import Batching
internal import Foundation
internal import Synchronization
internal import TestKit
internal import Testing

@testable internal import rung

/// A tree with a ledger in which a bit of everything stands, at fixed times.
struct LedgerSample {
  static let now: Int64 = 1_772_366_400  // 2026-03-01T12:00:00Z
  let folder: TemporaryFolder
  let ledger: Ledger

  init() throws {
    folder = try TemporaryFolder("ledger")
    try FileManager.default.createDirectory(atPath: folder.file(".rung"), withIntermediateDirectories: true)
    ledger = try Ledger.open(inTree: folder.path)
  }

  /// Two ready, one of them outdated; one running, two queued, one waiting, one failed for good.
  static func full() throws -> LedgerSample {
    let sample = try LedgerSample()
    let ledger = sample.ledger
    try sample.make("holiday", began: now - 600, took: 20)
    try sample.make("concert", began: now - 7200, took: 95)
    try ledger.setOutdated(true, "concert")
    try sample.fail(
      "busy", JobFailure(reason: "the disk was slow", code: "stalled", isRetryable: true), now + 45)
    try sample.fail(
      "notes", JobFailure(reason: "no format was \"recognised\"", code: "input", isRetryable: false), nil)
    try sample.add("running", priority: 9)
    let job = try sample.start("running", at: now - 62)
    try ledger.advance(job, stage: .encode, progress: 425)
    try sample.add("next", priority: 5, at: now - 120)
    try sample.add("later", at: now - 300)
    return sample
  }

  func add(_ id: String, priority: Int = 0, at: Int64 = now) throws {
    try ledger.enqueue(
      Upload(
        id: id, source: "/inbox/\(id).mov", bytes: 1_250_000, creator: "anna", title: "The \(id)",
        assetKey: "packaged/\(id)/asset.json", policy: AssetPolicy(priority: priority)), now: at)
  }

  /// The job is the next one.
  func start(_ id: String, at: Int64) throws -> JobRecord {
    let next = try #require(try ledger.nextJob())
    #expect(next.asset.id == id)
    try ledger.start(next.job, pid: 4711, now: at)
    return next.job
  }

  func make(_ id: String, began: Int64, took: Int64) throws {
    try add(id, at: began - 5)
    var done = FinishedJob(
      sha256: String(repeating: "a", count: 64), bytes: 1_250_000, durationMilliseconds: 12_012, width: 1280,
      height: 720, hasAudio: true, assetKey: "packaged/\(id)/asset.json",
      manifestKey: "packaged/\(id)/hls/master.m3u8", thumbnailKey: nil, recipe: "r", bytesOut: 3_400_000,
      renditions: [
        RenditionRow(
          profile: "720p", kind: "video", rate: 2_782_000, playlistKey: "packaged/\(id)/hls/720p/index.m3u8",
          segmentCount: 2, codec: "avc1.64001f")
      ])
    done.milliseconds = [.probe: 310, .plan: 4, .encode: (took - 1) * 1000, .package: 420, .commit: 55]
    done.totalMilliseconds = took * 1000
    try ledger.finish(try start(id, at: began), done, now: began + took)
  }

  func fail(_ id: String, _ failure: JobFailure, _ retryAt: Int64?) throws {
    try add(id, at: Self.now - 400)
    try ledger.fail(try start(id, at: Self.now - 90), failure, retryAt: retryAt, now: Self.now - 15)
  }

  func snapshot(isAlive: Bool = true) throws -> LedgerSnapshot {
    try LedgerSnapshot(ledger, now: Self.now, isAlive: { _ in isAlive })
  }
}

/// A shell of commands whose log is kept.
final class LoggedShell: Sendable {
  private let text = Mutex("")
  var written: String { text.withLock { $0 } }

  var shell: rung.Shell {
    let console = Console(isTerminal: false, sink: { new in self.text.withLock { $0 += new } })
    return rung.Shell(log: Log(format: .text, isQuiet: false, console: console))
  }

  /// Parses and runs a command of Rung in this process.
  func run(_ arguments: [String]) throws -> ExitCode {
    guard case .run(let invocation) = try Parser.parse(arguments, commands.map { $0.declaration }) else {
      throw rung.CommandFailure(nil, "not a command")
    }
    let type = try #require(commands.first { $0.declaration.name == invocation.command })
    return try type.init(invocation).run(shell)
  }
}
