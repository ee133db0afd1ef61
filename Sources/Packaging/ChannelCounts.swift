internal import Media

/// Libavformat writes two channels into every AAC sample entry; here it becomes what the track has: a `moov` and the
/// formats of its tracks, in order, in; the `moov` out.
enum ChannelCounts {
  static func corrected(_ movie: [UInt8], _ formats: [TrackFormat]) -> [UInt8] {
    var movie = movie
    var track = 0
    for trak in children(of: 8..<movie.count, in: movie) where name(trak, movie) == "trak" {
      defer { track += 1 }
      guard formats.indices.contains(track), let audio = formats[track].audio, formats[track].codec == .aac,
        let channels = UInt16(exactly: audio.channels), channels > 0, let entry = entry(in: trak, movie)
      else { continue }
      // A sample entry's head, then 8 reserved bytes (ISO/IEC 14496-12 12.2.3).
      let position = entry.lowerBound + 24
      guard position + 2 <= entry.upperBound else { continue }
      movie[position] = UInt8(channels >> 8)
      movie[position + 1] = UInt8(channels & 0xff)
    }
    return movie
  }

  /// The first sample entry of a track.
  private static func entry(in trak: Range<Int>, _ bytes: [UInt8]) -> Range<Int>? {
    var place = trak
    for step in ["mdia", "minf", "stbl", "stsd"] {
      let found = children(of: place.lowerBound + 8..<place.upperBound, in: bytes).first {
        name($0, bytes) == step
      }
      guard let found else { return nil }
      place = found
    }
    // Version, flags and the number of entries come first.
    guard place.count > 16 else { return nil }
    return children(of: place.lowerBound + 16..<place.upperBound, in: bytes).first
  }

  private static func children(of place: Range<Int>, in bytes: [UInt8]) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var position = place.lowerBound
    while place.upperBound - position >= 8 {
      let size = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      guard size >= 8, size <= place.upperBound - position else { break }
      result.append(position..<position + size)
      position += size
    }
    return result
  }

  private static func name(_ box: Range<Int>, _ bytes: [UInt8]) -> String {
    String(decoding: bytes[box.lowerBound + 4..<box.lowerBound + 8], as: UTF8.self)
  }
}
