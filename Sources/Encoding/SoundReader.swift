internal import Foundation
internal import LibAV
internal import Media

/// What was found of a stream while it was decoded.
struct SoundTally {
  var packets = 0
  /// Of them those that could not be decoded, or only in part.
  var refused = 0
  /// Samples that were decoded, at the source's rate.
  var decoded: Int64 = 0
  var silence: Int64 = 0
  /// Of the source's channels as they are; nil where it was not asked for.
  var loudness: Loudness?
}

/// Decodes one audio stream and hands it over laid out on the asset's timeline (see `SoundLayout`): a job and the
/// source in; every sample from the first to the last of the title out, in blocks.
///
/// What cannot be decoded is silence. Loudness is measured on the way, of the channels that the source has.
struct SoundReader: ~Copyable {
  private static let toleratedFailures = 64

  private let job: AudioJob
  private let total: Int64
  private var layout: SoundLayout
  private var tally = SoundTally()
  private var delivered: Int64 = 0
  /// Samples at the head of the layout's that were handed over.
  private var consumed = 0
  private let isMeasured: Bool
  private var meter: SourceMeter?

  /// Takes a block of planar sound: samples `from` up to `count` more.
  typealias Sink = (_ planes: [[Float]], _ from: Int, _ count: Int) throws -> Void

  static func read(
    _ job: AudioJob, descriptor: Int32, name: String, isMeasured: Bool, progress: (Int) throws -> Void,
    sink: Sink
  ) throws -> SoundTally {
    var demuxer = try Demuxer.open(descriptor: descriptor, name: name)
    demuxer.discard(allExcept: [job.audio.stream])
    demuxer.follow(job.audio.restarts)
    var reader = SoundReader(job, isMeasured: isMeasured)
    try reader.decode(&demuxer, progress, sink)
    return try reader.finish(sink)
  }

  private init(_ job: AudioJob, isMeasured: Bool) {
    self.job = job
    self.isMeasured = isMeasured
    total = job.duration.ticks(in: Rational(1, Int64(job.audio.sampleRate)))
    layout = SoundLayout(
      channels: job.audio.channels, rate: job.audio.sampleRate, start: job.start, total: total)
  }

  private mutating func decode(
    _ demuxer: inout Demuxer, _ progress: (Int) throws -> Void, _ sink: Sink
  ) throws {
    let timebase = demuxer.timebase(of: job.audio.stream)
    let packet = try Packet()
    let frame = try Frame()
    var decoder: Decoder
    // A stream whose parameters no decoder takes is a stream of which nothing can be decoded.
    do throws(AVFailure) { decoder = try Decoder.open(demuxer, stream: job.audio.stream) } catch {
      if error.isOutOfMemory { throw error }
      (tally.packets, tally.refused) = (1, 1)
      return
    }
    var isReading = true
    var failures = 0
    var reported: Int64 = 0
    var refused = 0
    while isReading, layout.count < total {
      if Self.read(&demuxer, into: packet, &failures) {
        if packet.stream != job.audio.stream { continue }
        tally.packets += 1
        let isOutlier =
          (packet.presentation ?? packet.decode).map { job.audio.outliers.contains(sorted: $0) } ?? false
        // Where it belongs nobody knows: what it lasts becomes silence.
        if !isOutlier { try decoder.send(packet) }
      } else {
        isReading = false
        decoder.sendEnd()
      }
      while try decoder.receive(into: frame) {
        guard frame.samples > 0, frame.sampleRate > 0, frame.channels > 0 else { continue }
        // AC-3's decoder gives something for any bytes, and says that it is not what was meant: it can be very loud.
        if frame.isConcealed { try frame.silence() }
        try lay(frame, timebase, isAfterLoss: decoder.refused > refused)
        refused = decoder.refused
        try deliver(sink)
      }
      if layout.count - reported > Int64(job.audio.sampleRate) {
        try progress(Int((layout.count - reported) / Int64(job.audio.sampleRate)))
        reported = layout.count
      }
    }
    tally.refused += decoder.refused + decoder.concealed
  }

