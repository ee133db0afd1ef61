package import Media

/// Collects one audio stream's packets in file order and gives the span of its presented sound, without encoder
/// delay and padding as far as the container tells of them.
package struct SoundCollector: Sendable {
  private let stream: Int
  private let timebase: Rational
  private let sampleRate: Int
  /// What a packet lasts when the container does not say.
  private let usual: Int64
  private var packets = 0
  private var clock: Int64?
  private var untimed = 0
  private var backwards = 0
  private var absurd = 0
  private var gaps = 0
  /// Stretches without sound, ascending.
  private var holes: [LostStretches.Hole] = []
  private static let mostHoles = 10_000
  /// Delay that is longer than the packets seen so far, in ticks.
  private var pendingSkip: Int64 = 0
  private var previous: Int64 = 0
  /// Packets still to come that only prepare the decoder.
  private var priming: Int

  private var leaps: LeapFilter<Packet>
  private var outliers: [Int64] = []
  private static let mostOutliers = 4096
  /// Transport streams give one time for as much sound as lasts a second.
  private static let mostTogether = 64
  /// Where the last packet that came ends, believed or not.
  private var stampEnd: Int64?
  /// Stretches of packets, ascending in file order, with what is presented of each.
  private var stretches: [Stretch] = []

  private static let largest = Int64(1) << 60

  private struct Packet: Sendable {
    var time: Int64
    var length: Int64
    var isDiscarded: Bool
    var trimmed: (start: Int64, end: Int64)
  }

  private struct Stretch: Sendable {
    var run: FarIslands.Run
    var start: Int64?
    var end: Int64?
  }

  /// `priming`: how many packets at the beginning give no sound: one for Vorbis, whose blocks overlap.
  package init(stream: Int, timebase: Rational, sampleRate: Int, frameSamples: Int, priming: Int = 0) {
    self.stream = stream
    self.priming = priming
    self.timebase = timebase
    self.sampleRate = sampleRate
    leaps = LeapFilter(limit: MediaTime(10, Rational(1, 1)).ticks(in: timebase), most: Self.mostTogether)
    usual =
      sampleRate > 0
      ? MediaTime(Int64(frameSamples), Rational(1, Int64(sampleRate))).ticks(in: timebase) : 0
  }

  /// `trimmed`: samples to drop at the packet's beginning and end.
  package mutating func add(
    presentation: Int64?, decode: Int64?, duration: Int64, isDiscarded: Bool = false,
    trimmed: (start: Int64, end: Int64) = (0, 0)
  ) {
    packets += 1
    if presentation == nil { untimed += 1 }
    let time = presentation ?? decode ?? stampEnd ?? 0
    guard time.magnitude < UInt64(SoundCollector.largest) else {
      absurd += 1
      return
    }
    let length = max(0, min(duration > 0 ? duration : usual, ticks(3600)))
    stampEnd = time + length
    let packet = Packet(time: time, length: length, isDiscarded: isDiscarded, trimmed: trimmed)
    let sorted = leaps.add(packet, at: time)
    absurd += sorted.outliers.count
    outliers += sorted.outliers.prefix(max(0, Self.mostOutliers - outliers.count)).map(\.time)
    for packet in sorted.believed { place(packet) }
  }

  private mutating func place(_ packet: Packet) {
    let (time, length) = (packet.time, packet.length)
    note(time, length)
    if let clock {
      if time < clock - ticks(10) { backwards += 1 }
      if time > clock + ticks(10) { gaps += 1 }
      if time - clock > LostStretches.shortest.ticks(in: timebase), holes.count < Self.mostHoles,
        let hole = LostStretches.hole(clock, time, timebase),
        hole.lowerBound >= holes.last?.upperBound ?? .min
      {
        holes.append(hole)
      }
    }
    clock = time + length
    defer { previous = length }
    pendingSkip = max(pendingSkip, inTicks(packet.trimmed.start))
    if packet.isDiscarded || priming > 0 {
      pendingSkip = max(0, pendingSkip - length)
      priming = max(0, priming - 1)
      return
    }
    // A decoder drops this packet whole.
    if pendingSkip > 0, pendingSkip >= length, length > 0 {
      pendingSkip -= length
      return
    }
    let from = time + pendingSkip
    // Ogg's last packet is stated without what is to be dropped, others with it.
    let padding = inTicks(packet.trimmed.end)
    let isShortened = padding > 0 && previous > length && length + padding <= previous + 1
    let to = max(from, time + length - (isShortened ? 0 : padding))
    pendingSkip = 0
    let last = stretches.count - 1
    stretches[last].start = min(stretches[last].start ?? from, from)
    stretches[last].end = max(stretches[last].end ?? to, to)
  }

  /// Puts a packet into the stretch that it continues, or begins another.
  private mutating func note(_ time: Int64, _ length: Int64) {
    let micro = Rational(1, 1_000_000)
    let ends = [time, time + length].map { MediaTime($0, timebase).ticks(in: micro) }
    let isNew =
      stretches.last.map { ends[0] &- $0.run.end > FarIslands.shortestGap || ends[0] < $0.run.start } ?? true
    if isNew, stretches.count < Self.mostHoles {
      stretches.append(Stretch(run: FarIslands.Run(start: ends[0], end: ends[1], packets: 1)))
    } else {
      let last = stretches.count - 1
      stretches[last].run.end = max(stretches[last].run.end, ends[1])
      stretches[last].run.packets += 1
    }
  }

  /// Where sound lies, after the last packet was added.
  mutating func runs() -> [FarIslands.Run] {
    settle()
    return stretches.map(\.run)
  }

  private mutating func settle() { for packet in leaps.finish() { place(packet) } }

  /// After the last packet was added.
  var stretchesWithoutSound: [LostStretches.Hole] { holes }

  package consuming func finish() -> (span: AudioSpan?, faults: [Fault]) { finish(others: []) }

  /// nil for the span when nothing is presented. `others`: where other tracks have something.
  consuming func finish(others: [FarIslands.Run]) -> (span: AudioSpan?, faults: [Fault]) {
    settle()
    let believed = believed(others)
    var faults: [Fault] = []
    if untimed > 0 {
      faults.append(
        fault(
          "timestamps-missing", "\(untimed) of \(packets) packets without a time; counted from those before"))
    }
    if backwards > 0 { faults.append(fault("timestamp-jump", "times jump back \(backwards)\u{d7}")) }
    if gaps > 0 { faults.append(fault("timestamp-jump", "\(gaps) gaps of more than 10 s in the sound")) }
    if absurd > 0 {
      faults.append(fault("timestamps-absurd", "\(absurd) packets with times far from all others, left out"))
    }
    guard let start = believed.compactMap(\.start).min(), let end = believed.compactMap(\.end).max() else {
      return (nil, faults)
    }
    var span = AudioSpan(stream: stream, timebase: timebase, start: start, end: end, packets: packets)
    outliers.sort()
    span.outliers = TickList(outliers)
    return (span, faults)
  }

  /// All stretches but those that lie alone and far away; of times that go back everything is kept.
  private mutating func believed(_ others: [FarIslands.Run]) -> [Stretch] {
    let runs = stretches.map(\.run)
    guard runs.count > 1, zip(runs, runs.dropFirst()).allSatisfy({ $0.end <= $1.start }) else {
      return stretches
    }
    let kept = FarIslands.believed(runs, others: others, most: Self.mostTogether)
    absurd += runs.reduce(0) { $0 + $1.packets } - kept.reduce(0) { $0 + $1.packets }
    return Array(stretches[kept.startIndex..<kept.endIndex])
  }

  private func inTicks(_ samples: Int64) -> Int64 {
    guard sampleRate > 0, samples > 0 else { return 0 }
    return MediaTime(samples, Rational(1, Int64(sampleRate))).ticks(in: timebase)
  }

  private func ticks(_ seconds: Int64) -> Int64 { MediaTime(seconds, Rational(1, 1)).ticks(in: timebase) }

  private func fault(_ code: String, _ message: String) -> Fault {
    Fault(code: code, message: message, stream: stream)
  }
}
