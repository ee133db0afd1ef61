/// Holds sound below a true peak: planar blocks in, the same samples out, turned down where they would be higher, 5 ms
/// before the peak already and 150 ms after it still. What is low enough comes out as it went in.
///
/// The gain that each sample needs, the least of the next 5 ms, rises again slowly; its mean over 5 ms is what the
/// samples are multiplied by: it is never above what a peak needs, and never jumps.
struct PeakLimiter {
  /// -1 dBTP (EBU R 128), with room for what a gain that changes does between samples.
  static let ceiling = 0.88

  private let window: Int
  private let release: Double
  /// From the first sample that is still needed on.
  private var samples: [[Float]]
  /// Samples of `samples` that came out already.
  private var consumed: Int
  /// Gains that samples need, from the first that has not come out on.
  private var needed: [Double] = []
  /// Of the sample before those that are to be judged.
  private var lastPeak: Float = 0
  private var rising = 1.0
  private var recent: [Double]
  private var recentSum: Double
  private var recentPlace = 0
  /// Places of `needed` in which the least of a window can be, in order, their gains ascending.
  private var candidates: [(place: Int, gain: Double)] = []
  private var firstCandidate = 0
  private var offered = 0
  /// Places of `needed` that were taken off its head.
  private var taken = 0

  init(rate: Int, channels: Int) {
    window = max(1, rate / 200)
    release = 1 / (0.15 * Double(max(1, rate)))
    consumed = TruePeak.before
    samples = Array(repeating: Array(repeating: 0, count: TruePeak.before), count: channels)
    recent = Array(repeating: 1, count: window)
    recentSum = Double(window)
  }

  mutating func process(
    _ planes: [[Float]], from start: Int, count: Int, gain: Float, onto ready: inout [[Float]]
  ) {
    for channel in planes.indices {
      samples[channel] += planes[channel][start..<start + count].lazy.map { $0 * gain }
    }
    judge()
    release(onto: &ready, keeping: window)
  }

  /// What is still inside.
  mutating func finish(onto ready: inout [[Float]]) {
    for channel in samples.indices { samples[channel] += Array(repeating: 0, count: TruePeak.after) }
    judge()
    release(onto: &ready, keeping: 0)
  }

  /// Finds out what the samples need whose neighbours are there.
  private mutating func judge() {
    guard let count = samples.first?.count else { return }
    let first = consumed + needed.count
    let end = count - TruePeak.after
    guard first < end else { return }
    var peaks = Array(repeating: Float(0), count: end - first)
    for channel in samples {
      let highest = channel[first - TruePeak.before..<end + TruePeak.after].reduce(Float(0)) {
        max($0, $1.magnitude)
      }
      if Double(highest * TruePeak.reach) <= Self.ceiling { continue }
      TruePeak.peaks(channel, first..<end) { place, peak in
        peaks[place - first] = max(peaks[place - first], peak)
      }
    }
    for peak in peaks {
      // A peak between two samples is the matter of both.
      let highest = Double(max(peak, lastPeak))
      lastPeak = peak
      needed.append(highest > Self.ceiling ? Self.ceiling / highest : 1)
    }
  }

  private mutating func release(onto ready: inout [[Float]], keeping kept: Int) {
    let count = needed.count - kept
    guard count > 0 else { return }
    var gains: [Float] = []
    gains.reserveCapacity(count)
    for place in 0..<count { gains.append(Float(gain(at: place))) }
    for channel in samples.indices {
      for place in 0..<count { ready[channel].append(samples[channel][consumed + place] * gains[place]) }
    }
    needed.removeFirst(count)
    taken += count
    consumed += count
    let surplus = consumed - TruePeak.before
    if surplus > 0 {
      for channel in samples.indices { samples[channel].removeFirst(surplus) }
      consumed = TruePeak.before
    }
    if firstCandidate > 1 << 12 {
      candidates.removeFirst(firstCandidate)
      firstCandidate = 0
    }
  }

  /// A peak right at the beginning has no samples before it over which the gain could come down: it is down already.
  private mutating func turnDownBeforeTheFirst() {
    var least = 1.0
    for place in 0..<window {
      if place < needed.count { least = min(least, needed[place]) }
      rising = min(least, rising + (1 - rising) * release)
      recent[place] = rising
    }
    recentSum = recent.reduce(0, +)
  }

  private mutating func gain(at place: Int) -> Double {
    if taken + place == 0 { turnDownBeforeTheFirst() }
    let last = min(place + window, needed.count - 1)
    while offered <= taken + last {
      let gain = needed[offered - taken]
      while candidates.count > firstCandidate, let worst = candidates.last, worst.gain >= gain {
        candidates.removeLast()
      }
      candidates.append((offered, gain))
      offered += 1
    }
    while candidates[firstCandidate].place < taken + place { firstCandidate += 1 }
    rising = min(candidates[firstCandidate].gain, rising + (1 - rising) * release)
    recentSum += rising - recent[recentPlace]
    recent[recentPlace] = rising
    recentPlace = (recentPlace + 1) % window
    return min(1, recentSum / Double(window))
  }
}
