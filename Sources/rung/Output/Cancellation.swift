internal import Foundation
internal import Synchronization

/// Whether the person wants it to stop: asked by the work between two pieces, set by a signal. Handlers run once,
/// on the thread that cancels, to wake what waits.
final class Cancellation: Sendable {
  private struct State {
    var signal: Int32?
    var handlers: [@Sendable () -> Void] = []
  }

  private let state = Mutex(State())

  /// The signal that asked for it; nil while nobody did.
  var signal: Int32? { state.withLock { $0.signal } }
  var isCancelled: Bool { signal != nil }

  func check() throws(CommandFailure) {
    if let signal { throw .interrupted(signal) }
  }

  /// Runs `handler` when it is cancelled; at once if it is already.
  func onCancel(_ handler: @escaping @Sendable () -> Void) {
    let isLate = state.withLock { state in
      if state.signal == nil { state.handlers.append(handler) }
      return state.signal != nil
    }
    if isLate { handler() }
  }

  func cancel(signal: Int32) {
    let handlers = state.withLock { state in
      guard state.signal == nil else { return [] as [@Sendable () -> Void] }
      state.signal = signal
      defer { state.handlers = [] }
      return state.handlers
    }
    for handler in handlers { handler() }
  }
}

/// SIGINT, SIGTERM and SIGHUP, taken by one thread that does nothing else. The first stops the work; the process is
/// gone within a second even where the work does not listen (the tree is whole at every moment), or at once with
/// the second signal.
enum Signals {
  private static let graceNanoseconds = 900_000_000

  /// To be called before any other thread is there: threads inherit that these signals are blocked.
  static func install(_ cancellation: Cancellation, console: Console) {
    _ = signal(SIGPIPE, SIG_IGN)
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      // Who starts a job with a signal ignored (nohup, a shell's background job) means it.
      if !isIgnored(number) { unsafe sigaddset(&set, number) }
    }
    unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    let waited = set
    let thread = Thread { wait(waited, cancellation, console) }
    thread.stackSize = 512 << 10
    thread.start()
  }

  private static func wait(_ set: sigset_t, _ cancellation: Cancellation, _ console: Console) {
    var set = set
    var number: Int32 = 0
    guard unsafe sigwait(&set, &number) == 0 else { return }
    cancellation.cancel(signal: number)
    var grace = timespec(tv_sec: 0, tv_nsec: graceNanoseconds)
    _ = unsafe sigtimedwait(&set, nil, &grace)
    console.clear()
    _exit(CommandFailure.interrupted(number).exit.rawValue)
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard unsafe sigaction(number, nil, &action) == 0 else { return false }
    // SIG_IGN is the pointer 1 and not comparable as a function.
    return unsafe withUnsafeBytes(of: &action) { unsafe $0.load(as: UInt.self) == 1 }
  }
}
