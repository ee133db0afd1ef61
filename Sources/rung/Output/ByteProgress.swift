internal import Synchronization

/// How far an upload is: bytes done in; on a terminal one bar out, elsewhere a plain line now and then, with
/// `--log json` one record a second at most. Counted from any thread.
final class ByteProgress: Sendable {
  private struct State {
    var name = ""
    var total: Int64 = 0
    var done: Int64 = 0
    var began: UInt64 = 0
    var shown: UInt64 = 0
  }

  private static let second: UInt64 = 1_000_000_000
  private let log: Log
  private let now: StepTimes.Clock
  private let state: Mutex<State>

  init(log: Log, now: @escaping StepTimes.Clock = StepTimes.monotonic) {
    self.log = log
    self.now = now
    state = Mutex(State())
  }

  deinit { log.console.clear() }

  /// From here on it is about another asset.
  func begin(_ name: String) {
    state.withLock { $0 = State(name: name, began: now(), shown: now()) }
  }

  func expect(_ total: Int64) { state.withLock { $0.total = total } }

  func advance(_ bytes: Int64) {
    state.withLock { state in
      state.done = min(state.total, state.done &+ bytes)
      let time = now()
      guard !log.isQuiet, state.total > 0 else { return }
      let since = time &- state.shown
      if log.console.isTerminal, log.format == .text {
        guard since >= Self.second / 10 else { return }
        log.console.draw(Self.line(state, time))
      } else if log.format == .json {
        guard since >= Self.second else { return }
        log.event(
          "progress", "publishing", item: state.name,
          [("bytes", .integer(state.done)), ("total", .integer(state.total))])
      } else {
        guard since >= 10 * Self.second else { return }
        log.info(Self.line(state, time))
      }
      state.shown = time
    }
  }

  func finish() { log.console.clear() }

  /// `publishing clip 37 % (370 MB of 1.0 GB), 25 MB/s, 0:25 left`
  private static func line(_ state: State, _ time: UInt64) -> String {
    var text = "publishing \(state.name) \(state.done &* 100 / state.total) % "
    text += "(\(Human.bytes(state.done)) of \(Human.bytes(state.total)))"
    let seconds = Double(time &- state.began) / 1e9
    guard seconds > 0.5, state.done > 0, let rate = Int64(exactly: (Double(state.done) / seconds).rounded())
    else { return text }
    let left = Int64(Double(state.total - state.done) / Double(max(1, rate)) * 1000)
    return text + ", \(Human.bytes(rate))/s, \(Human.clock(milliseconds: left)) left"
  }
}
