internal import Encoding
internal import Foundation
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
    let (rules, protection): (WorkerRules, Protection)
    do throws(ChildSetup.Failure) { (rules, protection) = try ChildSetup.prepareChild() } catch {
      throw CommandFailure(
        nil, "worker is started by rung itself", advice: "use 'rung help' for the commands", exit: .usage)
    }
    return try Self.serve(rules, protection)
  }

  /// The loop, in a process that has entered its sandbox.
  static func serve(_ rules: WorkerRules, _ protection: Protection) throws(CommandFailure) -> ExitCode {
    let channel: WorkerChannel
    do throws(WorkerFailure) { channel = try WorkerChannel.open() } catch {
      throw CommandFailure(nil, "the worker has no pipe to its parent", advice: "report this as a bug")
    }
    AVLog.capture(level: .warning) { level, item, line in
      channel.send(log: WorkerLog(level: WorkerLog.Level(level), item: item, message: line))
    }
    channel.send(protection: protection)
    SourceCaps.set(pixels: rules.pixels, streams: rules.streams)
    channel.reportWork { WorkMeter.total }
    let runner = JobRunner(descriptor: channel.source)
    while let request = channel.nextRequest() {
      do {
        let job: WorkerJob = try WorkerChannel.job(request)
        do {
          let answer = try runner.run(job) { channel.send(progress: $0) }
          AVLog.flush()
          channel.succeed(answer)
        } catch {
          AVLog.flush()
          channel.fail(noRoom(for: job) ?? WorkerError(describing: error))
        }
      } catch {
        channel.fail(WorkerError(describing: error))
      }
    }
    return .done
  }

  /// A library that cannot write a file of its own (x264 its statistics) only says that something failed: where the
  /// disk is full, that is why.
  private static func noRoom(for job: WorkerJob) -> WorkerError? {
    guard let path = job.output else { return nil }
    let folder = (path as NSString).deletingLastPathComponent
    var status = statvfs()
    guard unsafe statvfs(folder, &status) == 0 else { return nil }
    let (room, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
    guard !overflow, room < 1 << 20 || status.f_files > 0 && status.f_favail == 0 else { return nil }
    let failure = CommandFailure.system(folder, "cannot write encoded packets", errno: ENOSPC)
    return WorkerError(
      code: "disk", message: failure.line, advice: "", isTemporary: failure.exit == .temporary)
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
    case let error as AVFailure:
      self.init(
        code: "ffmpeg", message: "FFmpeg failed: \(error)",
        advice: error.isOutOfMemory ? "if the source is right, raise --max-memory" : "")
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
