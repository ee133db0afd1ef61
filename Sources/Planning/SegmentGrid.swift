internal import Media

/// Where a title is cut: a length in, the cuts out. One grid serves all rungs. GOPs are the ladder's length to the
/// nearest frame, segments whole GOPs nearest to theirs; a last segment under half a GOP joins the one before
/// (hls-checklist 5), so that no player meets a runt.
enum SegmentGrid {
  /// 48 frames for 2 s at 23.976, 60 at 29.97. Never a single one, however slow the pictures: x264 keeps no macroblock
  /// tree of keyframes alone, and the rungs are encoded from one.
  static func gopFrames(_ seconds: Rational, rate: Rational) -> Int {
    max(2, frames(seconds, rate: rate))
  }

  static func segmentFrames(_ seconds: Rational, rate: Rational, gop: Int) -> Int {
    max(1, (frames(seconds, rate: rate) + gop / 2) / gop) * gop
  }

  static func frames(_ seconds: Rational, rate: Rational) -> Int {
    Int(rescale(seconds.numerator, from: Rational(1, seconds.denominator), to: rate.inverse))
  }

  /// Multiples of `step` up to `length`, with 0 in front and `length` at the end.
  static func cuts(length: Int64, step: Int64, gop: Int64) -> [Int64] {
    guard step > 0, length > 0 else { return [0, max(0, length)] }
    var cuts = Array(stride(from: Int64(0), to: length, by: Int64.Stride(step)))
    if cuts.count > 1, let last = cuts.last, 2 * (length - last) < gop { cuts.removeLast() }
    return cuts + [length]
  }
}
