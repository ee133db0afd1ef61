internal import Foundation
internal import LibAV
internal import Media

/// Copies a picture track.
///
/// Presentation times are the container's. Decode times are made anew from them: the n-th picture decoded gets the
/// n-th presentation time in ascending order, which is what a track without an edit list and with signed composition
/// offsets has (A 7.3), whatever the container did (MKV has none, TS and old MP4 run ahead); by how much decoding has
/// to run ahead where offsets cannot be negative is found out on the way. So a sample's decode time at a keyframe is
/// the time at which the first picture of what follows it is shown, leading pictures included.
final class PictureCopier: TrackCopier {
  /// More pictures than any codec may reorder (H.264: 16 frames, in fields 32).
  private static let window = 40
  /// Pictures may begin later than other tracks by a frame of film without being held, and end half a second earlier.
  private static let bearableLateness = MediaTime(1, Rational(1, 25))
  private static let bearableTail = MediaTime(1, Rational(1, 2))
  /// Twice a usual segment: with IDR pictures further apart than that, though there are other keyframes, a copy would
  /// have segments that no player likes.
  private static let longestWithoutIDR = Rational(12, 1)

  private struct Pending {
    var presentation: Int64
    var isSync: Bool
    var payload: CodedSample.Payload
  }

  private let track: CopyJob.Track
  private var mapping: TimeMapping
  private let reorders: Bool
  private let extradata: [UInt8]
  private let annexB: AnnexB?
  private let keyframes: KeyframeCheck
  private let writer: PacketFileWriter
  private var payloads: SourcePayloads
  private var result: CopiedTrack
  private var queue: [Pending] = []
  private var head = 0
  /// The presentation times of what is in the queue, ascending.
  private var times: [Int64] = []
  private var lastDecode: Int64?
  private var lastDuration: Int64 = 0
  private var statedDuration: Int64 = 0
  /// Presentation time of the first keyframe, as long as pictures may lead it.
  private var firstKey: Int64?
  private var lastSync: Int64?
  private var hasStarted = false
  private var hidKeyframe = false
  /// A packet after the beginning that is not to be shown, or that is damaged: bearable only at the end.
  private var left: CopyFault?

  init(
    _ track: CopyJob.Track, start: MediaTime, _ demuxer: borrowing Demuxer, _ payloads: SourcePayloads
  ) throws {
    self.track = track
    self.payloads = payloads
    reorders = demuxer.streams.first { $0.index == track.stream }?.reorders ?? true
    let timebase = demuxer.timebase(of: track.stream)
    let rebuilt = track.rebuildsTimes ? track.frameRate : nil
    mapping = TimeMapping(source: timebase, start: start, rate: rebuilt)
    extradata = demuxer.extradata(of: track.stream)
    guard
      var format = demuxer.format(
        of: track.stream, configuration: Data(), timebase: mapping.timebase, frameRate: track.frameRate),
      format.codec == track.codec
    else { throw CopyStop(.configuration) }
    if let colour = track.colour, var video = format.video {
      (video.codedColour, video.colour) = (video.colour, colour)
      format.video = video
    }
    do throws(CodecConfigurationFailure) {
      format.configuration = try CodecConfiguration.make(
        codec: track.codec, extradata: extradata, video: format.video)
      let isNAL = track.codec == .h264 || track.codec == .hevc
      annexB =
        isNAL && extradata.first != 1
        ? try AnnexB(codec: track.codec, configuration: format.configuration) : nil
      keyframes = try KeyframeCheck(codec: track.codec, configuration: format.configuration)
    } catch { throw CopyStop(.configuration) }
    if annexB != nil { self.payloads.neverInSource() }
    result = CopiedTrack(stream: track.stream, timebase: mapping.timebase)
    writer = try PacketFileWriter(path: track.path, format: format)
  }

  func add(_ packet: borrowing Packet) throws {
    guard let stated = packet.presentation ?? (reorders ? nil : packet.decode) else {
      throw CopyStop(.timesMissing)
    }
    let presentation = mapping.map(stated)
    let time = MediaTime(presentation, mapping.timebase)
    if packet.changesConfiguration(from: extradata) { throw CopyStop(.parametersChange, at: time) }
    if packet.isDiscarded || packet.isCorrupt {
      if hasStarted { left = left ?? (packet.isCorrupt ? .damaged : .editInsideGOP) }
      if packet.isKey { hidKeyframe = true }
      return
    }
    if let left { throw CopyStop(left, at: time) }
    let bytes = annexB == nil ? packet.head(KeyframeCheck.headBytes) : packet.bytes
    let isSync = packet.isKey && keyframes.isKeyframe(bytes, isAnnexB: annexB != nil)
    if isSync {
      lastSync = presentation
    } else if packet.isKey, let lastSync,
      MediaTime(presentation &- lastSync, mapping.timebase) > MediaTime(1, Self.longestWithoutIDR)
    {
      throw CopyStop(.openGOPs, at: time)
    }
    if isSync, annexB == nil, keyframes.changesParameters(bytes) {
      throw CopyStop(.parametersChange, at: time)
    }
    if !hasStarted {
      guard isSync else {
        // Without the keyframe that an edit hid these cannot be decoded; without any, a player skips them too.
        if hidKeyframe { throw CopyStop(.editInsideGOP, at: time) }
        return
      }
      hasStarted = true
      firstKey = presentation
    } else if let key = firstKey {
      if isSync { firstKey = nil } else if presentation < key { return }
    }
    statedDuration = mapping.length(packet.duration)
    let payload = try self.payload(packet, bytes, at: time)
    let isHeld = result.samples == 0 && queue.isEmpty && time > Self.bearableLateness
    try push(Pending(presentation: isHeld ? 0 : presentation, isSync: isSync, payload: payload))
  }

