/// What the inbox says about an upload that is to be made.
package struct Upload: Sendable, Equatable {
  package var id: String
  package var source: String
  package var bytes: Int64
  package var creator: String?
  package var title: String?
  package var ladder: String?
  package var maxHeight: Int?
  package var captions: String?
  package var assetKey: String?
  package var policy: AssetPolicy

  package init(
    id: String, source: String, bytes: Int64, creator: String? = nil, title: String? = nil,
    ladder: String? = nil, maxHeight: Int? = nil, captions: String? = nil, assetKey: String? = nil,
    policy: AssetPolicy = AssetPolicy()
  ) {
    self.id = id
    self.source = source
    self.bytes = bytes
    self.creator = creator
    self.title = title
    self.ladder = ladder
    self.maxHeight = maxHeight
    self.captions = captions
    self.assetKey = assetKey
    self.policy = policy
  }
}

/// A job with the asset that it makes.
package struct LedgerJob: Sendable, Equatable {
  package var job: JobRecord
  package var asset: AssetRecord
}

/// What came of a job, as its `asset.json` says.
package struct FinishedJob: Sendable, Equatable {
  package var sha256: String
  package var bytes: Int64
  package var durationMilliseconds: Int64?
  package var width: Int?
  package var height: Int?
  package var hasAudio: Bool
  package var assetKey: String
  package var manifestKey: String
  package var thumbnailKey: String?
  package var recipe: String
  package var bytesOut: Int64
  package var renditions: [RenditionRow]
  package var milliseconds: [JobStage: Int64] = [:]
  package var totalMilliseconds: Int64?

  package init(
    sha256: String, bytes: Int64, durationMilliseconds: Int64?, width: Int?, height: Int?, hasAudio: Bool,
    assetKey: String, manifestKey: String, thumbnailKey: String?, recipe: String, bytesOut: Int64,
    renditions: [RenditionRow]
  ) {
    self.sha256 = sha256
    self.bytes = bytes
    self.durationMilliseconds = durationMilliseconds
    self.width = width
    self.height = height
    self.hasAudio = hasAudio
    self.assetKey = assetKey
    self.manifestKey = manifestKey
    self.thumbnailKey = thumbnailKey
    self.recipe = recipe
    self.bytesOut = bytesOut
    self.renditions = renditions
  }
}

/// Why a job failed.
package struct JobFailure: Error, Sendable, Equatable {
  package var reason: String
  /// A short stable word: `input`, `timeout`, `stalled`, `crash`, `disk`.
  package var code: String
  package var isRetryable: Bool

  package init(reason: String, code: String, isRetryable: Bool) {
    self.reason = reason
    self.code = code
    self.isRetryable = isRetryable
  }
}

/// The queue: what is to be made, by whom it is being made, how it ended.
extension Ledger {
  private static let open = "status IN ('queued', 'waiting', 'running')"

  /// Puts an upload into the queue: a new asset, or a new version of one. An open job of the same asset becomes this
  /// one's; one that runs stays, and goes on with what it has opened.
  /// `isNewVersion`: other bytes than those that the asset was made of, or was to be.
  package func enqueue(_ upload: Upload, isNewVersion: Bool = true, now: Int64) throws(LedgerFailure) {
    try transaction { () throws(LedgerFailure) in
      let version = try put(upload, isNewVersion)
      try connection.run(
        """
        UPDATE assets SET status = 'queued', failure_reason = NULL, failure_code = NULL, retryable = 0, crashes = 0,
        outdated = 0 WHERE id = ?1
        """, [.text(upload.id)])
      try requeue(upload.id, version: version, priority: upload.policy.priority, now: now)
    }
  }

  /// Records an upload that cannot even be tried.
  package func reject(
    _ upload: Upload, _ failure: JobFailure, isNewVersion: Bool = true, now: Int64
  ) throws(LedgerFailure) {
    try transaction { () throws(LedgerFailure) in
      _ = try put(upload, isNewVersion)
      try connection.run("DELETE FROM jobs WHERE asset_id = ?1 AND \(Self.open)", [.text(upload.id)])
      try setFailed(upload.id, failure)
      try add(1, to: "failures", failure.code)
    }
  }

  /// The facts of an upload into `assets` and `policy`; gives the version.
  private func put(_ upload: Upload, _ isNewVersion: Bool) throws(LedgerFailure) -> Int {
    try connection.run(
      """
      INSERT INTO assets (id, creator, title, source, bytes, status, ladder, max_height, captions, asset_key)
      VALUES (?1, ?2, ?3, ?4, ?5, 'queued', ?6, ?7, ?8, ?9)
      ON CONFLICT (id) DO UPDATE SET creator = ?2, title = ?3, source = ?4, bytes = ?5,
      sha256 = CASE WHEN ?10 THEN NULL ELSE sha256 END, version = version + ?10, ladder = ?6, max_height = ?7, captions = ?8, asset_key = ?9
      """,
      [
        .text(upload.id), LedgerValue(upload.creator), LedgerValue(upload.title), .text(upload.source),
        .integer(upload.bytes), LedgerValue(upload.ladder), LedgerValue(upload.maxHeight),
        LedgerValue(upload.captions), LedgerValue(upload.assetKey), LedgerValue(isNewVersion),
      ])
    try setPolicy(upload.policy, of: upload.id)
    return Int(
      clamping: try connection.number("SELECT version FROM assets WHERE id = ?1", [.text(upload.id)]) ?? 1)
  }

