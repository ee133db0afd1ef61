internal import Foundation
internal import Synchronization

/// One thing to do; may hand more to the crew.
protocol CrewTask: Sendable {
  func perform(_ crew: Crew) throws(PublishFailure)
}

/// Threads that work through tasks side by side: as many at once as there may be requests at once. The first failure
/// ends the handing out, and is what `run` throws when the tasks that were under way are over.
final class Crew: Sendable {
  private struct State {
    /// The next is the last.
    var tasks: [any CrewTask]
    var busy = 0
    var failure: PublishFailure?
    var isOver = false
  }

  private let state: Mutex<State>
  private let ready = DispatchSemaphore(value: 0)
  private let ended = DispatchSemaphore(value: 0)
  private let threads: Int
  private let stop: StopFlag

  private init(_ tasks: [any CrewTask], threads: Int, stop: StopFlag) {
    state = Mutex(State(tasks: tasks.reversed()))
    self.threads = threads
    self.stop = stop
  }

  /// Does all tasks, in their order where they can be begun in order, and returns when the last is finished.
  static func run(_ tasks: [any CrewTask], threads: Int, stop: StopFlag) throws(PublishFailure) {
    guard !tasks.isEmpty else { return }
    try Crew(tasks, threads: max(1, threads), stop: stop).run(tasks.count)
  }

  private func run(_ count: Int) throws(PublishFailure) {
    for number in 0..<threads {
      let thread = Thread { [self] in work() }
      thread.stackSize = 1 << 20
      thread.name = "rung-upload-\(number)"
      thread.start()
    }
    for _ in 0..<count { ready.signal() }
    for _ in 0..<threads { ended.wait() }
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }

  /// To be done next, in this order.
  func add(_ tasks: [any CrewTask]) {
    let isTaken = state.withLock { state in
      if state.failure == nil { state.tasks += tasks.reversed() }
      return state.failure == nil
    }
    if isTaken { for _ in tasks { ready.signal() } }
  }

  private func work() {
    while true {
      ready.wait()
      let task: (any CrewTask)? = state.withLock { state in
        guard !state.isOver, let task = state.tasks.popLast() else { return nil }
        state.busy += 1
        return task
      }
      guard let task else { break }
      var failure: PublishFailure?
      do throws(PublishFailure) {
        if stop.isStopped { throw .cancelled }
        try task.perform(self)
      } catch {
        failure = error
      }
      if finish(failure) { for _ in 0..<threads { ready.signal() } }
    }
    ended.signal()
  }

  /// Whether that was the last.
  private func finish(_ failure: PublishFailure?) -> Bool {
    state.withLock { state in
      state.busy -= 1
      if let failure {
        if state.failure == nil { state.failure = failure }
        state.tasks = []
      }
      if state.tasks.isEmpty, state.busy == 0 || state.failure != nil { state.isOver = true }
      return state.isOver
    }
  }
}
