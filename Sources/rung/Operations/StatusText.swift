internal import Batching

/// The status of a tree as a person reads it: a snapshot in, tables out.
enum StatusText {
  static func render(_ snapshot: LedgerSnapshot) -> String {
    let counts = snapshot.counts
    var head =
      "\(counts.ready) ready, \(counts.queued) queued, \(counts.processing) processing, \(counts.failed) failed"
    if counts.outdated > 0 { head += "; \(counts.outdated) outdated (see 'rung batch --refresh')" }
    let parts = [
      head + "\n" + speed("hour", snapshot.hour) + speed("day", snapshot.day), running(snapshot),
      queue(snapshot),
      waiting(snapshot), failures(snapshot), latencies(snapshot),
    ]
    return parts.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private static func speed(_ span: String, _ done: Throughput) -> String {
    guard done.jobs > 0 else { return "" }
    return
      "last \(span): \(done.jobs) made, \(Human.bytes(done.bytesIn)) in, \(Human.bytes(done.bytesOut)) out, "
      + "\(Human.clock(milliseconds: done.mediaMilliseconds)) of media\n"
  }

  private static func running(_ snapshot: LedgerSnapshot) -> String {
    var table = Table([
      .init(title: "running"), .init(title: "stage"), .init(title: "done", isNumber: true),
      .init(title: "since", isNumber: true), .init(title: "attempt", isNumber: true),
    ])
    for entry in snapshot.running {
      let job = entry.job.job
      table.add([
        entry.job.asset.id, entry.isAlive ? job.stage.rawValue : "stopped, goes on with the next batch",
        percent(job.progress), job.startedAt.map { clock(snapshot.now &- $0) } ?? "", String(job.attempt),
      ])
    }
    return table.rows.isEmpty ? "" : table.render()
  }

  private static func queue(_ snapshot: LedgerSnapshot) -> String {
    var table = Table([
      .init(title: "queued"), .init(title: "priority", isNumber: true), .init(title: "since", isNumber: true),
      .init(title: "size", isNumber: true),
    ])
    for entry in snapshot.queue {
      table.add([
        entry.asset.id, String(entry.job.priority), clock(snapshot.now &- entry.job.queuedAt),
        Human.bytes(entry.asset.bytes),
      ])
    }
    let more = snapshot.counts.queued &- Int64(snapshot.queue.count)
    return table.rows.isEmpty ? "" : table.render() + (more > 0 ? "and \(more) more\n" : "")
  }

  private static func waiting(_ snapshot: LedgerSnapshot) -> String {
    var table = Table([
      .init(title: "waiting"), .init(title: "attempt", isNumber: true), .init(title: "in", isNumber: true),
      .init(title: "because"),
    ])
    for entry in snapshot.waiting {
      table.add([
        entry.asset.id, String(entry.job.attempt),
        entry.job.runAfter.map { clock(snapshot.wait(until: $0)) } ?? "",
        entry.job.waitsFor.map { "\($0) has the same bytes and is made first" } ?? entry.asset.failureReason
          ?? "",
      ])
    }
    return table.rows.isEmpty ? "" : table.render()
  }

  private static func failures(_ snapshot: LedgerSnapshot) -> String {
    // Those that are tried again by themselves stand above.
    let lasting = snapshot.failures.filter { $0.retryAfter == nil }
    var table = Table([.init(title: "failed"), .init(title: "kind"), .init(title: "reason")])
    for asset in lasting { table.add([asset.id, asset.failureCode ?? "", asset.failureReason ?? ""]) }
    guard !table.rows.isEmpty else { return "" }
    let more = snapshot.counts.failed &- Int64(snapshot.failures.count)
    return table.render() + (more > 0 ? "and \(more) more\n" : "")
  }

  private static func latencies(_ snapshot: LedgerSnapshot) -> String {
    var table = Table(
      [.init(title: "seconds")]
        + ["median", "90 %", "99 %", "longest", "jobs"].map { .init(title: $0, isNumber: true) })
    for (stage, latency) in snapshot.latencies {
      let times = [latency.median, latency.p90, latency.p99, latency.longest].map(Self.seconds)
      table.add([stage?.rawValue ?? "whole"] + times + [String(latency.jobs)])
    }
    return table.rows.isEmpty ? "" : table.render()
  }

  static func percent(_ thousandths: Int) -> String { "\(max(0, min(1000, thousandths)) / 10) %" }
  static func clock(_ seconds: Int64) -> String { Human.clock(milliseconds: max(0, seconds) &* 1000) }
  private static func seconds(_ milliseconds: Int64) -> String {
    Human.decimal(Double(milliseconds) / 1000, places: 3)
  }
}
