internal import Media

/// Walks the segments of one fragmented MP4 rendition in order (rules 16 and 17): bytes in; boxes, fragments and their
/// addresses judged; each track's samples handed to its `FragmentedTrack`. A rendition has one track in CMAF; a muxed
/// one has several.
struct FragmentWalk {
  private let findings: Findings
  private let initial: InitSegment
  private(set) var tracks: [FragmentedTrack]
  private var sequence: Int?

  init(_ initial: InitSegment, deep: Bool, findings: Findings) {
    self.initial = initial
    self.findings = findings
    tracks = initial.tracks.filter { $0.timescale > 0 }.prefix(8)
      .map { FragmentedTrack(track: $0, deep: deep, findings: findings) }
  }

  /// The track that segments are measured by: the pictures, or else the first.
  private var main: Int { tracks.firstIndex { $0.track.isVideo } ?? 0 }
  var video: FragmentedTrack? { tracks.first { $0.track.isVideo } }
  var audio: FragmentedTrack? { tracks.first { $0.track.handler == "soun" } }

  mutating func discontinuity() {
    sequence = nil
    for index in tracks.indices { tracks[index].discontinuity() }
  }

  /// Presentation start (by the edit list) and duration of one segment; nil when its boxes cannot be read.
  mutating func segment(_ file: InputFile, _ range: Range<Int64>) -> Rendition.Segment? {
    guard !tracks.isEmpty else { return nil }
    for index in tracks.indices { tracks[index].beginSegment() }
    var fragments = 0
    do throws(Malformed) {
      var walker = BoxWalker(file, range)
      var pending: BoxPlace?
      var index: SegmentIndexBox?
      while let box = try walker.next() {
        switch box.type {
        case "moof" where pending == nil: pending = box
        case "mdat":
          guard let moof = pending else {
            findings.add(.segmentStructure, file.path, "mdat without a moof before it", at: .byte(box.offset))
            continue
          }
          pending = nil
          fragments += 1
          let fragment = try Fragment(moof: moof, mdat: box, file: file, tracks: initial.tracks)
          check(fragment, file, isFirst: fragments == 1)
        case "styp" where fragments == 0 && pending == nil: try brand(box, file)
        case "sidx" where fragments == 0:
          if index == nil { index = try SegmentIndexBox(box, file) }
        case "emsg" where pending == nil, "prft" where pending == nil, "free" where pending == nil: continue
        default:
          findings.add(
            .segmentStructure, file.path, "box \(box.type), expected styp, sidx, then moof and mdat",
            at: .byte(box.offset))
        }
      }
      if pending != nil || fragments == 0 {
        findings.add(
          .segmentStructure, file.path,
          "\(fragments) fragments and \(pending == nil ? "no" : "a") moof without mdat")
      }
      judge(index, file, range)
    } catch {
      findings.add(.boxMalformed, file.path, error.what)
      return nil
    }
    return tracks[main].measured(bytes: range.upperBound - range.lowerBound)
  }

  /// The first index of a segment covers what comes after it.
  private func judge(_ index: SegmentIndexBox?, _ file: InputFile, _ range: Range<Int64>) {
    guard let index, let segment = tracks[main].measured(bytes: 0), index.trackID == tracks[main].track.id
    else { return }
    if index.end != range.upperBound {
      findings.add(
        .sidxWrong, file.path, "the sidx ends at \(index.end), expected \(range.upperBound)",
        at: .byte(index.offset))
    } else if distance(index.duration, segment.duration) > second / 1000,
      // Of presentation time, which is without the priming that an edit list skips.
      distance(index.duration, sum(segment.duration, min(0, segment.start))) > second / 1000
    {
      findings.add(
        .sidxWrong, file.path,
        "the sidx lasts \(seconds(index.duration)), expected \(seconds(segment.duration))",
        at: .byte(index.offset))
    }
  }

