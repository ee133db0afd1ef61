internal import Isolating
internal import Media
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
      let process = try WorkerProcess.start(
        source: source.descriptor, rules: shell.rules, live: shell.workers)
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

  /// Decodes everything. What the decoder says is counted, not said.
  func play(name: String) throws(CommandFailure) -> [PlayedTrack] {
    do throws(WorkerFailure) {
      let answer: WorkerAnswer = try process.run(
        .play(name: name) as WorkerJob, doing: "playing it", onProgress: { (_: WorkerProgress) in },
        onLog: { _ in })
      guard case .played(let tracks) = answer else {
        throw .garbled(line: "an answer to another question", doing: "playing it")
      }
      return tracks
    } catch {
      throw CommandFailure(error, source: path)
    }
  }
}

extension Log {
  /// What protects the machine from the workers. A person hears of it who asked for a log, or where something is missing.
  func protection(_ found: Protection) {
    var held: [String] = []
    if found.limits { held.append("rlimits") }
    if found.noNewPrivileges { held.append("no_new_privs") }
    if found.landlock > 0 { held.append("Landlock (version \(found.landlock))") }
    if found.seccomp { held.append("seccomp") }
    var text =
      held.isEmpty ? "nothing confines the worker" : "the worker is held by \(held.joined(separator: ", "))"
    let reach = [("other files", found.filesRefused), ("the network", found.networkRefused)]
    for (what, isRefused) in reach { text += "; \(what) \(isRefused ? "out of reach" : "within its reach")" }
    if !found.missing.isEmpty { text += "; missing: \(found.missing.joined(separator: "; "))" }
    switch format {
    case .text: if isAsked || !found.isWhole { info(text) }
    case .json:
      event(
        "protection", text, item: nil,
        [
          ("rlimits", .bool(found.limits)), ("no_new_privs", .bool(found.noNewPrivileges)),
          ("landlock", .integer(Int64(found.landlock))), ("seccomp", .bool(found.seccomp)),
          ("files_refused", .bool(found.filesRefused)), ("network_refused", .bool(found.networkRefused)),
          ("missing", .array(found.missing.map { .string($0) })),
        ])
    }
  }

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