  /// A few damaged places are passed over, as when the source was examined.
  private static func read(
    _ demuxer: inout Demuxer, into packet: borrowing Packet, _ failures: inout Int
  ) -> Bool {
    while failures < toleratedFailures {
      do { return try demuxer.read(into: packet) } catch { failures += 1 }
    }
    return false
  }

  private mutating func lay(_ frame: borrowing Frame, _ timebase: Rational, isAfterLoss: Bool) throws {
    let before = layout.planes[0].count
    do throws(AVFailure) { try layout.lay(frame, at: frame.time, timebase, isAfterLoss: isAfterLoss) } catch {
      if error.isOutOfMemory { throw error }
      // A format that cannot be converted (damage makes such) is not heard.
      tally.refused += 1
      return
    }
    tally.decoded += Int64(frame.samples)
    guard isMeasured else { return }
    if meter == nil { meter = SourceMeter(frame, job.audio) }
    try meter?.add(frame, laidOut: layout.planes, from: before)
  }

  private mutating func deliver(_ sink: Sink) throws {
    let count = Int(min(Int64(layout.planes[0].count - consumed), total - delivered))
    guard count > 0 else { return }
    try sink(layout.planes, consumed, count)
    consumed += count
    delivered += Int64(count)
    if consumed > 1 << 16 {
      layout.drop(consumed)
      consumed = 0
    }
  }

  private consuming func finish(_ sink: Sink) throws -> SoundTally {
    try layout.finish()
    try deliver(sink)
    tally.silence = layout.silence
    tally.loudness = meter?.finish()
    return tally
  }
}

/// Measures how loud a stream is with the channels that it has. Where these are the rendition's too, the samples laid
/// out for it are measured; else the stream is converted once more, without mixing.
private final class SourceMeter {
  private var meter: LoudnessMeter
  private let format: SoundFormat
  private let rate: Int
  private let isShared: Bool
  private var resampler: Resampler?
  private var planes: [[Float]] = []

  init(_ frame: borrowing Frame, _ audio: AudioPlan) {
    format = SoundFormat(of: frame)
    rate = audio.sampleRate
    isShared =
      format.channels == audio.channels
      && (audio.channels <= 2 || format.loudnessWeights == RenditionChannels.loudnessWeights(audio.channels))
    meter = LoudnessMeter(rate: rate, weights: format.loudnessWeights)
  }

  func add(_ frame: borrowing Frame, laidOut: [[Float]], from: Int) throws {
    if isShared { return meter.add(laidOut, from: from, count: max(0, laidOut[0].count - from)) }
    // What comes in another format later on is left out: one number of channels is measured.
    guard SoundFormat(of: frame) == format else { return }
    if resampler == nil {
      resampler = try Resampler.open(like: frame, channels: nil, rate: rate)
      planes = Array(repeating: [], count: format.channels)
    }
    try resampler?.convert(frame, onto: &planes)
    measure()
  }

  private func measure() {
    meter.add(planes, from: 0, count: planes.first?.count ?? 0)
    for channel in planes.indices { planes[channel].removeAll(keepingCapacity: true) }
  }

  func finish() -> Loudness {
    if resampler != nil, (try? resampler?.drain(onto: &planes)) != nil { measure() }
    return meter.finish()
  }
}

/// How much louder or quieter a rendition becomes so that it has the loudness that the ladder asks for.
struct LoudnessGain {
  /// What is so quiet that it would take more is noise.
  static let most = 24.0

  /// In dB.
  var decibels = 0.0
  /// What samples are multiplied by.
  var factor: Float = 1
  /// Peaks would be above the limit.
  var isLimited = false

  init() {}

  init(from measured: Loudness, to target: Double) {
    decibels = measured.integrated.map { LoudnessMeter.rounded(min(target - $0, Self.most)) } ?? 0
    // On a grid: the same on every machine.
    factor = Float((pow(10, decibels / 20) * 0x1p16).rounded() * 0x1p-16)
    isLimited = measured.truePeak.map { $0 + decibels > -1 } ?? false
  }
}
