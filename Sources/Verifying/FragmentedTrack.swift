internal import Media

/// Checks the samples of one track of a fragmented MP4 rendition, fragment after fragment (rules 14 and 16). Of the
/// media data it reads the first sample of each fragment; with `deep` every sample.
struct FragmentedTrack {
  /// A sample larger than this is not a picture.
  static let sampleLimit = 256 << 20

  private let findings: Findings
  private let deep: Bool
  let track: InitSegment.Track
  private var expected: Int64?
  private var durations: [Int64: Int] = [:]
  private var lastKeyframe: Int64?
  private(set) var longestGOP: Nanoseconds = 0
  private(set) var keyframes: [Rendition.Keyframe] = []
  /// Segments that cannot be decoded without those before them.
  private(set) var dependentSegments = 0
  private(set) var samples = 0
  private(set) var syncSamples = 0
  /// When the first sample is presented, by the edit list.
  private(set) var firstShown: Nanoseconds?

  // Of the segment that is being read
  private var start: Int64?
  private var duration: Int64 = 0

  init(track: InitSegment.Track, deep: Bool, findings: Findings) {
    (self.track, self.deep, self.findings) = (track, deep, findings)
  }

  /// The commonest sample duration.
  var frameTicks: Int64 { durations.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? 0 }
  /// The shortest and the longest of usual frames.
  var frameSpan: ClosedRange<Int64> { FrameSpan.around(frameTicks, of: durations) }
  var frame: Nanoseconds { nanoseconds(frameTicks, track.timescale) }

  mutating func discontinuity() { (expected, lastKeyframe) = (nil, nil) }

  mutating func beginSegment() { (start, duration) = (nil, 0) }

  /// nil where the segment had no samples of this track.
  func measured(bytes: Int64) -> Rendition.Segment? {
    guard let start else { return nil }
    return Rendition.Segment(
      start: shown(start), duration: nanoseconds(duration, track.timescale), bytes: bytes)
  }

  /// A media time as the edit list presents it.
  private func shown(_ time: Int64) -> Nanoseconds {
    sum(nanoseconds(sum(time, -track.skipped), track.timescale), track.delay)
  }

  mutating func check(_ fragment: Fragment, _ run: TrackFragment, _ file: InputFile, isFirst: Bool) {
    let path = file.path
    let place = Place.byte(fragment.moof.offset)
    if let time = run.decodeTime {
      if let expected, time != expected {
        findings.add(.tfdtGap, path, "tfdt is \(time), expected \(expected)", at: place)
      }
      expected = sum(time, run.duration)
    } else {
      findings.add(.tfdtMissing, path, "traf without tfdt", at: place)
    }
    samples = samples &+ run.samples.count
    for sample in run.samples { durations[sample.duration, default: 0] += 1 }
    if durations.count > 4096 { durations = durations.filter { $0.value > 1 } }
    if run.samples.contains(where: { $0.duration == 0 }) {
      findings.add(.sampleDuration, path, "a sample lasts 0 ticks, expected more", at: place)
    }
    let presentations = run.presentations
    let began = track.isVideo ? presentations.min() ?? 0 : run.decodeTime ?? 0
    if start == nil { start = began }
    if firstShown == nil { firstShown = shown(began) }
    duration = sum(duration, run.duration)
    let isAlone = bitstream(run, file)
    if track.isVideo {
      let isClosed = pictures(fragment, run, presentations, file, isFirst)
      if isFirst, !isClosed || !isAlone || !(run.samples.first?.isSync ?? false) { dependentSegments += 1 }
    }
  }

  /// Whether the first GOP is closed.
  private mutating func pictures(
    _ fragment: Fragment, _ run: TrackFragment, _ presentations: [Int64], _ file: InputFile, _ isFirst: Bool
  ) -> Bool {
    guard let first = run.samples.first, let start = presentations.min() else { return true }
    let path = file.path
    let place = Place.byte(fragment.moof.offset)
    let syncs = run.samples.indices.filter { run.samples[$0].isSync }
    if !first.isSync {
      findings.add(
        isFirst ? .segmentNotSync : .fragmentGOP, path, "the first sample is not a sync sample", at: place)
    } else {
      keyframes.append(
        Rendition.Keyframe(
          path: path, starts: [fragment.moof.offset], end: sum(first.offset, Int64(first.size)),
          time: shown(presentations.first ?? start)))
    }
    measureGOPs(run)
    syncSamples = syncSamples &+ syncs.count
    if syncs.count > 1 {
      findings.add(.fragmentGOP, path, "\(syncs.count) sync samples, expected one GOP a moof", at: place)
    }
    // A closed GOP's first picture in decode order is the first shown.
    var isOpen = false
    for (number, begin) in syncs.enumerated() {
      let end = number + 1 < syncs.count ? syncs[number + 1] : presentations.count
      guard presentations[begin..<end].contains(where: { $0 < presentations[begin] }) else { continue }
      isOpen = isOpen || begin == 0
      findings.add(
        .gopOpen, path, "a picture is shown before the sync sample \(begin + 1), expected closed GOPs",
        at: place)
    }
    let end = sum(start, run.duration)
    let isLate = !isOpen && syncs.first == 0 && presentations.contains { $0 >= end }
    if Set(presentations).count != presentations.count || isLate {
      findings.add(
        .ctsRange, path,
        "composition offsets show pictures twice or after the fragment's end (\(end))", at: place)
    }
    return !isOpen
  }

  private mutating func measureGOPs(_ run: TrackFragment) {
    var time = run.decodeTime ?? 0
    for sample in run.samples {
      if sample.isSync {
        if let lastKeyframe {
          longestGOP = max(longestGOP, nanoseconds(distance(time, lastKeyframe), track.timescale))
        }
        lastKeyframe = time
      }
      time = sum(time, Int64(sample.duration))
    }
  }

  /// Whether the first sample needs none before it, as far as its bytes tell.
  private func bitstream(_ run: TrackFragment, _ file: InputFile) -> Bool {
    var isAlone = true
    for (index, sample) in (deep ? run.samples[...] : run.samples.prefix(1)).enumerated() {
      guard sample.size <= FragmentedTrack.sampleLimit, let bytes = try? file.read(sample.offset, sample.size)
      else { continue }
      let isKey = SampleCheck(track: track, path: file.path, findings: findings).check(bytes, sample)
      if index == 0 { isAlone = isKey }
    }
    return isAlone
  }
}
