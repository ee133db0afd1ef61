internal import Media
internal import Testing

@Suite struct DecimalTests {
  /// (ticks, timebase, places, text)
  static let seconds: [(Int64, Rational, Int, String)] = [
    (0, Rational(1, 1), 6, "0.000000"),
    (180, Rational(1001, 30000), 6, "6.006000"),
    (144, Rational(1001, 24000), 6, "6.006000"),
    (1, Rational(1, 3), 6, "0.333333"),
    (2, Rational(1, 3), 6, "0.666667"),
    (-1, Rational(1, 3), 3, "-0.333"),
    (-1, Rational(1, 20), 3, "-0.050"),
    (1, Rational(1, 2), 0, "1"),
    (5, Rational(1, 1), 0, "5"),
    (3, Rational(1, 2), 1, "1.5"),
    (1, Rational(1, 0), 3, "0.000"),
    (.max, Rational(1, 1), 3, "9223372036854775.807"),
    (.min, Rational(1, 1), 3, "-9223372036854775.808"),
  ]

  @Test(arguments: seconds)
  func printsSeconds(_ ticks: Int64, _ timebase: Rational, _ places: Int, _ text: String) {
    #expect(DecimalText.seconds(MediaTime(ticks, timebase), places: places) == text)
  }

  static let rates: [(Rational, String)] = [
    (Rational(30, 1), "30.000"), (Rational(30000, 1001), "29.970"), (Rational(24000, 1001), "23.976"),
    (Rational(60000, 1001), "59.940"), (Rational(25, 2), "12.500"), (Rational(0, 1), "0.000"),
    (Rational(1, 0), "0.000"), (Rational(-30, 1), "0.000"),
  ]

  @Test(arguments: rates)
  func printsRates(_ rate: Rational, _ text: String) {
    #expect(DecimalText.rate(rate) == text)
  }

  @Test func oddNumbersOfPlacesDoNotTrap() {
    #expect(DecimalText.fixed(1234, places: -3) == "1234")
    #expect(DecimalText.fixed(1, places: 15) == "0.000000000000001")
    #expect(DecimalText.fixed(.min, places: 0) == "-9223372036854775808")
    #expect(DecimalText.fixed(1, places: 40).hasPrefix("0."))
  }
}
