internal import Media

/// Finds a few packets that lie alone, far before or after everything else: where a track's packets lie and where the
/// other tracks have something in; the stretch that is to be believed out.
///
/// A still picture may stand for minutes, and a recorder that waits for something to move may sleep for hours, so a gap
/// alone says nothing. But some packets, at most a twentieth of the track, beyond a gap of more than a minute that is
/// longer than all the rest (or than ten minutes) and in which no other track has anything, are a broken clock: with
/// them the title would stand still for as long as the gap lasts.
enum FarIslands {
  /// Times in microseconds.
  struct Run: Equatable {
    var start: Int64
    var end: Int64
    var packets: Int
  }

  /// Of ascending times in ticks of `timebase`; each packet of them is in one run.
  static func runs(of times: [Int64], _ timebase: Rational) -> [Run] {
    var runs: [Run] = []
    let micro = Rational(1, 1_000_000)
    for time in times {
      let now = MediaTime(time, timebase).ticks(in: micro)
      if let last = runs.last, now.subtractingReportingOverflow(last.end).partialValue <= shortestGap {
        runs[runs.count - 1].end = max(last.end, now)
        runs[runs.count - 1].packets += 1
      } else {
        runs.append(Run(start: now, end: now, packets: 1))
      }
    }
    return runs
  }

  static let shortestGap: Int64 = 60_000_000
  private static let longestGap: Int64 = 600_000_000

  /// `runs` ascend, with gaps of more than `shortestGap` between them; `others` are those of other tracks.
  /// More than `most` packets are no accident.
  static func believed(_ runs: [Run], others: [Run], most: Int = 8) -> ArraySlice<Run> {
    let all = runs.reduce(0) { $0 + $1.packets }
    var kept = runs[...]
    while kept.count > 1 {
      if let last = kept.last, isAlone(last, beside: kept.dropLast(), most, all, others, isAfter: true) {
        kept = kept.dropLast()
      } else if let first = kept.first,
        isAlone(first, beside: kept.dropFirst(), most, all, others, isAfter: false)
      {
        kept = kept.dropFirst()
      } else {
        break
      }
    }
    return kept
  }

  private static func isAlone(
    _ run: Run, beside rest: ArraySlice<Run>, _ most: Int, _ all: Int, _ others: [Run], isAfter: Bool
  ) -> Bool {
    guard run.packets <= most, run.packets * 20 <= all, let first = rest.first, let last = rest.last
    else { return false }
    let gap = isAfter ? last.end..<max(last.end, run.start) : run.end..<max(run.end, first.start)
    let limit = min(longestGap, max(shortestGap, last.end &- first.start))
    guard gap.upperBound &- gap.lowerBound > limit else { return false }
    // What only just reaches into the gap is the end of the same title.
    let inside = gap.lowerBound + shortestGap / 2..<max(gap.lowerBound + shortestGap / 2, gap.upperBound)
    return !others.contains {
      $0.packets > most && $0.start < inside.upperBound && $0.end > inside.lowerBound
    }
  }
}
