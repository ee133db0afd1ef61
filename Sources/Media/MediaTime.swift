/// How a conversion between timebases rounds.
package enum Rounding: Sendable {
  case down
  case up
  /// To the nearest tick; a half goes up.
  case nearest
}

/// A moment or a length: a whole number of ticks of a timebase (seconds per tick).
package struct MediaTime: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
  package var ticks: Int64
  package var timebase: Rational

  package init(_ ticks: Int64, _ timebase: Rational) {
    self.ticks = ticks
    self.timebase = timebase
  }

  package static let zero = MediaTime(0, Rational(1, 1))

  /// The same time in another timebase. A result that does not fit is clamped to what 64 bits hold.
  package func ticks(in other: Rational, rounding: Rounding = .nearest) -> Int64 {
    if other == timebase { return ticks }
    return rescale(ticks, from: timebase, to: other, rounding: rounding)
  }

  package func rescaled(to other: Rational, rounding: Rounding = .nearest) -> MediaTime {
    MediaTime(ticks(in: other, rounding: rounding), other)
  }

  /// For printing only.
  package var approximateSeconds: Double { Double(ticks) * timebase.approximate }

  package var description: String { "\(ticks)×\(timebase)" }

  package static func < (left: MediaTime, right: MediaTime) -> Bool {
    if left.timebase == right.timebase { return left.ticks < right.ticks }
    return compare(left, right) < 0
  }

  /// −1, 0 or 1: by value, exact as long as the timebases' terms fit 31 bits.
  package static func compare(_ left: MediaTime, _ right: MediaTime) -> Int {
    let a = left.timebase.reduced
    let b = right.timebase.reduced
    let aScale = a.numerator.multipliedReportingOverflow(by: b.denominator)
    let bScale = b.numerator.multipliedReportingOverflow(by: a.denominator)
    if aScale.overflow || bScale.overflow {
      let (x, y) = (left.approximateSeconds, right.approximateSeconds)
      return x < y ? -1 : (x > y ? 1 : 0)
    }
    let x = left.ticks.multipliedFullWidth(by: aScale.partialValue)
    let y = right.ticks.multipliedFullWidth(by: bScale.partialValue)
    if x.high != y.high { return x.high < y.high ? -1 : 1 }
    if x.low != y.low { return x.low < y.low ? -1 : 1 }
    return 0
  }
}

/// `value` ticks of `from` in ticks of `to`, by 128-bit arithmetic, clamped to 64 bits. A timebase that is
/// not positive gives 0.
package func rescale(
  _ value: Int64, from: Rational, to: Rational, rounding: Rounding = .nearest
) -> Int64 {
  guard from.isPositive, to.isPositive else { return 0 }
  let ratio = combine(from, to.inverse)
  guard ratio.isPositive else { return 0 }
  let negative = value < 0
  // Mirror for negative values, so that `down` goes to minus infinity and `nearest` sends halves up.
  let product = value.magnitude.multipliedFullWidth(by: UInt64(ratio.numerator))
  let divisor = UInt64(ratio.denominator)
  guard product.high < divisor else { return negative ? Int64.min : Int64.max }
  let (quotient, remainder) = divisor.dividingFullWidth(product)
  var result = quotient
  let roundsAway: Bool
  switch rounding {
  case .down: roundsAway = negative && remainder > 0
  case .up: roundsAway = !negative && remainder > 0
  case .nearest:
    let twice = remainder.multipliedReportingOverflow(by: 2)
    let over = twice.overflow || twice.partialValue > divisor
    let half = !twice.overflow && twice.partialValue == divisor
    roundsAway = over || (half && !negative)
  }
  if roundsAway, result < UInt64.max { result += 1 }
  guard result <= UInt64(Int64.max) else { return negative ? Int64.min : Int64.max }
  return negative ? -Int64(result) : Int64(result)
}

/// The product of two fractions in lowest terms; terms that do not fit are halved together.
private func combine(_ a: Rational, _ b: Rational) -> Rational {
  let first = Rational(a.numerator, b.denominator).reduced
  let second = Rational(b.numerator, a.denominator).reduced
  var (n1, n2) = (first.numerator, second.numerator)
  var (d1, d2) = (first.denominator, second.denominator)
  while true {
    let numerator = n1.multipliedReportingOverflow(by: n2)
    let denominator = d1.multipliedReportingOverflow(by: d2)
    if !numerator.overflow && !denominator.overflow {
      return Rational(numerator.partialValue, denominator.partialValue)
    }
    if n1 > n2 { n1 /= 2 } else { n2 /= 2 }
    if d1 > d2 { d1 /= 2 } else { d2 /= 2 }
    if n1 == 0 || n2 == 0 || d1 == 0 || d2 == 0 { return Rational(0, 1) }
  }
}
