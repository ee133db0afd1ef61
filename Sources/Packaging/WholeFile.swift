internal import Media

/// Writes one progressive MP4 file: tracks come in; `ftyp`, a `moov` with every sample's place, and the samples go out,
/// so that a player that has the first bytes can begin.
///
/// The tracks are read twice: once for the sizes and times that the `moov` holds, once for the samples. The first
/// picture follows the `moov`, so that it can be shown from the first bytes that come; then the tracks are
/// interleaved in runs of half a second. Pictures are reordered by signed composition offsets, so
/// that the only edit list is the one that skips the sound's priming.
struct WholeFile {
  /// How long a run of one track is before the other tracks' samples of that time follow.
  private static let run = Rational(1, 2)

  let name: String
  let tracks: [RenditionInput]
  let source: (any SourceBytes)?

  /// What was written, with what is needed to describe it.
  struct Written {
    var object: MediaObject
    var formats: [TrackFormat]
    var duration: MediaTime
    /// The bytes with which a player can begin: until the end of the first half second of each track.
    var headBytes: Int64
    var pieces: [BitRates.Piece]
  }

  func write(into target: any DeliveryTarget, progress: (MediaTime) -> Void) throws -> Written {
    var tables: [SampleTable] = []
    for track in tracks {
      tables.append(try SampleTable.read(track, run: Self.run, payloads: payloads(track)))
    }
    let runs = order(tables)
    let layout = MovieLayout(tables: tables, runs: runs.map { ($0.track, $0.run.bytes) })
    let sink = try target.open(rendition: name)
    try sink.write(try layout.head())
    let samples = try tracks.map { try $0.open() }
    for run in runs {
      let reader = payloads(tracks[run.track])
      for _ in 0..<run.run.samples {
        guard let sample = try samples[run.track].next() else {
          throw PackagingFailure.emptyTrack(rendition: tracks[run.track].name)
        }
        try sink.write(try reader.bytes(sample))
      }
      if run.track == 0 { progress(run.run.start) }
    }
    let end = tables.map(\.end).max() ?? .zero
    // The first picture is a run of its own.
    let first = tables.reduce(0) { $0 + ($1.format.codec.isVideo ? 2 : 1) }
    let head = Int64(layout.headBytes) + runs.prefix(first).reduce(0) { $0 + $1.run.bytes }
    return Written(
      object: try sink.finish(), formats: tables.map(\.format), duration: end, headBytes: head,
      pieces: pieces(runs, tables, end: end))
  }

  private func payloads(_ track: RenditionInput) -> PayloadReader {
    PayloadReader(rendition: track.name, source: source)
  }

  private typealias PlacedRun = (track: Int, run: SampleTable.Run)

  /// By the time at which they begin, priming counted as the start; of equal ones the first track's.
  private func order(_ tables: [SampleTable]) -> [PlacedRun] {
    var runs: [PlacedRun] = []
    var next = tables.map { _ in 0 }
    while true {
      var best: (track: Int, start: MediaTime)?
      for (track, table) in tables.enumerated() where next[track] < table.runs.count {
        let start = max(.zero, table.runs[next[track]].start)
        if let known = best, known.start <= start { continue }
        best = (track, start)
      }
      guard let best else { return runs }
      runs.append((best.track, tables[best.track].runs[next[best.track]]))
      next[best.track] += 1
    }
  }

  /// The bytes between one run of the first track and the next.
  private func pieces(
    _ runs: [PlacedRun], _ tables: [SampleTable], end: MediaTime
  ) -> [BitRates.Piece] {
    // The first picture, if it stands alone, belongs to the half second that it begins.
    let leading = tables.first?.format.codec.isVideo == true ? 1 : 0
    let starts = runs.filter { $0.track == 0 }.map(\.run.start).enumerated()
      .filter { $0.offset == 0 || $0.offset > leading }.map(\.element)
    let lengths = PrintedDurations.between(starts, end: end)
    var pieces = lengths.map { BitRates.Piece(bytes: 0, microseconds: $0) }
    var index = -1 - leading
    for run in runs {
      if run.track == 0 { index += 1 }
      if pieces.indices.contains(max(0, index)) { pieces[max(0, index)].bytes += run.run.bytes }
    }
    return pieces
  }
}

/// Every sample of one track as a `stbl` describes it: a track is read from its first sample to its last, and sizes,
/// times and sync samples are kept, the payloads are not.
struct SampleTable {
  /// Consecutive samples that stand together in the file.
  struct Run {
    var start: MediaTime
    var samples = 0
    var bytes: Int64 = 0
  }

