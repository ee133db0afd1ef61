internal import Media
internal import Testing

@Suite struct RationalTests {
  static let reductions: [(Rational, Rational)] = [
    (Rational(2, 4), Rational(1, 2)), (Rational(0, 5), Rational(0, 1)), (Rational(0, 0), Rational(0, 0)),
    (Rational(3, -6), Rational(-1, 2)), (Rational(-3, -6), Rational(1, 2)), (Rational(7, 0), Rational(1, 0)),
    (Rational(1, -1), Rational(-1, 1)), (Rational(30000, 1001), Rational(30000, 1001)),
    (Rational(.max, .max), Rational(1, 1)), (Rational(.min, 2), Rational(.min / 2, 1)),
  ]

  @Test(arguments: reductions)
  func reduces(_ value: Rational, _ wanted: Rational) {
    #expect(value.reduced == wanted)
  }

  @Test func extremesDoNotTrap() {
    for a in [Int64.min, -1, 0, 1, .max] {
      for b in [Int64.min, -1, 0, 1, .max] {
        let value = Rational(a, b)
        #expect(value.reduced.isPositive == (value.reduced.numerator > 0 && value.reduced.denominator > 0))
        #expect(!(value < value))
        #expect(value.approximate.isFinite)
      }
    }
  }

  @Test func ordersByValue() {
    let rates = [
      Rational(24000, 1001), Rational(24, 1), Rational(50, 2), Rational(30000, 1001), Rational(30, 1),
    ]
    #expect(rates.shuffled().sorted() == rates)
    #expect(!(Rational(1, 2) < Rational(2, 4)))
    #expect(Rational(1, .max) < Rational(1, .max - 1))
  }

  @Test func invertsAndPrints() {
    #expect(Rational(30000, 1001).inverse == Rational(1001, 30000))
    #expect(Rational(30000, 1001).description == "30000/1001")
    #expect(!Rational(0, 1).isPositive)
    #expect(!Rational(-1, -1).isPositive)
  }
}
