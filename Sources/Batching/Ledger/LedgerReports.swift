/// How many assets are in each state, and how many of the finished ones would come out otherwise today.
package struct LedgerCounts: Sendable, Equatable {
  package var queued: Int64 = 0
  package var processing: Int64 = 0
  package var ready: Int64 = 0
  package var failed: Int64 = 0
  package var outdated: Int64 = 0

  package init() {}

  package var all: Int64 { queued + processing + ready + failed }
}

/// A count that only grows, for metrics: `jobs` by end (`done`, `failed`), `stage_ms` by stage, `failures` by code,
/// `bytes_in`, `bytes_out`.
package struct LedgerTotal: Sendable, Equatable {
  package var name: String
  package var label: String
  package var value: Int64

  package init(name: String, label: String, value: Int64) {
    self.name = name
    self.label = label
    self.value = value
  }
}

/// How long a stage took in the last jobs, in milliseconds; the nearest rank.
package struct Latency: Sendable, Equatable {
  package var jobs: Int
  package var median: Int64
  package var p90: Int64
  package var p99: Int64
  package var longest: Int64

  /// nil without a value.
  package init?(_ values: [Int64]) {
    let sorted = values.sorted()
    guard let last = sorted.last else { return nil }
    func rank(_ percent: Int) -> Int64 { sorted[max(0, (sorted.count * percent + 99) / 100 - 1)] }
    jobs = sorted.count
    (median, p90, p99, longest) = (rank(50), rank(90), rank(99), last)
  }
}

/// What was done since some moment.
package struct Throughput: Sendable, Equatable {
  package var jobs: Int64
  package var bytesIn: Int64
  package var bytesOut: Int64
  package var mediaMilliseconds: Int64
}

/// Questions that do not change the ledger; none reads more than it gives, whatever the ledger's size.
extension Ledger {
  package func counts() throws(LedgerFailure) -> LedgerCounts {
    var counts = LedgerCounts()
    let rows = try connection.rows(
      "SELECT name, label, value FROM totals WHERE name IN ('assets', 'outdated')"
    ) { (row) throws(LedgerFailure) in (row.text() ?? "", row.text() ?? "", row.integer() ?? 0) }
    for (name, label, value) in rows {
      switch (name, AssetStatus(rawValue: label)) {
      case ("outdated", _): counts.outdated = value
      case (_, .queued): counts.queued = value
      case (_, .processing): counts.processing = value
      case (_, .ready): counts.ready = value
      case (_, .failed): counts.failed = value
      case (_, nil): continue
      }
    }
    return counts
  }

  package func totals() throws(LedgerFailure) -> [LedgerTotal] {
    try connection.rows(
      "SELECT name, label, value FROM totals WHERE name NOT IN ('assets', 'outdated', 'failed') ORDER BY name, label"
    ) { (row) throws(LedgerFailure) in
      LedgerTotal(name: row.text() ?? "", label: row.text() ?? "", value: row.integer() ?? 0)
    }
  }

  /// How many assets are failed now, by code.
  package func failuresByCode() throws(LedgerFailure) -> [LedgerTotal] {
    try connection.rows(
      "SELECT label, value FROM totals WHERE name = 'failed' AND value > 0 ORDER BY label"
    ) { (row) throws(LedgerFailure) in
      LedgerTotal(name: "failed", label: row.text() ?? "", value: row.integer() ?? 0)
    }
  }

  package func asset(_ id: String) throws(LedgerFailure) -> AssetRecord? {
    try assets("WHERE a.id = ?1", [.text(id)]).first
  }

  /// Assets in one state, the newest last, at most `limit` of them.
  package func assets(_ status: AssetStatus, limit: Int) throws(LedgerFailure) -> [AssetRecord] {
    try assets("WHERE a.status = ?1 ORDER BY a.rowid LIMIT ?2", [.text(status.rawValue), LedgerValue(limit)])
  }

  /// Failed assets with their reasons, the newest first.
  package func failures(limit: Int) throws(LedgerFailure) -> [AssetRecord] {
    try assets("WHERE a.status = 'failed' ORDER BY a.rowid DESC LIMIT ?1", [LedgerValue(limit)])
  }

  /// Assets of these bytes, the oldest first.
  package func assets(sha256: String) throws(LedgerFailure) -> [AssetRecord] {
    try assets("WHERE a.sha256 = ?1 ORDER BY a.rowid LIMIT 100", [.text(sha256)])
  }

  private func assets(_ tail: String, _ values: [LedgerValue]) throws(LedgerFailure) -> [AssetRecord] {
    try connection.rows("SELECT \(AssetRecord.columns) FROM assets a \(tail)", values) {
      (row) throws(LedgerFailure) in AssetRecord(&row)
    }
  }

