internal import Foundation
internal import LibAV
package import Media

/// One audio rendition to be made: continuous from the first sample to the last.
package struct AudioJob: Codable, Sendable, Equatable {
  package var audio: AudioPlan
  /// The moment of the source's clock that becomes sample 0, and the length to fill.
  package var start: MediaTime
  package var duration: MediaTime
  /// The packet file to write.
  package var path: String

  package init(audio: AudioPlan, timeline: Timeline, path: String) {
    self.audio = audio
    start = timeline.start
    duration = timeline.duration
    self.path = path
  }
}

package struct AudioResult: Codable, Sendable, Equatable {
  package var bytes: Int64
  package var samples: Int64
  /// Samples of silence put where the source had none: before its start, in holes, after its end.
  package var silence: Int64
  /// Samples at the head and the tail in which nothing is heard: all of them in a track that is silent throughout.
  package var silentHead: Int64
  package var silentTail: Int64
  /// Packets of the source, and those of them that could not be decoded.
  package var packets: Int
  package var refusedPackets: Int
  /// Something was decoded.
  package var isHeard: Bool
  /// Of the source's channels as they are; nil where another rendition measured it.
  package var loudness: Loudness?
  /// What the samples were raised by for the loudness that the ladder asks for, in dB.
  package var gain: Double?
  /// Peaks were held, since raised they would be too high.
  package var isLimited: Bool?

  package init(
    bytes: Int64, samples: Int64, silence: Int64, silentHead: Int64, silentTail: Int64, packets: Int = 0,
    refusedPackets: Int
  ) {
    self.bytes = bytes
    self.samples = samples
    self.silence = silence
    self.silentHead = silentHead
    self.silentTail = silentTail
    self.packets = packets
    self.refusedPackets = refusedPackets
    isHeard = true
    (loudness, gain, isLimited) = (nil, nil, nil)
  }

  /// The share of the packets from which sound came.
  package var decodedShare: Double {
    guard isHeard else { return 0 }
    return packets > 0 ? 1 - Double(min(refusedPackets, packets)) / Double(packets) : 1
  }
}

/// What was found of a stream that was only listened to.
package struct SoundMeasure: Codable, Sendable, Equatable {
  /// nil where nothing of it can be decoded.
  package var loudness: Loudness?

  package init(loudness: Loudness?) { self.loudness = loudness }
}

