internal import Media

/// Stretches of a source that hold neither picture nor sound: holes of its picture and sound tracks in, what is lost of
/// the whole out. One track alone may rest, as a screen recording does while nothing moves; where all rest at once,
/// something is missing.
enum LostStretches {
  /// A hole of one track, in microseconds.
  typealias Hole = Range<Int64>

  /// Shorter ones are no loss that anybody can tell from a container's habits.
  static let shortest = MediaTime(1, Rational(1, 2))
  private static let micro = Rational(1, 1_000_000)

  /// Between neighbours of ascending picture times.
  static func holes(_ times: PictureTimes, interval: Int64?) -> [Hole] {
    let least = max(
      shortest.ticks(in: times.timebase), (interval ?? 0).multipliedReportingOverflow(by: 8).partialValue)
    let values = times.times.values
    return zip(values, values.dropFirst()).compactMap { before, after in
      after - before > least ? hole(before + (interval ?? 0), after, times.timebase) : nil
    }
  }

  /// Those between the beginning and the end of what is heard.
  static func inside(_ holes: [Hole], _ span: AudioSpan) -> [Hole] {
    let ends = [span.start, span.end].map { MediaTime($0, span.timebase).ticks(in: micro) }
    return holes.filter { $0.lowerBound >= ends[0] && $0.upperBound <= ends[1] }
  }

  static func hole(_ start: Int64, _ end: Int64, _ timebase: Rational) -> Hole? {
    let ends = (MediaTime(start, timebase).ticks(in: micro), MediaTime(end, timebase).ticks(in: micro))
    return ends.0 < ends.1 ? ends.0..<ends.1 : nil
  }

  /// What is lost where all of `tracks` rest; nil when nothing is.
  static func total(_ tracks: [[Hole]]) -> (length: MediaTime, places: Int)? {
    guard var common = tracks.first else { return nil }
    for holes in tracks.dropFirst() { common = overlap(common, holes) }
    let least = shortest.ticks(in: micro)
    let lost = common.filter { $0.upperBound - $0.lowerBound >= least }
    guard !lost.isEmpty else { return nil }
    return (MediaTime(lost.reduce(0) { $0 + $1.upperBound - $1.lowerBound }, micro), lost.count)
  }

  /// Of two ascending lists.
  private static func overlap(_ a: [Hole], _ b: [Hole]) -> [Hole] {
    var result: [Hole] = []
    var (i, j) = (0, 0)
    while i < a.count, j < b.count {
      let (low, high) = (max(a[i].lowerBound, b[j].lowerBound), min(a[i].upperBound, b[j].upperBound))
      if low < high { result.append(low..<high) }
      if a[i].upperBound < b[j].upperBound { i += 1 } else { j += 1 }
    }
    return result
  }
}
