internal import Batching
internal import Foundation
internal import Isolating

/// Names that a job's lines carry, beside those that every log has.
enum JobEvent {
  static let source = "source"
}

/// A line of a job's log, as far as the batch goes by it. Numbers of steps are in `times`.
struct JobLine: Decodable, Sendable {
  var level: String?
  var event: String
  var message: String?
  var item: String?
  var advice: String?
  var exit: Int32?
  var cause: String?
  var sha256: String?
  var bytes: Int64?
  var duration_ms: Int64?
  var step: String?
  var frames: Int64?
  var total: Int64?
  var source_to_ready_ms: Int64?
  var probe_ms: Int64?
  var plan_ms: Int64?
  var copy_ms: Int64?
  var encode_ms: Int64?
  var subtitles_ms: Int64?
  var package_ms: Int64?
  var pictures_ms: Int64?
  var commit_ms: Int64?
  var publish_ms: Int64?

  /// nil for what is no line of a log.
  static func parse(_ text: String) -> JobLine? {
    guard text.hasPrefix("{") else { return nil }
    return try? JSONDecoder().decode(JobLine.self, from: Data(text.utf8))
  }

  /// The stage that follows when the step of this line is done.
  var nextStage: JobStage? {
    guard event == "step" else { return nil }
    switch message {
    case "probe": return .plan
    case "plan", "copy": return .encode
    case "encode", "subtitles": return .package
    case "package", "pictures": return .commit
    default: return nil
    }
  }

  /// By the ledger's stages.
  var times: [JobStage: Int64] {
    var times: [JobStage: Int64] = [:]
    let all: [(JobStage, Int64?)] = [
      (.probe, probe_ms), (.plan, plan_ms), (.encode, copy_ms), (.encode, encode_ms),
      (.package, subtitles_ms),
      (.package, package_ms), (.package, pictures_ms), (.commit, commit_ms),
      (.publish, publish_ms),
    ]
    for case (let stage, let time?) in all { times[stage, default: 0] += time }
    return times
  }

  /// Thousandths of the encoding: looking at the pictures is the first third.
  var progress: Int? {
    guard event == "progress", let total, total > 0 else { return nil }
    // Publishing counts bytes.
    if let bytes, frames == nil { return Int(clamping: max(0, min(bytes, total)) / max(1, total / 1000)) }
    guard let frames, frames >= 0 else { return nil }
    let share = Int(min(1000, frames.multipliedReportingOverflow(by: 1000).partialValue / total))
    return step?.hasPrefix("analysing") == true ? share / 3 : 333 + share * 2 / 3
  }
}

/// How a job ended, as the batch acts on it.
enum JobOutcome: Equatable {
  case done
  case failed(JobFailure)
  /// Nothing more can be made until somebody makes room; no fault of the upload.
  case noRoom(String)

  /// `failure`: the line in which the child gave its reason; `lastWords`: what it printed last that was no log line.
  init(_ end: ChildCommand.End, failure: JobLine?, lastWords: String?) {
    let words = failure.map { line in
      [line.message, line.advice].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: "; ")
    }
    switch end {
    case .code(0): self = .done
    case .code(75) where failure?.cause == CommandFailure.Cause.disk.rawValue:
      self = .noRoom(words ?? "the disk is full")
    case .code(75):
      self = .failed(
        JobFailure(
          reason: words ?? "it failed for now", code: failure?.cause ?? "temporary", isRetryable: true))
    case .code(let code):
      let isCrash = failure?.cause == CommandFailure.Cause.crash.rawValue || failure == nil
      let reason = words ?? "the child ended with code \(code)\(Self.quoted(lastWords))"
      self = .failed(
        JobFailure(
          reason: reason, code: isCrash ? JobFailure.crash : code == 64 ? "options" : "input",
          isRetryable: isCrash))
    case .signal(let signal):
      let isOutside = [SIGKILL, SIGTERM, SIGINT, SIGHUP].contains(signal)
      let name = CommandFailure.name(ofSignal: signal)
      self = .failed(
        JobFailure(
          reason: isOutside
            ? "the child was ended by \(name) from outside, or memory ran out"
            : "the child died of \(name)\(Self.quoted(lastWords))",
          code: isOutside ? JobFailure.killed : JobFailure.crash, isRetryable: true))
    }
  }

  private static func quoted(_ text: String?) -> String { text.map { " ('\($0.prefix(200))')" } ?? "" }

  /// How the child that publishes ended. What the bucket refuses is no fault of the upload, and may be mended there.
  static func publishing(_ end: ChildCommand.End, failure: JobLine?, lastWords: String?) -> JobOutcome {
    guard case .failed(var reason) = JobOutcome(end, failure: failure, lastWords: lastWords) else {
      return JobOutcome(end, failure: failure, lastWords: lastWords)
    }
    if case .code(let code) = end { reason.isRetryable = code == ExitCode.temporary.rawValue }
    reason.code = JobStage.publish.rawValue
    return .failed(reason)
  }
}
