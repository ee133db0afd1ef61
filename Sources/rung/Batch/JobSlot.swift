internal import Batching
internal import Foundation
internal import Isolating

/// One job that runs: its child's lines in; how far it is, and what came of it, out. Watches that it gets on.
final class JobSlot {
  let work: LedgerJob
  let recipe: RecipeBook.Recipe
  /// Packages first, and then, where that is asked for, publishes.
  private(set) var child: ChildCommand
  private let began: Int64
  private let deadline: JobDeadline
  private let stallMilliseconds: Int64

  private(set) var stage = JobStage.probe
  private(set) var progress = 0
  private(set) var times: [JobStage: Int64] = [:]
  private(set) var totalMilliseconds: Int64?
  private(set) var failure: JobLine?
  private(set) var lastWords: String?
  /// Of the source, once it is known.
  private(set) var sha256: String?
  private var duration: Int64?
  private var lastSign: Int64
  private var moved: Int64 = -1
  private var lookedAt: Int64 = 0
  /// Why the batch ended it.
  private(set) var verdict: JobFailure?

  init(
    _ work: LedgerJob, _ recipe: RecipeBook.Recipe, _ child: ChildCommand, deadline: JobDeadline,
    stallSeconds: Int,
    now: Int64
  ) {
    self.work = work
    self.recipe = recipe
    self.child = child
    self.deadline = deadline
    // The child watches over its workers by itself; this is for a child that hangs.
    stallMilliseconds = Int64(stallSeconds) &* 2000
    began = now
    lastSign = now
    duration = work.asset.durationMilliseconds
  }

  var isLong: Bool { LongUploads.holds(bytes: work.asset.bytes, milliseconds: duration) }

  /// Takes in a line; gives it back if the batch has something to do about it.
  func take(_ text: String, now: Int64) -> JobLine? {
    lastSign = now
    guard let line = JobLine.parse(text) else {
      if !text.isEmpty { lastWords = text }
      return nil
    }
    if let next = line.nextStage { stage = next }
    if let share = line.progress { progress = share }
    switch line.event {
    case JobEvent.source:
      sha256 = line.sha256
      duration = line.duration_ms ?? duration
    case "done":
      times = line.times
      totalMilliseconds = line.source_to_ready_ms
    case "published": times[.publish] = line.publish_ms
    case "failure": failure = line
    case "warning": break
    default: return nil
    }
    return line
  }

  /// The asset stands in the tree; from here on another child brings it into the bucket.
  func publish(with child: ChildCommand, now: Int64) {
    self.child = child
    (stage, progress, moved, lastSign) = (.publish, 0, -1, now)
    (failure, lastWords) = (nil, nil)
  }

  /// Ends the child when it has had its time, or moves nothing any more.
  func watch(now: Int64) {
    guard verdict == nil else { return }
    let most = deadline.milliseconds(duration: duration)
    if now - began > most {
      end(
        JobFailure(
          reason: "it took longer than \(Human.clock(milliseconds: most)); raise --timeout if it may",
          code: "timeout", isRetryable: true))
      return
    }
    guard now - lookedAt >= 5000 else { return }
    lookedAt = now
    if let bytes = Self.bytesMoved(child.pid), bytes != moved { (moved, lastSign) = (bytes, now) }
    guard now - lastSign > stallMilliseconds else { return }
    end(
      JobFailure(
        reason: "it got nothing done for \(stallMilliseconds / 1000) s and was ended", code: "stalled",
        isRetryable: true))
  }

  private func end(_ failure: JobFailure) {
    verdict = failure
    child.terminate()
  }

  /// What the child itself has read and written: packaging hours of video says nothing for a while.
  private static func bytesMoved(_ pid: Int32) -> Int64? {
    guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/io") else { return nil }
    let counts = String(decoding: data, as: UTF8.self).split(separator: "\n").prefix(2)
      .compactMap { $0.split(separator: " ").last.flatMap { Int64($0) } }
    return counts.count == 2 ? counts[0] &+ counts[1] : nil
  }
}
