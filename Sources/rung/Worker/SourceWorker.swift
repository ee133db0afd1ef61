internal import Isolating
internal import Probing

/// A worker with a source, from the parent's side: jobs in, results out, its log lines sent on under the source's
/// name. For one thread, which starts it.
final class SourceWorker {
  /// A file can be broken in every packet.
  private static let mostLines = 20
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

  /// What FFmpeg says of a source that cannot be read is left to machines: a person gets the one line that names
  /// what is wrong and what to do.
  func examine(name: String, videoTrack: Int? = nil) throws(CommandFailure) -> Examination {
    var held: [WorkerLog] = []
    do throws(WorkerFailure) {
      let answer: WorkerAnswer = try process.run(
        .examine(name: name, videoTrack: videoTrack) as WorkerJob, doing: "reading it",
        onProgress: { (_: WorkerProgress) in },
        onLog: { line in
          if log.format == .json {
            log.worker(line, source: path)
          } else if held.count < 100_000 {
            held.append(line)
          }
        })
      guard case .examination(let examination) = answer else {
        throw .garbled(line: "an answer to another question", doing: "reading it")
      }
      for line in held.prefix(Self.mostLines) { log.worker(line, source: path) }
      if held.count > Self.mostLines {
        log.warning("\(held.count - Self.mostLines) more lines of this kind were left out", item: path)
      }
      return examination
    } catch {
      throw CommandFailure(error, source: path)
    }
  }
}

extension Log {
  /// A line from inside a worker, under the source's name.
  func worker(_ line: WorkerLog, source: String) {
    let text = line.item.isEmpty ? line.message : "\(line.item): \(line.message)"
    switch line.level {
    case .debug, .info: info(text, item: source)
    // What FFmpeg calls an error is one only if the job fails, and then the failure says so.
    case .warning, .error: warning(text, item: source)
    }
  }
}
