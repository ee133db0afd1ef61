internal import Batching
internal import Media

/// What a ledger says of one asset: its row, its renditions and its attempts in; what a poller reads as JSON, and what
/// a person reads, out.
struct AssetStatusReport: Sendable {
  var now: Int64
  var asset: AssetRecord
  var renditions: [RenditionRow]
  var jobs: [JobRecord]

  /// nil when the ledger has no such asset.
  init?(_ ledger: Ledger, _ id: String, now: Int64) throws(LedgerFailure) {
    guard let asset = try ledger.asset(id) else { return nil }
    self.now = now
    self.asset = asset
    renditions = try ledger.renditions(of: id)
    jobs = try ledger.jobs(of: id)
  }

  private var running: JobRecord? { jobs.last { $0.status == .running } }
  private var retryAfter: Int64? { asset.retryAfter.map { max(0, $0 &- now) } }

  /// Keys are paths in the tree. `retry_after` counts in seconds, as HTTP's header of that name does.
  var json: JSONText {
    .object([
      ("id", .string(asset.id)), ("status", .string(asset.status.rawValue)),
      ("reason", .optional(asset.failureReason)), ("code", .optional(asset.failureCode)),
      ("retryable", .bool(asset.isRetryable)), ("retry_after", .optional(retryAfter)),
      ("stage", .optional(running?.stage.rawValue)),
      ("progress", running.map { StatusJSON.progress($0.progress) } ?? .null),
      ("manifest", .optional(asset.manifestKey)), ("thumbnail", .optional(asset.thumbnailKey)),
      ("asset", .optional(asset.publishedAt == nil ? nil : asset.assetKey)),
      ("published_at", .optional(asset.publishedAt.map(TreeLedger.instant))),
      ("version", .integer(Int64(asset.version))), ("outdated", .bool(asset.isOutdated)),
      ("creator", .optional(asset.creator)), ("title", .optional(asset.title)),
      ("duration", seconds(asset.durationMilliseconds)), ("width", .optional(asset.width)),
      ("height", .optional(asset.height)), ("has_audio", asset.hasAudio.map { .bool($0) } ?? .null),
      ("renditions", .array(renditions.map(rendition))),
    ])
  }

  private func rendition(_ row: RenditionRow) -> JSONText {
    .object([
      ("name", .string(row.profile)), ("kind", .string(row.kind)), ("bitrate", .optional(row.rate)),
      ("playlist", .optional(row.playlistKey)), ("segments", .optional(row.segmentCount)),
      ("codecs", .optional(row.codec)),
    ])
  }

  private func seconds(_ milliseconds: Int64?) -> JSONText {
    milliseconds.map { .decimal(DecimalText.fixed($0, places: 3)) } ?? .null
  }

  var text: String {
    var head = "\(asset.id): \(asset.status.rawValue)"
    if let running { head += ", \(running.stage.rawValue) \(StatusText.percent(running.progress))" }
    if asset.isOutdated { head += ", outdated" }
    if let reason = asset.failureReason { head += ": \(reason)" }
    if let retryAfter { head += "; tried again in \(StatusText.clock(retryAfter))" }
    var lines = [
      Printable.line(head),
      Printable.line("  of \(asset.source), \(Human.bytes(asset.bytes)), version \(asset.version)"),
    ]
    if let key = asset.manifestKey { lines.append("  \(Printable.line(key))") }
    return lines.joined(separator: "\n") + "\n" + renditionTable + attempts
  }

  private var renditionTable: String {
    var table = Table([
      .init(title: "rendition"), .init(title: "codecs"), .init(title: "kbit/s", isNumber: true),
      .init(title: "segments", isNumber: true),
    ])
    for row in renditions {
      table.add([
        row.profile, row.codec ?? "", row.rate.map(Human.kilobits) ?? "",
        row.segmentCount.map(String.init) ?? "",
      ])
    }
    return table.rows.isEmpty ? "" : "\n" + table.render()
  }

  private var attempts: String {
    var table = Table([
      .init(title: "attempt", isNumber: true), .init(title: "of version", isNumber: true),
      .init(title: "came to"),
      .init(title: "began"), .init(title: "took", isNumber: true), .init(title: "reason"),
    ])
    for job in jobs {
      let took = job.startedAt.flatMap { start in job.endedAt.map { StatusText.clock($0 &- start) } }
      table.add([
        String(job.attempt), String(job.version), job.status.rawValue,
        job.startedAt.map(TreeLedger.instant) ?? "", took ?? "", job.error ?? "",
      ])
    }
    return table.rows.isEmpty ? "" : "\n" + table.render()
  }
}
