internal import Foundation
internal import Isolating
internal import Synchronization

/// One job for a worker, and what to do with its answer.
struct WorkTask: Sendable {
  var job: WorkerJob
  /// For the error if the worker dies: `encoding frames 0 to 119`.
  var doing: String
  /// Its progress is part of the whole's.
  var countsFrames = true
  /// Runs on the pool's thread.
  var finish: @Sendable (WorkerAnswer) throws -> Void
}

/// Hands out tasks, one at a time, until there are none. Asked from several threads.
protocol TaskSource: Sendable {
  /// `worker` is the number of the thread that asks, from 0.
  func next(for worker: Int) throws -> WorkTask?
}

/// Tasks in a fixed order.
final class TaskList: TaskSource {
  private let rest: Mutex<ArraySlice<WorkTask>>
  init(_ tasks: [WorkTask]) { rest = Mutex(tasks[...]) }
  func next(for worker: Int) -> WorkTask? { rest.withLock { $0.popFirst() } }
}

/// Several sources, one after another.
final class TaskSequence: TaskSource {
  private let sources: [any TaskSource]
  init(_ sources: [any TaskSource]) { self.sources = sources }
  func next(for worker: Int) throws -> WorkTask? {
    for source in sources { if let task = try source.next(for: worker) { return task } }
    return nil
  }
}

/// Threads that work through tasks side by side, each with a worker process of its own, which it starts when it gets
/// its first task and keeps until the pool is closed: a worker dies with the thread that started it.
///
/// The first failure stops the handing out; what runs is ended, and `run` throws that failure.
final class WorkPool: Sendable {
  typealias OnProgress = @Sendable (WorkerProgress) -> Void
  typealias OnLog = @Sendable (WorkerLog) -> Void

  private struct State {
    var source: (any TaskSource)?
    var busy = 0
    var failure: (any Error)?
    var isClosed = false
  }

  let workers: Int
  private let descriptor: Int32
  private let rules: WorkerRules
  private let live: LiveWorkers
  private let onProgress: OnProgress
  private let onLog: OnLog
  private let state = Mutex(State())
  private let start = DispatchSemaphore(value: 0)
  private let done = DispatchSemaphore(value: 0)
  private let ended = DispatchSemaphore(value: 0)

  init(
    workers: Int, source descriptor: Int32, rules: WorkerRules, live: LiveWorkers,
    onProgress: @escaping OnProgress,
    onLog: @escaping OnLog
  ) {
    self.descriptor = descriptor
    self.workers = workers
    self.rules = rules
    self.live = live
    self.onProgress = onProgress
    self.onLog = onLog
    for index in 0..<workers {
      let thread = Thread { [self] in work(as: index) }
      thread.stackSize = 4 << 20
      thread.name = "rung-slot-\(index)"
      thread.start()
    }
  }

  /// Does all tasks of `source` and returns when the last is finished.
  func run(_ source: some TaskSource) throws {
    state.withLock {
      $0.source = source
      $0.busy = workers
      $0.failure = nil
    }
    for _ in 0..<workers { start.signal() }
    for _ in 0..<workers { done.wait() }
    let failure = state.withLock { state in
      state.source = nil
      return state.failure
    }
    if let failure { throw failure }
  }

  /// Ends the worker processes and the threads. The last call on a pool.
  func close() {
    state.withLock { $0.isClosed = true }
    for _ in 0..<workers { start.signal() }
    for _ in 0..<workers { ended.wait() }
  }

  private func work(as index: Int) {
    var worker: WorkerProcess?
    while true {
      start.wait()
      let source = state.withLock { $0.isClosed ? nil : $0.source }
      guard let source else { break }
      do {
        while state.withLock({ $0.failure == nil }), !live.isClosed, let task = try source.next(for: index) {
          try perform(task, with: &worker)
        }
      } catch {
        worker = nil
        state.withLock { if $0.failure == nil { $0.failure = error } }
      }
      if live.isClosed { state.withLock { if $0.failure == nil { $0.failure = WorkerFailure.cancelled } } }
      done.signal()
    }
    worker = nil
    ended.signal()
  }

  private func perform(_ task: WorkTask, with worker: inout WorkerProcess?) throws {
    let process = try worker ?? WorkerProcess.start(source: descriptor, rules: rules, live: live)
    worker = process
    let answer: WorkerAnswer = try process.run(
      task.job, doing: task.doing,
      onProgress: { (step: WorkerProgress) in if task.countsFrames { onProgress(step) } }, onLog: onLog)
    try task.finish(answer)
  }
}
