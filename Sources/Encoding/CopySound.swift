internal import Foundation
internal import LibAV
internal import Media

/// Copies a sound track, with times in samples.
///
/// Where the container counts in samples (ISO files) its times are taken as they are. Where it rounds them (MKV's
/// milliseconds, TS's 90 kHz) they are counted from the packets' lengths, as long as the container agrees to within
/// its rounding; where it does not, there is a hole or an overlap, and the time stated counts again. What an edit or a
/// codec delay lets a player skip at the beginning has times below that beginning.
///
/// AAC comes out without a hole: silence is put in where sound begins late, stops early or pauses, frames that overlap
/// others are left out, and every frame is within half a frame of its time (hls-checklist 3 and 18). In other codecs a
/// sample lasts until the next one begins, so that a hole is a longer sample, and one too long for players is refused.
final class SoundCopier: TrackCopier {
  /// Skipped sound that is carried along, so that a decoder is ready: more than any encoder's delay.
  private static let longestPriming: Int64 = 4096
  /// What of a longer one is kept.
  private static let keptPackets = 1
  /// Of AAC, at the sample rate or at half of it (SBR).
  private static let frames: Set<Int64> = [1024, 960, 2048, 1920]
  private static let usualLengths: [Int64] = [
    1024, 960, 2048, 1920, 1152, 576, 1536, 480, 512, 256, 768, 240, 120,
  ]

  private struct Pending {
    var time: Int64
    var length: Int64
    var payload: CodedSample.Payload
  }

  private let track: CopyJob.Track
  private let start: MediaTime
  private let source: Rational
  private let timebase: Rational
  private let countsSamples: Bool
  private let extradata: [UInt8]
  private let keepsPriming: Bool
  /// A frame of silence, where there is one for the codec, and how long a frame lasts.
  private var silence: [UInt8]?
  private var frame: Int64 = 0
  /// Samples by which the container's stamps may be off by rounding.
  private let tolerance: Int64
  private var format: TrackFormat
  private var hasADTS = false
  private var payloads: SourcePayloads
  private var writer: PacketFileWriter?
  private var result: CopiedTrack
  /// Packets before the first one that is heard.
  private var skipped: [Pending] = []
  private var waiting: Pending?
  /// By the container, where the next packet begins.
  private var expected: Int64?
  private var left: CopyFault?

  init(
    _ track: CopyJob.Track, start: MediaTime, _ demuxer: borrowing Demuxer, _ payloads: SourcePayloads
  ) throws {
    self.track = track
    self.start = start
    keepsPriming = track.keepsPriming
    self.payloads = payloads
    let facts = demuxer.streams.first { $0.index == track.stream }
    guard let rate = facts?.sampleRate, rate > 0 else { throw CopyStop(.configuration) }
    let source = demuxer.timebase(of: track.stream).reduced
    self.source = source
    timebase = Rational(1, Int64(rate))
    let units = Int64(rate).multipliedReportingOverflow(by: source.numerator)
    countsSamples =
      !units.overflow && units.partialValue > 0 && source.denominator % units.partialValue == 0
    tolerance = max(2, rescale(2, from: source, to: timebase, rounding: .up))
    guard
      let format = demuxer.format(
        of: track.stream, configuration: Data(), timebase: timebase, frameRate: nil),
      format.codec == track.codec
    else { throw CopyStop(.configuration) }
    self.format = format
    extradata = demuxer.extradata(of: track.stream)
    if track.codec == .aac, extradata.isEmpty {
      hasADTS = true
      self.payloads.neverInSource()
    } else {
      do {
        self.format.configuration = try CodecConfiguration.make(codec: track.codec, extradata: extradata)
      } catch {
        throw CopyStop(.configuration)
      }
    }
    result = CopiedTrack(stream: track.stream, timebase: timebase)
  }

