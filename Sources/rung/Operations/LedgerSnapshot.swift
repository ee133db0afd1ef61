internal import Batching

/// What a ledger says at one moment: counts, what is being made, what comes next, what failed, how fast it goes. The
/// ledger and a time in; values out, from which text, JSON and metrics are made.
struct LedgerSnapshot: Sendable {
  /// Rows of each list; the counts tell how many there are.
  static let rows = 20
  static let latencyJobs = 1000

  struct Running: Sendable {
    var job: LedgerJob
    /// False for a job whose process is gone: the next batch takes it up again.
    var isAlive: Bool
  }

  var now: Int64
  var counts = LedgerCounts()
  var running: [Running] = []
  var queue: [LedgerJob] = []
  var waiting: [LedgerJob] = []
  var failures: [AssetRecord] = []
  var failuresByCode: [LedgerTotal] = []
  var totals: [LedgerTotal] = []
  var hour: Throughput
  var day: Throughput
  var latencies: [(stage: JobStage?, latency: Latency)] = []
  var oldestQueued: Int64?

  init(
    _ ledger: Ledger, now: Int64, isAlive: (Int?) -> Bool = TreeLedger.isAlive
  ) throws(LedgerFailure) {
    self.now = now
    counts = try ledger.counts()
    running = try ledger.runningJobs().map { Running(job: $0, isAlive: isAlive($0.job.pid)) }
    queue = try ledger.queue(limit: Self.rows)
    waiting = try ledger.waiting(limit: Self.rows)
    failures = try ledger.failures(limit: Self.rows)
    failuresByCode = try ledger.failuresByCode()
    totals = try ledger.totals()
    hour = try ledger.throughput(since: now &- 3600)
    day = try ledger.throughput(since: now &- 86_400)
    latencies = try ledger.latencies(last: Self.latencyJobs).map { (stage: $0.stage, latency: $0.1) }
    oldestQueued = try ledger.oldestQueued()
  }

  /// Since when the upload that waits longest for its turn does so, in seconds; a clock that was set back gives 0.
  var queueAge: Int64 { oldestQueued.map { max(0, now &- $0) } ?? 0 }

  /// In seconds from now; 0 when it is time.
  func wait(until instant: Int64) -> Int64 { max(0, instant &- now) }
}
