/// A fraction of integers: a timebase, a frame rate, an aspect ratio. Kept as given, compared by value.
package struct Rational: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
  package var numerator: Int64
  package var denominator: Int64

  package init(_ numerator: Int64, _ denominator: Int64) {
    self.numerator = numerator
    self.denominator = denominator
  }

  /// Both terms are above zero: what a timebase, a rate or an aspect ratio has to be.
  package var isPositive: Bool { numerator > 0 && denominator > 0 }

  /// The same value in lowest terms with a positive denominator; 0/0 stays as it is.
  package var reduced: Rational {
    let divisor = Rational.greatestCommonDivisor(numerator.magnitude, denominator.magnitude)
    guard divisor > 1 || denominator < 0, divisor <= UInt64(Int64.max) else { return self }
    let sign: Int64 = denominator < 0 ? -1 : 1
    return Rational(sign &* (numerator / Int64(divisor)), sign &* (denominator / Int64(divisor)))
  }

  package var inverse: Rational { Rational(denominator, numerator) }

  /// For printing and for comparing with tolerance only; time is never computed with it.
  package var approximate: Double { denominator == 0 ? 0 : Double(numerator) / Double(denominator) }

  package var description: String { "\(numerator)/\(denominator)" }

  package static func < (left: Rational, right: Rational) -> Bool {
    let a = left.reduced
    let b = right.reduced
    let (aHigh, aLow) = a.numerator.multipliedFullWidth(by: b.denominator)
    let (bHigh, bLow) = b.numerator.multipliedFullWidth(by: a.denominator)
    return (aHigh, aLow) < (bHigh, bLow)
  }

  private static func greatestCommonDivisor(_ a: UInt64, _ b: UInt64) -> UInt64 {
    var (a, b) = (a, b)
    while b != 0 { (a, b) = (b, a % b) }
    return a
  }
}
