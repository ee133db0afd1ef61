internal import Media

/// Checks the segments of one fragmented MP4 rendition in order (rules 14, 16 and 17): bytes in, a `Rendition`
/// out. Of the media data it reads the first sample of each fragment; with `deep` every sample.
struct FragmentedTrack {
  /// A sample larger than this is not a picture.
  static let sampleLimit = 256 << 20

  private let findings: Findings
  private let deep: Bool
  let track: InitSegment.Track
  private var expected: Int64?
  private var sequence: Int?
  private var durations: [Int64: Int] = [:]
  private var lastKeyframe: Int64?
  private(set) var longestGOP: Nanoseconds = 0
  private(set) var keyframes: [Rendition.Keyframe] = []

  init(track: InitSegment.Track, deep: Bool, findings: Findings) {
    (self.track, self.deep, self.findings) = (track, deep, findings)
  }

  /// The commonest sample duration.
  var frameTicks: Int64 { durations.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? 0 }
  /// The shortest and the longest of usual frames.
  var frameSpan: ClosedRange<Int64> { FrameSpan.around(frameTicks, of: durations) }
  var frame: Nanoseconds { nanoseconds(frameTicks, track.timescale) }

  mutating func discontinuity() { (expected, sequence, lastKeyframe) = (nil, nil, nil) }

  /// Presentation start (priming skipped) and duration of one segment; nil when its boxes cannot be read.
  mutating func segment(_ file: InputFile, _ range: Range<Int64>) -> Rendition.Segment? {
    var start: Int64?
    var duration: Int64 = 0
    do throws(Malformed) {
      var walker = BoxWalker(file, range)
      var pending: BoxPlace?
      var fragments = 0
      while let box = try walker.next() {
        switch box.type {
        case "moof" where pending == nil: pending = box
        case "mdat":
          guard let moof = pending else {
            findings.error(.segmentStructure, file.path, "mdat at \(box.offset) without a moof before it")
            continue
          }
          pending = nil
          fragments += 1
          let fragment = try Fragment(moof: moof, mdat: box, file: file, tracks: [track])
          guard let part = check(fragment, file, isFirst: fragments == 1) else { continue }
          if start == nil { start = part.start }
          duration = sum(duration, part.duration)
        case "styp" where fragments == 0 && pending == nil: try brand(box, file)
        case "sidx" where fragments == 0, "emsg" where pending == nil, "prft" where pending == nil,
          "free" where pending == nil:
          continue
        default:
          findings.error(
            .segmentStructure, file.path,
            "box \(box.type) at \(box.offset), expected styp, sidx, then moof and mdat")
        }
      }
      if pending != nil || fragments == 0 {
        findings.error(
          .segmentStructure, file.path,
          "\(fragments) fragments and \(pending == nil ? "no" : "a") moof without mdat")
      }
    } catch {
      findings.error(.boxMalformed, file.path, error.what)
      return nil
    }
    guard let start else { return nil }
    let skipped = track.isVideo ? 0 : track.skipped
    return Rendition.Segment(
      start: nanoseconds(sum(start, -skipped), track.timescale),
      duration: nanoseconds(duration, track.timescale), bytes: range.upperBound - range.lowerBound)
  }

  private func brand(_ box: BoxPlace, _ file: InputFile) throws(Malformed) {
    var cursor = Cursor(try file.read(box.body.lowerBound, Int(min(box.size - box.header, 1024))))
    var brands = [try cursor.fourCC()]
    try cursor.skip(4)
    while cursor.left >= 4 { brands.append(try cursor.fourCC()) }
    if Set(brands).isDisjoint(with: ["cmfs", "cmff", "cmfl", "msdh", "cmfc", "msix"]) {
      findings.error(
        .segmentBrand, file.path, "styp brands \(brands.joined(separator: " ")), expected cmfs or msdh")
    }
  }

