package import Media

/// How tracks can be unfit for parts.
package enum PartsFailure: Error, Equatable, Sendable, CustomStringConvertible {
  case noTracks
  /// One GOP alone is larger than a part may be.
  case tooLargeGOP(at: MediaTime, bytes: Int64, limit: Int64)
  /// The codec's configuration cannot be put beside the other track's.
  case initSegment

  package var description: String {
    switch self {
    case .noTracks: "there is nothing to split: the source has neither pictures nor sound that can be used"
    case .tooLargeGOP(let time, let bytes, let limit):
      "the GOP at \(DecimalText.seconds(time, places: 3)) s takes \(bytes) bytes, and a part holds at most \(limit): "
        + "use a larger --part-size, or encode with more keyframes (--transcode)"
    case .initSegment: "no init segment can be made for its codecs: use --transcode"
    }
  }
}
