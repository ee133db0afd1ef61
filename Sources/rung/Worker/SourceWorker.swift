internal import Isolating
internal import Probing

/// A worker with a source, from the parent's side: jobs in, results out, its log lines sent on under the source's
/// name. For one thread, which starts it.
final class SourceWorker {
  private let process: WorkerProcess
  private let path: String
  private let log: Log

  private init(_ process: WorkerProcess, path: String, log: Log) {
    self.process = process
    self.path = path
    self.log = log
  }

  static func start(_ source: SourceFile, _ shell: Shell) throws(CommandFailure) -> SourceWorker {
    do throws(WorkerFailure) {
      let process = try WorkerProcess.start(source: source.descriptor, live: shell.workers)
      return SourceWorker(process, path: source.path, log: shell.log)
    } catch {
      throw CommandFailure(error, source: source.path)
    }
  }

  /// One job; `doing` is what a person is told if the worker dies of it: `reading it`.
  func run<Result: Decodable, Progress: Decodable>(
    _ job: WorkerJob, doing: String, result: Result.Type = Result.self, onProgress: (Progress) -> Void
  ) throws(CommandFailure) -> Result {
    do throws(WorkerFailure) {
      return try process.run(job, doing: doing, result: result, onProgress: onProgress, onLog: report)
    } catch {
      throw CommandFailure(error, source: path)
    }
  }

  func examine(name: String) throws(CommandFailure) -> Examination {
    try run(.examine(name: name), doing: "reading it", onProgress: { (_: NoProgress) in })
  }

  private func report(_ line: WorkerLog) {
    let text = line.item.isEmpty ? line.message : "\(line.item): \(line.message)"
    switch line.level {
    case .debug, .info: log.info(text, item: path)
    // What FFmpeg calls an error is one only if the job fails, and then the failure says so.
    case .warning, .error: log.warning(text, item: path)
    }
  }
}
