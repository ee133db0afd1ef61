/// One sample as a fragment's tables give it; where its bytes are, but not the bytes.
struct FragmentSample {
  var offset: Int64
  var size: Int
  var duration: Int64
  var flags: Int
  var compositionOffset: Int64
  /// `sample_is_non_sync_sample` is not set.
  var isSync: Bool { flags & 0x10000 == 0 }
}

/// The samples of one track in one fragment.
struct TrackFragment {
  var trackID: Int
  var decodeTime: Int64?
  var hasAbsoluteBase = false
  var isMoofRelative = false
  var runs = 0
  var samples: [FragmentSample] = []
  var duration: Int64 { samples.reduce(0) { sum($0, $1.duration) } }
  /// Decode time and presentation time of each sample.
  var presentations: [Int64] {
    var time = decodeTime ?? 0
    return samples.map { sample in
      defer { time = sum(time, sample.duration) }
      return sum(time, sample.compositionOffset)
    }
  }
}

/// A `moof` and the `mdat` after it: the bytes of the first and the place of the second in, samples out.
struct Fragment {
  /// A GOP of an hour of frames has a `moof` of this size.
  static let limit = 16 << 20
  /// Tables that give all samples one size and duration need no room of their own for each.
  private static let mostSamples = 1 << 20

  var moof: BoxPlace
  var mdat: BoxPlace
  var sequence: Int
  var tracks: [TrackFragment] = []

  init(moof: BoxPlace, mdat: BoxPlace, file: InputFile, tracks known: [InitSegment.Track]) throws(Malformed) {
    guard moof.size <= Int64(Fragment.limit) else { throw Malformed("moof of \(moof.size) bytes") }
    self.moof = moof
    self.mdat = mdat
    let body = try file.read(moof.body.lowerBound, Int(moof.body.upperBound - moof.body.lowerBound))
    let boxes = try Box.list(body)
    var header = Cursor(try boxes.only("mfhd", in: "moof"))
    try header.skip(4)
    sequence = try header.u32()
    for box in boxes where box.type == "traf" { tracks.append(try track(try Box.list(box.body), known)) }
  }

  private func track(_ boxes: [Box], _ known: [InitSegment.Track]) throws(Malformed) -> TrackFragment {
    var header = Cursor(try boxes.only("tfhd", in: "traf"))
    let flags = try header.fullBox().flags
    var result = TrackFragment(trackID: try header.u32())
    guard let track = known.first(where: { $0.id == result.trackID }) else {
      throw Malformed("traf of track \(result.trackID), which the init segment does not have")
    }
    var base = moof.offset
    if flags & 1 != 0 {
      result.hasAbsoluteBase = true
      guard let absolute = Int64(exactly: try header.u64()) else { throw Malformed("base data offset") }
      base = absolute
    }
    result.isMoofRelative = flags & 0x20000 != 0
    if flags & 2 != 0 { try header.skip(4) }
    var defaults = track.defaults ?? InitSegment.Defaults(duration: 0, size: 0, flags: 0)
    if flags & 8 != 0 { defaults.duration = Int64(try header.u32()) }
    if flags & 0x10 != 0 { defaults.size = Int64(try header.u32()) }
    if flags & 0x20 != 0 { defaults.flags = try header.u32() }
    if let body = boxes.first("tfdt") {
      var cursor = Cursor(body)
      let version = try cursor.fullBox().version
      if version == 1 {
        guard let time = Int64(exactly: try cursor.u64()) else { throw Malformed("tfdt beyond 63 bits") }
        result.decodeTime = time
      } else {
        result.decodeTime = Int64(try cursor.u32())
      }
    }
    var position = base
    for box in boxes where box.type == "trun" {
      result.runs += 1
      position = try run(box.body, defaults, base, position, into: &result)
    }
    return result
  }

  private func run(
    _ body: ArraySlice<UInt8>, _ defaults: InitSegment.Defaults, _ base: Int64, _ next: Int64,
    into track: inout TrackFragment
  ) throws(Malformed) -> Int64 {
    var cursor = Cursor(body)
    let (version, flags) = try cursor.fullBox()
    let count = try cursor.u32()
    var position = next
    if flags & 1 != 0 { position = sum(base, Int64(try cursor.s32())) }
    let firstFlags = flags & 4 != 0 ? try cursor.u32() : nil
    let fields = [0x100, 0x200, 0x400, 0x800].count { flags & $0 != 0 }
    let room = Fragment.mostSamples - track.samples.count
    guard count <= min(room, fields > 0 ? cursor.left / (4 * fields) : room) else {
      throw Malformed("trun of \(count) samples, more than it has room for")
    }
    for index in 0..<count {
      var sample = FragmentSample(
        offset: position, size: Int(defaults.size), duration: defaults.duration, flags: defaults.flags,
        compositionOffset: 0)
      if flags & 0x100 != 0 { sample.duration = Int64(try cursor.u32()) }
      if flags & 0x200 != 0 { sample.size = try cursor.u32() }
      if flags & 0x400 != 0 { sample.flags = try cursor.u32() }
      if index == 0, let firstFlags { sample.flags = firstFlags }
      if flags & 0x800 != 0 {
        sample.compositionOffset = Int64(version == 0 ? try cursor.u32() : try cursor.s32())
      }
      position = sum(position, Int64(sample.size))
      track.samples.append(sample)
    }
    return position
  }
}
