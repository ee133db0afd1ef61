internal import Media

/// Bit rates measured from what was written: sizes and printed durations of segments come in, bits per second,
/// rounded up, go out.
enum BitRates {
  struct Piece: Equatable {
    var bytes: Int64
    var microseconds: Int64
  }

  /// The highest rate of any contiguous run of segments that lasts 0.5 to 1.5 target durations, or of everything if
  /// there is no such run (RFC 8216bis 4.1).
  static func peak(_ pieces: [Piece], targetDuration: Int) -> Int64 {
    let target = Int64(targetDuration) &* 1_000_000
    var best: Int64 = 0
    for first in pieces.indices {
      var run = Piece(bytes: 0, microseconds: 0)
      for piece in pieces[first...] {
        run.bytes &+= piece.bytes
        run.microseconds &+= piece.microseconds
        if run.microseconds > target + target / 2 { break }
        if run.microseconds >= (target + 1) / 2 { best = max(best, rate(run)) }
      }
    }
    return best > 0 ? best : average(pieces)
  }

  static func average(_ pieces: [Piece]) -> Int64 {
    rate(
      pieces.reduce(Piece(bytes: 0, microseconds: 0)) {
        Piece(bytes: $0.bytes &+ $1.bytes, microseconds: $0.microseconds &+ $1.microseconds)
      })
  }

  private static func rate(_ piece: Piece) -> Int64 {
    guard piece.microseconds > 0 else { return 0 }
    return rescale(
      piece.bytes &* 8, from: Rational(1, piece.microseconds), to: Rational(1, 1_000_000), rounding: .up)
  }
}

extension WrittenRendition {
  var segmentPieces: [BitRates.Piece] {
    zip(segments, segmentMicroseconds).map { BitRates.Piece(bytes: $0.range.count, microseconds: $1) }
  }

  var iframePieces: [BitRates.Piece] {
    zip(iframes, iframeMicroseconds).map { BitRates.Piece(bytes: $0.range.count, microseconds: $1) }
  }
}