  /// A value that several samples in a row have.
  struct Repeated<Value: Equatable> {
    var value: Value
    var count: UInt32 = 1
  }

  let name: String
  let format: TrackFormat
  let timescale: UInt32
  /// The sample description box, from libavformat.
  let description: [UInt8]
  let language: String?
  let isDefault: Bool
  /// Units of priming that a player skips, and units of nothing before the first sample.
  let skipped: Int64
  let delay: Int64
  private(set) var sizes: [UInt32] = []
  private(set) var durations: [Repeated<UInt32>] = []
  private(set) var offsets: [Repeated<Int32>] = []
  /// Numbers from 1.
  private(set) var syncs: [UInt32] = []
  private(set) var runs: [Run] = []
  private(set) var length: Int64 = 0
  private(set) var end: MediaTime

  static func read(_ track: RenditionInput, run: Rational, payloads: PayloadReader) throws -> SampleTable {
    let source = try track.open()
    guard let first = try source.next() else { throw PackagingFailure.emptyTrack(rendition: track.name) }
    var table = try SampleTable(track, source.format, first: first, payload: try payloads.bytes(first))
    let clock = try TrackClock(name: track.name, format: source.format)
    let runLength = MediaTime(run.numerator, Rational(1, run.denominator))
      .ticks(in: Rational(1, Int64(clock.timescale)))
    var runStart: Int64 = 0
    var next: CodedSample? = first
    while let sample = next {
      // The first picture alone, then half a second at a time.
      let isSecond = table.runs.count == 1 && table.format.codec.isVideo
      if table.runs.isEmpty || isSecond || table.length - runStart >= runLength {
        runStart = table.length
        let time = table.delay &+ runStart &- table.skipped
        table.runs.append(Run(start: MediaTime(time, Rational(1, Int64(clock.timescale)))))
      }
      try table.append(sample, clock)
      next = try source.next()
    }
    return table
  }

  private init(
    _ track: RenditionInput, _ format: TrackFormat, first: CodedSample, payload: [UInt8]
  ) throws {
    let clock = try TrackClock(name: track.name, format: format)
    if first.presentation < 0, format.codec.isVideo {
      throw PackagingFailure.startsBeforeZero(rendition: track.name)
    }
    name = track.name
    self.format = format
    timescale = clock.timescale
    language = LanguageCode.threeLetters(track.audio?.language)
    isDefault = track.audio?.isDefault ?? true
    skipped = try clock.units(max(0, 0 &- first.presentation))
    delay = try clock.units(max(0, first.presentation))
    end = .zero
    let initial = try InitSegment.make(
      name: track.name, format: format, clock: clock, first: first, payload: payload,
      skipped: max(0, 0 &- first.presentation), language: language)
    guard
      let description = Boxes.inside(initial, ["moov", "trak", "mdia", "minf", "stbl", "stsd"])
    else { throw PackagingFailure.configuration(rendition: track.name, format.codec) }
    self.description = description
  }

  private mutating func append(_ sample: CodedSample, _ clock: TrackClock) throws {
    let presentation = try clock.units(sample.presentation) &+ skipped &- delay
    let duration = try clock.units(sample.duration)
    let offset = presentation.subtractingReportingOverflow(length)
    guard !offset.overflow, let composition = Int32(exactly: offset.partialValue),
      let units = UInt32(exactly: duration), units > 0, let size = UInt32(exactly: sample.payload.count),
      sizes.count < Int(UInt32.max)
    else { throw PackagingFailure.timeOutOfRange(rendition: name) }
    if composition != 0, !format.codec.isVideo {
      throw PackagingFailure.gap(
        rendition: name, at: MediaTime(sample.presentation, format.timebase))
    }
    sizes.append(size)
    if sample.isSync { syncs.append(UInt32(sizes.count)) }
    Self.append(units, to: &durations)
    Self.append(composition, to: &offsets)
    runs[runs.count - 1].samples += 1
    runs[runs.count - 1].bytes += Int64(size)
    length &+= duration
    end = max(end, MediaTime(sample.presentation &+ sample.duration, format.timebase))
  }

  private static func append<Value>(_ value: Value, to list: inout [Repeated<Value>]) {
    if let last = list.last, last.value == value {
      list[list.count - 1].count += 1
    } else {
      list.append(Repeated(value: value))
    }
  }
}
