/// The one place where ticks become decimal text: exact integer arithmetic, rounded to the nearest, so the
/// same ticks give the same text on every machine.
package enum DecimalText {
  /// `time` in seconds with `places` decimals: `6.006000`.
  package static func seconds(_ time: MediaTime, places: Int = 6) -> String {
    fixed(time.ticks(in: Rational(1, powerOfTen(places))), places: places)
  }

  /// A rate with three decimals: `29.970`, `30.000`.
  package static func rate(_ rate: Rational, places: Int = 3) -> String {
    guard rate.isPositive else { return fixed(0, places: places) }
    return fixed(
      rescale(rate.numerator, from: Rational(1, rate.denominator), to: Rational(1, powerOfTen(places))),
      places: places)
  }

  /// `value` as a whole number of 10^-places.
  package static func fixed(_ value: Int64, places: Int) -> String {
    let unit = UInt64(powerOfTen(places))
    let (whole, fraction) = value.magnitude.quotientAndRemainder(dividingBy: unit)
    let sign = value < 0 ? "-" : ""
    if places <= 0 { return "\(sign)\(whole)" }
    let digits = String(fraction)
    return "\(sign)\(whole)." + String(repeating: "0", count: places - digits.count) + digits
  }

  private static func powerOfTen(_ places: Int) -> Int64 {
    var result: Int64 = 1
    for _ in 0..<max(0, min(places, 15)) { result *= 10 }
    return result
  }
}
