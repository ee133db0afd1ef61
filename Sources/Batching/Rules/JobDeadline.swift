/// How long a job may take: a fixed time, or so many times the length of its media.
package enum JobDeadline: Sendable, Equatable {
  case seconds(Int64)
  case timesDuration(Int64)

  /// Half an hour does for clips; who batches films says `--timeout 10x`.
  package static let usual = JobDeadline.seconds(30 * 60)
  /// With a factor, what a job has in any case: before the length is known, and for the shortest clips.
  package static let least: Int64 = 10 * 60

  /// `30m`, `2h`, `90s`, `1800`, `10x`; nil for what is none of these.
  package static func parse(_ text: String) -> JobDeadline? {
    if text.hasSuffix("x"), let factor = Int64(text.dropLast()) {
      return (1...1000).contains(factor) ? .timesDuration(factor) : nil
    }
    return seconds(in: text).flatMap { $0 > 0 ? .seconds($0) : nil }
  }

  /// `10s`, `30m`, `2h`, or a bare number of seconds; at most a year.
  package static func seconds(in text: String) -> Int64? {
    let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    let unit = text.last.flatMap { units[$0] }
    let digits = unit == nil ? text[...] : text.dropLast()
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int64(digits)
    else { return nil }
    let (seconds, overflow) = number.multipliedReportingOverflow(by: unit ?? 1)
    return overflow || seconds > 366 * 86_400 ? nil : seconds
  }

  /// In milliseconds, for media of this length; nil: not known yet.
  package func milliseconds(duration: Int64?) -> Int64 {
    switch self {
    case .seconds(let seconds): return seconds &* 1000
    case .timesDuration(let factor):
      let (time, overflow) = (duration ?? 0).multipliedReportingOverflow(by: factor)
      return max(Self.least * 1000, overflow ? Int64.max : time)
    }
  }
}
