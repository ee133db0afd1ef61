internal import Media

/// What the bytes of one media playlist's segments turned out to be; everything that the comparisons between
/// renditions and with the master playlist need.
struct Rendition: Sendable {
  struct Segment: Sendable {
    /// When it is presented, on the rendition's own clock with priming skipped.
    var start: Nanoseconds
    var duration: Nanoseconds
    var bytes: Int64
  }

  /// A GOP's first picture in its file. `start` is where a range for it may begin: the `moof`, or in a
  /// transport stream the tables before the picture and the picture itself.
  struct Keyframe: Sendable {
    var path: String
    var starts: [Int64]
    var end: Int64
    var time: Nanoseconds
  }

  var playlist: MediaPlaylist
  var isFragmented = false
  var facts: [CodecFacts] = []
  var segments: [Segment] = []
  var keyframes: [Keyframe] = []
  /// The commonest duration of a frame and how many there are of it in a second; 0 when there is no such track.
  var videoFrame: Nanoseconds = 0
  var frameRate: Rational?
  /// Of frames of uneven length: the rates, in thousandths, that the usual ones have.
  var unevenRates: ClosedRange<Int64>?
  var audioFrame: Nanoseconds = 0
  var isSubtitles = false
  /// Of subtitles: what the media's clock says at cue time 0.
  var textOrigin: Nanoseconds?
  /// The bytes could be read; otherwise comparisons would only repeat what is already found.
  var isWhole = true
  /// Encoder delay that an edit list skips at the head.
  var skipped: Nanoseconds = 0
  /// Of a rendition with both: how much later sound begins than pictures.
  var audioLead: Nanoseconds?
  /// Segments that cannot be decoded without those before them.
  var dependentSegments = 0
  /// Samples of the pictures and of the sound, as their tables or headers count them.
  var videoSamples = 0
  var audioSamples = 0
  /// Sync samples of the pictures, of which fMP4 that is cut in other ways has several a fragment; 0 where not counted.
  var syncSamples = 0

  var path: String { playlist.path }
  var video: CodecFacts? { facts.first(where: \.isVideo) }
  var audio: CodecFacts? { facts.first { !$0.isVideo } }
  var start: Nanoseconds { segments.first?.start ?? 0 }
  var duration: Nanoseconds { segments.reduce(0) { sum($0, $1.duration) } }
  var bytes: Int64 { segments.reduce(0) { sum($0, $1.bytes) } }

  /// Bits per second of the busiest run of segments of 0.5 to 1.5 target durations; of the whole playlist when
  /// no run is of that length (bis 4.1).
  var peakRate: Int64 { Rendition.peak(playlist) }
  var averageRate: Int64 {
    Rendition.rate(playlist.segments.reduce(0) { sum($0, $1.resource.length) }, playlist.duration)
  }

  static func peak(_ playlist: MediaPlaylist) -> Int64 {
    let target = min(playlist.target ?? playlist.leastTarget, 1 << 30) * second
    let segments = playlist.segments
    var peak: Int64 = 0
    for first in segments.indices {
      var (bytes, time): (Int64, Nanoseconds) = (0, 0)
      // Runs of thousands of segments only come from durations that are found wrong elsewhere.
      for segment in segments[first...].prefix(2000) {
        bytes = sum(bytes, segment.resource.length)
        time = sum(time, segment.extinf)
        if time > target / 2 * 3 { break }
        if time >= target / 2 { peak = max(peak, rate(bytes, time)) }
      }
    }
    if peak > 0 { return peak }
    return rate(segments.reduce(0) { sum($0, $1.resource.length) }, playlist.duration)
  }

  /// Rounded up, as a rate that must suffice.
  static func rate(_ bytes: Int64, _ time: Nanoseconds) -> Int64 {
    guard time > 0, bytes >= 0 else { return 0 }
    return rescale(
      bytes, from: Rational(8 * second, 1), to: Rational(time, 1), rounding: .up)
  }
}