  package func renditions(of id: String) throws(LedgerFailure) -> [RenditionRow] {
    try connection.rows(
      """
      SELECT profile, kind, rate, playlist_key, segment_count, codec, status FROM renditions
      WHERE asset_id = ?1 ORDER BY kind DESC, rate DESC, profile
      """, [.text(id)]
    ) { (row) throws(LedgerFailure) in
      RenditionRow(
        profile: row.text() ?? "", kind: row.text() ?? "", rate: row.integer(), playlistKey: row.text(),
        segmentCount: row.int(), codec: row.text(), status: row.text() ?? "")
    }
  }

  package func policy(of id: String) throws(LedgerFailure) -> AssetPolicy? {
    try connection.rows(
      "SELECT max_bitrate, priority, cache_hint FROM policy WHERE asset_id = ?1", [.text(id)]
    ) { (row) throws(LedgerFailure) in
      AssetPolicy(maxBitrate: row.integer(), priority: row.int() ?? 0, cacheHint: row.text())
    }.first
  }

  /// Every attempt at an asset, the first one first.
  package func jobs(of id: String) throws(LedgerFailure) -> [JobRecord] {
    try connection.rows(
      "SELECT \(JobRecord.columns) FROM jobs j WHERE j.asset_id = ?1 ORDER BY j.number", [.text(id)]
    ) { (row) throws(LedgerFailure) in JobRecord(&row) }
  }

  package func runningJobs() throws(LedgerFailure) -> [LedgerJob] {
    try jobs("WHERE j.status = 'running' ORDER BY j.number", [])
  }

  /// What comes next, in the order in which it will be done.
  package func queue(limit: Int) throws(LedgerFailure) -> [LedgerJob] {
    try jobs(
      "WHERE j.status = 'queued' ORDER BY j.priority DESC, j.number LIMIT ?1", [LedgerValue(limit)])
  }

  /// What waits for its next attempt, the next one first.
  package func waiting(limit: Int) throws(LedgerFailure) -> [LedgerJob] {
    try jobs("WHERE j.status = 'waiting' ORDER BY j.run_after LIMIT ?1", [LedgerValue(limit)])
  }

  func jobs(_ tail: String, _ values: [LedgerValue]) throws(LedgerFailure) -> [LedgerJob] {
    try connection.rows(
      "SELECT \(JobRecord.columns), \(AssetRecord.columns) FROM jobs j JOIN assets a ON a.id = j.asset_id \(tail)",
      values
    ) { (row) throws(LedgerFailure) in
      let job = JobRecord(&row)
      return LedgerJob(job: job, asset: AssetRecord(&row))
    }
  }

  /// Since when the job that waits longest has been in the queue.
  package func oldestQueued() throws(LedgerFailure) -> Int64? {
    try connection.number("SELECT min(queued_at) FROM jobs WHERE status = 'queued'")
  }

  /// Percentiles of each stage, and of the whole (`nil`), over the last finished jobs.
  package func latencies(last count: Int = 1000) throws(LedgerFailure) -> [(stage: JobStage?, Latency)] {
    var values: [[Int64]] = Array(repeating: [], count: JobStage.allCases.count + 1)
    _ = try connection.rows(
      """
      SELECT probe_ms, plan_ms, encode_ms, package_ms, commit_ms, publish_ms, total_ms FROM jobs
      WHERE status = 'done' ORDER BY ended_at DESC LIMIT ?1
      """, [LedgerValue(count)]
    ) { (row) throws(LedgerFailure) in
      for index in values.indices { if let time = row.integer() { values[index].append(time) } }
    }
    let stages: [JobStage?] = JobStage.allCases + [nil]
    return zip(stages, values).compactMap { stage, times in Latency(times).map { (stage, $0) } }
  }

  /// What was finished from `since` on, by the ledger's own instants.
  package func throughput(since: Int64) throws(LedgerFailure) -> Throughput {
    let rows = try connection.rows(
      """
      SELECT count(*), sum(bytes_in), sum(bytes_out), sum(media_ms) FROM jobs
      WHERE status = 'done' AND ended_at >= ?1
      """, [.integer(since)]
    ) { (row) throws(LedgerFailure) in
      Throughput(
        jobs: row.integer() ?? 0, bytesIn: row.integer() ?? 0, bytesOut: row.integer() ?? 0,
        mediaMilliseconds: row.integer() ?? 0)
    }
    return rows.first ?? Throughput(jobs: 0, bytesIn: 0, bytesOut: 0, mediaMilliseconds: 0)
  }
}
