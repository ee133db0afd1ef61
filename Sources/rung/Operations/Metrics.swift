internal import Batching
internal import Foundation
internal import Media

/// A batch's numbers in Prometheus' text format, for node_exporter's textfile collector: a snapshot in, lines out.
/// Every family is there from the first run on, with 0 where nothing happened yet, so that rates have a beginning.
enum Metrics {
  private struct Family {
    var name: String
    var kind: String
    var help: String
    var samples: [(labels: String, value: String)]
  }

  static func text(_ snapshot: LedgerSnapshot) -> String {
    families(snapshot).map { family in
      let lines = family.samples.map { "\(family.name)\($0.labels) \($0.value)\n" }
      return "# HELP \(family.name) \(family.help)\n# TYPE \(family.name) \(family.kind)\n" + lines.joined()
    }.joined()
  }

  private static func families(_ snapshot: LedgerSnapshot) -> [Family] {
    let counts = snapshot.counts
    let states: [(AssetStatus, Int64)] = [
      (.queued, counts.queued), (.processing, counts.processing), (.ready, counts.ready),
      (.failed, counts.failed),
    ]
    func total(_ name: String, _ label: String = "") -> Int64 {
      snapshot.totals.first { $0.name == name && $0.label == label }?.value ?? 0
    }
    return [
      Family(
        name: "rung_assets", kind: "gauge", help: "Assets by state.",
        samples: states.map { (labels("state", $0.rawValue), String($1)) }),
      single(
        "rung_assets_outdated", "gauge", "Ready assets that would come out otherwise today.", counts.outdated),
      single("rung_jobs_running", "gauge", "Jobs that are being worked on.", Int64(snapshot.running.count)),
      single(
        "rung_queue_age_seconds", "gauge", "How long the oldest queued upload has waited.", snapshot.queueAge),
      Family(
        name: "rung_jobs_total", kind: "counter", help: "Jobs that ended, by how.",
        samples: [JobStatus.done, .failed].map {
          (labels("result", $0.rawValue), String(total("jobs", $0.rawValue)))
        }),
      Family(
        name: "rung_failures_total", kind: "counter", help: "Failures by reason.",
        samples: snapshot.totals.filter { $0.name == "failures" }.map {
          (labels("reason", $0.label), String($0.value))
        }),
      Family(
        name: "rung_assets_failed", kind: "gauge", help: "Assets that are failed now, by reason.",
        samples: snapshot.failuresByCode.map { (labels("reason", $0.label), String($0.value)) }),
      Family(
        name: "rung_stage_seconds_total", kind: "counter", help: "Time spent in each stage.",
        samples: JobStage.allCases.map { stage in
          (labels("stage", stage.rawValue), DecimalText.fixed(total("stage_ms", stage.rawValue), places: 3))
        }),
      single("rung_bytes_in_total", "counter", "Bytes of sources that became assets.", total("bytes_in")),
      single("rung_bytes_out_total", "counter", "Bytes of objects that were made.", total("bytes_out")),
      single("rung_written_timestamp_seconds", "gauge", "When these metrics were written.", snapshot.now),
      Family(
        name: "rung_build_info", kind: "gauge", help: "The version of rung.",
        samples: [(labels("version", Version.number), "1")]),
    ]
  }

  private static func single(_ name: String, _ kind: String, _ help: String, _ value: Int64) -> Family {
    Family(name: name, kind: kind, help: help, samples: [("", String(value))])
  }

  private static func labels(_ name: String, _ value: String) -> String {
    let escaped = value.reduce(into: "") { result, character in
      switch character {
      case "\\": result += "\\\\"
      case "\"": result += "\\\""
      case "\n": result += "\\n"
      default: result.append(character)
      }
    }
    return "{\(name)=\"\(escaped)\"}"
  }

  // MARK: Writing

  /// Puts the metrics of a ledger into `file`. A batch calls it when it begins, after each job and when it ends.
  static func write(_ ledger: Ledger, to file: String, now: Int64 = TreeLedger.now) throws(CommandFailure) {
    let snapshot = try TreeLedger.asking { () throws(LedgerFailure) in try LedgerSnapshot(ledger, now: now) }
    try write(text(snapshot), to: file)
  }

  /// In one rename, so that the collector never reads half of it; the draft's name ends otherwise than those that the
  /// collector reads.
  static func write(_ text: String, to file: String) throws(CommandFailure) {
    let draft = "\(file).\(getpid()).tmp"
    let descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { throw .system(file, "the metrics cannot be written", errno: errno) }
    var code = writeAll(descriptor, Array(text.utf8))
    // The collector runs as another user, whatever this one's mask is.
    if code == nil, fchmod(descriptor, 0o644) != 0 { code = errno }
    if close(descriptor) != 0, code == nil { code = errno }
    if code == nil, unsafe rename(draft, file) != 0 { code = errno }
    guard let code else { return }
    unsafe unlink(draft)
    throw .system(file, "the metrics cannot be written", errno: code)
  }
}
