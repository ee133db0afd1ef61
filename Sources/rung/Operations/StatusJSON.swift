internal import Batching
internal import Media

/// The status of a tree for machines: a snapshot in, one document with stable keys out. Instants are ISO 8601, spans
/// whole seconds, latencies milliseconds.
enum StatusJSON {
  static func document(_ snapshot: LedgerSnapshot) -> JSONText {
    .object([
      ("assets", counts(snapshot.counts)),
      ("running", .array(snapshot.running.map { running($0, snapshot) })),
      (
        "queue",
        .object([
          ("length", .integer(snapshot.counts.queued)), ("age", .integer(snapshot.queueAge)),
          ("next", .array(snapshot.queue.map(queued))),
        ])
      ),
      ("waiting", .array(snapshot.waiting.map { waiting($0, snapshot) })),
      ("failures", .array(snapshot.failures.map { failure($0, snapshot) })),
      ("failures_by_code", .object(snapshot.failuresByCode.map { ($0.label, .integer($0.value)) })),
      ("throughput", .object([("hour", throughput(snapshot.hour)), ("day", throughput(snapshot.day))])),
      (
        "latency_ms",
        .object(snapshot.latencies.map { ($0.stage?.rawValue ?? "total", latency($0.latency)) })
      ),
    ])
  }

  private static func counts(_ counts: LedgerCounts) -> JSONText {
    .object([
      ("queued", .integer(counts.queued)), ("processing", .integer(counts.processing)),
      ("ready", .integer(counts.ready)), ("failed", .integer(counts.failed)),
      ("outdated", .integer(counts.outdated)),
    ])
  }

  private static func running(_ entry: LedgerSnapshot.Running, _ snapshot: LedgerSnapshot) -> JSONText {
    let job = entry.job.job
    return .object([
      ("id", .string(entry.job.asset.id)), ("stage", .string(job.stage.rawValue)),
      ("progress", progress(job.progress)), ("attempt", .integer(Int64(job.attempt))),
      ("seconds", .optional(job.startedAt.map { max(0, snapshot.now &- $0) })),
      ("alive", .bool(entry.isAlive)),
    ])
  }

  private static func queued(_ entry: LedgerJob) -> JSONText {
    .object([
      ("id", .string(entry.asset.id)), ("priority", .integer(Int64(entry.job.priority))),
      ("queued_at", .string(TreeLedger.instant(entry.job.queuedAt))), ("bytes", .integer(entry.asset.bytes)),
    ])
  }

  private static func waiting(_ entry: LedgerJob, _ snapshot: LedgerSnapshot) -> JSONText {
    .object([
      ("id", .string(entry.asset.id)), ("attempt", .integer(Int64(entry.job.attempt))),
      ("retry_after", .optional(entry.job.runAfter.map(snapshot.wait))),
      ("waits_for", .optional(entry.job.waitsFor)),
    ])
  }

  private static func failure(_ asset: AssetRecord, _ snapshot: LedgerSnapshot) -> JSONText {
    .object([
      ("id", .string(asset.id)), ("code", .optional(asset.failureCode)),
      ("reason", .optional(asset.failureReason)), ("retryable", .bool(asset.isRetryable)),
      ("retry_after", .optional(asset.retryAfter.map(snapshot.wait))),
    ])
  }

  private static func throughput(_ done: Throughput) -> JSONText {
    .object([
      ("jobs", .integer(done.jobs)), ("bytes_in", .integer(done.bytesIn)),
      ("bytes_out", .integer(done.bytesOut)),
      ("media_seconds", .decimal(DecimalText.fixed(done.mediaMilliseconds, places: 3))),
    ])
  }

  private static func latency(_ latency: Latency) -> JSONText {
    .object([
      ("jobs", .integer(Int64(latency.jobs))), ("median", .integer(latency.median)),
      ("p90", .integer(latency.p90)), ("p99", .integer(latency.p99)), ("longest", .integer(latency.longest)),
    ])
  }

  static func progress(_ thousandths: Int) -> JSONText {
    .decimal(DecimalText.fixed(Int64(max(0, min(1000, thousandths))), places: 3))
  }
}
