internal import Media
internal import Testing

@Suite struct MediaTimeTests {
  /// (value, from, to, down, nearest, up)
  static let conversions: [(Int64, Rational, Rational, Int64, Int64, Int64)] = [
    (0, Rational(1, 90000), Rational(1, 48000), 0, 0, 0),
    (90000, Rational(1, 90000), Rational(1, 48000), 48000, 48000, 48000),
    (1, Rational(1, 2), Rational(1, 1), 0, 1, 1),
    (-1, Rational(1, 2), Rational(1, 1), -1, 0, 0),
    (3, Rational(1, 2), Rational(1, 1), 1, 2, 2),
    (-3, Rational(1, 2), Rational(1, 1), -2, -1, -1),
    (1, Rational(1, 3), Rational(1, 1), 0, 0, 1),
    (2, Rational(1, 3), Rational(1, 1), 0, 1, 1),
    (-1, Rational(1, 3), Rational(1, 1), -1, 0, 0),
    (-2, Rational(1, 3), Rational(1, 1), -1, -1, 0),
    // One NTSC frame and one hour of them, in the MPEG clock.
    (1, Rational(1001, 30000), Rational(1, 90000), 3003, 3003, 3003),
    (107892, Rational(1001, 30000), Rational(1, 90000), 323_999_676, 323_999_676, 323_999_676),
    (1, Rational(1001, 24000), Rational(1, 1000), 41, 42, 42),
    (33, Rational(1, 1000), Rational(1001, 30000), 0, 1, 1),
    (5, Rational(2, 4), Rational(1, 2), 5, 5, 5),
  ]

  @Test(arguments: conversions)
  func roundsAsAsked(
    _ value: Int64, _ from: Rational, _ to: Rational, _ down: Int64, _ nearest: Int64, _ up: Int64
  ) {
    #expect(rescale(value, from: from, to: to, rounding: .down) == down)
    #expect(rescale(value, from: from, to: to) == nearest)
    #expect(rescale(value, from: from, to: to, rounding: .up) == up)
    #expect(MediaTime(value, from).rescaled(to: to) == MediaTime(nearest, to))
  }

  /// (value, from, to, result): what does not fit is clamped, what has no meaning is 0.
  static let extremes: [(Int64, Rational, Rational, Int64)] = [
    (.max, Rational(1, 1), Rational(1, 90000), .max),
    (.min, Rational(1, 1), Rational(1, 90000), .min),
    (.max, Rational(1, 90000), Rational(1, 90000), .max),
    (.min, Rational(1, 90000), Rational(1, 90000), .min),
    (.max, Rational(1, 2), Rational(1, 4), .max),
    (.min, Rational(1, 2), Rational(1, 4), .min),
    (.max, Rational(1, 2), Rational(1, 1), 4_611_686_018_427_387_904),
    (.min, Rational(1, 2), Rational(1, 1), -4_611_686_018_427_387_904),
    (7, Rational(0, 1), Rational(1, 4), 0),
    (7, Rational(1, 0), Rational(1, 4), 0),
    (7, Rational(1, 4), Rational(0, 0), 0),
    (7, Rational(-1, 4), Rational(1, 4), 0),
    // Terms beyond the 32 bits that containers hold: only must not trap.
    (7, Rational(.max, 1), Rational(1, .max), 0),
    (7, Rational(1, .max), Rational(.max, 1), 0),
    (7, Rational(.max, .max), Rational(1, 1), 7),
    (7, Rational(.min, .min), Rational(1, 1), 0),
  ]

  @Test(arguments: extremes)
  func clampsAndNeverTraps(_ value: Int64, _ from: Rational, _ to: Rational, _ wanted: Int64) {
    #expect(rescale(value, from: from, to: to) == wanted)
  }

  /// (left, right, -1 | 0 | 1)
  static let comparisons: [(MediaTime, MediaTime, Int)] = [
    (MediaTime(1, Rational(1, 2)), MediaTime(2, Rational(1, 4)), 0),
    (MediaTime(1, Rational(1, 3)), MediaTime(333, Rational(1, 1000)), 1),
    (MediaTime(-1, Rational(1, 3)), MediaTime(-333, Rational(1, 1000)), -1),
    (MediaTime(.max, Rational(1, 90000)), MediaTime(.max, Rational(1, 90001)), 1),
    (MediaTime(.min, Rational(1, 90000)), MediaTime(.max, Rational(1, 48000)), -1),
    (MediaTime(0, Rational(1001, 30000)), .zero, 0),
    // 2^53 + 1 against 2^53: what floating point cannot tell apart.
    (MediaTime(9_007_199_254_740_993, Rational(1, 1)), MediaTime(18_014_398_509_481_984, Rational(1, 2)), 1),
  ]

  @Test(arguments: comparisons)
  func comparesByValue(_ left: MediaTime, _ right: MediaTime, _ wanted: Int) {
    #expect(MediaTime.compare(left, right) == wanted)
    #expect(MediaTime.compare(right, left) == -wanted)
    #expect((left < right) == (wanted < 0))
  }

  @Test func aLongTitleDoesNotDrift() {
    let frame = Rational(1001, 30000)
    for n in stride(from: Int64(0), to: 10_000_000, by: 999_983) {
      let clock = rescale(n, from: frame, to: Rational(1, 90000))
      #expect(clock == n * 3003)
      #expect(rescale(clock, from: Rational(1, 90000), to: frame) == n)
    }
  }
}
