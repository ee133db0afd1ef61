internal import Foundation

/// A command of this very binary that runs as a child: its arguments in; lines of its outputs, and how it ended, out.
/// Sole owner of the child: letting go of it ends the child and, since they follow it, all that it started.
///
/// The child dies with the thread that started it, so that thread waits for it.
package final class ChildCommand {
  package enum End: Equatable, Sendable {
    case code(Int32)
    case signal(Int32)
  }

  package let pid: Int32
  private let live: LiveWorkers
  private let requests: Descriptor
  private let output: Descriptor
  private var lines = LineBuffer(bound: WorkerProtocol.longestLine)
  private var isReaped = false
  /// All that the child will ever say was read.
  package private(set) var isSilent = false

  /// `arguments`: behind the program's name. Both outputs come as one stream. The child sees of the environment what a
  /// worker sees, and the variables whose names begin as in `keeping`.
  package static func start(
    _ arguments: [String], keeping: [String] = [], live: LiveWorkers
  ) throws(WorkerFailure) -> ChildCommand {
    _ = signal(SIGPIPE, SIG_IGN)
    let requests = try Pipe.make()
    let output = try Pipe.make()
    try requests.writing.setNonblocking()
    try output.reading.setNonblocking()
    let program = WorkerProgram(path: "/proc/self/exe", arguments: ["rung"] + arguments, keeps: keeping)
    let descriptors = [requests.reading.raw, output.writing.raw, output.writing.raw]
    let pid = try live.start { () throws(WorkerFailure) in try program.spawn(descriptors) }
    return ChildCommand(pid, live, requests.takeWriting(), output.takeReading())
  }

  private init(
    _ pid: pid_t, _ live: LiveWorkers, _ requests: consuming Descriptor, _ output: consuming Descriptor
  ) {
    self.pid = pid
    self.live = live
    self.requests = requests
    self.output = output
  }

  deinit { terminate() }

  /// To be polled for reading.
  package var descriptor: Int32 { output.raw }

  /// The lines that have come since the last call.
  package func readLines() -> [String] {
    var result: [String] = []
    while !isSilent {
      switch output.read(1 << 16) {
      case .bytes(let bytes):
        lines.append(bytes)
        while let line = lines.next() { result.append(String(decoding: line, as: UTF8.self)) }
      case .nothingYet: return result
      case .end:
        isSilent = true
        if let rest = lines.rest() { result.append(String(decoding: rest, as: UTF8.self)) }
      }
    }
    return result
  }

  /// One short line to the child; false when it reads no more.
  package func send(_ line: String) -> Bool {
    let bytes = Array(line.utf8)
    return requests.write(bytes[...]) == bytes.count
  }

  /// How it ended; nil while it runs.
  package func ended() -> End? {
    guard !isReaped else { return nil }
    var info = unsafe siginfo_t()
    let result = unsafe waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT | WNOHANG)
    let hasEnded = result < 0 ? errno == ECHILD : unsafe info.si_signo == SIGCHLD
    guard hasEnded else { return nil }
    isReaped = true
    switch live.reap(pid) {
    case .code(let code): return .code(code)
    case .signal(let signal): return .signal(signal)
    }
  }

  /// Ends it, if it has not ended by itself.
  package func terminate() {
    guard !isReaped else { return }
    isReaped = true
    kill(-pid, SIGKILL)
    _ = live.reap(pid)
  }
}