/// Decodes one audio stream, lays it out on the asset's timeline (see `SoundLayout`) and encodes it.
///
/// In: an `AudioJob` and the source. Out: one packet file. The end is padded with silence or cut, so that all
/// renditions cover the same time. Where the ladder asks for a loudness, the stream is decoded twice: what was laid
/// out is measured first, then raised or lowered as a whole, and only where a peak would be too high it is held.
package struct AudioRendition: ~Copyable {
  private let job: AudioJob
  private let encoder: AudioEncoder
  private let writer: PacketFileWriter
  private let gain: LoudnessGain
  private var limiter: PeakLimiter?
  /// Sound ready to be encoded.
  private var planes: [[Float]]
  /// Samples at the head of `planes` that are encoded already.
  private var consumed = 0
  private var encoded: Int64 = 0
  private var bytes: Int64 = 0
  private var meter = SilenceMeter()

  package static func make(
    _ job: AudioJob, descriptor: Int32, name: String, progress: (Int) throws -> Void
  ) throws -> AudioResult {
    CPUFeatures.useCommon()
    defer { CPUFeatures.useAll() }
    var gain = LoudnessGain()
    var loudness: Loudness?
    if let target = job.audio.loudness {
      let weights = RenditionChannels.loudnessWeights(job.audio.channels)
      var meter = LoudnessMeter(rate: job.audio.sampleRate, weights: weights)
      let tally = try SoundReader.read(
        job, descriptor: descriptor, name: name, isMeasured: job.audio.measuresLoudness,
        progress: { _ in try progress(0) }
      ) { meter.add($0, from: $1, count: $2) }
      loudness = tally.loudness
      gain = LoudnessGain(from: meter.finish(), to: target)
    }
    var rendition = try AudioRendition.open(job, gain)
    let tally = try SoundReader.read(
      job, descriptor: descriptor, name: name, isMeasured: job.audio.measuresLoudness && loudness == nil,
      progress: progress
    ) { try rendition.take($0, from: $1, count: $2) }
    var result = try rendition.finish(tally)
    result.loudness = loudness ?? tally.loudness
    return result
  }

  /// How loud a stream is that is not encoded.
  package static func measure(
    _ job: AudioJob, descriptor: Int32, name: String, progress: (Int) throws -> Void
  ) throws -> SoundMeasure {
    CPUFeatures.useCommon()
    defer { CPUFeatures.useAll() }
    let tally = try SoundReader.read(
      job, descriptor: descriptor, name: name, isMeasured: true, progress: progress
    ) { _, _, _ in }
    return SoundMeasure(loudness: tally.decoded > 0 ? tally.loudness : nil)
  }

  private static func open(_ job: AudioJob, _ gain: LoudnessGain) throws -> AudioRendition {
    let encoder = try AudioEncoder.open(
      encoder: job.audio.codec.rawValue, channels: job.audio.channels, rate: job.audio.sampleRate,
      bitrate: job.audio.bitrate)
    // AC-3 and E-AC-3 have no configuration: their boxes are made from the first frame.
    let configuration = job.audio.codec == .aac ? Data(encoder.extradata) : Data()
    var format = TrackFormat(
      codec: job.audio.codec, timebase: Rational(1, Int64(job.audio.sampleRate)),
      configuration: configuration, bitRate: Int64(job.audio.bitrate))
    format.audio = AudioFormat(
      sampleRate: job.audio.sampleRate, channels: job.audio.channels, channelMask: encoder.channelMask,
      frameSize: encoder.frameSize, priming: encoder.priming)
    format.audio?.profile = encoder.profile
    return AudioRendition(job, encoder, try PacketFileWriter(path: job.path, format: format), gain)
  }

  private init(
    _ job: AudioJob, _ encoder: consuming AudioEncoder, _ writer: PacketFileWriter, _ gain: LoudnessGain
  ) {
    self.job = job
    self.encoder = encoder
    self.writer = writer
    self.gain = gain
    limiter =
      gain.isLimited ? PeakLimiter(rate: job.audio.sampleRate, channels: job.audio.channels) : nil
    planes = Array(repeating: [], count: job.audio.channels)
  }

  private mutating func take(_ laidOut: [[Float]], from start: Int, count: Int) throws {
    meter.add(laidOut, from: start, count: count)
    if limiter != nil {
      limiter?.process(laidOut, from: start, count: count, gain: gain.factor, onto: &planes)
    } else {
      for channel in planes.indices {
        let samples = laidOut[channel][start..<start + count]
        if gain.factor == 1 {
          planes[channel] += samples
        } else {
          planes[channel] += samples.lazy.map { [gain] in $0 * gain.factor }
        }
      }
    }
    try encodeWhole()
  }

  /// Encodes as many whole frames as there are.
  private mutating func encodeWhole() throws {
    while planes[0].count - consumed >= encoder.frameSize { try encode(encoder.frameSize) }
    if consumed > 1 << 16 {
      for channel in planes.indices { planes[channel].removeFirst(consumed) }
      consumed = 0
    }
  }

  private mutating func encode(_ count: Int) throws {
    var added: Int64 = 0
    try encoder.encode(planes, from: consumed, count: count, at: encoded) { packet in
      added += try Self.write(packet, to: self.writer, self.encoder.frameSize)
    }
    bytes += added
    encoded += Int64(count)
    consumed += count
  }

  private consuming func finish(_ tally: SoundTally) throws -> AudioResult {
    limiter?.finish(onto: &planes)
    try encodeWhole()
    let samples = encoded + Int64(planes[0].count - consumed)
    for channel in planes.indices {
      planes[channel] += Array(repeating: 0, count: encoder.tail)
    }
    try encodeWhole()
    let rest = planes[0].count - consumed
    if rest > 0 { try encode(rest) }
    let (writer, frameSize, meter, gain) = (writer, encoder.frameSize, meter, gain)
    let isNormalised = job.audio.loudness != nil
    var bytes = bytes
    try encoder.finish { bytes += try Self.write($0, to: writer, frameSize) }
    try writer.finish()
    var result = AudioResult(
      bytes: bytes, samples: samples, silence: tally.silence, silentHead: meter.head,
      silentTail: meter.tail, packets: tally.packets, refusedPackets: tally.refused)
    result.isHeard = tally.decoded > 0
    if isNormalised { (result.gain, result.isLimited) = (gain.decibels, gain.isLimited) }
    return result
  }

  private static func write(_ packet: borrowing Packet, to writer: PacketFileWriter, _ frameSize: Int) throws
    -> Int64
  {
    let time = packet.presentation ?? 0
    try writer.append(
      CodedSample(
        presentation: time, decode: time, duration: Int64(frameSize), isSync: true, bytes: packet.bytes))
    return Int64(packet.count)
  }
}

/// The channels of a rendition, which are in FFmpeg's usual order.
enum RenditionChannels {
  /// The fourth of six is the low-frequency effects; the last two come from behind.
  static func loudnessWeights(_ channels: Int) -> [Double] {
    channels == 6 ? [1, 1, 1, 0, 1.41, 1.41] : Array(repeating: 1, count: channels)
  }
}
