internal import Isolating
internal import LibAV
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
    while let request = channel.nextRequest() {
      do throws(WorkerError) {
        try Self.perform(try WorkerChannel.job(request), channel)
      } catch {
        AVLog.flush()
        channel.fail(error)
      }
    }
    return .done
  }

  /// Does one job and sends its result.
  private static func perform(_ job: WorkerJob, _ channel: WorkerChannel) throws(WorkerError) {
    switch job {
    case .examine(let name):
      do throws(ProbeFailure) {
        let examination = try Prober.examine(descriptor: channel.source, name: name)
        AVLog.flush()
        channel.succeed(examination)
      } catch {
        throw WorkerError(code: error.code, message: error.message)
      }
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
