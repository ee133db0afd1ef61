internal import Media

/// How fast a source's pictures come: presentation times in, one rate out.
///
/// The commonest interval is the mean of the fullest window of similar intervals, since rounded timestamps spread
/// one interval over two (33 and 34 ms). Every picture then gets a number: the intervals divided by the commonest
/// one, so that left-out pictures count. A least-squares line of times over numbers gives the long-run interval,
/// which tells 29.97 from 30 in millisecond stamps of two seconds; it is taken when it agrees with the commonest one.
/// It only chooses among fractions: no time is computed from these floating numbers.
enum Cadence {
  static func rate(of times: [Int64], timebase: Rational) -> Rational {
    let intervals = zip(times.dropFirst(), times).map { Double($0) - Double($1) }
    guard timebase.isPositive, let usual = commonest(intervals.filter { $0 > 0 }) else {
      return Rational(25, 1)
    }
    let longRun = slope(intervals, usual: usual)
    // Half a tick: what rounding alone can do to the commonest interval of coarse timestamps.
    let agrees = abs(longRun - usual) <= max(0.02 * usual, 0.5)
    let measured = 1 / ((agrees ? longRun : usual) * timebase.approximate)
    if measured > StandardRate.fastest {
      // Bursts a tick apart are a fault of the timestamps; what remains true is the number of pictures.
      let span = intervals.reduce(0, +) * timebase.approximate
      let average = span > 0 ? Double(intervals.count) / span : measured
      if average <= StandardRate.fastest { return StandardRate.snapped(average) }
    }
    return isSteady(intervals, usual) ? StandardRate.snapped(measured) : StandardRate.usual(near: measured)
  }

  /// The rate of pictures that stay as they are: where they come at equal steps it is the clock's own, unless rounding
  /// to a tick is all that keeps it from the rate above.
  static func exactRate(of times: [Int64], timebase: Rational) -> Rational {
    let rate = self.rate(of: times, timebase: timebase)
    let steps = Set(zip(times.dropFirst(), times).map { $0 &- $1 })
    guard steps.count == 1, let step = steps.first, step > 0, rate.isPositive else { return rate }
    let expected = rescale(rate.denominator, from: Rational(1, rate.numerator), to: timebase)
    let own = Rational(
      timebase.denominator, timebase.numerator.multipliedReportingOverflow(by: step).partialValue)
    guard abs(expected &- step) > 1, own.isPositive, own.approximate <= StandardRate.fastest else {
      return rate
    }
    return own.reduced
  }

  /// Nine of ten intervals are a whole number of the usual one, give or take what rounded stamps do.
  private static func isSteady(_ intervals: [Double], _ usual: Double) -> Bool {
    let tolerance = max(0.04 * usual, 1)
    let steady = intervals.filter { abs($0 - max(1, ($0 / usual).rounded()) * usual) <= tolerance }.count
    return steady * 10 >= intervals.count * 9
  }

  private static func commonest(_ intervals: [Double]) -> Double? {
    let sorted = intervals.sorted()
    var best: Range<Int>?
    var end = 0
    for start in sorted.indices {
      let low = sorted[start]
      // From 2 ticks on the rounding of one interval may reach the next tick; 1 and 2 are one and two pictures.
      let high = low >= 2 ? max(low * 1.12, low + 1) : low * 1.12
      end = max(end, start)
      while end < sorted.count, sorted[end] <= high { end += 1 }
      if end - start > (best?.count ?? 0) { best = start..<end }
    }
    guard let best else { return nil }
    return sorted[best].reduce(0, +) / Double(best.count)
  }

  private static func slope(_ intervals: [Double], usual: Double) -> Double {
    var (number, time) = (0.0, 0.0)
    var points: [(number: Double, time: Double)] = [(0, 0)]
    points.reserveCapacity(intervals.count + 1)
    for interval in intervals {
      number += interval <= 0 ? 0 : max(1, (interval / usual).rounded())
      time += interval
      points.append((number, time))
    }
    let count = Double(points.count)
    let meanNumber = points.reduce(0) { $0 + $1.number } / count
    let meanTime = points.reduce(0) { $0 + $1.time } / count
    var (covariance, variance) = (0.0, 0.0)
    for point in points {
      covariance += (point.number - meanNumber) * (point.time - meanTime)
      variance += (point.number - meanNumber) * (point.number - meanNumber)
    }
    return variance > 0 ? covariance / variance : usual
  }
}
