/// The sample tables of one track of a whole MP4 file (ISO/IEC 14496-12 8.6, 8.7), as far as they agree: box bytes in,
/// counts, sizes and places out.
struct MovieTables {
  /// An hour of 48 kHz AAC has 170,000.
  private static let mostSamples = 1 << 24

  private(set) var sizes: [Int] = []
  private(set) var duration: Int64 = 0
  private(set) var timed = 0
  private(set) var leastOffset: Int64 = 0
  private(set) var offsets = 0
  /// 1-based numbers; nil: all are.
  private(set) var syncs: [Int]?
  private(set) var chunks: [Int64] = []
  private var runs: [(first: Int, samples: Int)] = []

  /// `boxes` are those of `stbl`.
  init(_ boxes: [Box]) throws(Malformed) {
    try readSizes(boxes)
    var times = Cursor(try boxes.only("stts", in: "stbl"))
    try times.skip(4)
    for _ in 0..<(try entries(&times, bytes: 8)) {
      let count = try times.u32()
      timed += count
      duration = sum(duration, Int64(count) &* Int64(try times.u32()))
    }
    try readComposition(boxes)
    if let body = boxes.first("stss") {
      var cursor = Cursor(body)
      try cursor.skip(4)
      var numbers: [Int] = []
      for _ in 0..<(try entries(&cursor, bytes: 4)) { numbers.append(try cursor.u32()) }
      syncs = numbers
    }
    var toChunk = Cursor(try boxes.only("stsc", in: "stbl"))
    try toChunk.skip(4)
    for _ in 0..<(try entries(&toChunk, bytes: 12)) {
      runs.append((try toChunk.u32(), try toChunk.u32()))
      try toChunk.skip(4)
    }
    let isLarge = boxes.first("co64") != nil
    var places = Cursor(try boxes.only(isLarge ? "co64" : "stco", in: "stbl"))
    try places.skip(4)
    for _ in 0..<(try entries(&places, bytes: isLarge ? 8 : 4)) {
      chunks.append(isLarge ? Int64(clamping: try places.u64()) : Int64(try places.u32()))
    }
  }

  private func entries(_ cursor: inout Cursor, bytes: Int) throws(Malformed) -> Int {
    let count = try cursor.u32()
    guard count <= cursor.left / bytes else {
      throw Malformed("a table of \(count) entries, more than it has room for")
    }
    return count
  }

  private mutating func readSizes(_ boxes: [Box]) throws(Malformed) {
    var cursor = Cursor(try boxes.only("stsz", in: "stbl"))
    try cursor.skip(4)
    let fixed = try cursor.u32()
    let count = try cursor.u32()
    guard count <= Self.mostSamples, fixed > 0 || count <= cursor.left / 4 else {
      throw Malformed("stsz of \(count) samples, more than it has room for")
    }
    sizes = [Int](repeating: fixed, count: count)
    if fixed == 0 { for index in 0..<count { sizes[index] = try cursor.u32() } }
  }

  private mutating func readComposition(_ boxes: [Box]) throws(Malformed) {
    guard let body = boxes.first("ctts") else { return }
    var cursor = Cursor(body)
    let version = try cursor.fullBox().version
    var isFirst = true
    for _ in 0..<(try entries(&cursor, bytes: 8)) {
      let count = try cursor.u32()
      offsets += count
      let offset = Int64(version == 0 ? try cursor.u32() : try cursor.s32())
      if isFirst { leastOffset = offset }
      isFirst = false
    }
  }

  /// What does not agree, in words.
  var faults: [String] {
    var result: [String] = []
    if timed != sizes.count { result.append("stts has \(timed) samples, stsz \(sizes.count)") }
    if offsets > 0, offsets != sizes.count {
      result.append("ctts has \(offsets) samples, stsz \(sizes.count)")
    }
    if let syncs {
      if zip(syncs, syncs.dropFirst()).contains(where: { $0 >= $1 })
        || syncs.contains(where: { $0 < 1 || $0 > sizes.count })
      {
        result.append("stss does not count up within the \(sizes.count) samples")
      }
    }
    return result
  }

  /// Where each chunk begins and ends, and how many samples it has; nil where the tables do not give that.
  var places: [(start: Int64, end: Int64, samples: Int)]? {
    guard runs.first?.first == 1, zip(runs, runs.dropFirst()).allSatisfy({ $0.first < $1.first }) else {
      return sizes.isEmpty && chunks.isEmpty ? [] : nil
    }
    var result: [(start: Int64, end: Int64, samples: Int)] = []
    result.reserveCapacity(chunks.count)
    var (run, sample) = (0, 0)
    for (index, offset) in chunks.enumerated() {
      while run + 1 < runs.count, runs[run + 1].first <= index + 1 { run += 1 }
      let count = runs[run].samples
      guard count <= sizes.count - sample else { return nil }
      let bytes = sizes[sample..<sample + count].reduce(Int64(0)) { sum($0, Int64($1)) }
      result.append((offset, sum(offset, bytes), count))
      sample += count
    }
    return sample == sizes.count ? result : nil
  }
}
