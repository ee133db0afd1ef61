internal import Media

/// Cuts on a source's own keyframes: the keyframes' times and the ladder's grid in, the cuts out. Each grid point takes
/// the keyframe nearest to it, so that a segment is as long as the ladder says, as far as the source allows; two points
/// with the same keyframe make one cut.
enum CopyGrid {
  /// Ascending starts, 0 being the timeline's; the cuts end with `end`. A last piece shorter than `runt` joins the one
  /// before (hls-checklist 5), and so does one shorter than half of the longest GOP, which may be longer than the ladder's.
  static func cuts(starts: [Int64], end: Int64, timebase: Rational, step: Rational, runt: Rational)
    -> [MediaTime]
  {
    let length = rescale(step.numerator, from: Rational(1, step.denominator), to: timebase)
    let longest = zip(starts, starts.dropFirst() + [end]).map { $1 &- $0 }.max() ?? 0
    let least = max(
      rescale(runt.numerator, from: Rational(1, runt.denominator), to: timebase), (longest &+ 1) / 2)
    guard length > 0, let first = starts.first else { return [MediaTime(end, timebase)] }
    var cuts: [Int64] = []
    var index = 0
    var last = first
    var target = length
    while target < end, index < starts.count {
      while index + 1 < starts.count, abs(starts[index + 1] &- target) < abs(starts[index] &- target) {
        index += 1
      }
      if starts[index] > last {
        last = starts[index]
        cuts.append(last)
      }
      // Over a long GOP there are grid points without a keyframe of their own.
      target = max(target, last &- length / 2) &+ length
    }
    if let final = cuts.last, end &- final < least { cuts.removeLast() }
    return (cuts + [max(end, (cuts.last ?? 0) &+ 1)]).map { MediaTime($0, timebase) }
  }
}

/// Whether times that a container rounded are whole frames of a rate.
enum RoundedTimes {
  /// True where the timebase cannot hold a frame exactly, and all times are within its rounding of whole frames.
  /// It only decides: no time is computed from these floating numbers.
  static func fit(_ times: [Int64], timebase: Rational, rate: Rational) -> Bool {
    guard rate.isPositive, timebase.isPositive, times.count > 1, let first = times.first else { return false }
    let ticks = Rational(
      rate.denominator &* timebase.denominator, rate.numerator &* timebase.numerator
    ).reduced
    let interval = ticks.approximate
    guard ticks.denominator != 1, interval >= 4 else { return false }
    var (low, high) = (0.0, 0.0)
    var previous = -1.0
    for time in times {
      let distance = Double(time &- first)
      let frames = (distance / interval).rounded()
      if frames <= previous { return false }
      previous = frames
      low = min(low, distance - frames * interval)
      high = max(high, distance - frames * interval)
      // One tick for each end: rounded to the nearest or down.
      if high - low > 1.01 { return false }
    }
    return true
  }
}