  private func requeue(
    _ id: String, version: Int, priority: Int, now: Int64
  ) throws(LedgerFailure) {
    let changed = try connection.run(
      """
      UPDATE jobs SET status = 'queued', version = ?2, attempt = 1, priority = ?3, run_after = NULL, waits_for = NULL
      WHERE asset_id = ?1 AND status IN ('queued', 'waiting')
      """, [.text(id), LedgerValue(version), LedgerValue(priority)])
    guard changed == 0 else { return }
    try connection.run(
      "INSERT INTO jobs (asset_id, version, status, priority, queued_at) VALUES (?1, ?2, 'queued', ?3, ?4)",
      [.text(id), LedgerValue(version), LedgerValue(priority), .integer(now)])
  }

  /// Has an asset made once more, whatever came of it: `rung retry`, and `--refresh`. False when it is being made, or
  /// waits for that already.
  @discardableResult
  package func retry(_ id: String, now: Int64) throws(LedgerFailure) -> Bool {
    try transaction { () throws(LedgerFailure) in
      guard let asset = try asset(id) else { throw .unknown(id: id) }
      let isBusy = try connection.number(
        "SELECT 1 FROM jobs WHERE asset_id = ?1 AND status IN ('queued', 'running')", [.text(id)])
      guard isBusy == nil else { return false }
      try connection.run(
        """
        UPDATE assets SET status = 'queued', failure_reason = NULL, failure_code = NULL, retryable = 0, crashes = 0
        WHERE id = ?1
        """, [.text(id)])
      let policy = try policy(of: id)
      try requeue(id, version: asset.version, priority: policy?.priority ?? 0, now: now)
      return true
    }
  }

  /// What the sidecar says of an asset that is not made again now.
  package func describe(_ upload: Upload) throws(LedgerFailure) {
    try transaction { () throws(LedgerFailure) in
      try connection.run(
        """
        UPDATE assets SET creator = ?2, title = ?3, ladder = ?4, max_height = ?5, captions = ?6 WHERE id = ?1
        """,
        [
          .text(upload.id), LedgerValue(upload.creator), LedgerValue(upload.title),
          LedgerValue(upload.ladder),
          LedgerValue(upload.maxHeight), LedgerValue(upload.captions),
        ])
      try setPolicy(upload.policy, of: upload.id)
    }
  }

  package func setPolicy(_ policy: AssetPolicy, of id: String) throws(LedgerFailure) {
    try connection.run(
      """
      INSERT INTO policy VALUES (?1, ?2, ?3, ?4)
      ON CONFLICT DO UPDATE SET max_bitrate = ?2, priority = ?3, cache_hint = ?4
      """,
      [
        .text(id), LedgerValue(policy.maxBitrate), LedgerValue(policy.priority),
        LedgerValue(policy.cacheHint),
      ])
    try connection.run(
      "UPDATE jobs SET priority = ?2 WHERE asset_id = ?1 AND status IN ('queued', 'waiting') AND priority <> ?2",
      [.text(id), LedgerValue(policy.priority)])
  }

  /// Forgets an asset: its row, its renditions, jobs and policy. An upload that still lies in the inbox is left alone
  /// from now on, until it changes.
  package func forget(_ id: String) throws(LedgerFailure) {
    try transaction { () throws(LedgerFailure) in
      try connection.run("UPDATE uploads SET state = 'forgotten' WHERE asset_id = ?1", [.text(id)])
      guard try connection.run("DELETE FROM assets WHERE id = ?1", [.text(id)]) > 0 else {
        throw .unknown(id: id)
      }
    }
  }

  /// Removes an asset of which nothing was made, with all that belongs to it.
  package func remove(_ id: String) throws(LedgerFailure) {
    try connection.run("DELETE FROM assets WHERE id = ?1", [.text(id)])
  }

  // MARK: Picking

  /// Lets the jobs go whose time has come. One whose time lies further ahead than any backoff was put there by a clock
  /// that has jumped back since: it goes too.
  package func releaseDue(now: Int64, longestBackoff: Int64) throws(LedgerFailure) {
    try connection.run(
      """
      UPDATE jobs SET status = 'queued', run_after = NULL
      WHERE status = 'waiting' AND waits_for IS NULL AND (run_after <= ?1 OR run_after > ?2)
      """, [.integer(now), .integer(now &+ longestBackoff)])
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
    try connection.run(
      """
      UPDATE jobs SET status = 'queued', waits_for = NULL
      WHERE status = 'waiting' AND waits_for IS NOT NULL AND (?1 IS NULL OR waits_for = ?1)
      """, [LedgerValue(other)])
  }

  /// The asset stands in the tree.
  package func finish(_ job: JobRecord, _ done: FinishedJob, now: Int64) throws(LedgerFailure) {
    try transaction { () throws(LedgerFailure) in
      var values: [LedgerValue] = [.integer(job.number), .integer(now)]
      values += JobStage.allCases.map { LedgerValue(done.milliseconds[$0]) }
      values += [
        LedgerValue(done.totalMilliseconds), LedgerValue(done.durationMilliseconds), .integer(done.bytes),
        .integer(done.bytesOut),
      ]
      try connection.run(
        """
        UPDATE jobs SET status = 'done', stage = 'commit', progress = 1000, pid = NULL, error = NULL,
        error_code = NULL, ended_at = ?2, probe_ms = ?3, plan_ms = ?4, encode_ms = ?5, package_ms = ?6,
        commit_ms = ?7, total_ms = ?8, media_ms = ?9, bytes_in = ?10, bytes_out = ?11 WHERE number = ?1
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
      if failure.code == JobFailure.crash {
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

  private func setFailed(_ id: String, _ failure: JobFailure) throws(LedgerFailure) {
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

extension JobFailure {
  /// The code of a child that died of itself: two of them and the upload is put aside.
  package static let crash = "crash"
}