  private mutating func check(_ fragment: Fragment, _ file: InputFile, isFirst: Bool) -> (
    start: Int64, duration: Int64
  )? {
    let path = file.path
    let place = "moof at \(fragment.moof.offset)"
    if let sequence, fragment.sequence <= sequence {
      findings.error(
        .sequenceOrder, path, "\(place): sequence \(fragment.sequence) after \(sequence), expected more")
    }
    sequence = fragment.sequence
    guard fragment.tracks.count == 1, let run = fragment.tracks.first, run.runs == 1, !run.samples.isEmpty
    else {
      findings.error(
        .fragmentShape, path,
        "\(place): \(fragment.tracks.count) traf with \(fragment.tracks.map(\.runs)) trun, expected one with one and samples"
      )
      return nil
    }
    if run.hasAbsoluteBase || !run.isMoofRelative {
      findings.error(.fragmentBase, path, "\(place): sample addresses are not relative to the moof")
    }
    let duration = run.duration
    if let time = run.decodeTime {
      if let expected, time != expected {
        findings.error(.tfdtGap, path, "\(place): tfdt is \(time), expected \(expected)")
      }
      expected = sum(time, duration)
    } else {
      findings.error(.tfdtMissing, path, "\(place): traf without tfdt")
    }
    FragmentedTrack.data(fragment, path, findings)
    for sample in run.samples { durations[sample.duration, default: 0] += 1 }
    if durations.count > 4096 { durations = durations.filter { $0.value > 1 } }
    if run.samples.contains(where: { $0.duration == 0 }) {
      findings.error(.sampleDuration, path, "\(place): a sample lasts 0 ticks, expected more")
    }
    let presentations = run.presentations
    let start = presentations.min() ?? 0
    if track.isVideo {
      pictures(fragment, run, presentations, file, isFirst)
    }
    bitstream(run, file)
    return (track.isVideo ? start : run.decodeTime ?? 0, duration)
  }

  /// Samples lie in the `mdat`, one after another, and fill it.
  static func data(_ fragment: Fragment, _ path: String, _ findings: Findings) {
    let body = fragment.mdat.body
    var total: Int64 = 0
    for track in fragment.tracks {
      for sample in track.samples {
        total = sum(total, Int64(sample.size))
        if sample.offset < body.lowerBound || sum(sample.offset, Int64(sample.size)) > body.upperBound {
          findings.error(
            .dataOutside, path,
            "sample at \(sample.offset) of \(sample.size) bytes, expected inside of mdat \(body.lowerBound) to \(body.upperBound)"
          )
          return
        }
      }
    }
    if total != body.upperBound - body.lowerBound {
      findings.error(
        .mdatSize, path,
        "samples have \(total) bytes, the mdat at \(fragment.mdat.offset) has \(body.upperBound - body.lowerBound)"
      )
    }
  }

  private mutating func pictures(
    _ fragment: Fragment, _ run: TrackFragment, _ presentations: [Int64], _ file: InputFile, _ isFirst: Bool
  ) {
    guard let first = run.samples.first, let start = presentations.min() else { return }
    let path = file.path
    let place = "moof at \(fragment.moof.offset)"
    let syncs = run.samples.count { $0.isSync }
    if !first.isSync {
      findings.error(
        isFirst ? .segmentNotSync : .fragmentGOP, path, "\(place): the first sample is not a sync sample")
    } else {
      keyframes.append(
        Rendition.Keyframe(
          path: path, starts: [fragment.moof.offset], end: sum(first.offset, Int64(first.size)),
          time: nanoseconds(presentations.first ?? start, track.timescale)))
    }
    measureGOPs(run)
    if syncs > 1 {
      findings.error(.fragmentGOP, path, "\(place): \(syncs) sync samples, expected one GOP a moof")
    }
    let end = sum(start, run.duration)
    if Set(presentations).count != presentations.count || presentations.contains(where: { $0 >= end }) {
      findings.error(
        .ctsRange, path,
        "\(place): composition offsets show pictures twice or after the fragment's end (\(end))")
    }
    // A closed GOP's first picture in decode order is the first shown.
    if first.isSync, presentations.first != start {
      findings.error(
        .gopOpen, path, "\(place): a picture is shown before the sync sample, expected closed GOPs")
    }
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

  private func bitstream(_ run: TrackFragment, _ file: InputFile) {
    for sample in deep ? run.samples[...] : run.samples.prefix(1) {
      guard sample.size <= FragmentedTrack.sampleLimit, let bytes = try? file.read(sample.offset, sample.size)
      else { continue }
      SampleCheck(track: track, path: file.path, findings: findings).check(bytes, sample)
    }
  }
}
