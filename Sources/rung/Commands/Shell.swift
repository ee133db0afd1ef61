internal import Isolating

/// What every command works with: the log, the request to stop, the workers that are alive.
final class Shell: Sendable {
  let log: Log
  let cancellation: Cancellation
  let workers: LiveWorkers
  /// For workers that write nothing.
  let rules: WorkerRules

  init(log: Log, cancellation: Cancellation = Cancellation(), rules: WorkerRules = WorkerRules()) {
    self.log = log
    self.cancellation = cancellation
    self.rules = rules
    let workers = LiveWorkers { log.protection($0) }
    self.workers = workers
    cancellation.onCancel { workers.close() }
  }

  /// For workers that write into `folder`, and nowhere else.
  func rules(in folder: String) -> WorkerRules {
    var rules = rules
    rules.folder = folder
    return rules
  }
}

/// A command: how it is called, and what it then does.
protocol Command: Sendable {
  static var declaration: CommandDeclaration { get }
  init(_ invocation: Invocation) throws(CommandFailure)
  func run(_ shell: Shell) throws(CommandFailure) -> ExitCode
}
