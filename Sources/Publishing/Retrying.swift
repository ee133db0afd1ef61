internal import Synchronization

/// How often and when a request is sent again: exponential backoff, and of each wait a random part, so that many
/// uploads that failed together do not come back together.
package struct RetryRule: Sendable, Equatable {
  /// After the first attempt.
  package var retries: Int
  package var firstSeconds: Double
  package var longestSeconds: Double

  package init(retries: Int = 3, firstSeconds: Double = 0.5, longestSeconds: Double = 20) {
    self.retries = retries
    self.firstSeconds = firstSeconds
    self.longestSeconds = longestSeconds
  }

  /// Before the `retry`-th retry, from 0. `random` is between 0 and 1; `asked` is what the server asked for
  /// (Retry-After), which is kept to where it is not longer than a minute.
  func wait(_ retry: Int, random: Double, asked: Double?) -> Double {
    var longest = firstSeconds
    for _ in 0..<min(retry, 32) { longest = min(longest * 2, longestSeconds) }
    return max(longest * (0.5 + random / 2), min(asked ?? 0, 60))
  }
}

/// A wish to stop, that work asks for between two pieces.
package final class StopFlag: Sendable {
  private let isSet = Atomic(false)
  package init() {}
  package var isStopped: Bool { isSet.load(ordering: .relaxed) }
  package func stop() { isSet.store(true, ordering: .relaxed) }
}
