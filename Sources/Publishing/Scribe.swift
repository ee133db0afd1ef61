internal import Foundation
internal import Synchronization

/// Writes down what goes up: before an object is sent, that it may be there from now on; afterwards, that it is. In
/// groups, since each transaction may have to wait for the disk. What a killed run had sent and not yet written down is
/// asked for by the next, so nothing goes up twice.
final class Scribe: Sendable {
  private static let group = 64
  private static let mostSeconds = 1.0

  private struct State {
    /// What will be sent, in order; up to `marked` it is written down.
    var upcoming: [RememberedObject]
    var marked = 0
    var sent: [RememberedObject] = []
    var written = ContinuousClock.now
  }

  private let memory: any PublishMemory
  private let target: String
  private let state: Mutex<State>

  init(_ memory: any PublishMemory, target: String, upcoming: [RememberedObject]) {
    self.memory = memory
    self.target = target
    state = Mutex(State(upcoming: upcoming))
  }

  /// Before the object number `index` is sent.
  func begin(_ index: Int) throws(PublishFailure) {
    try change { state in
      guard index >= state.marked else { return }
      let end = min(state.upcoming.count, max(index + 1, state.marked + Self.group))
      try memory.remember(Array(state.upcoming[state.marked..<end]), at: target)
      state.marked = end
    }
  }

  /// A row that must be written at once: the number of an upload in parts.
  func note(_ row: RememberedObject) throws(PublishFailure) {
    try change { _ in try memory.remember([row], at: target) }
  }

  func done(_ row: RememberedObject) throws(PublishFailure) {
    try change { state in
      state.sent.append(row)
      guard state.sent.count >= Self.group || ContinuousClock.now - state.written > .seconds(Self.mostSeconds)
      else { return }
      try flush(&state)
    }
  }

  func finish() throws(PublishFailure) { try change { try flush(&$0) } }

  private func flush(_ state: inout State) throws {
    if !state.sent.isEmpty { try memory.remember(state.sent, at: target) }
    state.sent = []
    state.written = .now
  }

  private func change(_ body: (inout State) throws -> Void) throws(PublishFailure) {
    do { try state.withLock { try body(&$0) } } catch { throw .remembering(error) }
  }
}

extension PublishFailure {
  /// What went wrong with the memory, in its own words.
  static func remembering(_ error: any Error) -> PublishFailure {
    (error as? PublishFailure) ?? .memory(what: String(describing: error), passes: false)
  }
}
