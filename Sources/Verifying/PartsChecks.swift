internal import Media

/// Judges a parts manifest against its parts by rule 23: the JSON array in; files reached out. Parts are walked
/// box by box; only tables and the first sample of a GOP are read.
struct PartsChecks {
  static let defaultLimit: Int64 = 256 << 20
  /// 1 ms: manifests give times as decimal seconds.
  private static let tolerance: Nanoseconds = 1_000_000

  private struct Entry {
    var url: String
    var bytes: Int64
    var sha256: String
    var start: Nanoseconds
    var duration: Nanoseconds
    var initBytes: Int64
    var type: String
    var fragments: [(start: Nanoseconds, offset: Int64, bytes: Int64)]
  }

  private struct GOP {
    var decode: Nanoseconds
    var shown: Nanoseconds
    var startsAtKeyframe: Bool
  }

  let path: String
  let findings: Findings
  let deep: Bool
  let limit: Int64
  let ledger: HashLedger
  private(set) var reached: Set<String> = []
  private var pieces: [Playable.Piece] = []
  private var samples: (video: Int, sound: Int) = (0, 0)
  private var head: [UInt8]?
  private var segment: InitSegment?
  private var expected: [Int: Int64] = [:]
  private var previousEnd: Nanoseconds?

  init(
    path: String, limit: Int64?, deep: Bool, findings: Findings, ledger: HashLedger
  ) {
    (self.path, self.findings, self.deep, self.ledger) = (path, findings, deep, ledger)
    self.limit = limit ?? PartsChecks.defaultLimit
  }

  /// All parts, one after another; nil where there is none that can be read.
  var playable: Playable? {
    guard !pieces.isEmpty, let previousEnd else { return nil }
    return Playable(
      path: path, pieces: pieces, videoSamples: samples.video, audioSamples: samples.sound,
      duration: sum(previousEnd, -(pieces.first?.start ?? 0)))
  }

  mutating func check(_ document: JSONValue) {
    reached.insert(path)
    guard let items = document.array, !items.isEmpty else {
      findings.add(.partsFormat, path, "no array of parts, expected at least one")
      return
    }
    for (index, item) in items.enumerated() {
      guard let entry = entry(item) else {
        findings.add(
          .partEntry, path,
          "part \(index + 1) needs url, bytes, sha256, start, duration, init_bytes, type and fragments of [start, offset, bytes]"
        )
        (expected, previousEnd) = ([:], nil)
        continue
      }
      check(entry, index + 1)
    }
  }

  private func entry(_ item: JSONValue) -> Entry? {
    guard let url = item["url"]?.string, let bytes = item["bytes"]?.integer,
      let sha256 = item["sha256"]?.string,
      let start = item["start"]?.time, let duration = item["duration"]?.time,
      let initBytes = item["init_bytes"]?.integer, let type = item["type"]?.string,
      let table = item["fragments"]?.array, !url.isEmpty, InventoryChecks.isHash(sha256)
    else { return nil }
    var fragments: [(start: Nanoseconds, offset: Int64, bytes: Int64)] = []
    for row in table {
      guard let cells = row.array, cells.count == 3, let start = cells[0].time, let offset = cells[1].integer,
        let bytes = cells[2].integer, offset >= 0, bytes > 0
      else { return nil }
      fragments.append((start, offset, bytes))
    }
    return Entry(
      url: url, bytes: bytes, sha256: sha256, start: start, duration: duration, initBytes: initBytes,
      type: type,
      fragments: fragments)
  }

