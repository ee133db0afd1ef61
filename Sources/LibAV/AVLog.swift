internal import CFFmpeg
internal import Synchronization

/// FFmpeg's log as whole lines: takes what the libraries write anywhere in the process and hands each line to one
/// sink with its level and the component it came from. Without a sink nothing is written at all.
package enum AVLog {
  package enum Level: Int32, Sendable, Comparable, CaseIterable {
    case fatal = 8
    case error = 16
    case warning = 24
    case info = 32
    case verbose = 40
    case debug = 48
    case trace = 56

    /// The mildest level that is at least as grave as FFmpeg's number.
    init(_ number: Int32) { self = Level.allCases.first { number <= $0.rawValue } ?? .trace }

    package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
  }

  package typealias Sink = @Sendable (_ level: Level, _ item: String, _ line: String) -> Void

  /// Sends every line up to `level` to `sink`, from now on and for the whole process. The sink may be called on
  /// any thread.
  package static func capture(level: Level, sink: @escaping Sink) {
    state.withLock {
      $0.sink = sink
      $0.lines = LogLines()
    }
    install(level: level)
  }

  /// Drops everything from now on.
  package static func silence() {
    state.withLock {
      $0.sink = nil
      $0.lines = LogLines()
    }
    install(level: .warning)
  }

  /// Hands over what still waits: an unfinished line, and the count of the last line's repetitions.
  package static func flush() { emit { $0.flush() } }

  /// What FFmpeg tells in words alone.
  package enum Remark: String, Sendable, CaseIterable {
    /// A track of an ISO file changes its codec: samples of others than the first are dropped.
    case severalCodecs = "multiple fourcc not supported"
  }

  /// It was written at least once since the process began.
  package static func hasSaid(_ remark: Remark) -> Bool { state.withLock { $0.remarks.contains(remark) } }

  /// Keeps FFmpeg from its own standard error when nobody has asked for its lines.
  package static func ensureCaptured() { _ = quietByDefault }

  private static let quietByDefault: Void = {
    if !state.withLock({ $0.isInstalled }) { install(level: .warning) }
  }()

  private struct State {
    var sink: Sink?
    var lines = LogLines()
    var remarks: Set<Remark> = []
    var isInstalled = false
  }

  private static let state = Mutex(State())

  private static func install(level: Level) {
    state.withLock { $0.isInstalled = true }
    unsafe rung_log_to(
      { level, item, text in
        guard let text = unsafe text else { return }
        let name = unsafe item.map { unsafe String(cString: $0) } ?? ""
        let words = unsafe String(cString: text)
        AVLog.emit { $0.add(Level(level), name, words) }
      }, level.rawValue)
  }

  /// The sink runs outside the lock, so that it may itself call into FFmpeg.
  private static func emit(_ change: (inout LogLines) -> [LogLines.Line]) {
    let (sink, lines) = state.withLock {
      let lines = change(&$0.lines)
      for line in lines {
        for remark in Remark.allCases where line.text.hasPrefix(remark.rawValue) { $0.remarks.insert(remark) }
      }
      return ($0.sink, lines)
    }
    guard let sink else { return }
    for line in lines { sink(line.level, line.item, line.text) }
  }
}

/// Makes lines out of the pieces that FFmpeg logs: pieces in, finished lines out. Pieces without a line end are
/// joined, equal lines after one another become one and a count.
package struct LogLines: Sendable {
  package struct Line: Equatable, Sendable {
    package var level: AVLog.Level
    package var item: String
    package var text: String
    package init(_ level: AVLog.Level, _ item: String, _ text: String) {
      (self.level, self.item, self.text) = (level, item, text)
    }
  }

  /// A line that never ends is cut here.
  private static let longest = 4096

  private var unfinished: Line?
  private var last: Line?
  private var repetitions = 0

  package init() {}

  package mutating func add(_ level: AVLog.Level, _ item: String, _ text: String) -> [Line] {
    var out: [Line] = []
    if let waiting = unfinished, waiting.item != item || waiting.level != level {
      unfinished = nil
      finish(waiting, into: &out)
    }
    var pieces = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" || $0 == "\r" }
    // What follows the last line end is unfinished; after a final line end that is nothing.
    let rest = pieces.popLast() ?? ""
    for piece in pieces {
      let line = Line(level, item, (unfinished?.text ?? "") + piece)
      unfinished = nil
      finish(line, into: &out)
    }
    if !rest.isEmpty {
      let line = Line(level, item, (unfinished?.text ?? "") + rest)
      unfinished = line
      if line.text.utf8.count > LogLines.longest {
        unfinished = nil
        finish(line, into: &out)
      }
    }
    return out
  }

  package mutating func flush() -> [Line] {
    var out: [Line] = []
    if let waiting = unfinished {
      unfinished = nil
      finish(waiting, into: &out)
    }
    finishRepetitions(into: &out)
    last = nil
    return out
  }

  private mutating func finish(_ line: Line, into out: inout [Line]) {
    var line = line
    while let end = line.text.last, end.isWhitespace { line.text.removeLast() }
    guard !line.text.isEmpty, !LogLines.isUsual(line.text) else { return }
    if line == last {
      repetitions += 1
      return
    }
    finishRepetitions(into: &out)
    out.append(line)
    last = line
  }

  /// Warnings that come with sound sources and tell a person nothing: an estimate that Rung does not use, the look
  /// back over a seek into an open GOP, a field that is read a second time, ranges that Rung sets itself, options
  /// that it has not.
  private static func isUsual(_ text: String) -> Bool {
    [
      "Estimating duration from bitrate", "co located POCs unavailable", "ignoring pic cod ext after",
      "deprecated pixel format used",
      "Consider increasing the value for",
    ].contains { text.hasPrefix($0) }
  }

  private mutating func finishRepetitions(into out: inout [Line]) {
    if let last, repetitions > 0 {
      out.append(Line(last.level, last.item, "(the last line came \(repetitions) more times)"))
    }
    repetitions = 0
  }
}
