internal import Foundation
internal import Media

/// The frame rates that players and screens know. A measured or written rate in, an exact fraction out.
enum StandardRate {
  static let all: [Rational] = [
    Rational(24000, 1001), Rational(24, 1), Rational(25, 1), Rational(30000, 1001), Rational(30, 1),
    Rational(48, 1), Rational(50, 1), Rational(60000, 1001), Rational(60, 1),
  ]

  /// What a rate is at least (a still picture, slides) and where the halving of a fast one begins at most.
  static let slowest = Rational(1, 1)
  static let fastest = 240.0

  /// The rate that a ladder file means by `30`, `29.97` or `30000/1001`; nil when it is not a positive number.
  static func parse(_ text: String) -> Rational? {
    let terms = text.split(separator: "/", omittingEmptySubsequences: false)
    if terms.count == 2 {
      guard let numerator = Int64(terms[0]), let denominator = Int64(terms[1]), numerator > 0,
        denominator > 0,
        numerator <= 1_000_000_000, denominator <= 1_000_000_000
      else { return nil }
      return Rational(numerator, denominator).reduced
    }
    guard terms.count == 1, let number = Double(text), number > 0, number < 1_000_000 else { return nil }
    // People write 23.98 and 29.97: closer than half the distance to 24 and 30.
    return nearest(number, in: all, within: 0.0005) ?? thousandths(number)
  }

  /// The rate that a source with `measured` pictures a second has: a standard one within 1 %, else a whole rate or
  /// one of the NTSC family (n·1000/1001) within 0.2 %, else its own in thousandths.
  static func snapped(_ measured: Double) -> Rational {
    guard measured.isFinite, measured > 0 else { return Rational(25, 1) }
    if measured < slowest.approximate { return slowest }
    if let standard = nearest(measured, in: all, within: 0.01) { return standard }
    let whole = Int64(min(measured, 1000).rounded())
    let family = [Rational(whole, 1), Rational(whole * 1000, 1001), Rational((whole + 1) * 1000, 1001)]
    return nearest(measured, in: family.map(\.reduced), within: 0.002) ?? thousandths(min(measured, 1000))
  }

  /// For pictures that come unevenly, as from a phone: the rate that the camera was set to is the standard one near
  /// the commonest interval; far from all of them it is the source's own.
  static func usual(near measured: Double) -> Rational {
    guard measured.isFinite, measured > 0 else { return Rational(25, 1) }
    return nearest(measured, in: all, within: 0.12) ?? snapped(measured)
  }

  /// Halved until it is at most `most`.
  static func halved(_ rate: Rational, atMost most: Rational) -> Rational {
    var rate = rate
    while most < rate { rate = Rational(rate.numerator, rate.denominator &* 2).reduced }
    return rate
  }

  private static func nearest(_ number: Double, in rates: [Rational], within share: Double) -> Rational? {
    let close = rates.filter { abs($0.approximate - number) <= share * number }
    return close.min { abs($0.approximate - number) < abs($1.approximate - number) }
  }

  private static func thousandths(_ number: Double) -> Rational {
    Rational(Int64((number * 1000).rounded()), 1000).reduced
  }
}