  private func payload(_ packet: borrowing Packet, _ bytes: [UInt8], at time: MediaTime) throws
    -> CodedSample.Payload
  {
    guard let annexB else { return payloads.payload(packet) }
    do throws(CodecConfigurationFailure) {
      return .bytes(try annexB.lengthPrefixed(bytes))
    } catch { throw CopyStop(.parametersChange, at: time) }
  }

  private func push(_ picture: Pending) throws {
    if let lastDecode, picture.presentation <= lastDecode {
      throw CopyStop(
        picture.presentation == lastDecode ? .sameTime : .timesJump,
        at: MediaTime(picture.presentation, mapping.timebase))
    }
    queue.append(picture)
    var index = times.endIndex
    while index > 0, times[index - 1] > picture.presentation { index -= 1 }
    times.insert(picture.presentation, at: index)
    if queue.count - head > Self.window { try emit() }
    if head > 4096 {
      queue.removeSubrange(0..<head)
      head = 0
    }
  }

  private func emit(until end: Int64? = nil) throws {
    let picture = queue[head]
    // The payload may be large.
    queue[head].payload = .bytes([])
    head += 1
    let decode = times.removeFirst()
    let duration = times.first.map { $0 &- decode } ?? ((end ?? ending(decode)) &- decode)
    let place = MediaTime(decode, mapping.timebase)
    guard duration > 0 else { throw CopyStop(.sameTime, at: place) }
    (lastDecode, lastDuration) = (decode, duration)
    result.delay = max(result.delay, decode &- picture.presentation)
    result.end = max(result.end, decode &+ duration)
    if picture.isSync {
      result.starts.values.append(decode)
      if decode != picture.presentation { result.hasLeadingPictures = true }
    }
    result.samples += 1
    result.bytes += Int64(picture.payload.count)
    try writer.append(
      CodedSample(
        presentation: picture.presentation, decode: decode, duration: duration, isSync: picture.isSync,
        payload: picture.payload))
  }

  /// Where the picture shown last ends: not before its time, where an edit list ends with the sound inside of it.
  private func ending(_ last: Int64) -> Int64 {
    let frame = track.frameRate.map { rescale(1, from: $0.inverse, to: mapping.timebase) } ?? 1
    return last &+ max(1, frame, statedDuration > 0 ? statedDuration : lastDuration)
  }

  func naturalEnd() throws -> MediaTime {
    while head < queue.count - 1 { try emit() }
    guard let last = times.first else { throw CopyStop(.noKeyframe) }
    return MediaTime(ending(last), mapping.timebase)
  }

  func finish(until end: MediaTime) throws -> CopiedTrack {
    let natural = try naturalEnd()
    let limit = natural.ticks &+ Int64(Int32.max)
    let later = min(end.ticks(in: mapping.timebase), limit)
    let isHeld =
      track.keepsPriming && MediaTime(later &- natural.ticks, mapping.timebase) > Self.bearableTail
    try emit(until: isHeld ? later : nil)
    try writer.finish()
    result.liesInSource = payloads.areInSource
    return result
  }
}

/// From a container's ticks to those of the copy, 0 being the timeline's start.
struct TimeMapping {
  let source: Rational
  let timebase: Rational
  private let origin: Int64
  private let rate: Rational?
  private let frame: Int64
  /// The first time seen, from which whole frames are counted.
  private var anchor: Int64?

  /// With a `rate`, times are whole frames from the first one: exact again where the container rounded them. The
  /// timebase then holds a frame without rounding and is fine enough for where the track begins.
  init(source: Rational, start: MediaTime, rate: Rational?) {
    self.source = source
    self.rate = rate
    origin = start.ticks(in: source)
    guard let rate = rate?.reduced else {
      timebase = source.reduced
      frame = 1
      return
    }
    var finer: Int64 = 1
    while rate.numerator &* finer < 10_000 { finer *= 10 }
    timebase = Rational(1, rate.numerator &* finer)
    frame = rate.denominator &* finer
  }

  mutating func map(_ ticks: Int64) -> Int64 {
    guard let rate else { return rescale(ticks &- origin, from: source, to: timebase) }
    let first = anchor ?? ticks
    anchor = first
    let frames = rescale(ticks &- first, from: source, to: rate.inverse)
    return rescale(first &- origin, from: source, to: timebase) &+ frames &* frame
  }

  func length(_ ticks: Int64) -> Int64 {
    if rate != nil { return frame }
    return rescale(max(0, ticks), from: source, to: timebase)
  }
}
