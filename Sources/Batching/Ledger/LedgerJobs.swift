/// The jobs: which is next, how far it is, how it ended.
extension Ledger {
  /// Lets the jobs go whose time has come. One whose time lies further ahead than any backoff was put there by a clock
  /// that has jumped back since: it goes too.
  package func releaseDue(now: Int64, longestBackoff: Int64) throws(LedgerFailure) {
    // Two ranges of one index, however many wait.
    for (range, limit) in [("<=", now), (">", now &+ longestBackoff)] {
      try connection.run(
        """
        UPDATE jobs SET status = 'queued', run_after = NULL
        WHERE status = 'waiting' AND run_after \(range) ?1 AND waits_for IS NULL
        """, [.integer(limit)])
    }
  }

  /// When the next waiting job may begin.
  package func nextDue() throws(LedgerFailure) -> Int64? {
    try connection.number(
      "SELECT min(run_after) FROM jobs WHERE status = 'waiting' AND run_after IS NOT NULL")
  }

  /// The job to do next: the highest priority, then the one that came first. Nothing is changed.
  package func nextJob() throws(LedgerFailure) -> LedgerJob? {
    try queue(limit: 1).first
  }

  package func start(_ job: JobRecord, pid: Int, now: Int64) throws(LedgerFailure) {
    try transaction { () throws(LedgerFailure) in
      try connection.run(
        """
        UPDATE jobs SET status = 'running', stage = 'probe', progress = 0, pid = ?2, started_at = ?3, ended_at = NULL,
        waits_for = NULL WHERE number = ?1
        """, [.integer(job.number), LedgerValue(pid), .integer(now)])
      try connection.run("UPDATE assets SET status = 'processing' WHERE id = ?1", [.text(job.assetID)])
    }
  }

  /// How far a running job is; `progress` in thousandths of the stage.
  package func advance(
    _ job: JobRecord, stage: JobStage, progress: Int
  ) throws(LedgerFailure) {
    try connection.run(
      "UPDATE jobs SET stage = ?2, progress = ?3 WHERE number = ?1",
      [.integer(job.number), .text(stage.rawValue), LedgerValue(progress)])
  }

  package func setHash(_ sha256: String, of id: String) throws(LedgerFailure) {
    try connection.run("UPDATE assets SET sha256 = ?2 WHERE id = ?1", [.text(id), .text(sha256)])
  }

  // MARK: Ends

  /// Puts a job that was stopped, and not by its own fault, back to where it was in the queue.
  package func putBack(_ job: JobRecord) throws(LedgerFailure) {
    try transaction { () throws(LedgerFailure) in
      try connection.run(
        """
        UPDATE jobs SET status = 'queued', pid = NULL, started_at = NULL, progress = 0, run_after = NULL,
        waits_for = NULL WHERE number = ?1
        """, [.integer(job.number)])
      try connection.run("UPDATE assets SET status = 'queued' WHERE id = ?1", [.text(job.assetID)])
    }
  }

  /// Puts a job back until the asset of the same bytes is made.
  package func putBack(_ job: JobRecord, waitingFor other: String) throws(LedgerFailure) {
    try transaction { () throws(LedgerFailure) in
      try putBack(job)
      try connection.run(
        "UPDATE jobs SET status = 'waiting', waits_for = ?2 WHERE number = ?1",
        [.integer(job.number), .text(other)])
    }
  }

  /// Lets those go that waited for an asset; nil: all that wait for any.
  package func releaseWaiting(for other: String?) throws(LedgerFailure) {
    let them = other == nil ? "" : "AND waits_for = ?1"
    try connection.run(
      """
      UPDATE jobs SET status = 'queued', waits_for = NULL
      WHERE status = 'waiting' AND waits_for IS NOT NULL \(them)
      """, other.map { [.text($0)] } ?? [])
  }

  /// The asset stands in the tree.
  package func finish(_ job: JobRecord, _ done: FinishedJob, now: Int64) throws(LedgerFailure) {
    try transaction { () throws(LedgerFailure) in
      var values: [LedgerValue] = [.integer(job.number), .integer(now)]
      values += JobStage.allCases.map { LedgerValue(done.milliseconds[$0]) }
      values += [
        LedgerValue(done.totalMilliseconds), LedgerValue(done.durationMilliseconds), .integer(done.bytes),
        .integer(done.bytesOut),
        .text((done.milliseconds[.publish] == nil ? JobStage.commit : .publish).rawValue),
      ]
      try connection.run(
        """
        UPDATE jobs SET status = 'done', stage = ?13, progress = 1000, pid = NULL, error = NULL,
        error_code = NULL, ended_at = ?2, probe_ms = ?3, plan_ms = ?4, encode_ms = ?5, package_ms = ?6,
        commit_ms = ?7, publish_ms = ?8, total_ms = ?9, media_ms = ?10, bytes_in = ?11, bytes_out = ?12
        WHERE number = ?1
        """, values)
      try setReady(job.assetID, done, now: now)
      try add(1, to: "jobs", JobStatus.done.rawValue)
      for (stage, milliseconds) in done.milliseconds { try add(milliseconds, to: "stage_ms", stage.rawValue) }
      try add(done.bytes, to: "bytes_in")
      try add(done.bytesOut, to: "bytes_out")
      try releaseWaiting(for: job.assetID)
    }
  }

