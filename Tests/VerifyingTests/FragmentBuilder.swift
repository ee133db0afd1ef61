/// Hand-made fragmented MP4: tiny tracks that keep every rule.
enum FragmentBuilder {
  struct Sample {
    var bytes: [UInt8]
    var duration: Int
    var isSync: Bool
  }

  static func video(columns: Int, rows: Int) -> [UInt8] {
    // Of a small picture a part of the lowest macroblocks is cut off.
    let crop = rows == 2 ? 8 : 0
    let set = sequenceParameterSet(columns: columns, rows: rows, crop: crop)
    let configuration = box(
      "avcC", [1], Array(set[1...3]), [0xFF, 0xE1], be(set.count, 2), set, [1],
      be(pictureParameterSet.count, 2),
      pictureParameterSet)
    let entry = box(
      "avc1", zeros(6), be(1, 2), zeros(16), be(columns * 16, 2), be(rows * 16 - crop, 2), zeros(50),
      configuration,
      box("colr", Array("nclx".utf8), be(1, 2), be(1, 2), be(1, 2), [0]), box("pasp", be(1, 4), be(1, 4)))
    return head(brand: "cmfc", tracks: [track(1, "vide", 10, entry, edit: nil)])
  }

  static let audioEntry: [UInt8] = box(
    "mp4a", zeros(6), be(1, 2), zeros(8), be(2, 2), be(16, 2), zeros(4), be(48000 << 16, 4),
    full(
      "esds", 0, 0, [3, 25], be(1, 2), [0], [4, 17, 0x40, 0x15], zeros(11), [5, 2, 0x11, 0x90], [6, 1, 2]))

  static func audio() -> [UInt8] {
    head(brand: "cmfc", tracks: [track(1, "soun", 48000, audioEntry, edit: 1024)])
  }

  static func head(brand: String, tracks: [[UInt8]]) -> [UInt8] {
    let extends = (1...tracks.count).flatMap { full("trex", 0, 0, be($0, 4), be(1, 4), zeros(12)) }
    return box("ftyp", Array(brand.utf8), zeros(4), Array("iso6".utf8), Array(brand.utf8))
      + box(
        "moov", full("mvhd", 0, 0, zeros(8), be(1000, 4), zeros(4), zeros(80)), tracks.flatMap { $0 },
        box("mvex", extends))
  }

  static func track(_ id: Int, _ handler: String, _ timescale: Int, _ entry: [UInt8], edit: Int?) -> [UInt8] {
    let edits =
      edit.map { box("edts", full("elst", 0, 0, be(1, 4), zeros(4), be($0, 4), be(0x10000, 4))) } ?? []
    let table = box(
      "stbl", full("stsd", 0, 0, be(1, 4), entry), full("stts", 0, 0, zeros(4)), full("stsc", 0, 0, zeros(4)),
      full("stsz", 0, 0, zeros(8)), full("stco", 0, 0, zeros(4)))
    return box(
      "trak", full("tkhd", 0, 3, zeros(8), be(id, 4), zeros(4), zeros(4), zeros(60)), edits,
      box(
        "mdia", full("mdhd", 0, 0, zeros(8), be(timescale, 4), zeros(4), zeros(4)),
        full("hdlr", 0, 0, zeros(4), Array(handler.utf8), zeros(13)), box("minf", table)))
  }

  /// One `moof` and its `mdat`; each run is a track with its decode time and samples.
  static func fragment(_ sequence: Int, _ runs: [(track: Int, time: Int, samples: [Sample])]) -> [UInt8] {
    func moof(_ offsets: [Int]) -> [UInt8] {
      let parts = zip(runs, offsets).flatMap { run, offset in
        box(
          "traf", full("tfhd", 0, 0x20000, be(run.track, 4)), full("tfdt", 1, 0, be(run.time, 8)),
          full(
            "trun", 1, 0xF01, be(run.samples.count, 4), be(offset, 4),
            run.samples.flatMap { sample in
              be(sample.duration, 4) + be(sample.bytes.count, 4)
                + be(sample.isSync ? 0x200_0000 : 0x101_0000, 4)
                + be(0, 4)
            }))
      }
      return box("moof", full("mfhd", 0, 0, be(sequence, 4)), parts)
    }
    let size = moof(runs.map { _ in 0 }).count
    var offsets: [Int] = []
    var next = size + 8
    for run in runs {
      offsets.append(next)
      next += run.samples.reduce(0) { $0 + $1.bytes.count }
    }
    return moof(offsets) + box("mdat", runs.flatMap { $0.samples.flatMap(\.bytes) })
  }

  static let segmentType: [UInt8] = box(
    "styp", Array("cmfs".utf8), zeros(4), Array("cmfs".utf8), Array("msdh".utf8))

  /// A second of pictures, ten a second: an IDR and nine others.
  static func gop(size: Int) -> [Sample] {
    (0..<10).map { index in
      let length = index == 0 ? size * 3 : size
      let body = [UInt8(index == 0 ? 0x65 : 0x41)] + Array(repeating: UInt8(0x88), count: length)
      return Sample(bytes: be(body.count, 4) + body, duration: 1, isSync: index == 0)
    }
  }

  static func sound(_ frames: Int) -> [Sample] {
    (0..<frames).map { _ in
      Sample(bytes: [0x21] + Array(repeating: 0x11, count: 19), duration: 1024, isSync: true)
    }
  }
}
