internal import Media

/// The samples of one GOP: its pictures and the sound that belongs to them.
struct PartFragment {
  struct Track {
    var baseDecodeTime: Int64 = 0
    var samples: [RunSample] = []
    var payloads: [CodedSample.Payload] = []
    var bytes: Int64 = 0
  }

  /// One for each track, pictures first.
  var tracks: [Track]
  /// When the first of it is shown, and when the last of its main track ends.
  var start: MediaTime
  var end: MediaTime

  var payloadBytes: Int64 { tracks.reduce(0) { $0 + $1.bytes } }
}

/// Divides a picture track and a sound track into fragments of one GOP each: samples in decode order come in; sound
/// goes with the GOP whose cuts are nearest. Sound without pictures is cut about every two seconds.
struct PartFragmenter {
  private final class Lane {
    let name: String
    let source: any SampleSource
    let format: TrackFormat
    let clock: TrackClock
    /// What the edit list skips at the beginning.
    let skipped: Int64
    var next: CodedSample?
    /// In units of the track's timescale.
    var decodeTime: Int64
    /// In ticks: what the decode time is, presented.
    var position: Int64

    init(_ track: PartTrack) throws {
      name = track.name
      source = try track.open()
      format = source.format
      clock = try TrackClock(name: name, format: format)
      next = try source.next()
      guard let first = next else { throw PackagingFailure.emptyTrack(rendition: name) }
      if first.presentation < 0, format.codec.isVideo {
        throw PackagingFailure.startsBeforeZero(rendition: name)
      }
      skipped = max(0, 0 &- first.presentation)
      let begin = max(0, first.presentation)
      position = begin
      decodeTime = try clock.units(begin)
    }
  }

  private static let soundSeconds: Int64 = 2
  private let lanes: [Lane]

  init(_ tracks: [PartTrack]) throws { lanes = try tracks.map { try Lane($0) } }

  var formats: [TrackFormat] { lanes.map(\.format) }
  var firstSamples: [CodedSample] { lanes.compactMap(\.next) }
  var clocks: [TrackClock] { lanes.map(\.clock) }
  var skipped: [Int64] { lanes.map(\.skipped) }

  /// The next GOP; nil when the tracks are at their end.
  func next() throws -> PartFragment? {
    guard let main = lanes.first, let first = main.next else { return nil }
    if main.format.codec.isVideo, !first.isSync {
      throw PackagingFailure.noSyncSample(
        rendition: main.name, at: MediaTime(first.presentation, main.format.timebase))
    }
    let start = MediaTime(main.position, main.format.timebase)
    var tracks = [
      try take(main) { sample, isFirst in
        if isFirst { return true }
        guard main.format.codec.isVideo else {
          let limit = Rational(Self.soundSeconds, 1)
          return MediaTime(main.position &- start.ticks, start.timebase) < MediaTime(1, limit)
        }
        return !sample.isSync
      }
    ]
    let end = MediaTime(main.position, main.format.timebase)
    let isLast = main.next == nil
    for lane in lanes.dropFirst() {
      tracks.append(
        try take(lane) { sample, _ in
          if isLast { return true }
          // The frame that begins nearest to the cut begins the next fragment.
          let middle = sample.presentation &+ sample.duration / 2
          return MediaTime(middle, lane.format.timebase) < end
        })
    }
    return PartFragment(tracks: tracks, start: start, end: end)
  }

  private func take(_ lane: Lane, while belongs: (CodedSample, Bool) -> Bool) throws -> PartFragment.Track {
    var track = PartFragment.Track()
    track.baseDecodeTime = lane.decodeTime
    while let sample = lane.next, belongs(sample, track.samples.isEmpty) {
      try append(sample, of: lane, to: &track)
      lane.next = try lane.source.next()
    }
    return track
  }

  private func append(_ sample: CodedSample, of lane: Lane, to track: inout PartFragment.Track) throws {
    let duration = try lane.clock.units(sample.duration)
    let offset = try lane.clock.units(sample.presentation &+ lane.skipped)
      .subtractingReportingOverflow(lane.decodeTime)
    let next = lane.decodeTime.addingReportingOverflow(duration)
    guard !offset.overflow, !next.overflow, let composition = Int32(exactly: offset.partialValue),
      let units = UInt32(exactly: duration), units > 0, let size = UInt32(exactly: sample.payload.count)
    else { throw PackagingFailure.timeOutOfRange(rendition: lane.name) }
    if composition != 0, !lane.format.codec.isVideo {
      throw PackagingFailure.gap(
        rendition: lane.name, at: MediaTime(sample.presentation, lane.format.timebase))
    }
    track.samples.append(
      RunSample(duration: units, size: size, compositionOffset: composition, isSync: sample.isSync))
    track.payloads.append(sample.payload)
    track.bytes += Int64(size)
    lane.decodeTime = next.partialValue
    lane.position = lane.position &+ sample.duration
  }
}