  private func brand(_ box: BoxPlace, _ file: InputFile) throws(Malformed) {
    var cursor = Cursor(try file.read(box.body.lowerBound, Int(min(box.size - box.header, 1024))))
    var brands = [try cursor.fourCC()]
    try cursor.skip(4)
    while cursor.left >= 4 { brands.append(try cursor.fourCC()) }
    if Set(brands).isDisjoint(with: ["cmfs", "cmff", "cmfl", "msdh", "cmfc", "msix"]) {
      findings.add(
        .segmentBrand, file.path, "styp brands \(brands.joined(separator: " ")), expected cmfs or msdh",
        at: .byte(box.offset))
    }
  }

  private mutating func check(_ fragment: Fragment, _ file: InputFile, isFirst: Bool) {
    let path = file.path
    let place = Place.byte(fragment.moof.offset)
    if let sequence, fragment.sequence <= sequence {
      findings.add(
        .sequenceOrder, path, "sequence \(fragment.sequence) after \(sequence), expected more", at: place)
    }
    sequence = fragment.sequence
    let runs = fragment.tracks.filter { !$0.samples.isEmpty }
    if fragment.tracks.count != 1 || fragment.tracks.contains(where: { $0.runs != 1 }) || runs.isEmpty {
      findings.add(
        .fragmentShape, path,
        "\(fragment.tracks.count) traf with \(fragment.tracks.map(\.runs)) trun, expected one with one and samples",
        at: place, as: runs.isEmpty ? .error : nil)
    }
    if fragment.tracks.contains(where: { $0.hasAbsoluteBase || !$0.isMoofRelative }) {
      findings.add(.fragmentBase, path, "sample addresses are not relative to the moof", at: place)
    }
    FragmentWalk.data(fragment, path, findings)
    for run in runs {
      guard let index = tracks.firstIndex(where: { $0.track.id == run.trackID }) else { continue }
      tracks[index].check(fragment, run, file, isFirst: isFirst)
    }
  }

  /// Samples lie in the `mdat`, one after another, and fill it.
  static func data(_ fragment: Fragment, _ path: String, _ findings: Findings) {
    let body = fragment.mdat.body
    var total: Int64 = 0
    for track in fragment.tracks {
      for sample in track.samples {
        total = sum(total, Int64(sample.size))
        if sample.offset < body.lowerBound || sum(sample.offset, Int64(sample.size)) > body.upperBound {
          findings.add(
            .dataOutside, path,
            "a sample of \(sample.size) bytes, expected inside of mdat \(body.lowerBound) to \(body.upperBound)",
            at: .byte(sample.offset))
          return
        }
      }
    }
    if total != body.upperBound - body.lowerBound {
      findings.add(
        .mdatSize, path, "samples have \(total) bytes, their mdat has \(body.upperBound - body.lowerBound)",
        at: .byte(fragment.mdat.offset))
    }
  }
}

/// What a `sidx` says of the bytes after it (ISO/IEC 14496-12 8.16.3).
struct SegmentIndexBox {
  private static let limit: Int64 = 1 << 20
  let offset: Int64
  let trackID: Int
  let duration: Nanoseconds
  let end: Int64

  init(_ box: BoxPlace, _ file: InputFile) throws(Malformed) {
    guard box.size <= Self.limit else { throw Malformed("a sidx of \(box.size) bytes") }
    offset = box.offset
    var cursor = Cursor(try file.read(box.body.lowerBound, Int(box.body.upperBound - box.body.lowerBound)))
    let version = try cursor.fullBox().version
    trackID = try cursor.u32()
    let timescale = Int64(try cursor.u32())
    try cursor.skip(version == 0 ? 4 : 8)
    let gap = version == 0 ? Int64(try cursor.u32()) : Int64(clamping: try cursor.u64())
    try cursor.skip(2)
    var (ticks, position): (Int64, Int64) = (0, sum(box.end, gap))
    for _ in 0..<(try cursor.u16()) {
      position = sum(position, Int64(try cursor.u32()) & 0x7FFF_FFFF)
      ticks = sum(ticks, Int64(try cursor.u32()))
      try cursor.skip(4)
    }
    guard timescale > 0 else { throw Malformed("a sidx with the timescale 0") }
    (duration, end) = (nanoseconds(ticks, timescale), position)
  }
}
