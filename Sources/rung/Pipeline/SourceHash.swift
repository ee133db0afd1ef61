internal import Foundation
internal import Storing
internal import Synchronization

/// The SHA-256 of a source, made on a thread of its own from the beginning of the run: an open source in; its hash out
/// to whoever needs it first, who waits for it.
final class SourceHash {
  /// Its descriptor stays open until the reading has ended.
  private let source: SourceFile
  private let outcome = Outcome()

  /// Unchecked: `result` is written before `done` is signalled and read after it was waited for.
  private final class Outcome: @unchecked Sendable {
    let done = DispatchSemaphore(value: 0)
    let isUnwanted = Atomic<Bool>(false)
    var result: Result<String, any Error> = .failure(CancellationError())
  }

  init(_ source: SourceFile, cancellation: Cancellation) {
    self.source = source
    let (descriptor, path, outcome) = (source.descriptor, source.path, outcome)
    let thread = Thread {
      outcome.result = Result {
        try SHA256.hash(descriptor: descriptor, path: path) {
          cancellation.isCancelled || outcome.isUnwanted.load(ordering: .relaxed)
        }.sha256
      }
      outcome.done.signal()
    }
    thread.start()
  }

  /// Ends the thread: nothing reads the source's descriptor when this is gone.
  deinit {
    outcome.isUnwanted.store(true, ordering: .relaxed)
    wait()
  }

  func value() throws -> String {
    wait()
    return try outcome.result.get()
  }

  private func wait() {
    outcome.done.wait()
    // For who asks next.
    outcome.done.signal()
  }
}
