internal import Foundation
internal import Synchronization

/// How long each step took: steps in, `{"event":"step", …, "encode_ms":812}` out, and at the end one record with all
/// of them and `source_to_ready_ms`.
final class StepTimes: Sendable {
  typealias Clock = @Sendable () -> UInt64

  /// Nanoseconds that only go forward.
  static let monotonic: Clock = { clock_gettime_nsec() }

  private let log: Log
  private let now: Clock
  private let began: UInt64
  private let steps = Mutex<[(name: String, milliseconds: Int64)]>([])

  init(log: Log, now: @escaping Clock = StepTimes.monotonic) {
    self.log = log
    self.now = now
    began = now()
  }

  /// Does `work` as the step `name` (`probe`, `plan`, `encode`, `package`, `commit`); a step that is done in
  /// several goes adds up.
  func measure<Value, Failure: Error>(
    _ name: String, item: String? = nil, _ work: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let start = now()
    let value = try work()
    let took = milliseconds(since: start)
    steps.withLock { steps in
      if let index = steps.firstIndex(where: { $0.name == name }) {
        steps[index].milliseconds += took
      } else {
        steps.append((name, took))
      }
    }
    log.event("step", name, item: item, [("\(name)_ms", .integer(took))])
    return value
  }

  /// The whole way is done.
  func finish(item: String) {
    let fields = steps.withLock { $0.map { ("\($0.name)_ms", JSONText.integer($0.milliseconds)) } }
    log.event("done", "ready", item: item, fields + [("source_to_ready_ms", .integer(total))])
  }

  var total: Int64 { milliseconds(since: began) }

  private func milliseconds(since start: UInt64) -> Int64 {
    let end = now()
    return end > start ? Int64(clamping: (end - start) / 1_000_000) : 0
  }
}

private func clock_gettime_nsec() -> UInt64 {
  var time = timespec()
  guard unsafe clock_gettime(CLOCK_MONOTONIC, &time) == 0 else { return 0 }
  return UInt64(clamping: time.tv_sec) &* 1_000_000_000 &+ UInt64(clamping: time.tv_nsec)
}
