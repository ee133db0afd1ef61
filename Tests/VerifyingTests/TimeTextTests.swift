internal import Testing

@testable internal import Verifying

/// Times as MPDs and WebVTT write them, read by hand.
@Suite struct TimeTextTests {
  @Test(
    arguments: [
      ("PT8.5S", 8_500_000_000), ("PT1H2M3.4S", 3_723_400_000_000), ("PT0S", 0),
      ("PT1H6S", 3_606_000_000_000),
      ("PT2M", 120_000_000_000), ("PT0.000000001S", 1), ("PT123456789.123456789S", 123_456_789_123_456_789),
      ("PT", 0),
      ("PT6", nil), ("6S", nil), ("PT6M1H", nil), ("PT.5S", nil), ("PT5.S", nil), ("PT1.2.3S", nil),
      ("PT-1S", nil), ("PT1234567H", nil), ("PT0.1234567891S", nil), ("P1D", nil), ("six", nil), ("", nil),
      ("PTS", nil), ("PT٣S", nil),
    ] as [(String, Int64?)])
  func durations(_ text: String, _ expected: Int64?) { #expect(DashChecks.duration(text) == expected) }

  @Test(
    arguments: [
      ("01:02.345", 62_345_000_000), ("00:01:02.345", 62_345_000_000),
      ("123456:59:59.999", 444_445_199_999_000_000),
      ("1:02.345", nil), ("01:60.000", nil), ("60:00.000", nil), ("01:02.34", nil), ("01:02", nil),
      ("1:01:02.345", nil), ("1234567:01:02.345", nil), ("00:00:01:02.345", nil), ("", nil), (":02.345", nil),
      ("01:02,345", nil), ("-1:02.345", nil), ("01:02.345 ", nil),
    ] as [(String, Int64?)])
  func cueTimes(_ text: String, _ expected: Int64?) { #expect(WebVTTFile.time(Substring(text)) == expected) }
}
