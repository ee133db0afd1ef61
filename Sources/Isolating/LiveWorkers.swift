internal import Foundation
internal import Synchronization

/// Every worker that this process has started and not yet reaped, so that another thread can end them all at once.
///
/// A child is started, and reaped, while the list is locked: a kill never misses one that is being started, and
/// never reaches a process that was given the number of a reaped one.
package final class LiveWorkers: Sendable {
  private struct State {
    var pids: Set<pid_t> = []
    var waiting: [WaitingWorker] = []
    var isClosed = false
    var hasReported = false
  }

  private let state = Mutex(State())

  private let onProtection: @Sendable (Protection) -> Void

  /// `onProtection` hears once what protects the machine from the workers: it is the same for all of them.
  package init(onProtection: @escaping @Sendable (Protection) -> Void = { _ in }) {
    self.onProtection = onProtection
  }

  func report(_ protection: Protection) {
    let isFirst = state.withLock { state in
      defer { state.hasReported = true }
      return !state.hasReported
    }
    if isFirst { onProtection(protection) }
  }

  /// Ends all workers and lets no new one start. Safe to call from any thread, any number of times.
  package func close() {
    state.withLock { state in
      state.isClosed = true
      for pid in state.pids { kill(-pid, SIGKILL) }
      state.waiting = []
    }
  }

  package var isClosed: Bool { state.withLock { $0.isClosed } }
  package var count: Int { state.withLock { $0.pids.count } }

  func start(_ spawn: () throws(WorkerFailure) -> pid_t) throws(WorkerFailure) -> pid_t {
    let outcome: Result<pid_t, WorkerFailure> = state.withLock { state in
      if state.isClosed { return .failure(.cancelled) }
      do throws(WorkerFailure) {
        let pid = try spawn()
        state.pids.insert(pid)
        return .success(pid)
      } catch {
        return .failure(error)
      }
    }
    return try outcome.get()
  }

  /// Makes `count` workers ahead, which do without a start of the program, for a process that is as `WaitingWorker` says
  /// and has one thread: any other makes none, and starts its workers as they are needed. In each, `serve` runs once the
  /// worker has its source, and gives its exit code.
  package func prepare(_ count: Int, serve: (WorkerRules, Protection) -> Int32) {
    for _ in 0..<count {
      guard let worker = WaitingWorker.make(serve) else { return }
      state.withLock { $0.waiting.append(worker) }
    }
  }

  /// Ends those that nobody needed.
  package func dismissWaiting() { state.withLock { $0.waiting = [] } }

  /// One that was made ahead, now at work with these descriptors and rules; nil when there is none.
  func wake(_ descriptors: [Int32], _ rules: WorkerRules) -> pid_t? {
    state.withLock { state in
      while !state.isClosed, let worker = state.waiting.popLast() {
        guard let pid = worker.wake(descriptors, rules) else { continue }
        state.pids.insert(pid)
        return pid
      }
      return nil
    }
  }

  /// Takes the exit status of a child that has ended, and its number off the list.
  func reap(_ pid: pid_t) -> ExitStatus {
    state.withLock { state in
      state.pids.remove(pid)
      var status: Int32 = 0
      var result: pid_t
      repeat { result = unsafe waitpid(pid, &status, 0) } while result < 0 && errno == EINTR
      return result == pid ? ExitStatus(status) : .code(-1)
    }
  }
}

/// How a child ended.
enum ExitStatus: Equatable {
  case code(Int32)
  case signal(Int32)

  /// From what `waitpid` gives; its macros are not seen from Swift.
  init(_ status: Int32) {
    let signal = status & 0x7f
    self = signal == 0 ? .code((status >> 8) & 0xff) : .signal(signal)
  }
}
