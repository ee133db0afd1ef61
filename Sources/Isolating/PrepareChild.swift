internal import CPosix
internal import Foundation

/// What a child does before it touches anything else, on its only thread.
///
/// The sandbox and the limits are entered here as well, after the steps below and before the first request is read:
/// Landlock binds only the thread that asks for it, so it has to happen while there is one.
package enum ChildSetup {
  package enum Failure: Error, Equatable, Sendable {
    /// Started by hand: nobody would speak the protocol.
    case notStartedByRung
    case parentIsGone
  }

  /// Ties the child's life to its parent's, closes what it should not have inherited and gives signals back their
  /// default actions.
  package static func prepareChild() throws(Failure) {
    guard let text = ProcessInfo.processInfo.environment[WorkerProtocol.parentVariable],
      let parent = pid_t(text)
    else { throw .notStartedByRung }
    _ = rung_set_parent_death_signal(SIGKILL)
    // The parent may have ended before the line above took effect.
    guard getppid() == parent else { throw .parentIsGone }
    _ = close_range(UInt32(WorkerProtocol.sourceDescriptor) + 1, UInt32.max, 0)
    var signals = sigset_t()
    unsafe sigfillset(&signals)
    unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    for number in [SIGPIPE, SIGINT, SIGTERM, SIGHUP] { _ = signal(number, SIG_DFL) }
    rung_keep_freed_memory(Self.keptMemory)
  }

  /// Encoders of one chunk free what those of the next one ask for.
  private static let keptMemory: Int32 = 256 << 20
}
