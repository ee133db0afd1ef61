/// The queue: what is to be made, by whom it is being made, how it ended.
extension Ledger {
  static let open = "status IN ('queued', 'waiting', 'running')"

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
}
