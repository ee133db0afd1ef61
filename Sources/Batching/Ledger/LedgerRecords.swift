/// Where an asset is, as people and pollers see it.
package enum AssetStatus: String, Sendable, CaseIterable { case queued, processing, ready, failed }

/// Where a job is. `waiting`: for its time to come (`runAfter`), or for the asset of the same bytes (`waitsFor`).
package enum JobStatus: String, Sendable, CaseIterable { case queued, waiting, running, done, failed }

/// The steps of a job that have a time of their own in the ledger.
package enum JobStage: String, Sendable, CaseIterable { case probe, plan, encode, package, commit, publish }

/// A row of `assets`, with the open job's `run_after`. Instants are seconds since 1970.
package struct AssetRecord: Sendable, Equatable {
  package var id: String
  package var creator: String?
  package var title: String?
  /// The upload's absolute path.
  package var source: String
  package var bytes: Int64
  package var sha256: String?
  package var status: AssetStatus
  /// 1 for the first bytes under this name, one more for each change.
  package var version: Int
  package var durationMilliseconds: Int64?
  package var width: Int?
  package var height: Int?
  package var hasAudio: Bool?
  /// Where the layout puts the `asset.json`.
  package var assetKey: String?
  package var manifestKey: String?
  package var thumbnailKey: String?
  /// When it came to stand in the tree.
  package var publishedAt: Int64?
  package var failureReason: String?
  /// A short stable word for the reason: `input`, `timeout`, `crash`, `disk`.
  package var failureCode: String?
  package var isRetryable: Bool
  package var crashes: Int
  package var isOutdated: Bool
  /// The hash of what it was made by: ladder, options, tool.
  package var recipe: String?
  /// From its sidecar or policy; nil: the batch's.
  package var ladder: String?
  package var maxHeight: Int?
  /// As the sidecar has it; see `UploadSidecar`.
  package var captions: String?
  /// When the next attempt may begin; nil when none is planned.
  package var retryAfter: Int64?
}

/// A row of `renditions`.
package struct RenditionRow: Sendable, Equatable {
  package var profile: String
  package var kind: String
  package var rate: Int64?
  package var playlistKey: String?
  package var segmentCount: Int?
  package var codec: String?
  package var status: String

  package init(
    profile: String, kind: String, rate: Int64?, playlistKey: String?, segmentCount: Int?, codec: String?,
    status: String = "ready"
  ) {
    self.profile = profile
    self.kind = kind
    self.rate = rate
    self.playlistKey = playlistKey
    self.segmentCount = segmentCount
    self.codec = codec
    self.status = status
  }
}

/// A row of `jobs`: one attempt to make one version of one asset.
package struct JobRecord: Sendable, Equatable {
  package var number: Int64
  package var assetID: String
  package var version: Int
  package var stage: JobStage
  package var status: JobStatus
  package var attempt: Int
  package var priority: Int
  package var error: String?
  package var errorCode: String?
  package var runAfter: Int64?
  package var waitsFor: String?
  /// Thousandths.
  package var progress: Int
  package var pid: Int?
  package var queuedAt: Int64
  package var startedAt: Int64?
  package var endedAt: Int64?
  package var milliseconds: [JobStage: Int64]
  package var totalMilliseconds: Int64?
}

/// A row of `policy`.
package struct AssetPolicy: Sendable, Equatable {
  /// The most bits per second that a rung may have.
  package var maxBitrate: Int64?
  package var priority: Int
  /// Kept for whoever serves the asset; Rung itself does nothing by it.
  package var cacheHint: String?

  package init(maxBitrate: Int64? = nil, priority: Int = 0, cacheHint: String? = nil) {
    self.maxBitrate = maxBitrate
    self.priority = priority
    self.cacheHint = cacheHint
  }
}

extension AssetRecord {
  static let columns = """
    a.id, a.creator, a.title, a.source, a.bytes, a.sha256, a.status, a.version, a.duration_ms, a.width, a.height,
    a.has_audio, a.asset_key, a.manifest_key, a.thumbnail_key, a.published_at, a.failure_reason, a.failure_code,
    a.retryable, a.crashes, a.outdated, a.recipe, a.ladder, a.max_height, a.captions,
    (SELECT run_after FROM jobs WHERE asset_id = a.id AND status = 'waiting')
    """

  /// From a row of `columns`, or from further columns of a row that begins otherwise.
  init(_ row: inout Statement) {
    id = row.text() ?? ""
    creator = row.text()
    title = row.text()
    source = row.text() ?? ""
    bytes = row.integer() ?? 0
    sha256 = row.text()
    status = row.text().flatMap(AssetStatus.init(rawValue:)) ?? .failed
    version = row.int() ?? 1
    durationMilliseconds = row.integer()
    width = row.int()
    height = row.int()
    hasAudio = row.integer().map { $0 != 0 }
    assetKey = row.text()
    manifestKey = row.text()
    thumbnailKey = row.text()
    publishedAt = row.integer()
    failureReason = row.text()
    failureCode = row.text()
    isRetryable = row.flag()
    crashes = row.int() ?? 0
    isOutdated = row.flag()
    recipe = row.text()
    ladder = row.text()
    maxHeight = row.int()
    captions = row.text()
    retryAfter = row.integer()
  }
}

extension JobRecord {
  static let columns = """
    j.number, j.asset_id, j.version, j.stage, j.status, j.attempt, j.priority, j.error, j.error_code, j.run_after,
    j.waits_for, j.progress, j.pid, j.queued_at, j.started_at, j.ended_at, j.probe_ms, j.plan_ms, j.encode_ms,
    j.package_ms, j.commit_ms, j.publish_ms, j.total_ms
    """

  init(_ row: inout Statement) {
    number = row.integer() ?? 0
    assetID = row.text() ?? ""
    version = row.int() ?? 1
    stage = row.text().flatMap(JobStage.init(rawValue:)) ?? .probe
    status = row.text().flatMap(JobStatus.init(rawValue:)) ?? .failed
    attempt = row.int() ?? 1
    priority = row.int() ?? 0
    error = row.text()
    errorCode = row.text()
    runAfter = row.integer()
    waitsFor = row.text()
    progress = row.int() ?? 0
    pid = row.int()
    queuedAt = row.integer() ?? 0
    startedAt = row.integer()
    endedAt = row.integer()
    milliseconds = [:]
    for stage in JobStage.allCases { milliseconds[stage] = row.integer() }
    totalMilliseconds = row.integer()
  }
}
