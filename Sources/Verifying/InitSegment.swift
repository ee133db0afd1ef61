internal import Media

/// The init segment of a fragmented MP4 file: `ftyp` and `moov` bytes in, tracks with their configurations out.
struct InitSegment {
  /// No init segment of audio or video is larger; it is read into memory.
  static let limit = 4 << 20

  struct Edit: Equatable {
    var duration: Int64
    var mediaTime: Int64
  }

  struct Defaults {
    var duration: Int64
    var size: Int64
    var flags: Int
  }

  struct Track {
    var id: Int
    var handler = ""
    var timescale: Int64 = 0
    var durations: [Int64] = []
    var edits: [Edit] = []
    var entries: [SampleEntry] = []
    var hasSamples = false
    var defaults: Defaults?
    /// How much later than the movie an empty edit lets it begin.
    var delay: Nanoseconds = 0
    /// The matrix that turns or mirrors its pictures is there.
    var isTurned = false

    /// Media time that the edit list skips at the head: encoder delay.
    var skipped: Int64 { edits.first { $0.mediaTime >= 0 }?.mediaTime ?? 0 }
    var facts: CodecFacts? { entries.first?.facts }
    var isVideo: Bool { handler == "vide" }
  }

  var brands: [String] = []
  var hasExtends = false
  var movieDurations: [Int64] = []
  var tracks: [Track] = []
  /// Boxes after `moov` or before `ftyp` that an init segment has no place for.
  var strangers: [String] = []

  static func parse(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> InitSegment {
    var result = InitSegment()
    let boxes = try Box.list(bytes)
    guard boxes.first?.type == "ftyp" else {
      throw Malformed("the first box is \(boxes.first?.type ?? "missing"), expected ftyp")
    }
    var type = Cursor(try boxes.only("ftyp", in: "the init segment"))
    result.brands.append(try type.fourCC())
    try type.skip(4)
    while type.left >= 4 { result.brands.append(try type.fourCC()) }
    result.strangers = boxes.map(\.type).filter {
      !["ftyp", "moov", "free", "skip", "uuid", "meta"].contains($0)
    }
    try result.movie(try Box.list(try boxes.only("moov", in: "the init segment")))
    return result
  }

  private static let mostTracks = 256

  private mutating func movie(_ boxes: [Box]) throws(Malformed) {
    let header = try InitSegment.headerDuration(try boxes.only("mvhd", in: "moov"))
    movieDurations.append(header.duration)
    for box in boxes.filter({ $0.type == "trak" }).prefix(Self.mostTracks) {
      var track = try InitSegment.track(try Box.list(box.body))
      if let first = track.edits.first, first.mediaTime < 0, header.timescale > 0 {
        track.delay = nanoseconds(first.duration, header.timescale)
      }
      tracks.append(track)
    }
    guard let extends = boxes.first("mvex") else { return }
    hasExtends = true
    for box in try Box.list(extends) {
      var cursor = Cursor(box.body)
      if box.type == "mehd" {
        let version = try cursor.fullBox().version
        movieDurations.append(try InitSegment.time(&cursor, version))
      }
      guard box.type == "trex" else { continue }
      try cursor.skip(4)
      let id = try cursor.u32()
      try cursor.skip(4)
      let defaults = Defaults(
        duration: Int64(try cursor.u32()), size: Int64(try cursor.u32()), flags: try cursor.u32())
      for index in tracks.indices where tracks[index].id == id { tracks[index].defaults = defaults }
    }
  }

  private static func track(_ boxes: [Box]) throws(Malformed) -> Track {
    var header = Cursor(try boxes.only("tkhd", in: "trak"))
    let version = try header.fullBox().version
    try header.skip(version == 1 ? 16 : 8)
    var track = Track(id: try header.u32())
    try header.skip(4)
    track.durations.append(try time(&header, version))
    try header.skip(16)
    var matrix: [Int] = []
    for _ in 0..<9 { matrix.append(try header.s32()) }
    // No matrix at all is not what turns a picture.
    track.isTurned =
      matrix.contains { $0 != 0 } && (matrix[0] <= 0 || matrix[4] <= 0 || matrix[1] != 0 || matrix[3] != 0)
    let media = try Box.list(try boxes.only("mdia", in: "trak"))
    let (timescale, duration) = try headerDuration(try media.only("mdhd", in: "mdia"))
    track.timescale = timescale
    track.durations.append(duration)
    var handler = Cursor(try media.only("hdlr", in: "mdia"))
    try handler.skip(8)
    track.handler = try handler.fourCC()
    if let edits = boxes.first("edts"), let list = try Box.list(edits).first("elst") {
      track.edits = try editList(list)
    }
    let table = try Box.list(try Box.list(try media.only("minf", in: "mdia")).only("stbl", in: "minf"))
    for name in ["stts", "stsc", "stco", "co64"] {
      guard let body = table.first(name) else { continue }
      var cursor = Cursor(body)
      try cursor.skip(4)
      if try cursor.u32() > 0 { track.hasSamples = true }
    }
    track.entries = try SampleEntry.list(try table.only("stsd", in: "stbl"), handler: track.handler)
    return track
  }

  private static func editList(_ body: ArraySlice<UInt8>) throws(Malformed) -> [Edit] {
    var cursor = Cursor(body)
    let version = try cursor.fullBox().version
    let count = try cursor.u32()
    var edits: [Edit] = []
    for _ in 0..<count {
      let duration = try time(&cursor, version)
      let start = version == 1 ? Int64(truncatingIfNeeded: try cursor.u64()) : Int64(try cursor.s32())
      try cursor.skip(4)
      edits.append(Edit(duration: duration, mediaTime: start))
    }
    return edits
  }

  /// Timescale and duration of `mvhd` or `mdhd`, which begin alike.
  private static func headerDuration(_ body: ArraySlice<UInt8>) throws(Malformed)
    -> (timescale: Int64, duration: Int64)
  {
    var cursor = Cursor(body)
    let version = try cursor.fullBox().version
    try cursor.skip(version == 1 ? 16 : 8)
    return (Int64(try cursor.u32()), try time(&cursor, version))
  }

  private static func time(_ cursor: inout Cursor, _ version: Int) throws(Malformed) -> Int64 {
    version == 1 ? Int64(truncatingIfNeeded: try cursor.u64()) : Int64(try cursor.u32())
  }
}