  func add(_ packet: borrowing Packet) throws {
    guard let stated = packet.presentation ?? packet.decode else { throw CopyStop(.timesMissing) }
    if packet.changesConfiguration(from: extradata) {
      throw CopyStop(.parametersChange, at: MediaTime(stated &- start.ticks(in: source), source))
    }
    let length = self.length(packet.duration)
    var time = rescale(stated &- start.ticks(in: source), from: source, to: timebase)
    if !countsSamples { time = settled(time, length, trimmed: packet.trimmedSamples.start) }
    expected = time &+ length
    if packet.isCorrupt {
      left = left ?? .damaged
      return
    }
    // Bytes before, between and after frames of bare MP3 files come as packets.
    if track.codec == .mp3, !MP3Header.begins(packet.head(2)) {
      if writer != nil { left = left ?? .damaged }
      return
    }
    let pending = Pending(time: time, length: length, payload: try payload(packet))
    if packet.isDiscarded {
      if writer == nil { skipped.append(pending) } else { left = left ?? .editInsideGOP }
      return
    }
    if let left { throw CopyStop(left, at: MediaTime(time, timebase)) }
    if !keepsPriming, writer == nil {
      // Without an edit list all of it is heard: a frame of it is what a decoder needs (hls-checklist 18).
      skipped.removeAll { $0.time &+ $0.length < 0 }
      if time &+ length < 0 { return }
    }
    if writer == nil { try begin(before: pending) }
    try push(pending)
  }

  /// A time that the container rounded, from the samples so far.
  private func settled(_ time: Int64, _ length: Int64, trimmed: Int64) -> Int64 {
    if let expected { return abs(time &- expected) <= tolerance ? expected : time }
    // A codec delay ends where the sound begins: there the container's clock is as good as exact.
    guard trimmed > 0, abs(time &+ trimmed) <= tolerance else { return abs(time) < tolerance ? 0 : time }
    return 0 &- trimmed
  }

  private func length(_ duration: Int64) -> Int64 {
    let samples = rescale(max(0, duration), from: source, to: timebase)
    if countsSamples, samples > 0 { return samples }
    let frame = Int64(format.audio?.frameSize ?? 0)
    if frame > 0, samples == 0 || abs(samples &- frame) <= tolerance { return frame }
    let near = Self.usualLengths.filter { abs($0 &- samples) <= tolerance }
    return near.min { abs($0 &- samples) < abs($1 &- samples) } ?? max(1, samples)
  }

  private func payload(_ packet: borrowing Packet) throws -> CodedSample.Payload {
    guard hasADTS else { return payloads.payload(packet) }
    let bytes = packet.bytes
    guard let header = ADTSHeader(bytes), header.frameBytes == bytes.count else { throw CopyStop(.notBare) }
    let configuration = Data(header.configuration)
    if format.configuration.isEmpty {
      format.configuration = configuration
    } else if format.configuration != configuration {
      throw CopyStop(.parametersChange)
    }
    return .bytes(Array(bytes.dropFirst(header.headerBytes)))
  }

  /// Opens the packet file, now that the configuration and what comes before the sound are known.
  private func begin(before first: Pending) throws {
    if let earliest = skipped.first, first.time &- earliest.time > Self.longestPriming {
      skipped.removeFirst(max(0, skipped.count - Self.keptPackets))
    }
    let beginning = skipped.first ?? first
    // Sound that is to be skipped and that no encoder's delay explains: players would play it.
    guard 0 &- beginning.time <= max(timebase.denominator / 4, Self.longestPriming) else {
      throw CopyStop(.timesJump, at: MediaTime(beginning.time, timebase))
    }
    format.audio?.priming = Int(clamping: max(0, 0 &- beginning.time))
    if format.audio?.frameSize == 0 { format.audio?.frameSize = Int(clamping: beginning.length) }
    if track.codec == .aac { silence = SilentAAC.frame(configuration: Array(format.configuration)) }
    // A container's edits may state other lengths for single frames.
    frame = [first.length, beginning.length].first { Self.frames.contains($0) } ?? 1024
    try beginLate(beginning)
    writer = try PacketFileWriter(path: track.path, format: format)
    for packet in skipped { try push(packet) }
    skipped = []
  }

  /// Sound that begins after 0 gets silence before it: whole frames, of which the edit list skips what is too much.
  private func beginLate(_ first: Pending) throws {
    guard first.time >= timebase.denominator / 100 else { return }
    guard let silence else { return try checkHole(first.time, at: 0) }
    let start = first.time &- (first.time &+ frame &- 1) / frame &* frame
    format.audio?.priming = Int(clamping: 0 &- start)
    waiting = Pending(time: start, length: frame, payload: .bytes(silence))
  }

  private func push(_ packet: Pending) throws {
    var packet = packet
    if let next {
      let drift = packet.time &- next
      if silence == nil {
        try checkHole(drift, at: next)
      } else {
        if drift &* 2 <= 0 &- frame {
          // Sound that repeats a second or more is no jitter.
          guard drift > 0 &- timebase.denominator else {
            throw CopyStop(.timesJump, at: MediaTime(packet.time, timebase))
          }
          return
        }
        try fill(drift)
        packet.time = self.next ?? packet.time
      }
    }
    if let waiting { try write(waiting, until: packet.time) }
    waiting = packet
  }

