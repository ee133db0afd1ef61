internal import LibAV
internal import Media

/// Writes one or two tracks as MPEG-TS segments: tracks divided at the same cuts come in, segments go out. One
/// muxer makes all of them, so that continuity counters and timestamps run on; each begins with PAT and PMT.
///
/// Timestamps are the asset's times plus ten seconds, so that neither the sound's priming nor the decode times before
/// the first picture fall below zero. There is no edit list: sound begins with its priming, under a frame early.
struct TransportRendition {
  private static let clock = Rational(1, 90_000)
  static let offset: Int64 = 900_000

  private let name: String
  private let readers: [SegmentReader]
  private let payloads: PayloadReader
  private let sink: TransportSink
  private var lastDecode: [Int64?]
  /// Sound that the muxer may still hold, in a rendition without pictures.
  private var held: Int64 = 0
  private var result: WrittenRendition

  private init(name: String, readers: [SegmentReader], source: (any SourceBytes)?, main: SegmentReader) {
    self.name = name
    self.readers = readers
    payloads = PayloadReader(rendition: name, source: source)
    sink = TransportSink(name: name)
    lastDecode = readers.map { _ in nil }
    result = WrittenRendition(name: name, formats: readers.map(\.format), end: main.end)
  }

  /// `readers` begin with the video, if there is any: it gives the clock and the durations.
  static func write(
    name: String, _ readers: [SegmentReader], language: String?, addressing: Addressing = .files,
    source: (any SourceBytes)?, into target: any DeliveryTarget, progress: (MediaTime) -> Void
  ) throws -> WrittenRendition {
    guard let main = readers.first else { throw PackagingFailure.noRenditions }
    for reader in readers { try checkCodec(reader) }
    var writer = TransportRendition(name: name, readers: readers, source: source, main: main)
    writer.result.isOneFile = addressing == .byteRange
    let tracks = readers.map {
      MuxerTrack($0.format, language: $0.format.codec.isVideo ? nil : language)
    }
    let muxer = try Muxer.open(.mpegts, tracks: tracks, options: options, sink: writer.sink)
    var goesOn = true
    while goesOn {
      try writer.writeSegment(muxer, into: target)
      progress(main.end)
      goesOn = false
      for reader in readers where reader.advance() { goesOn = true }
    }
    if writer.result.isOneFile { try writer.closeObject() }
    writer.result.end = main.end
    return writer.result
  }

  /// Tables come when asked for and not by a clock; the decoder's buffering time is 0.7 s; a PCR at least every
  /// 100 ms (ISO/IEC 13818-1 2.7.2), which at 24 frames a second is every other frame.
  private static let options = [
    "mpegts_copyts": "1", "sdt_period": "86400", "pat_period": "86400", "max_delay": "700000",
    "pcr_period": "40",
  ]

  /// H.264 and AAC, and what a copy may carry (RFC 8216bis 3.1.1, A 1.2).
  private static func checkCodec(_ reader: SegmentReader) throws {
    switch reader.format.codec {
    case .h264, .aac, .ac3, .eac3, .mp3: return
    case .hevc, .av1, .vp9, .opus, .flac:
      throw PackagingFailure.codecNotInTransportStream(rendition: reader.name, reader.format.codec)
    }
  }

  private mutating func writeSegment(_ muxer: borrowing Muxer, into target: any DeliveryTarget) throws {
    if !result.isOneFile || result.segments.isEmpty { sink.open(try target.open(rendition: name)) }
    let begin = sink.position
    try muxer.repeatTables()
    var waiting: [CodedSample?] = []
    for reader in readers { waiting.append(try reader.next()) }
    while let track = nextTrack(waiting), let sample = waiting[track] {
      try write(sample, track: track, muxer)
      waiting[track] = try readers[track].next()
    }
    // A PES packet must not reach over the boundary.
    try muxer.flush()
    held = 0
    guard let main = readers.first else { throw PackagingFailure.noRenditions }
    let range = MediaRange(object: result.objects.count, offset: begin, count: sink.position - begin)
    if !result.isOneFile { try closeObject() }
    result.segments.append(WrittenSegment(range: range, start: main.starts[main.index]))
  }

  private mutating func closeObject() throws {
    guard let object = try sink.close() else { throw PackagingFailure.notTransportPackets(rendition: name) }
    result.objects.append(object)
  }

  /// The track whose waiting sample is decoded first; of equal ones the first track.
  private func nextTrack(_ waiting: [CodedSample?]) -> Int? {
    var best: (track: Int, time: MediaTime)?
    for (track, sample) in waiting.enumerated() {
      guard let sample else { continue }
      let time = MediaTime(sample.decode, readers[track].format.timebase)
      if let known = best, known.time <= time { continue }
      best = (track, time)
    }
    return best?.track
  }

  private mutating func write(_ sample: CodedSample, track: Int, _ muxer: borrowing Muxer) throws {
    let format = readers[track].format
    let time = MediaTime(sample.presentation, format.timebase)
    let presentation = try ticks(sample.presentation, format)
    let decode = try ticks(sample.decode &- readers[track].delay, format)
    guard decode <= presentation, lastDecode[track].map({ $0 < decode }) ?? true else {
      throw PackagingFailure.decodeOrder(rendition: readers[track].name, at: time)
    }
    lastDecode[track] = decode
    let packet = try payloads.packet(sample)
    packet.stream = track
    packet.presentation = presentation
    packet.decode = decode
    packet.duration = rescale(sample.duration, from: format.timebase, to: Self.clock)
    packet.isKey = sample.isSync
    guard format.codec.isVideo, sample.isSync else {
      try muxer.write(packet)
      return try limitPacket(packet.duration, muxer)
    }
    sink.startWatching()
    try muxer.write(packet)
    guard let place = sink.stopWatching() else {
      throw PackagingFailure.notTransportPackets(rendition: name)
    }
    let range = MediaRange(object: result.objects.count, offset: place.offset, count: place.count)
    result.iframes.append(IFrame(range: range, time: time))
  }

  /// A clock reference comes with a PES packet only, and at least every 100 ms (ISO/IEC 13818-1 2.7.2): where there
  /// are no pictures, a PES packet holds up to 80 ms of sound.
  private mutating func limitPacket(_ duration: Int64, _ muxer: borrowing Muxer) throws {
    guard !readers.contains(where: { $0.format.codec.isVideo }) else { return }
    held &+= duration
    guard held &+ duration > 7200 else { return }
    held = 0
    try muxer.flush()
  }

  private func ticks(_ time: Int64, _ format: TrackFormat) throws -> Int64 {
    let ticks = rescale(time, from: format.timebase, to: Self.clock).addingReportingOverflow(Self.offset)
    guard !ticks.overflow, ticks.partialValue >= 0 else {
      throw PackagingFailure.timeOutOfRange(rendition: name)
    }
    return ticks.partialValue
  }
}
