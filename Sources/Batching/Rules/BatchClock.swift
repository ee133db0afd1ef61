internal import Foundation

/// The clocks that a batch goes by, handed in so that tests can have them jump.
package struct BatchClock: Sendable {
  /// Seconds since 1970: what people set, and what may jump.
  package var now: @Sendable () -> Int64
  /// Milliseconds that only go forward, also while the machine sleeps; they begin anew with each boot.
  package var steady: @Sendable () -> Int64
  /// Tells one boot from another.
  package var boot: String

  package init(
    now: @escaping @Sendable () -> Int64, steady: @escaping @Sendable () -> Int64, boot: String
  ) {
    self.now = now
    self.steady = steady
    self.boot = boot
  }

  package static func system() -> BatchClock {
    let boot = FileManager.default.contents(atPath: "/proc/sys/kernel/random/boot_id")
      .map { String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines) }
    return BatchClock(
      now: { Int64(Date().timeIntervalSince1970) },
      steady: {
        var time = timespec()
        guard unsafe clock_gettime(CLOCK_BOOTTIME, &time) == 0 else { return 0 }
        return Int64(time.tv_sec) &* 1000 &+ Int64(time.tv_nsec) / 1_000_000
      }, boot: boot ?? "")
  }
}

/// One moment on both clocks. Two of them, of different runs, tell whether the wall clock was set in between.
package struct ClockReading: Sendable, Equatable {
  package var now: Int64
  package var steady: Int64
  package var boot: String

  package init(now: Int64, steady: Int64, boot: String) {
    self.now = now
    self.steady = steady
    self.boot = boot
  }

  package init(_ clock: BatchClock) {
    self.init(now: clock.now(), steady: clock.steady(), boot: clock.boot)
  }

  /// As the ledger keeps it.
  package var text: String { "\(now) \(steady) \(boot)" }

  package init?(text: String) {
    let parts = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, let now = Int64(parts[0]), let steady = Int64(parts[1]) else { return nil }
    self.init(now: now, steady: steady, boot: String(parts[2]))
  }

  /// How far the wall clock went ahead of the steady one since `earlier`, in seconds: large after somebody set it
  /// forward. Another boot leaves nothing to compare with; then it counts as right.
  package func lead(since earlier: ClockReading) -> Int64 {
    guard boot == earlier.boot else { return 0 }
    return (now &- earlier.now) &- (steady &- earlier.steady) / 1000
  }
}
