internal import Media

/// Writes one track as CMAF: an init segment, then segments of whole fragments. Video has one fragment a GOP, so that
/// I-frame ranges exist; audio one a segment. At most one fragment is in memory.
struct FragmentedRendition {
  private let reader: SegmentReader
  private let clock: TrackClock
  private let payloads: PayloadReader
  private var sequence: UInt32 = 0
  private var decodeTime: Int64 = 0
  /// Of the segment that is written.
  private var sap = 1
  private var fragment = Fragment()
  private var result: WrittenRendition
  /// The one object, when segments are ranges of it; how much of it is written.
  private var file: (any MediaSink)?
  private var position: Int64 = 0

  /// The samples of one `moof` and their bytes.
  private struct Fragment {
    var baseDecodeTime: Int64 = 0
    var samples: [RunSample] = []
    var payloads: [CodedSample.Payload] = []
    var bytes: Int64 = 0
    var presentation: Int64 = 0
  }

  private init(reader: SegmentReader, source: (any SourceBytes)?) throws {
    self.reader = reader
    clock = try TrackClock(name: reader.name, format: reader.format)
    payloads = PayloadReader(rendition: reader.name, source: source)
    result = WrittenRendition(name: reader.name, formats: [reader.format], end: reader.end)
    result.timescale = clock.timescale
  }

  static func write(
    _ reader: SegmentReader, language: String?, addressing: Addressing = .files, index: [UInt8]? = nil,
    source: (any SourceBytes)?, into target: any DeliveryTarget, progress: (MediaTime) -> Void
  ) throws -> WrittenRendition {
    var writer = try FragmentedRendition(reader: reader, source: source)
    writer.result.isOneFile = addressing == .byteRange
    try writer.writeInit(language: language, into: target)
    if let index { try writer.write(index: index) }
    repeat {
      try writer.writeSegment(into: target)
      progress(reader.end)
    } while reader.advance()
    if let file = writer.file { writer.result.objects.append(try file.finish()) }
    writer.result.decodeTimes.append(writer.decodeTime)
    writer.result.end = reader.end
    return writer.result
  }

  private mutating func writeInit(language: String?, into target: any DeliveryTarget) throws {
    guard let first = reader.upcoming else { throw PackagingFailure.emptyTrack(rendition: reader.name) }
    let bytes = try InitSegment.make(
      name: reader.name, format: reader.format, clock: clock, first: first, payload: payloads.bytes(first),
      skipped: reader.skipped, language: language)
    let sink = try target.open(rendition: reader.name)
    try sink.write(bytes)
    let size = Int64(bytes.count)
    result.initRange = MediaRange(object: 0, offset: 0, count: size)
    if result.isOneFile {
      file = sink
      position = size
    } else {
      result.objects.append(try sink.finish())
    }
    // A track that is first presented after 0 says so by its first decode time.
    decodeTime = try clock.units(max(0, first.presentation))
  }

  /// Between the init segment and what it is the index of; only in one file.
  private mutating func write(index: [UInt8]) throws {
    guard let file else { return }
    try file.write(index)
    result.indexRange = MediaRange(object: 0, offset: position, count: Int64(index.count))
    position += Int64(index.count)
  }

  private mutating func writeSegment(into target: any DeliveryTarget) throws {
    let sink = try file ?? target.open(rendition: reader.name)
    let begin = position
    var offset = begin
    result.decodeTimes.append(decodeTime)
    sap = 1
    let segmentStart = decodeTime
    while let sample = try reader.next() {
      if sample.isSync, reader.format.codec.isVideo { try writeFragment(to: sink, at: &offset) }
      let isFirst = decodeTime == segmentStart
      try append(sample)
      // It is shown after the segment's beginning: others lead it.
      if isFirst, fragment.samples.last?.compositionOffset != 0 { sap = 3 }
    }
    try writeFragment(to: sink, at: &offset)
    let range = MediaRange(object: result.objects.count, offset: begin, count: offset - begin)
    if result.isOneFile {
      position = offset
    } else {
      result.objects.append(try sink.finish())
    }
    // The edit list skips what lies before 0.
    let start = max(reader.starts[reader.index], MediaTime(0, reader.format.timebase))
    result.segments.append(WrittenSegment(range: range, start: start, sap: sap))
  }

  private mutating func append(_ sample: CodedSample) throws {
    // Audio's media time begins at 0 with the priming, which the edit list skips.
    let presentation = try clock.units(sample.presentation &+ reader.skipped)
    let duration = try clock.units(sample.duration)
    let offset = presentation.subtractingReportingOverflow(decodeTime)
    let next = decodeTime.addingReportingOverflow(duration)
    guard !offset.overflow, !next.overflow, let composition = Int32(exactly: offset.partialValue),
      let units = UInt32(exactly: duration), let size = UInt32(exactly: sample.payload.count)
    else { throw PackagingFailure.timeOutOfRange(rendition: reader.name) }
    if composition != 0, !reader.format.codec.isVideo {
      throw PackagingFailure.gap(
        rendition: reader.name, at: MediaTime(sample.presentation, reader.format.timebase))
    }
    if fragment.samples.isEmpty {
      fragment.baseDecodeTime = decodeTime
      fragment.presentation = sample.presentation
    }
    fragment.samples.append(
      RunSample(duration: units, size: size, compositionOffset: composition, isSync: sample.isSync))
    fragment.payloads.append(sample.payload)
    fragment.bytes += Int64(size)
    decodeTime = next.partialValue
  }

  private mutating func writeFragment(to sink: any MediaSink, at offset: inout Int64) throws {
    guard let first = fragment.samples.first else { return }
    guard let base = UInt64(exactly: fragment.baseDecodeTime) else {
      throw PackagingFailure.timeOutOfRange(rendition: reader.name)
    }
    sequence &+= 1
    let run = TrackRun(track: 1, baseDecodeTime: base, samples: fragment.samples)
    guard let head = FragmentWriter.head(sequence: sequence, runs: [run]) else {
      throw PackagingFailure.fragmentTooLarge(rendition: reader.name)
    }
    try sink.write(head)
    try payloads.blocks(fragment.payloads) { try sink.write($0) }
    if reader.format.codec.isVideo {
      // From the moof on, so that the range decodes without the rest of the GOP (A 6.10).
      let range = MediaRange(
        object: result.objects.count, offset: offset, count: Int64(head.count) + Int64(first.size))
      result.iframes.append(
        IFrame(range: range, time: MediaTime(fragment.presentation, reader.format.timebase)))
    }
    offset += Int64(head.count) + fragment.bytes
    fragment.samples.removeAll(keepingCapacity: true)
    fragment.payloads.removeAll(keepingCapacity: true)
    fragment.bytes = 0
  }
}
