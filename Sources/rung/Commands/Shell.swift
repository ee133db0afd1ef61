internal import Isolating

/// What every command works with: the log, the request to stop, the workers that are alive.
final class Shell: Sendable {
  let log: Log
  let cancellation: Cancellation
  let workers: LiveWorkers

  init(log: Log, cancellation: Cancellation = Cancellation(), workers: LiveWorkers = LiveWorkers()) {
    self.log = log
    self.cancellation = cancellation
    self.workers = workers
    cancellation.onCancel { workers.close() }
  }
}

/// A command: how it is called, and what it then does.
protocol Command: Sendable {
  static var declaration: CommandDeclaration { get }
  init(_ invocation: Invocation) throws(CommandFailure)
  func run(_ shell: Shell) throws(CommandFailure) -> ExitCode
}
