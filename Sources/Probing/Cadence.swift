package import Media

/// How pictures follow one another: ascending presentation times in, the frame rate and whether it is constant out.
///
/// The commonest interval decides, not the average: a pause or a lost picture does not change what the camera did.
/// Intervals that differ by the rounding of a coarse timebase (33, 33, 34 ms) count as one, and their mean is
/// snapped to a rate that cameras and standards use when it is one within what the timebase can tell.
package struct Cadence: Equatable, Sendable {
  /// nil when there are fewer than two pictures.
  package var rate: Rational?
  package var isConstant: Bool
  /// The commonest interval in ticks, at least 1; nil when there are fewer than two pictures.
  package var interval: Int64?

  /// `times` ascends and has no equal neighbours. `hints` are rates that the container states; between two
  /// standard rates that fit equally they decide.
  package init(times: [Int64], timebase: Rational, hints: [Rational] = []) {
    guard times.count > 1, timebase.isPositive else {
      (rate, isConstant, interval) = (nil, false, nil)
      return
    }
    var counts: [Int64: Int] = [:]
    for index in 1..<times.count {
      let step = times[index].subtractingReportingOverflow(times[index - 1])
      if !step.overflow, step.partialValue > 0 { counts[step.partialValue, default: 0] += 1 }
    }
    guard let window = Cadence.commonest(counts) else {
      (rate, isConstant, interval) = (nil, false, nil)
      return
    }
    let all = times.count - 1
    let constant = Cadence.isConstant(counts, mean: window.mean, timebase: timebase)
    interval = max(1, Int64(window.mean.rounded()))
    isConstant = constant
    rate = Cadence.snapped(
      window, tolerance: constant ? 0.0004 + 1 / (window.mean * Double(all)) : 0.01, timebase: timebase,
      hints: hints)
  }

  private struct Window {
    var mean: Double
    /// The most frequent single interval, and how many of the window's it is.
    var mode: Int64
    var modeShare: Double
  }

  /// The run of neighbouring intervals, as wide as rounding and camera jitter make it, that holds the most.
  private static func commonest(_ counts: [Int64: Int]) -> Window? {
    let steps = counts.sorted { $0.key < $1.key }
    var best = (low: 0, high: 0, count: 0)
    var (high, sum) = (0, 0)
    for low in steps.indices {
      let width = max(2, steps[low].key / 24)
      while high < steps.count, steps[high].key - steps[low].key <= width {
        sum += steps[high].value
        high += 1
      }
      if sum > best.count { best = (low, high, sum) }
      sum -= steps[low].value
    }
    let inside = steps[best.low..<best.high]
    guard let mode = inside.max(by: { $0.value < $1.value }), best.count > 0 else { return nil }
    let total = inside.reduce(0.0) { $0 + Double($1.key) * Double($1.value) }
    return Window(
      mean: total / Double(best.count), mode: mode.key, modeShare: Double(mode.value) / Double(best.count))
  }

  /// Every interval is the mean one within a tick or a millisecond of rounding, or 2 % of jitter.
  private static func isConstant(_ counts: [Int64: Int], mean: Double, timebase: Rational) -> Bool {
    let millisecond = 0.001 / timebase.approximate
    let slack = max(1.01, min(1.01 * millisecond, mean * 0.2), mean * 0.02)
    return counts.keys.allSatisfy { abs(Double($0) - mean) <= slack }
  }

  private static func snapped(
    _ window: Window, tolerance: Double, timebase: Rational, hints: [Rational]
  ) -> Rational? {
    let measured = 1 / (window.mean * timebase.approximate)
    guard measured.isFinite, measured > 0 else { return nil }
    let near = standardRates.filter { abs($0.approximate / measured - 1) <= tolerance }
    for hint in hints where hint.isPositive {
      if let match = near.first(where: { abs($0.approximate / hint.approximate - 1) < 0.0002 }) {
        return match
      }
    }
    let nearest = near.min { abs($0.approximate - measured) < abs($1.approximate - measured) }
    if let nearest { return nearest }
    if window.modeShare > 0.9 {
      let exact = Rational(timebase.denominator, 1).reduced
      let step = timebase.numerator.multipliedReportingOverflow(by: window.mode)
      if !step.overflow { return Rational(exact.numerator, step.partialValue).reduced }
    }
    guard measured < 1_000_000, let thousandths = Int64(exactly: (measured * 1000).rounded()), thousandths > 0
    else { return nil }
    return Rational(thousandths, 1000).reduced
  }

  static let standardRates: [Rational] = [
    Rational(24000, 1001), Rational(24, 1), Rational(25, 1), Rational(30000, 1001), Rational(30, 1),
    Rational(48000, 1001), Rational(48, 1), Rational(50, 1), Rational(60000, 1001), Rational(60, 1),
    Rational(10, 1), Rational(12, 1), Rational(12000, 1001), Rational(25, 2), Rational(15, 1),
    Rational(15000, 1001), Rational(20, 1), Rational(90, 1), Rational(100, 1), Rational(120000, 1001),
    Rational(120, 1), Rational(240000, 1001), Rational(240, 1),
  ]
}
