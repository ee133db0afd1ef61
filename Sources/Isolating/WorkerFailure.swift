/// A worker's own account of why a job cannot be done, as it crosses the pipe: a stable word, what is wrong, what
/// to do about it, and whether trying again later may help.
package struct WorkerError: Error, Codable, Sendable, Equatable {
  package var code: String
  package var message: String
  package var advice: String
  package var isTemporary: Bool

  package init(code: String, message: String, advice: String = "", isTemporary: Bool = false) {
    self.code = code
    self.message = message
    self.advice = advice
    self.isTemporary = isTemporary
  }
}

/// How a job that was given to a worker can end without a result, as the parent sees it.
package enum WorkerFailure: Error, Equatable, Sendable {
  /// No child could be started: which call failed, and its errno.
  case cannotStart(call: String, errno: Int32)
  /// A signal ended it: a crash, or the kernel's memory killer. `lastWords` is its last line on standard error.
  case died(signal: Int32, doing: String, lastWords: String?)
  /// It ended by itself before it answered.
  case exited(code: Int32, doing: String, lastWords: String?)
  /// It said something that is not of the protocol; the beginning of it.
  case garbled(line: String, doing: String)
  /// It did nothing that counts for so long that it was ended.
  case stalled(seconds: Int, doing: String)
  /// It did what it could and says why that was not enough.
  case failed(WorkerError)
  /// All workers were told to stop.
  case cancelled
}

/// One line for the log from inside a worker: FFmpeg's, the worker's own, or what a library printed.
package struct WorkerLog: Codable, Sendable, Equatable {
  package enum Level: String, Codable, Sendable, CaseIterable { case debug, info, warning, error }

  package var level: Level
  /// What it is about: a demuxer, a decoder, `worker`.
  package var item: String
  package var message: String

  package init(level: Level, item: String, message: String) {
    self.level = level
    self.item = item
    self.message = message
  }
}
