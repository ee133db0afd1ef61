internal import Foundation

/// Makes an MP4 file whose one track has two sample entries, as editors and recorders write when the picture changes in
/// mid-stream: two files of pictures alone, without reordering and with equal timescales, in; their samples one after
/// the other, the second half described by the second file's entry, out.
struct TwoEntries {
  private typealias Bytes = [UInt8]
  private static let place = ["moov", "trak", "mdia", "minf", "stbl"]

  static func join(_ first: String, _ second: String) throws -> [UInt8] {
    let files = try [first, second].map { Array(try Data(contentsOf: URL(fileURLWithPath: $0))) }
    let samples = try files.map(samples)
    let count = samples.map(\.sizes.count).reduce(0, +)
    let head = box("ftyp", try inside(files[0], ["ftyp"]))
    let offsets = [head.count + 8, head.count + 8 + samples[0].bytes.count]
    let entries = try files.map { Array(try inside($0, place + ["stsd"]).dropFirst(8)) }
    let table =
      box("stsd", words(0, 2) + entries[0] + entries[1])
      + box("stts", words(0, 1, count, samples[0].duration))
      + box(
        "stss",
        words(
          [0, samples.map(\.syncs.count).reduce(0, +)] + samples[0].syncs
            + samples[1].syncs.map { $0 + samples[0].sizes.count }))
      + box("stsc", words(0, 2, 1, samples[0].sizes.count, 1, 2, samples[1].sizes.count, 2))
      + box("stsz", words([0, 0, count] + samples[0].sizes + samples[1].sizes))
      + box("stco", words([0, 2] + offsets))
    var movie = try replaced(box("moov", try inside(files[0], ["moov"])), place, table)
    for (name, at) in [("mvhd", 16), ("tkhd", 20), ("mdhd", 16)] { try twice(name, at, in: &movie) }
    return head + box("mdat", samples[0].bytes + samples[1].bytes) + movie
  }

  struct Broken: Error { var what: String }

  private struct Samples {
    var bytes: Bytes = []
    var sizes: [Int] = []
    var syncs: [Int] = []
    var duration = 0
  }

  private static func samples(_ file: Bytes) throws -> Samples {
    func values(_ name: String, from: Int) throws -> [Int] {
      let body = try inside(file, place + [name])
      return stride(from: from, to: body.count - 3, by: 4).map { word(body, $0) }
    }
    var result = Samples()
    result.sizes = try values("stsz", from: 12)
    result.syncs = try values("stss", from: 8)
    result.duration = try values("stts", from: 12)[0]
    // Nothing stands between the samples of a file of pictures alone.
    let start = try values("stco", from: 8)[0]
    result.bytes = Array(file[start..<start + result.sizes.reduce(0, +)])
    return result
  }

  /// Type, start and end of each box.
  private static func boxes(_ bytes: Bytes) -> [(type: String, start: Int, end: Int)] {
    var (result, place) = ([(type: String, start: Int, end: Int)](), 0)
    while place + 8 <= bytes.count {
      let end = place + max(8, word(bytes, place))
      result.append((String(decoding: bytes[place + 4..<place + 8], as: UTF8.self), place, end))
      place = end
    }
    return result
  }

  private static func inside(_ bytes: Bytes, _ path: [String]) throws -> Bytes {
    guard let name = path.first else { return bytes }
    guard let found = boxes(bytes).first(where: { $0.type == name }) else { throw Broken(what: name) }
    return try inside(Array(bytes[found.start + 8..<found.end]), Array(path.dropFirst()))
  }

  /// The box at `path` gets another body; edit lists go.
  private static func replaced(_ bytes: Bytes, _ path: [String], _ body: Bytes) throws -> Bytes {
    guard let name = path.first else { return body }
    return try boxes(bytes).filter { $0.type != "edts" }.flatMap { found in
      let whole = Array(bytes[found.start..<found.end])
      return found.type == name
        ? box(name, try replaced(Array(whole.dropFirst(8)), Array(path.dropFirst()), body)) : whole
    }
  }

  private static func twice(_ name: String, _ place: Int, in bytes: inout Bytes) throws {
    guard let found = bytes.indices.first(where: { bytes[$0...].starts(with: name.utf8) }) else {
      throw Broken(what: name)
    }
    let at = found + 4 + place
    bytes.replaceSubrange(at..<at + 4, with: words(word(bytes, at) * 2))
  }

  private static func box(_ name: String, _ body: Bytes) -> Bytes {
    words(body.count + 8) + Bytes(name.utf8) + body
  }

  private static func words(_ values: Int...) -> Bytes { words(values) }
  private static func words(_ values: [Int]) -> Bytes {
    values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
  }

  private static func word(_ bytes: Bytes, _ place: Int) -> Int {
    bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
  }
}