  private mutating func check(_ entry: Entry, _ number: Int) {
    // A base URL may stand before it: then the file's name says which part it is.
    let folder = TreeFiles.folder(path)
    let local = TreeFiles.join(entry.url, to: path, root: folder).flatMap { TreeFiles.file($0) }
    guard let file = local ?? TreeFiles.file(folder + "/" + TreeFiles.name(entry.url)),
      let input = InputFile.open(file.path)
    else {
      findings.add(.partMissing, path, "part \(number): there is no file for \(entry.url)")
      (expected, previousEnd) = ([:], nil)
      return
    }
    reached.insert(file.path)
    findings.checked.segments += 1
    findings.checked.bytes = sum(findings.checked.bytes, file.size)
    if entry.bytes != file.size {
      findings.add(.partBytes, path, "part \(number): bytes is \(entry.bytes), expected \(file.size)")
    }
    if file.size > limit {
      findings.add(.partLimit, file.path, "\(file.size) bytes, expected at most \(limit)")
    }
    ledger.claim(
      HashLedger.Claim(
        code: .partHash, document: path, file: file.path, name: "part \(number)", hash: entry.sha256))
    guard let segment = initSegment(entry, input, number) else { return }
    do throws(Malformed) {
      try walk(entry, input, segment, number)
      pieces.append(
        Playable.Piece(
          name: "part \(number)", start: entry.start,
          files: [PlayPiece(path: file.path, offset: 0, length: file.size)]))
    } catch {
      findings.add(.boxMalformed, file.path, error.what)
      (expected, previousEnd) = ([:], nil)
    }
  }

  /// The init segment at the head of a part: whole, and byte for byte that of the first part.
  private mutating func initSegment(_ entry: Entry, _ input: InputFile, _ number: Int) -> InitSegment? {
    guard entry.initBytes > 0, entry.initBytes <= Int64(InitSegment.limit), entry.initBytes <= input.size,
      let bytes = try? input.read(0, Int(entry.initBytes))
    else {
      findings.add(
        .partInit, path, "part \(number): init_bytes is \(entry.initBytes), expected the init segment's size")
      return nil
    }
    if let head {
      if head != Array(bytes) {
        findings.add(
          .partInit, input.path,
          "the first \(entry.initBytes) bytes are not the init segment of the first part")
      }
    } else {
      do throws(Malformed) {
        let parsed = try InitSegment.parse(bytes)
        InitChecks(path: input.path, findings: findings).check(parsed, tracks: 2, cmaf: false)
        (head, segment) = (Array(bytes), parsed)
      } catch {
        findings.add(
          .partInit, path,
          "part \(number): init_bytes is \(entry.initBytes), where no init segment ends: \(error.what)")
      }
    }
    guard let segment else { return nil }
    let codecs = segment.tracks.compactMap(\.facts?.codecs)
    let wanted = "codecs=\"" + codecs.joined(separator: ",") + "\""
    let named =
      entry.type.split(separator: "\"").dropFirst().first?.split(separator: ",").map { String($0) } ?? []
    if Set(named.map { CodecFacts.comparable($0) }) != Set(codecs.map { CodecFacts.comparable($0) })
      || !entry.type.contains("/mp4;")
    {
      findings.add(.partType, path, "part \(number): type is \(entry.type), expected video/mp4; \(wanted)")
    }
    return segment
  }

  private mutating func walk(_ entry: Entry, _ input: InputFile, _ segment: InitSegment, _ number: Int)
    throws(Malformed)
  {
    var walker = BoxWalker(input, entry.initBytes..<input.size)
    var pending: BoxPlace?
    var gops: [Int64: GOP] = [:]
    var ends: Set<Int64> = [entry.initBytes]
    while let box = try walker.next() {
      if box.type == "moof", pending == nil {
        pending = box
      } else if box.type == "mdat", let moof = pending {
        pending = nil
        let fragment = try Fragment(moof: moof, mdat: box, file: input, tracks: segment.tracks)
        gops[moof.offset] = judge(fragment, input, segment)
        ends.insert(box.end)
      } else {
        findings.add(
          .segmentStructure, input.path, "box \(box.type) at \(box.offset), expected moof and mdat in turn")
      }
    }
    if pending != nil { findings.add(.segmentStructure, input.path, "the last moof has no mdat") }
    table(entry, input, gops, ends, number)
  }

