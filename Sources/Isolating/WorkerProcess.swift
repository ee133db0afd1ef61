internal import CPosix
internal import Foundation

/// One worker, seen from the parent: jobs in, one at a time; progress, log lines and a result out. Sole owner of the
/// child and of its pipes: letting go of it ends the child's whole process group.
///
/// The child dies with the thread that started it (the kernel binds the signal to that thread), so a thread that
/// works through jobs starts its own and keeps it.
package final class WorkerProcess {
  private static let pollMilliseconds: Int32 = 500
  private static let readBytes = 1 << 16
  /// A child that has closed its side gets this long to end by itself, so that its own exit code is seen.
  private static let graceMilliseconds = 1000

  /// How long what lies in the pipe may take to be read.
  private static let catchUp = Duration.seconds(5)

  private let pid: pid_t
  private let rules: WorkerRules
  private let live: LiveWorkers
  private let requests: Descriptor
  private let events: Descriptor
  private let prints: Descriptor
  private var eventLines = LineBuffer(bound: WorkerProtocol.longestLine)
  private var printedLines = LineBuffer(bound: 4096)
  private var lastWords: String?
  private var printsAreOpen = true
  private var isOver = false
  /// What the worker has done since its start, by its own count, and when it was last seen to have done more.
  private var work = 0
  private var lastWork = ContinuousClock.now
  /// Since when that is too long ago.
  private var overdue: ContinuousClock.Instant?

  /// Starts a child of `program`. `source` is the descriptor of the source; the child gets its own opening of it for
  /// reading, as descriptor 3, so that offsets are not shared. `rules`: what it may take of the machine.
  package static func start(
    _ program: WorkerProgram = .rung, source: Int32?, rules: WorkerRules = WorkerRules(), live: LiveWorkers
  ) throws(WorkerFailure) -> WorkerProcess {
    // A write to a child that died must be an error and not the end of the parent.
    _ = signal(SIGPIPE, SIG_IGN)
    let requests = try Pipe.make()
    let events = try Pipe.make()
    let prints = try Pipe.make()
    try requests.writing.setNonblocking()
    try events.reading.setNonblocking()
    try prints.reading.setNonblocking()
    var descriptors = [requests.reading.raw, events.writing.raw, prints.writing.raw]
    let reopened = try source.map { source throws(WorkerFailure) in
      Opened(try Descriptor.open("/proc/self/fd/\(source)", O_RDONLY))
    }
    if let reopened { descriptors.append(reopened.descriptor.raw) }
    let pid =
      if program == .rung, let waiting = live.wake(descriptors, rules) { waiting } else {
        try live.start { () throws(WorkerFailure) in try program.spawn(descriptors, rules) }
      }
    return WorkerProcess(
      pid, rules, live, requests.takeWriting(), events.takeReading(), prints.takeReading())
  }

  private init(
    _ pid: pid_t, _ rules: WorkerRules, _ live: LiveWorkers, _ requests: consuming Descriptor,
    _ events: consuming Descriptor,
    _ prints: consuming Descriptor
  ) {
    self.pid = pid
    self.rules = rules
    self.live = live
    self.requests = requests
    self.events = events
    self.prints = prints
  }

  deinit { terminate() }

  /// Gives the worker a job and waits for the outcome; `doing` says what that is, for the error if it dies.
  /// After `.failed` it can take another job; after any other failure it is gone.
  package func run<Job: Encodable, Result: Decodable, Progress: Decodable>(
    _ job: Job, doing: String, result: Result.Type = Result.self,
    onProgress: (Progress) -> Void, onLog: (WorkerLog) -> Void
  ) throws(WorkerFailure) -> Result {
    guard !isOver else {
      throw live.isClosed ? .cancelled : .exited(code: 0, doing: doing, lastWords: lastWords)
    }
    guard var outgoing = try? WorkerProtocol.line(JobLine(job: job))[...] else {
      throw .garbled(line: "a job that cannot be written as JSON", doing: doing)
    }
    limitProcessorTime()
    lastWork = .now
    while true {
      while let line = eventLines.next() {
        switch try event(line, doing, as: WorkerEvent<Result, Progress>.self) {
        case .progress(let progress):
          lastWork = .now
          onProgress(progress)
        case .work(let done):
          if done > work { (work, lastWork) = (done, .now) }
        case .protection(let protection): live.report(protection)
        case .log(let log): onLog(log)
        case .result(let result):
          drainPrints(onLog)
          return result
        case .failure(let failure):
          drainPrints(onLog)
          throw .failed(failure)
        }
      }
      try wait(sending: &outgoing, doing, onLog)
    }
  }

  private func endIfStalled(after more: Duration, _ doing: String) throws(WorkerFailure) {
    guard ContinuousClock.now - lastWork > .seconds(rules.stallSeconds) else {
      overdue = nil
      return
    }
    let since = overdue ?? .now
    overdue = since
    guard ContinuousClock.now - since >= more else { return }
    terminate()
    throw .stalled(seconds: rules.stallSeconds, doing: doing)
  }

  /// A job that computes without end is ended by the kernel: the parent sets that, since the worker may not.
  private func limitProcessorTime() {
    var clock: clockid_t = 0
    var used = timespec()
    guard unsafe clock_getcpuclockid(pid, &clock) == 0, unsafe clock_gettime(clock, &used) == 0 else {
      return
    }
    let (seconds, overflow) = Int64(used.tv_sec).addingReportingOverflow(rules.processorSeconds)
    guard !overflow, seconds > 0 else { return }
    _ = rung_limit_processor_time(pid, UInt64(seconds))
  }

  /// Ends the child and all that it started, and takes its exit status.
  package func terminate() {
    guard !isOver else { return }
    isOver = true
    kill(-pid, SIGKILL)
    _ = live.reap(pid)
  }

  private func event<Event: Decodable>(
    _ line: [UInt8], _ doing: String, as: Event.Type
  ) throws(WorkerFailure) -> Event {
    if !eventLines.overflowed, let event = try? JSONDecoder().decode(Event.self, from: Data(line)) {
      return event
    }
    terminate()
    throw .garbled(line: String(decoding: line.prefix(200), as: UTF8.self), doing: doing)
  }

  /// Sends what can be sent of the request, takes in what the child has said, waits if there is neither.
  private func wait(
    sending outgoing: inout ArraySlice<UInt8>, _ doing: String, _ onLog: (WorkerLog) -> Void
  ) throws(WorkerFailure) {
    var polled = [
      pollfd(fd: events.raw, events: Int16(POLLIN), revents: 0),
      // One that was closed would be ready for ever; poll passes over a negative number.
      pollfd(fd: printsAreOpen ? prints.raw : -1, events: Int16(POLLIN), revents: 0),
    ]
    if !outgoing.isEmpty { polled.append(pollfd(fd: requests.raw, events: Int16(POLLOUT), revents: 0)) }
    let ready = unsafe poll(&polled, nfds_t(polled.count), Self.pollMilliseconds)
    guard ready != 0 else {
      // A grandchild may hold the pipe open after the worker itself has ended.
      if hasEnded() { throw over(doing, onLog) }
      // All that it has said was read: nothing is on its way.
      try endIfStalled(after: .zero, doing)
      return
    }
    guard ready > 0 else { return }
    // It may talk without end. When this process itself was stopped for a while, what the worker has done lies in the
    // pipe behind other lines.
    try endIfStalled(after: Self.catchUp, doing)
    drainPrints(onLog)
    if polled.count == 3, polled[2].revents != 0 {
      // A child that no longer reads is noticed at the end of its events.
      if let count = requests.write(outgoing) { outgoing = outgoing.dropFirst(count) } else { outgoing = [] }
    }
    guard polled[0].revents != 0 else { return }
    switch events.read(Self.readBytes) {
    case .bytes(let bytes): eventLines.append(bytes)
    case .nothingYet: break
    case .end: throw over(doing, onLog)
    }
  }

  /// What was printed to standard error so far, line by line.
  private func drainPrints(_ onLog: (WorkerLog) -> Void) {
    while printsAreOpen {
      switch prints.read(Self.readBytes) {
      case .bytes(let bytes):
        printedLines.append(bytes)
        while let line = printedLines.next() { report(line, onLog) }
      case .nothingYet: return
      case .end: printsAreOpen = false
      }
    }
  }

  private func report(_ line: [UInt8], _ onLog: (WorkerLog) -> Void) {
    let text = String(decoding: line, as: UTF8.self)
    guard text.contains(where: { !$0.isWhitespace }) else { return }
    lastWords = text
    onLog(WorkerLog(level: .warning, item: "worker", message: text))
  }

  private func hasEnded() -> Bool {
    var info = unsafe siginfo_t()
    let result = unsafe waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT | WNOHANG)
    return result < 0 ? errno == ECHILD : unsafe info.si_signo == SIGCHLD
  }

  /// The child has closed its side or has ended: waits for its end a little, reaps it and says how it ended.
  private func over(_ doing: String, _ onLog: (WorkerLog) -> Void) -> WorkerFailure {
    var waited = 0
    while !hasEnded(), waited < Self.graceMilliseconds {
      usleep(5000)
      waited += 5
    }
    isOver = true
    kill(-pid, SIGKILL)
    let status = live.reap(pid)
    drainPrints(onLog)
    if let line = printedLines.rest() { report(line, onLog) }
    if live.isClosed { return .cancelled }
    switch status {
    case .signal(let signal): return .died(signal: signal, doing: doing, lastWords: lastWords)
    case .code(let code): return .exited(code: code, doing: doing, lastWords: lastWords)
    }
  }
}

/// A descriptor in a reference, since an optional of what cannot be copied does not come out of `map`.
private final class Opened {
  let descriptor: Descriptor
  init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
}
