internal import Media

/// Times in a verification are whole nanoseconds, so that clocks of any timescale compare without floats.
typealias Nanoseconds = Int64

let second: Nanoseconds = 1_000_000_000

func nanoseconds(_ ticks: Int64, _ timescale: Int64) -> Nanoseconds {
  rescale(ticks, from: Rational(1, timescale), to: Rational(1, second))
}

/// For messages: seconds with six decimals.
func seconds(_ time: Nanoseconds) -> String { DecimalText.fixed(time / 1000, places: 6) }

/// `a - b` without a sign, clamped.
func distance(_ a: Int64, _ b: Int64) -> Int64 {
  let (difference, overflow) = a.subtractingReportingOverflow(b)
  return overflow || difference == Int64.min ? Int64.max : abs(difference)
}

/// Adds times out of a file; a sum that does not fit is clamped.
func sum(_ a: Int64, _ b: Int64) -> Int64 {
  let (result, overflow) = a.addingReportingOverflow(b)
  return overflow ? (a < 0 ? Int64.min : Int64.max) : result
}
