internal import Media

/// Judges a whole MP4 file: `moov` before `mdat`, sample tables that agree and lead into the `mdat`, tracks that begin
/// together, pictures that begin with a sync sample, and the first sample of each track by its bytes.
struct MovieChecks {
  private static let movieLimit: Int64 = 128 << 20
  let findings: Findings
  let deep: Bool

  /// Whether the file is one: its `moov` has no `mvex`.
  static func isWhole(_ path: String) -> Bool {
    guard let file = InputFile.open(path) else { return false }
    var walker = BoxWalker(file, 0..<file.size)
    while let box = try? walker.next() {
      if box.type == "moof" { return false }
      guard box.type == "moov" else { continue }
      var inner = BoxWalker(file, box.body)
      while let child = try? inner.next() { if child.type == "mvex" { return false } }
      return true
    }
    return false
  }

  /// What can be played of it; nil where it cannot be read.
  func check(_ path: String) -> Playable? {
    guard let file = InputFile.open(path) else {
      findings.add(.inputUnreadable, path, "it cannot be opened")
      return nil
    }
    findings.checked.segments += 1
    findings.checked.bytes = sum(findings.checked.bytes, file.size)
    do throws(Malformed) {
      return try check(file)
    } catch {
      findings.add(.boxMalformed, path, error.what)
      return nil
    }
  }

  private func check(_ file: InputFile) throws(Malformed) -> Playable {
    var walker = BoxWalker(file, 0..<file.size)
    var (type, movie): (BoxPlace?, BoxPlace?)
    var media: [Range<Int64>] = []
    while let box = try walker.next() {
      switch box.type {
      case "ftyp" where type == nil: type = box
      case "moov" where movie == nil: movie = box
      case "mdat":
        if movie == nil, media.isEmpty {
          findings.add(.movieOrder, file.path, "mdat before moov, expected moov first", at: .byte(box.offset))
        }
        media.append(box.body)
      default: break
      }
    }
    guard let type, let movie else { throw Malformed("\(type == nil ? "no ftyp" : "no moov")") }
    guard sum(type.size, movie.size) <= Self.movieLimit else {
      throw Malformed("moov of \(movie.size) bytes")
    }
    let head = Array(try file.read(type.offset, Int(type.size)))
    let body = Array(try file.read(movie.offset, Int(movie.size)))
    let parsed = try InitSegment.parse((head + body)[...])
    let boxes = try Box.list(body[Int(movie.header)...]).filter { $0.type == "trak" }
    var whole = Playable(
      path: file.path,
      pieces: [
        Playable.Piece(
          name: "the file", start: 0, files: [PlayPiece(path: file.path, offset: 0, length: file.size)])
      ], videoSamples: 0, audioSamples: 0, duration: 0)
    var starts: [(isVideo: Bool, start: Nanoseconds, frame: Nanoseconds)] = []
    for (track, box) in zip(parsed.tracks, boxes) {
      let inner = try Box.list(try Box.list(box.body).only("mdia", in: "trak"))
      let table = try Box.list(try Box.list(try inner.only("minf", in: "mdia")).only("stbl", in: "minf"))
      let tables = try MovieTables(table)
      judge(track, tables, file, media)
      guard track.timescale > 0, !tables.sizes.isEmpty else { continue }
      let first = sum(tables.leastOffset, -track.skipped)
      if track.isVideo, whole.videoSamples == 0 { whole.videoSamples = tables.sizes.count }
      if track.handler == "soun", whole.audioSamples == 0 { whole.audioSamples = tables.sizes.count }
      whole.duration = max(
        whole.duration, sum(nanoseconds(sum(tables.duration, -track.skipped), track.timescale), track.delay))
      let frame = nanoseconds(tables.duration, track.timescale) / Int64(tables.sizes.count)
      starts.append((track.isVideo, sum(nanoseconds(first, track.timescale), track.delay), frame))
    }
    skew(starts, file.path)
    return whole
  }

  private func judge(
    _ track: InitSegment.Track, _ tables: MovieTables, _ file: InputFile, _ media: [Range<Int64>]
  ) {
    let name = "track \(track.id)"
    for fault in tables.faults { findings.add(.movieTables, file.path, "\(name): \(fault)") }
    guard let places = tables.places else {
      findings.add(
        .movieTables, file.path,
        "\(name): stsc and stco do not give the \(tables.sizes.count) samples a place")
      return
    }
    if let place = places.first(where: { place in
      !media.contains { $0.lowerBound <= place.start && place.end <= $0.upperBound }
    }) {
      findings.add(
        .movieTables, file.path,
        "\(name): a chunk from \(place.start) to \(place.end), expected inside of an mdat",
        at: .byte(place.start))
    }
    // mdhd's own duration comes second, after tkhd's.
    if let said = track.durations.last, distance(said, tables.duration) > max(1, track.timescale / 1000) {
      findings.add(
        .movieTables, file.path, "\(name): mdhd lasts \(said) ticks, its samples last \(tables.duration)")
    }
    if track.isVideo, let syncs = tables.syncs, syncs.first != 1 {
      findings.add(.segmentNotSync, file.path, "\(name): the first sample is not a sync sample")
    }
    if track.isVideo, track.isTurned {
      findings.add(.rotation, file.path, "\(name) has a matrix that turns its pictures, expected none")
    }
    samples(track, tables, places, file)
  }

  private func samples(
    _ track: InitSegment.Track, _ tables: MovieTables, _ places: [(start: Int64, end: Int64, samples: Int)],
    _ file: InputFile
  ) {
    let syncs = tables.syncs.map(Set.init)
    var number = 0
    for place in places {
      var offset = place.start
      for _ in 0..<place.samples {
        let size = tables.sizes[number]
        number += 1
        guard size <= FragmentedTrack.sampleLimit, let bytes = try? file.read(offset, size) else { return }
        let isSync = syncs?.contains(number) ?? true
        let sample = FragmentSample(
          offset: offset, size: size, duration: 1, flags: isSync ? 0 : 0x10000, compositionOffset: 0)
        SampleCheck(track: track, path: file.path, findings: findings).check(bytes, sample)
        offset = sum(offset, Int64(size))
        if !deep { return }
      }
    }
  }

  private func skew(_ starts: [(isVideo: Bool, start: Nanoseconds, frame: Nanoseconds)], _ path: String) {
    guard let video = starts.first(where: \.isVideo) else { return }
    for sound in starts
    where !sound.isVideo && distance(sound.start, video.start) > max(sound.frame, second / 100) {
      findings.add(
        .startSkew, path,
        "sound begins at \(seconds(sound.start)) and pictures at \(seconds(video.start)), expected less than one audio frame apart"
      )
    }
  }
}
