internal import Batching

/// Spans as people write them: `90s`, `10m`, `1h`, `7d`, `0`; a bare number is seconds.
enum TimeSpan {
  /// As it would be typed: `1h`.
  static func text(_ seconds: Int64) -> String {
    for (name, factor) in [("d", Int64(86_400)), ("h", 3600), ("m", 60)]
    where seconds > 0 && seconds.isMultiple(of: factor) {
      return "\(seconds / factor)\(name)"
    }
    return "\(seconds)s"
  }
}

extension Invocation {
  /// An option's span in seconds, `usual` where it is not given.
  func span(
    _ option: OptionDeclaration, usual: Int64, in range: ClosedRange<Int64>
  ) throws(CommandFailure) -> Int64 {
    guard let text = text(option) else { return usual }
    guard let seconds = JobDeadline.seconds(in: text), range.contains(seconds) else {
      throw CommandFailure(
        option.name,
        "'\(text)' is no time from \(TimeSpan.text(range.lowerBound)) to \(TimeSpan.text(range.upperBound))",
        advice: "give 90s, 10m, 1h or 7d", exit: .usage)
    }
    return seconds
  }
}
