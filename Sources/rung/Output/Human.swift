internal import Media

/// Numbers as a person reads them.
enum Human {
  /// `1.2 MB`, in powers of 1000 as disks and networks count.
  static func bytes(_ count: Int64) -> String {
    guard count >= 1000 else { return Human.count(Int(clamping: count), "byte") }
    var divisor: Int64 = 1000
    for unit in ["kB", "MB", "GB", "TB"] {
      let tenths = rounded(count, divisor / 10)
      if tenths < 1000 { return "\(DecimalText.fixed(tenths, places: 1)) \(unit)" }
      let whole = rounded(count, divisor)
      if whole < 1000 { return "\(whole) \(unit)" }
      divisor *= 1000
    }
    return "\(rounded(count, divisor)) PB"
  }

  private static func rounded(_ count: Int64, _ divisor: Int64) -> Int64 {
    count / divisor + (count % divisor >= divisor / 2 ? 1 : 0)
  }

  /// `2800 kbit/s`
  static func rate(_ bitsPerSecond: Int64) -> String { "\(kilobits(bitsPerSecond)) kbit/s" }

  static func kilobits(_ bitsPerSecond: Int64) -> String {
    String(bitsPerSecond / 1000 + (bitsPerSecond % 1000 >= 500 ? 1 : 0))
  }

  /// `1:02:03.450`
  static func duration(_ time: MediaTime) -> String {
    let milliseconds = time.ticks(in: Rational(1, 1000))
    let sign = milliseconds < 0 ? "-" : ""
    let (seconds, rest) = milliseconds.magnitude.quotientAndRemainder(dividingBy: 1000)
    return sign + clock(seconds: seconds) + "." + twoDigits(rest, width: 3)
  }

  /// `0:42`, `1:02:03`
  static func clock(milliseconds: Int64) -> String { clock(seconds: (milliseconds.magnitude + 500) / 1000) }

  /// `29.970`, and `30` for whole rates.
  static func frameRate(_ rate: Rational) -> String {
    let text = DecimalText.rate(rate)
    return text.hasSuffix(".000") ? String(text.dropLast(4)) : text
  }

  static func decimal(_ value: Double, places: Int) -> String {
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    return Int64(exactly: (value * scale).rounded()).map { DecimalText.fixed($0, places: places) } ?? "?"
  }

  /// `1 keyframe`, `2 keyframes`
  static func count(_ count: Int, _ thing: String) -> String { "\(count) \(thing)\(count == 1 ? "" : "s")" }

  /// A number without needless zeros: `23`, `1.5`.
  static func number(_ value: Double) -> String {
    var text = decimal(value, places: 3)
    guard text.contains(".") else { return text }
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }

  static func ratio(_ ratio: Rational) -> String { "\(ratio.numerator):\(ratio.denominator)" }

  private static func clock(seconds: UInt64) -> String {
    let (minutes, second) = seconds.quotientAndRemainder(dividingBy: 60)
    let (hours, minute) = minutes.quotientAndRemainder(dividingBy: 60)
    return hours > 0
      ? "\(hours):\(twoDigits(minute)):\(twoDigits(second))" : "\(minute):\(twoDigits(second))"
  }

  private static func twoDigits(_ value: UInt64, width: Int = 2) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
