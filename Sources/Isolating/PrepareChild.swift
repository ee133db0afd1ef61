internal import CPosix
internal import Foundation

/// What a child does before it touches anything else, on its only thread: it has read no byte of the source when limits
/// and sandbox hold.
package enum ChildSetup {
  package enum Failure: Error, Equatable, Sendable {
    /// Started by hand: nobody would speak the protocol.
    case notStartedByRung
    case parentIsGone
  }

  /// Ties the life of a child that reads no source itself to its parent's; signals get their default actions back.
  package static func followParent() throws(Failure) {
    guard let text = ProcessInfo.processInfo.environment[WorkerProtocol.parentVariable],
      let parent = pid_t(text)
    else { throw .notStartedByRung }
    _ = rung_set_parent_death_signal(SIGKILL)
    // The parent may have ended before the line above took effect.
    guard getppid() == parent else { throw .parentIsGone }
    var signals = sigset_t()
    unsafe sigfillset(&signals)
    unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  /// Ties the child's life to its parent's and enters the sandbox. Gives the rules that it was started with, and what of
  /// the sandbox holds.
  package static func prepareChild() throws(Failure) -> (rules: WorkerRules, protection: Protection) {
    try followParent()
    let rules = ProcessInfo.processInfo.environment[WorkerProtocol.rulesVariable].flatMap {
      WorkerRules(text: $0)
    }
    guard let rules else { throw .notStartedByRung }
    return (rules, enterSandbox(rules))
  }

  /// Closes what the child should not have inherited, gives signals back their default actions and enters the sandbox.
  static func enterSandbox(_ rules: WorkerRules) -> Protection {
    _ = close_range(UInt32(WorkerProtocol.sourceDescriptor) + 1, UInt32.max, 0)
    for number in [SIGPIPE, SIGINT, SIGTERM, SIGHUP] { _ = signal(number, SIG_DFL) }
    FreedMemory.keepMuch()
    return Protection.enter(rules, source: WorkerProtocol.sourceDescriptor)
  }
}
