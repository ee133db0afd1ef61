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
  package var refusedPackets: Int

  package init(
    bytes: Int64, samples: Int64, silence: Int64, silentHead: Int64, silentTail: Int64, refusedPackets: Int
  ) {
    self.bytes = bytes
    self.samples = samples
    self.silence = silence
    self.silentHead = silentHead
    self.silentTail = silentTail
    self.refusedPackets = refusedPackets
  }
}

/// Decodes one audio stream, lays it out on the asset's timeline and encodes it.
///
/// In: an `AudioJob` and the source. Out: one packet file. A block of sound goes where its timestamp says: holes are
/// filled with silence, what overlaps is dropped; differences below `tolerance` are jitter of the container's clock
/// and left alone. The end is padded with silence or cut, so that all renditions cover the same time.
package struct AudioRendition: ~Copyable {
  /// Seconds by which a timestamp may differ from the sound so far before it is believed.
  private static let tolerance = MediaTime(30, Rational(1, 1000))

  private static let toleratedFailures = 64

  private let job: AudioJob
  private let total: Int64
  private let encoder: AudioEncoder
  private let writer: PacketFileWriter
  private var planes: [[Float]]
  /// Samples at the head of `planes` that are encoded already.
  private var consumed = 0
  /// Samples laid out so far, and how many of them went to the encoder.
  private var laidOut: Int64 = 0
  private var encoded: Int64 = 0
  private var silence: Int64 = 0
  private var bytes: Int64 = 0
  private var meter = SilenceMeter()

  package static func make(
    _ job: AudioJob, descriptor: Int32, name: String, progress: (Int) throws -> Void
  ) throws -> AudioResult {
    CPUFeatures.useCommon()
    defer { CPUFeatures.useAll() }
    var demuxer = try Demuxer.open(descriptor: descriptor, name: name)
    demuxer.discard(allExcept: [job.audio.stream])
    var rendition = try AudioRendition.open(job)
    let refused = try rendition.decode(&demuxer, progress)
    return try rendition.finish(refused: refused)
  }

  private static func open(_ job: AudioJob) throws -> AudioRendition {
    let encoder = try AudioEncoder.open(
      encoder: "aac", channels: job.audio.channels, rate: job.audio.sampleRate, bitrate: job.audio.bitrate)
    var format = TrackFormat(
      codec: job.audio.codec, timebase: Rational(1, Int64(job.audio.sampleRate)),
      configuration: Data(encoder.extradata), bitRate: Int64(job.audio.bitrate))
    format.audio = AudioFormat(
      sampleRate: job.audio.sampleRate, channels: job.audio.channels, channelMask: encoder.channelMask,
      frameSize: encoder.frameSize, priming: encoder.priming)
    format.audio?.profile = encoder.profile
    return AudioRendition(job, encoder, try PacketFileWriter(path: job.path, format: format))
  }

  private init(_ job: AudioJob, _ encoder: consuming AudioEncoder, _ writer: PacketFileWriter) {
    self.job = job
    total = job.duration.ticks(in: Rational(1, Int64(job.audio.sampleRate)))
    self.encoder = encoder
    self.writer = writer
    planes = Array(repeating: [], count: job.audio.channels)
  }

  private mutating func decode(_ demuxer: inout Demuxer, _ progress: (Int) throws -> Void) throws -> Int {
    var decoder = try Decoder.open(demuxer, stream: job.audio.stream)
    let timebase = demuxer.timebase(of: job.audio.stream)
    let packet = try Packet()
    let frame = try Frame()
    var resampler: Resampler?
    var like: (rate: Int, channels: Int, format: Int32)?
    var isReading = true
    var failures = 0
    var reported: Int64 = 0
    while isReading, laidOut < total {
      if Self.read(&demuxer, into: packet, &failures) {
        if packet.stream != job.audio.stream { continue }
        try decoder.send(packet)
      } else {
        isReading = false
        decoder.sendEnd()
      }
      while try decoder.receive(into: frame) {
        guard frame.samples > 0, frame.sampleRate > 0, frame.channels > 0 else { continue }
        let now = (frame.sampleRate, frame.channels, frame.format)
        if like == nil || like.map({ $0 != now }) == true {
          try resampler?.drain(onto: &planes)
          laidOut = encoded + Int64(planes[0].count - consumed)
          resampler = try Resampler.open(
            like: frame, channels: job.audio.channels, rate: job.audio.sampleRate)
          like = now
        }
        try lay(frame, timebase, resampler)
        try encodeWhole()
      }
      if laidOut - reported > Int64(job.audio.sampleRate) {
        try progress(Int((laidOut - reported) / Int64(job.audio.sampleRate)))
        reported = laidOut
      }
    }
    try resampler?.drain(onto: &planes)
    laidOut = encoded + Int64(planes[0].count - consumed)
    guard like != nil else { throw EncodingFailure.noSound(stream: job.audio.stream) }
    return decoder.refused
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

  /// Puts one block of sound where its time says.
  private mutating func lay(
    _ frame: borrowing Frame, _ timebase: Rational, _ resampler: borrowing Resampler?
  ) throws {
    let rate = Rational(1, Int64(job.audio.sampleRate))
    let before = planes[0].count
    var offset: Int64 = 0
    if let time = frame.time {
      let wanted = MediaTime(time, timebase).ticks(in: rate) - job.start.ticks(in: rate)
      offset = wanted - laidOut
      if abs(offset) <= Self.tolerance.ticks(in: rate), laidOut > 0 { offset = 0 }
    }
    if offset > 0 {
      // A hole longer than the whole title is a broken timestamp: the rest is silence anyway.
      let hole = Int(min(offset, total - laidOut))
      for channel in planes.indices { planes[channel].append(contentsOf: repeatElement(0, count: hole)) }
      silence += Int64(hole)
    }
    let soundStart = planes[0].count
    try resampler?.convert(frame, onto: &planes)
    if offset < 0 {
      let overlap = Int(min(-offset, Int64(planes[0].count - soundStart)))
      for channel in planes.indices { planes[channel].removeSubrange(soundStart..<soundStart + overlap) }
    }
    laidOut += Int64(planes[0].count - before)
  }

  /// Encodes as many whole frames as there are, up to the end of the title.
  private mutating func encodeWhole() throws {
    while planes[0].count - consumed >= encoder.frameSize, encoded + Int64(encoder.frameSize) <= total {
      try encode(encoder.frameSize)
    }
    if consumed > 1 << 16 {
      for channel in planes.indices { planes[channel].removeSubrange(0..<consumed) }
      consumed = 0
    }
  }

  private mutating func encode(_ count: Int) throws {
    var added: Int64 = 0
    try encoder.encode(planes, from: consumed, count: count, at: encoded) { packet in
      added += try Self.write(packet, to: self.writer, self.encoder.frameSize)
    }
    bytes += added
    meter.add(planes, from: consumed, count: count)
    encoded += Int64(count)
    consumed += count
  }

  private consuming func finish(refused: Int) throws -> AudioResult {
    let missing = Int(max(0, total - laidOut))
    for channel in planes.indices { planes[channel].append(contentsOf: repeatElement(0, count: missing)) }
    silence += Int64(missing)
    try encodeWhole()
    let rest = Int(total - encoded)
    if rest > 0 { try encode(rest) }
    let (writer, frameSize, samples, silence, meter) = (writer, encoder.frameSize, encoded, silence, meter)
    var bytes = bytes
    try encoder.finish { bytes += try Self.write($0, to: writer, frameSize) }
    try writer.finish()
    return AudioResult(
      bytes: bytes, samples: samples, silence: silence, silentHead: meter.head, silentTail: meter.tail,
      refusedPackets: refused)
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
