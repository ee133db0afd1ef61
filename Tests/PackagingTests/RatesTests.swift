internal import Media
internal import Testing

@testable import Packaging

@Suite struct BitRatesTests {
  struct Case: Sendable, CustomStringConvertible {
    var description: String
    /// Bytes and milliseconds.
    var pieces: [(Int64, Int64)]
    var target: Int
    var peak: Int64
    var average: Int64
  }

  static let cases = [
    Case(description: "one segment", pieces: [(6000, 6000)], target: 6, peak: 8000, average: 8000),
    Case(
      description: "the busiest of equal ones", pieces: [(6000, 6000), (9000, 6000), (3000, 6000)], target: 6,
      peak: 12_000, average: 8000),
    Case(
      description: "a run of two beats each alone, since neither lasts half a target",
      pieces: [(8000, 2500), (9000, 2500), (1000, 6000)], target: 6, peak: 27_200, average: 13_091),
    Case(
      description: "a short tail does not count alone", pieces: [(6000, 6000), (3000, 1000)], target: 6,
      peak: 10_286, average: 10_286),
    Case(
      description: "a run may last 1.5 targets", pieces: [(20_000, 2000), (1, 7000)], target: 6, peak: 17_779,
      average: 17_779),
    Case(
      description: "and no more", pieces: [(20_000, 2000), (1, 7001)], target: 6, peak: 2, average: 17_777),
    Case(
      description: "all of it when nothing lasts half a target", pieces: [(500, 1000), (700, 1000)],
      target: 6,
      peak: 4800, average: 4800),
    Case(description: "rounded up", pieces: [(1, 3000)], target: 6, peak: 3, average: 3),
    Case(description: "nothing", pieces: [], target: 6, peak: 0, average: 0),
    Case(description: "no time", pieces: [(5, 0)], target: 0, peak: 0, average: 0),
  ]

  @Test(arguments: cases)
  func table(_ example: Case) {
    let pieces = example.pieces.map { BitRates.Piece(bytes: $0.0, microseconds: $0.1 * 1000) }
    #expect(BitRates.peak(pieces, targetDuration: example.target) == example.peak)
    #expect(BitRates.average(pieces) == example.average)
  }

  @Test func largeFilesDoNotOverflow() {
    let pieces = [BitRates.Piece](
      repeating: BitRates.Piece(bytes: 1 << 40, microseconds: 6_000_000), count: 600)
    #expect(BitRates.peak(pieces, targetDuration: 6) == 1_466_015_503_702)
  }
}

@Suite struct PrintedDurationsTests {
  /// An hour of 29.97: 599 segments of 180 frames and one of 72.
  @Test func sumsOfAnyRunStayTrue() throws {
    let timebase = Rational(1001, 30_000)
    let frames = 107_892
    let starts = stride(from: 0, to: frames, by: 180).map { MediaTime(Int64($0), timebase) }
    let end = MediaTime(Int64(frames), timebase)
    let printed = PrintedDurations.between(starts, end: end)
    #expect(printed.count == 600)
    #expect(printed.first == 6_006_000)
    #expect(printed.last == 2_402_400)
    #expect(PrintedDurations.target(printed) == 6)
    #expect(printed.reduce(0, +) == end.ticks(in: PrintedDurations.unit))
  }

  /// 44.1 kHz sound: no duration is a whole number of millionths, but no run of them is off by more than one.
  @Test func roundingDoesNotAddUp() {
    let timebase = Rational(1, 44_100)
    let starts = (0..<500).map { MediaTime(Int64($0 * 1024 * 7), timebase) }
    let end = MediaTime(500 * 1024 * 7, timebase)
    let printed = PrintedDurations.between(starts, end: end)
    var sum: Int64 = 0
    for (index, duration) in printed.enumerated() {
      sum += duration
      let exact = Double((index + 1) * 1024 * 7) / 44_100 * 1_000_000
      #expect(abs(Double(sum) - exact) <= 0.51)
    }
  }

  @Test(
    arguments: [
      ([6_006_000], 6), ([6_499_999], 6), ([6_500_000], 7), ([400_000], 0), ([1_000_000, 4_011_000], 4),
      ([], 0),
    ] as [([Int64], Int)])
  func targets(_ durations: [Int64], _ target: Int) {
    #expect(PrintedDurations.target(durations) == target)
  }
}
