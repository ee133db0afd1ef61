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
}