  /// Continuity and data of one fragment; what the fragments table must say of it.
  private mutating func judge(_ fragment: Fragment, _ input: InputFile, _ segment: InitSegment) -> GOP? {
    FragmentWalk.data(fragment, input.path, findings)
    var gop: GOP?
    let hasVideo = segment.tracks.contains(where: \.isVideo)
    for run in fragment.tracks {
      guard let track = segment.tracks.first(where: { $0.id == run.trackID }), track.timescale > 0 else {
        continue
      }
      guard let time = run.decodeTime else {
        findings.add(.tfdtMissing, input.path, "traf without tfdt", at: .byte(fragment.moof.offset))
        continue
      }
      if run.hasAbsoluteBase || !run.isMoofRelative {
        findings.add(
          .fragmentBase, input.path, "addresses are not relative to it", at: .byte(fragment.moof.offset))
      }
      if let wanted = expected[track.id], wanted != time {
        findings.add(
          .tfdtGap, input.path,
          "tfdt of track \(track.id) is \(time), expected \(wanted)", at: .byte(fragment.moof.offset))
      }
      expected[track.id] = sum(time, run.duration)
      let isFirst = segment.tracks.first { $0.handler == track.handler }?.id == track.id
      if isFirst, track.isVideo { samples.video += run.samples.count }
      if isFirst, track.handler == "soun" { samples.sound += run.samples.count }
      look(run, track, input)
      if track.isVideo || !hasVideo {
        gop = GOP(
          decode: nanoseconds(time, track.timescale),
          shown: nanoseconds(run.presentations.min() ?? time, track.timescale),
          startsAtKeyframe: !track.isVideo || run.samples.first?.isSync ?? false)
        previousEnd = nanoseconds(sum(time, run.duration), track.timescale)
      }
    }
    return gop
  }

  private func look(_ run: TrackFragment, _ track: InitSegment.Track, _ input: InputFile) {
    for sample in deep ? run.samples[...] : run.samples.prefix(1) {
      guard sample.size <= FragmentedTrack.sampleLimit,
        let bytes = try? input.read(sample.offset, sample.size)
      else { continue }
      SampleCheck(track: track, path: input.path, findings: findings).check(bytes, sample)
    }
  }

  /// Each row is a whole GOP that begins at a keyframe; together they fill the part.
  private func table(
    _ entry: Entry, _ input: InputFile, _ gops: [Int64: GOP], _ ends: Set<Int64>, _ number: Int
  ) {
    var position = entry.initBytes
    for (index, row) in entry.fragments.enumerated() {
      let name = "part \(number), fragment \(index + 1)"
      let end = sum(row.offset, row.bytes)
      guard row.offset == position, ends.contains(end), let gop = gops[row.offset] else {
        findings.add(
          .partFragments, path,
          "\(name) is \(row.bytes) bytes at \(row.offset), expected whole fragments from \(position)")
        return
      }
      position = end
      if !gop.startsAtKeyframe {
        findings.add(
          .segmentNotSync, input.path, "the fragment at \(row.offset) does not begin with a sync sample")
      }
      if distance(row.start, gop.decode) > PartsChecks.tolerance,
        distance(row.start, gop.shown) > PartsChecks.tolerance
      {
        findings.add(
          .partTime, path, "\(name): start is \(seconds(row.start)), expected \(seconds(gop.shown))")
      }
    }
    if position != input.size {
      findings.add(
        .partFragments, path, "part \(number): the fragments end at \(position), expected \(input.size)")
    }
    if let first = entry.fragments.first, distance(first.start, entry.start) > PartsChecks.tolerance {
      findings.add(
        .partTime, path, "part \(number): start is \(seconds(entry.start)), expected \(seconds(first.start))")
    }
    if let previousEnd, distance(sum(entry.start, entry.duration), previousEnd) > second / 20 {
      findings.add(
        .partTime, path,
        "part \(number): it ends at \(seconds(sum(entry.start, entry.duration))), expected \(seconds(previousEnd))"
      )
    }
  }
}
