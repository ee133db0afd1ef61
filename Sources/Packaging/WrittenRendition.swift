internal import Media

/// Bytes of one media object of a rendition: a whole object, or a range of it.
struct MediaRange: Equatable {
  /// Index into the rendition's objects.
  var object: Int
  var offset: Int64
  var count: Int64
}

/// One addressable piece of a rendition as it was written.
struct WrittenSegment: Equatable {
  var range: MediaRange
  /// Where it begins to be presented; it ends where the next one begins.
  var start: MediaTime
  /// The type of stream access point that it begins with (ISO/IEC 14496-12 Annex I): 1, or 3 where pictures that need
  /// what came before are shown before its first sync sample.
  var sap = 1
}

/// A picture that decodes alone, with what a player must fetch for it.
struct IFrame: Equatable {
  var range: MediaRange
  var time: MediaTime
}

/// The media of one rendition after writing, before it has names: what playlists are made from.
struct WrittenRendition {
  var name: String
  /// Of the tracks inside, video first.
  var formats: [TrackFormat]
  /// Objects in the order written: the init segment, if there is one, then the segments; or one of all of them.
  var objects: [MediaObject] = []
  var isOneFile = false
  /// WebVTT: there is no track inside, and no object but segments.
  var isText = false
  /// Where the init segment is; nil in a transport stream.
  var initRange: MediaRange?
  /// Where the segment index is, in one file that has one.
  var indexRange: MediaRange?
  /// Of fMP4, in the units of `timescale`: the decode time at which each segment starts, and where the last one ends.
  var decodeTimes: [Int64] = []
  var timescale: UInt32 = 0
  var segments: [WrittenSegment] = []
  var iframes: [IFrame] = []
  var end: MediaTime

  var video: VideoFormat? { formats.lazy.compactMap(\.video).first }
  var hasInit: Bool { initRange != nil }
  /// The weakest stream access point that a segment begins with.
  var sap: Int { segments.map(\.sap).max() ?? 1 }
  var bytes: Int64 { objects.reduce(0) { $0 + $1.bytes } }

  /// Segments' durations in millionths of a second, as they are printed.
  var segmentMicroseconds: [Int64] { PrintedDurations.between(segments.map(\.start), end: end) }
  var iframeMicroseconds: [Int64] { PrintedDurations.between(iframes.map(\.time), end: end) }
}

/// Durations as playlists print them: boundaries are rounded, not durations, so that the sum of any run of segments
/// is within a millionth of a second of the truth (A 8.1).
enum PrintedDurations {
  static let unit = Rational(1, 1_000_000)

  static func between(_ starts: [MediaTime], end: MediaTime) -> [Int64] {
    let boundaries = (starts + [end]).map { $0.ticks(in: unit) }
    return zip(boundaries, boundaries.dropFirst()).map { $1 &- $0 }
  }

  /// The least target duration that covers them: each rounded to the nearest second (RFC 8216 4.3.3.1).
  static func target(_ durations: [Int64]) -> Int {
    Int(((durations.max() ?? 0) &+ 500_000) / 1_000_000)
  }
}
