internal import Batching
internal import Foundation
internal import TestKit
internal import Testing

/// The rules that need neither a ledger nor a process.
@Suite struct RulesTests {
  private static let slow = JobFailure(reason: "slow", code: "stalled", isRetryable: true)

  @Test func threeAttemptsWithGrowingWaits() {
    let policy = RetryPolicy()
    let waits = (1...3).map { policy.verdict(Self.slow, attempt: $0, crashes: 0, now: 1000).retryAt }
    #expect(waits == [1060, 1240, nil])
    let patient = RetryPolicy(attempts: 20, firstDelay: 60)
    #expect(
      patient.verdict(Self.slow, attempt: 19, crashes: 0, now: 0).retryAt == RetryPolicy.longestDelay)
    #expect(RetryPolicy(firstDelay: 0).verdict(Self.slow, attempt: 1, crashes: 0, now: 5).retryAt == 5)
  }

  @Test func whatIsPermanentIsNotTriedAgain() {
    let broken = JobFailure(reason: "broken", code: "input", isRetryable: false)
    let verdict = RetryPolicy().verdict(broken, attempt: 1, crashes: 0, now: 0)
    #expect(verdict.retryAt == nil && verdict.failure == broken)
  }

  @Test func twoCrashesAndItIsPutAside() {
    let crash = JobFailure(reason: "it died of SIGSEGV", code: JobFailure.crash, isRetryable: true)
    let policy = RetryPolicy()
    #expect(policy.verdict(crash, attempt: 1, crashes: 1, now: 0).retryAt == 60)
    let second = policy.verdict(crash, attempt: 2, crashes: 2, now: 0)
    #expect(second.retryAt == nil && second.failure.code == "quarantined" && !second.failure.isRetryable)
    #expect(second.failure.reason.contains("it died of SIGSEGV"))
  }

  @Test func beingKilledIsNoFaultOfTheUpload() {
    let killed = JobFailure(reason: "killed", code: JobFailure.killed, isRetryable: true)
    #expect(RetryPolicy().verdict(killed, attempt: 5, crashes: 0, now: 0).retryAt != nil)
    #expect(RetryPolicy().verdict(killed, attempt: 12, crashes: 0, now: 0).retryAt == nil)
  }

  @Test(arguments: [
    ("30m", JobDeadline.seconds(1800)), ("90s", .seconds(90)), ("2h", .seconds(7200)), ("45", .seconds(45)),
    ("10x", .timesDuration(10)),
  ])
  func deadlines(_ text: String, _ deadline: JobDeadline) {
    #expect(JobDeadline.parse(text) == deadline)
  }

  @Test(arguments: ["", "x", "0", "0x", "-1s", "1.5h", "99999999999999999999s", "ten", "400d", "2000x"])
  func noDeadlines(_ text: String) { #expect(JobDeadline.parse(text) == nil) }

  @Test func aDeadlineByTheLengthOfTheMedia() {
    #expect(JobDeadline.seconds(5).milliseconds(duration: 1_000_000) == 5000)
    #expect(JobDeadline.timesDuration(10).milliseconds(duration: 7_200_000) == 72_000_000)
    #expect(JobDeadline.timesDuration(10).milliseconds(duration: nil) == 600_000)
    #expect(JobDeadline.timesDuration(10).milliseconds(duration: Int64.max) == Int64.max)
  }

  @Test func coresAreDivided() {
    let gib: Int64 = 1 << 30
    func share(_ cores: Int, _ memory: Int64, _ jobs: Int?) -> [Int] {
      let share = MachineShare(cores: cores, memory: memory * gib, jobs: jobs, most: 8 * gib)
      return [share.jobs, share.workers, Int(share.workerMemory / gib)]
    }
    #expect(share(2, 16, nil) == [2, 1, 8])
    #expect(share(16, 64, nil) == [4, 4, 4])
    #expect(share(16, 64, 2) == [2, 8, 4])
    #expect(share(4, 64, 8) == [8, 1, 8])
    // Memory for three workers.
    #expect(share(16, 7, nil) == [3, 1, 2])
    #expect(share(1, 1, nil) == [1, 1, 2])
  }

  @Test func aSecondBatchLearnsWhoHasTheLock() throws {
    let folder = try TemporaryFolder("lock")
    try FileManager.default.createDirectory(atPath: folder.file(".rung"), withIntermediateDirectories: true)
    var first: BatchLock?
    if case .acquired(let lock) = try BatchLock.acquire(inTree: folder.path, owner: BatchLock.owner(now: 0)) {
      first = lock
    }
    try #require(first != nil)
    guard case .held(let by) = try BatchLock.acquire(inTree: folder.path, owner: "me") else {
      Issue.record("two have the lock")
      return
    }
    #expect(by.hasPrefix("process \(ProcessInfo.processInfo.processIdentifier) on "), "\(by)")
    #expect(by.hasSuffix("since 1970-01-01T00:00:00Z"), "\(by)")
    first = nil
    guard case .acquired = try BatchLock.acquire(inTree: folder.path, owner: "me") else {
      Issue.record("the lock outlived its owner")
      return
    }
  }

  @Test func clockReadings() {
    let reading = ClockReading(now: 12, steady: 3400, boot: "a b")
    #expect(ClockReading(text: reading.text) == reading)
    #expect(ClockReading(text: "1 2") == nil && ClockReading(text: "x 2 b") == nil)
    #expect(ClockReading(now: 22, steady: 13_400, boot: "a b").lead(since: reading) == 0)
    #expect(ClockReading(now: 3622, steady: 13_400, boot: "a b").lead(since: reading) == 3600)
    #expect(ClockReading(now: 3622, steady: 13_400, boot: "c").lead(since: reading) == 0)
  }
}
