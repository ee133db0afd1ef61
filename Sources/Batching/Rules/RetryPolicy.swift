/// What becomes of a job that failed: the attempt and the failure in, the failure as it is recorded and the time of
/// the next attempt out.
package struct RetryPolicy: Sendable, Equatable {
  package var attempts: Int
  /// Seconds before the second attempt; each further wait is four times as long.
  package var firstDelay: Int64
  /// An upload whose child died so often is put aside.
  package var crashes: Int

  package init(attempts: Int = 3, firstDelay: Int64 = 60, crashes: Int = 2) {
    self.attempts = attempts
    self.firstDelay = firstDelay
    self.crashes = crashes
  }

  /// No wait is longer, however many attempts there are.
  package static let longestDelay: Int64 = 6 * 3600

  /// A machine that ends children at random is no reason to give up an upload soon.
  private static let killedFactor = 4

  package struct Verdict: Sendable, Equatable {
    package var failure: JobFailure
    /// nil: it stays failed until a person says otherwise.
    package var retryAt: Int64?
  }

  /// `attempt` counts from 1; `crashes`: how often its child has died, this time included.
  package func verdict(_ failure: JobFailure, attempt: Int, crashes: Int, now: Int64) -> Verdict {
    if failure.code == JobFailure.crash, crashes >= self.crashes {
      return Verdict(
        failure: JobFailure(
          reason: "\(failure.reason); it did so \(crashes) times and is put aside until 'rung retry'",
          code: JobFailure.quarantined, isRetryable: false), retryAt: nil)
    }
    let most = failure.code == JobFailure.killed ? attempts * Self.killedFactor : attempts
    guard failure.isRetryable, attempt < most else { return Verdict(failure: failure, retryAt: nil) }
    return Verdict(failure: failure, retryAt: now &+ delay(after: attempt))
  }

  func delay(after attempt: Int) -> Int64 {
    var delay = max(0, firstDelay)
    for _ in 1..<max(1, min(attempt, 16)) { delay = min(Self.longestDelay, delay &* 4) }
    return min(Self.longestDelay, delay)
  }
}

extension JobFailure {
  package static let quarantined = "quarantined"
  /// Somebody, or the kernel short of memory, ended the child: no word about the upload.
  package static let killed = "killed"
}