  /// The asset was found in the tree, made by a job that nobody could write down. False when it had no job.
  package func adopt(_ id: String, _ done: FinishedJob, now: Int64) throws(LedgerFailure) -> Bool {
    try transaction { () throws(LedgerFailure) in
      let open = try connection.rows(
        "SELECT \(JobRecord.columns) FROM jobs j WHERE j.asset_id = ?1 AND j.\(Self.open)", [.text(id)]
      ) { (row) throws(LedgerFailure) in JobRecord(&row) }
      guard let job = open.first else { return false }
      try finish(job, done, now: now)
      return true
    }
  }

  private func setReady(_ id: String, _ done: FinishedJob, now: Int64) throws(LedgerFailure) {
    try connection.run(
      """
      UPDATE assets SET status = 'ready', sha256 = ?2, bytes = ?3, duration_ms = ?4, width = ?5, height = ?6,
      has_audio = ?7, asset_key = ?8, manifest_key = ?9, thumbnail_key = ?10, recipe = ?11, published_at = ?12,
      failure_reason = NULL, failure_code = NULL, retryable = 0, crashes = 0, outdated = 0 WHERE id = ?1
      """,
      [
        .text(id), .text(done.sha256), .integer(done.bytes), LedgerValue(done.durationMilliseconds),
        LedgerValue(done.width), LedgerValue(done.height), LedgerValue(done.hasAudio), .text(done.assetKey),
        .text(done.manifestKey), LedgerValue(done.thumbnailKey), .text(done.recipe), .integer(now),
      ])
    try connection.run("DELETE FROM renditions WHERE asset_id = ?1", [.text(id)])
    for row in done.renditions {
      try connection.run(
        "INSERT OR REPLACE INTO renditions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        [
          .text(id), .text(row.profile), .text(row.kind), LedgerValue(row.rate), LedgerValue(row.playlistKey),
          LedgerValue(row.segmentCount), LedgerValue(row.codec), .text(row.status),
        ])
    }
  }

  /// The job came to nothing; with `retryAt` it is tried once more then.
  package func fail(
    _ job: JobRecord, _ failure: JobFailure, retryAt: Int64?, now: Int64
  ) throws(LedgerFailure) {
    try transaction { () throws(LedgerFailure) in
      try connection.run(
        "UPDATE jobs SET status = 'failed', pid = NULL, ended_at = ?2, error = ?3, error_code = ?4 WHERE number = ?1",
        [.integer(job.number), .integer(now), .text(failure.reason), .text(failure.code)])
      try setFailed(job.assetID, failure)
      if [JobFailure.crash, JobFailure.quarantined].contains(failure.code) {
        try connection.run("UPDATE assets SET crashes = crashes + 1 WHERE id = ?1", [.text(job.assetID)])
      }
      if let retryAt {
        try connection.run(
          """
          INSERT INTO jobs (asset_id, version, status, attempt, priority, run_after, queued_at)
          VALUES (?1, ?2, 'waiting', ?3, ?4, ?5, ?6)
          """,
          [
            .text(job.assetID), LedgerValue(job.version), LedgerValue(job.attempt + 1),
            LedgerValue(job.priority),
            .integer(retryAt), .integer(job.queuedAt),
          ])
      }
      try add(1, to: "jobs", JobStatus.failed.rawValue)
      try add(1, to: "failures", failure.code)
      try releaseWaiting(for: job.assetID)
    }
  }

  func setFailed(_ id: String, _ failure: JobFailure) throws(LedgerFailure) {
    try connection.run(
      "UPDATE assets SET status = 'failed', failure_reason = ?2, failure_code = ?3, retryable = ?4 WHERE id = ?1",
      [.text(id), .text(failure.reason), .text(failure.code), LedgerValue(failure.isRetryable)])
  }

  /// Ends the open job of an asset whose upload is gone before anything was made of it.
  package func drop(_ id: String, _ failure: JobFailure) throws(LedgerFailure) {
    try transaction { () throws(LedgerFailure) in
      try connection.run(
        "DELETE FROM jobs WHERE asset_id = ?1 AND status IN ('queued', 'waiting')", [.text(id)])
      try setFailed(id, failure)
    }
  }
}
