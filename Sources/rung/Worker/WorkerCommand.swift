internal import Encoding
internal import Isolating
internal import LibAV
internal import Media
internal import Pictures
internal import Probing

/// `rung worker`: a loop of jobs from the parent, in the child that alone opens the source.
struct WorkerCommand: Command {
  static let declaration = CommandDeclaration(
    name: "worker", summary: "does the jobs that another rung gives it", isHidden: true)

  init(_ invocation: Invocation) {}

  func run(_ shell: Shell) throws(CommandFailure) -> ExitCode {
    let channel: WorkerChannel
    do throws(ChildSetup.Failure) { try ChildSetup.prepareChild() } catch {
      throw CommandFailure(
        nil, "worker is started by rung itself", advice: "use 'rung help' for the commands", exit: .usage)
    }
    do throws(WorkerFailure) { channel = try WorkerChannel.open() } catch {
      throw CommandFailure(nil, "the worker has no pipe to its parent", advice: "report this as a bug")
    }
    AVLog.capture(level: .warning) { level, item, line in
      channel.send(log: WorkerLog(level: WorkerLog.Level(level), item: item, message: line))
    }
    let runner = JobRunner(descriptor: channel.source)
    while let request = channel.nextRequest() {
      do {
        let answer = try runner.run(WorkerChannel.job(request)) { channel.send(progress: $0) }
        AVLog.flush()
        channel.succeed(answer)
      } catch {
        AVLog.flush()
        channel.fail(WorkerError(describing: error))
      }
    }
    return .done
  }
}

extension WorkerError {
  /// Whatever ended a job, in words.
  init(describing error: any Error) {
    switch error {
    case let error as WorkerError: self = error
    case let error as ProbeFailure: self.init(code: error.code, message: error.message)
    case let error as EncodingFailure: self.init(code: "encoding", message: error.message)
    case PicturesFailure.cannotWrite(let path, let code):
      let failure = CommandFailure.system(path, "cannot write a picture", errno: code)
      self.init(
        code: "disk", message: failure.line, advice: failure.advice ?? "",
        isTemporary: failure.exit == .temporary)
    case let error as PicturesFailure: self.init(code: "pictures", message: error.message)
    case let error as AVFailure: self.init(code: "ffmpeg", message: "FFmpeg failed: \(error)")
    case let error as DemuxFailure:
      self.init(code: "demux", message: "the source cannot be opened again: \(error)")
    case PacketFileFailure.cannotWrite(let path, let code), PacketFileFailure.cannotOpen(let path, let code):
      let failure = CommandFailure.system(path, "cannot write encoded packets", errno: code)
      self.init(
        code: "disk", message: failure.line, advice: failure.advice ?? "",
        isTemporary: failure.exit == .temporary)
    default:
      self.init(code: "unexpected", message: "the job failed: \(error)", advice: "report this as a bug")
    }
  }
}

extension WorkerLog.Level {
  init(_ level: AVLog.Level) {
    switch level {
    case .fatal, .error: self = .error
    case .warning: self = .warning
    case .info: self = .info
    case .verbose, .debug, .trace: self = .debug
    }
  }
}
