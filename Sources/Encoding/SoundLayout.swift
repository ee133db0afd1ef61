internal import LibAV
internal import Media

/// Puts decoded sound where its timestamps say: blocks of a stream in; planar float of one rate and number of channels
/// out, without a hole, sample 0 at the start of the timeline.
///
/// The first block goes exactly to its time. After it a difference of more than `tolerance` is believed: holes are
/// filled with silence, what overlaps is dropped. Smaller ones are jitter of the container's clock as long as they
/// go both ways; where they grow, the sound runs faster or slower than its timestamps, and is stretched by up to 1 %
/// (never heard) so that they do not.
struct SoundLayout: ~Copyable {
  private static let tolerance = MediaTime(30, Rational(1, 1000))
  /// Less than the shortest packet, and more than what clocks in milliseconds are rounded by.
  private static let loss = MediaTime(2, Rational(1, 1000))
  /// A mean difference from which on sound is stretched.
  private static let drift = MediaTime(10, Rational(1, 1000))

  private let rate: Int
  private let start: Int64
  private let total: Int64
  private(set) var planes: [[Float]]
  /// Samples that were taken off the head of `planes`.
  private var dropped: Int64 = 0
  private(set) var silence: Int64 = 0
  private var resampler: Resampler?
  private var format: SoundFormat?
  private var hasBegun = false
  /// Samples still to come that are not wanted, since there is sound already where they belong.
  private var overlap: Int64 = 0
  /// The mean difference of the last second, in samples.
  private var difference = 0.0
  private var isStretching = false
  private var sinceStretch: Int64 = 0

  init(channels: Int, rate: Int, start: MediaTime, total: Int64) {
    self.rate = rate
    self.start = start.ticks(in: Rational(1, Int64(rate)))
    self.total = total
    planes = Array(repeating: [], count: channels)
  }

  /// Samples laid out so far.
  var count: Int64 { dropped &+ Int64(planes[0].count) }

  mutating func drop(_ count: Int) {
    for channel in planes.indices { planes[channel].removeFirst(count) }
    dropped += Int64(count)
  }

  /// `time` in ticks of `timebase`; nil: it follows what came before. `isAfterLoss`: something was lost before it, so
  /// that a small difference is a hole as well.
  mutating func lay(
    _ frame: borrowing Frame, at time: Int64?, _ timebase: Rational, isAfterLoss: Bool = false
  ) throws(AVFailure) {
    let now = SoundFormat(of: frame)
    if now != format {
      let next = try Resampler.open(like: frame, channels: planes.count, rate: rate)
      try resampler?.drain(onto: &planes)
      resampler = consume next
      (format, isStretching) = (now, false)
    }
    guard let time else { return try convert(frame, skipping: 0) }
    let wanted = MediaTime(time, timebase).ticks(in: Rational(1, Int64(rate))) &- start
    var offset = wanted &- count &- (resampler?.delay ?? 0)
    let tolerance = isAfterLoss ? Self.loss : Self.tolerance
    if hasBegun, offset.magnitude <= tolerance.ticks(in: Rational(1, Int64(rate))) {
      try follow(offset, over: frame)
      return try convert(frame, skipping: 0)
    }
    // What is delayed belongs before the hole.
    if hasBegun, resampler?.delay ?? 0 > 0 {
      try resampler?.drain(onto: &planes)
      resampler = try Resampler.open(like: frame, channels: planes.count, rate: rate)
      offset = wanted &- count
    }
    (difference, isStretching) = (0, false)
    let length = rescale(
      Int64(frame.samples), from: Rational(1, Int64(now.rate)), to: Rational(1, Int64(rate)))
    let isLongBefore = offset < 0 && 0 &- offset >= length &+ 10 * Int64(rate)
    if offset < 0, 0 &- offset >= length, hasBegun || isLongBefore { return }
    // A hole longer than the whole title is a broken timestamp: the rest is silence anyway.
    if offset > 0 { fill(min(offset, max(0, total - count))) }
    try convert(frame, skipping: max(0, 0 &- offset))
  }

  /// The end: what is delayed, and silence up to the end of the title.
  mutating func finish() throws(AVFailure) {
    try resampler?.drain(onto: &planes)
    resampler = nil
    fill(max(0, total - count))
  }

  private mutating func fill(_ samples: Int64) {
    for channel in planes.indices {
      planes[channel].append(contentsOf: repeatElement(0, count: Int(samples)))
    }
    silence += samples
  }

  private mutating func convert(_ frame: borrowing Frame, skipping: Int64) throws(AVFailure) {
    let first = planes[0].count
    if skipping > 0 { overlap = skipping }
    try resampler?.convert(frame, onto: &planes)
    let dropped = Int(min(overlap, Int64(planes[0].count - first)))
    if dropped > 0 {
      overlap -= Int64(dropped)
      for channel in planes.indices { planes[channel].removeSubrange(first..<first + dropped) }
    }
    hasBegun = hasBegun || planes[0].count > 0
  }

  /// Half of a difference is made good in the next second.
  private mutating func follow(_ offset: Int64, over frame: borrowing Frame) throws(AVFailure) {
    let seconds = min(1, Double(frame.samples) / Double(max(1, frame.sampleRate)))
    difference += (Double(offset) - difference) * seconds
    if abs(difference) > Double(Self.drift.ticks(in: Rational(1, Int64(rate)))) { isStretching = true }
    guard isStretching else { return }
    sinceStretch += Int64(seconds * Double(rate))
    guard sinceStretch * 4 >= Int64(rate) else { return }
    sinceStretch = 0
    let most = Double(rate) / 100
    try resampler?.stretch(by: Int(max(-most, min(difference / 2, most)).rounded()), over: rate)
  }
}