  /// Where the packet that waits ends. A decoder gives a whole frame for it, whatever the container says of the last.
  private var next: Int64? { waiting.map { $0.time &+ (silence == nil ? $0.length : frame) } }

  /// Puts silence after the packet that waits: as many frames as come nearest to the hole.
  private func fill(_ hole: Int64) throws {
    guard let silence, var last = waiting, hole &* 2 >= frame else { return }
    for _ in 0..<(hole &* 2 &+ frame) / (frame &* 2) {
      let next = Pending(time: last.time &+ frame, length: frame, payload: .bytes(silence))
      try write(last, until: next.time)
      last = next
    }
    waiting = last
  }

  /// What no silence can be put into: segments have to hold sound, and a transport stream cannot say that a frame
  /// lasts longer.
  private func checkHole(_ hole: Int64, at time: Int64) throws {
    guard track.coversAll || !keepsPriming else { return }
    let place = MediaTime(time, timebase)
    // At its beginning sound that is late by more than is heard counts as missing.
    let limit = timebase.denominator / (keepsPriming ? (time == 0 ? 20 : 2) : 1000)
    if hole > max(limit, tolerance) { throw CopyStop(.soundMissing, at: place) }
    if !keepsPriming, hole < 0 &- max(limit, tolerance) { throw CopyStop(.timesJump, at: place) }
  }

  private func write(_ packet: Pending, until next: Int64) throws {
    let duration = next &- packet.time
    guard duration > 0 else { throw CopyStop(.timesJump, at: MediaTime(next, timebase)) }
    result.samples += 1
    result.bytes += Int64(packet.payload.count)
    result.end = next
    try writer?.append(
      CodedSample(
        presentation: packet.time, decode: packet.time, duration: duration, isSync: true,
        payload: packet.payload))
  }

  func naturalEnd() throws -> MediaTime {
    guard let waiting else { throw CopyStop(.empty) }
    return MediaTime(waiting.time &+ waiting.length, timebase)
  }

  func finish(until end: MediaTime) throws -> CopiedTrack {
    guard let next, let writer else { throw CopyStop(.empty) }
    let missing = end.ticks(in: timebase) &- next
    if silence == nil, track.coversAll, missing > timebase.denominator / 2 {
      throw CopyStop(.soundMissing, at: MediaTime(next, timebase))
    }
    try fill(missing)
    // A transport stream has whole frames only.
    if let last = waiting {
      try write(last, until: last.time &+ (keepsPriming ? last.length : max(frame, last.length)))
    }
    try writer.finish()
    result.liesInSource = payloads.areInSource
    return result
  }
}

/// The head of an MPEG audio frame (ISO/IEC 11172-3 2.4.1.3).
enum MP3Header {
  static func begins(_ bytes: [UInt8]) -> Bool {
    bytes.count == 2 && bytes[0] == 0xff && bytes[1] & 0xe0 == 0xe0 && bytes[1] & 0x06 != 0
  }
}

/// The head of an AAC frame in a transport stream (ISO/IEC 14496-3 1.A.2): bytes in, what an MP4 file has in its place
/// out.
struct ADTSHeader {
  let headerBytes: Int
  let frameBytes: Int
  /// An AudioSpecificConfig.
  let configuration: [UInt8]

  /// nil for what is not one frame of AAC with a header.
  init?(_ bytes: [UInt8]) {
    var reader = BitReader(bytes.prefix(9))
    guard reader.bits(12) == 0xfff, reader.bits(1) != nil, reader.bits(2) == 0, let noCRC = reader.bits(1),
      let profile = reader.bits(2), let rate = reader.bits(4), rate < 13, reader.bits(1) != nil,
      let channels = reader.bits(3), channels > 0, reader.bits(4) != nil, let frame = reader.bits(13),
      reader.bits(11) != nil, reader.bits(2) == 0
    else { return nil }
    headerBytes = noCRC == 1 ? 7 : 9
    guard frame > headerBytes else { return nil }
    frameBytes = frame
    // 5 bits object type, 4 bits rate, 4 bits channels, then three zero flags.
    let value = (profile + 1) << 11 | rate << 7 | channels << 3
    configuration = [UInt8(value >> 8), UInt8(value & 0xff)]
  }
}
