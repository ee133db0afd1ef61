/// Every code with which `rung` ends.
enum ExitCode: Int32, Sendable, CaseIterable {
  case done = 0
  /// The input cannot be processed, or a verification found errors.
  case failed = 1
  /// The command line is wrong (EX_USAGE).
  case usage = 64
  /// Failed for now, try again: disk full, busy lock (EX_TEMPFAIL).
  case temporary = 75
  case interrupted = 130
  case terminated = 143

  /// For the manual.
  var meaning: String {
    switch self {
    case .done: "done"
    case .failed: "the input cannot be processed, or verification found errors"
    case .usage: "the command line is wrong"
    case .temporary: "failed for now, try again: disk full, lock held, nothing got done for too long"
    case .interrupted: "interrupted by Ctrl-C"
    case .terminated: "interrupted by SIGTERM"
    }
  }
}
