internal import Media
internal import Synchronization

/// How far a job is: frames done in, on a terminal one bar out, elsewhere a plain line now and then, with
/// `--log json` one record a second at most. Frames may be counted from any thread.
final class Progress: Sendable {
  private struct State {
    var step = ""
    var frames = 0
    var stepBegan: UInt64
    var framesAtStep = 0
    var shown: UInt64?
    var shownFrames = 0
    var isFinished = false
  }

  private static let second: UInt64 = 1_000_000_000
  private let total: Int
  private let frameRate: Rational
  private let log: Log
  private let now: StepTimes.Clock
  private let began: UInt64
  private let state: Mutex<State>

  init(total: Int, frameRate: Rational, log: Log, now: @escaping StepTimes.Clock = StepTimes.monotonic) {
    self.total = max(0, total)
    self.frameRate = frameRate
    self.log = log
    self.now = now
    began = now()
    state = Mutex(State(stepBegan: began))
  }

  deinit { log.console.clear() }

  /// From here on something else is being done: shown at once on a terminal.
  func step(_ name: String) {
    state.withLock { state in
      state.step = name
      state.stepBegan = now()
      state.framesAtStep = state.frames
      if isLive, !state.isFinished { draw(&state, state.stepBegan) }
    }
  }

  /// That many frames more are done, in the pictures of the output.
  func advance(frames: Int) {
    state.withLock { state in
      state.frames = min(total, state.frames + max(0, frames))
      let time = now()
      guard !log.isQuiet, !state.isFinished, isDue(state, time) else { return }
      if isLive { draw(&state, time) } else { print(&state, time) }
    }
  }

  /// Wipes the bar.
  func finish() {
    state.withLock { $0.isFinished = true }
    log.console.clear()
  }

  private var isLive: Bool { log.console.isTerminal && log.format == .text && !log.isQuiet }

  private func isDue(_ state: State, _ time: UInt64) -> Bool {
    let since = time &- (state.shown ?? began)
    if isLive { return state.shown == nil || since >= Self.second / 10 }
    if log.format == .json { return since >= Self.second }
    guard state.shown != nil else { return since >= 2 * Self.second }
    // Every 10 s, but a line for each small step of a job of hours helps nobody.
    let gained = state.frames - state.shownFrames
    return since >= 60 * Self.second || (since >= 10 * Self.second && gained >= total / 10)
  }

  private func draw(_ state: inout State, _ time: UInt64) {
    log.console.draw(snapshot(state, time).bar(width: log.console.width))
    (state.shown, state.shownFrames) = (time, state.frames)
  }

  private func print(_ state: inout State, _ time: UInt64) {
    let snapshot = snapshot(state, time)
    if log.format == .json {
      log.event("progress", snapshot.step, snapshot.fields)
    } else {
      log.info(snapshot.line)
    }
    (state.shown, state.shownFrames) = (time, state.frames)
  }

  private func snapshot(_ state: State, _ time: UInt64) -> ProgressSnapshot {
    ProgressSnapshot(
      step: state.step, frames: state.frames, total: total, done: state.frames - state.framesAtStep,
      elapsed: time &- state.stepBegan, frameRate: frameRate)
  }
}

/// One moment of a job, and how it looks.
struct ProgressSnapshot: Sendable, Equatable {
  var step: String
  var frames: Int
  var total: Int
  /// Frames of the current step, which has run for `elapsed` nanoseconds.
  var done: Int
  var elapsed: UInt64
  var frameRate: Rational

  var percent: Int { total > 0 ? min(100, frames * 100 / total) : 0 }

  /// A step's first frames are reported as it begins: before so much time nothing can be told from them.
  private static let leastElapsed: UInt64 = 100_000_000

  /// Times real time; nil before there is anything to tell it from.
  var speed: Double? {
    guard done > 0, elapsed >= Self.leastElapsed, frameRate.isPositive else { return nil }
    return Double(done) / frameRate.approximate / (Double(elapsed) / 1e9)
  }

  var remainingMilliseconds: Int64? {
    guard done > 0, elapsed >= Self.leastElapsed, frames < total else { return nil }
    return Int64(exactly: (Double(elapsed) / 1e6 * Double(total - frames) / Double(done)).rounded())
  }

  /// `encode [#####---------]  37 %  1110/3000  3.1x  0:42 left`, fitted to the width.
  func bar(width: Int) -> String {
    guard total > 0 else { return step }
    var tail = " \(padded(percent)) %  \(frames)/\(total)"
    if let speed { tail += "  \(Human.decimal(speed, places: 1))x" }
    if let left = remainingMilliseconds { tail += "  \(Human.clock(milliseconds: left)) left" }
    let room = width - 1 - step.count - tail.count - 3
    guard room >= 8 else { return "\(step)\(tail)" }
    let cells = min(room, 40)
    let full = cells * min(frames, total) / total
    return "\(step) [" + String(repeating: "#", count: full) + String(repeating: "-", count: cells - full)
      + "]" + tail
  }

  var line: String {
    var text = "\(step) \(percent) % (\(frames) of \(total) frames)"
    if let speed { text += ", \(Human.decimal(speed, places: 1))x" }
    if let left = remainingMilliseconds { text += ", \(Human.clock(milliseconds: left)) left" }
    return text
  }

  var fields: [(String, JSONText)] {
    [
      ("step", .string(step)), ("frames", .integer(Int64(frames))), ("total", .integer(Int64(total))),
      ("speed", speed.map { .decimal(Human.decimal($0, places: 2)) } ?? .null),
      ("remaining_ms", .optional(remainingMilliseconds)),
    ]
  }

  private func padded(_ percent: Int) -> String {
    let digits = String(percent)
    return String(repeating: " ", count: max(0, 3 - digits.count)) + digits
  }
}
