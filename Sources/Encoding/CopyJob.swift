package import Media

/// Streams of one source to be taken as they are: one packet file each.
package struct CopyJob: Codable, Sendable, Equatable {
  package struct Track: Codable, Sendable, Equatable {
    package var stream: Int
    package var codec: Codec
    /// The packet file to write.
    package var path: String
    /// Of pictures: what goes into the playlist, and what rounded times are rebuilt from.
    package var frameRate: Rational?
    package var rebuildsTimes: Bool
    /// Sound before the beginning goes along, since an edit list lets players skip it.
    package var keepsPriming = true
    /// What pictures are tagged with.
    package var colour: Colour?
  }

  /// The moment of the source's clock that becomes 0.
  package var start: MediaTime
  package var tracks: [Track]

  /// `path` gives each stream the packet file to be written.
  package init(
    copies: CopyPlan, start: MediaTime, keepsPriming: Bool, path: (Int) throws -> String
  ) rethrows {
    self.start = start
    tracks = []
    if let video = copies.video {
      tracks.append(
        Track(
          stream: video.stream, codec: video.rung.codec, path: try path(video.stream),
          frameRate: video.frameRate, rebuildsTimes: video.rebuildsTimes, colour: video.colour))
    }
    for audio in copies.audio {
      tracks.append(
        Track(
          stream: audio.stream, codec: audio.audio.codec, path: try path(audio.stream), frameRate: nil,
          rebuildsTimes: false, keepsPriming: keepsPriming))
    }
  }
}

/// What came of a copy: a track or a refusal for each stream of the job.
package struct CopyResult: Codable, Sendable, Equatable {
  package var tracks: [CopiedTrack] = []
  package var refusals: [CopyRefusal] = []
}

/// A stream that cannot be copied rightly, found out while reading it: it has to be encoded.
package struct CopyRefusal: Codable, Sendable, Equatable {
  package var stream: Int
  package var reason: CopyFault
  /// Where in the asset's timeline, if it is one place.
  package var time: MediaTime?

  package init(stream: Int, reason: CopyFault, time: MediaTime? = nil) {
    self.stream = stream
    self.reason = reason
    self.time = time
  }

  /// `pictures are cut away inside a GOP, at 12.480 s`
  package var message: String {
    guard let time else { return reason.message }
    return reason.message + ", at \(DecimalText.seconds(time, places: 3)) s"
  }
}

package enum CopyFault: String, Error, Codable, Sendable, Equatable {
  case editInsideGOP, openGOPs, parametersChange, configuration, timesMissing, timesJump, sameTime, noKeyframe
  case damaged, notBare, empty

  package var message: String {
    switch self {
    case .editInsideGOP: "an edit cuts pictures away inside a GOP, which players of a copy would show"
    case .openGOPs:
      "its keyframes are recovery points and seldom IDR pictures, at which alone H.264 can be cut"
    case .parametersChange:
      "the decoder's configuration changes in mid-stream, which one init segment cannot serve"
    case .configuration: "it has no usable decoder configuration"
    case .timesMissing: "samples have no presentation times"
    case .timesJump: "its times jump back"
    case .sameTime: "two samples have the same time"
    case .noKeyframe: "it has no keyframe to start from"
    case .damaged: "the container calls samples in it damaged"
    case .notBare: "its samples are not whole frames"
    case .empty: "there is nothing in it"
    }
  }
}

/// A fault with its place, on the way to a refusal.
struct CopyStop: Error {
  var fault: CopyFault
  var time: MediaTime?

  init(_ fault: CopyFault, at time: MediaTime? = nil) {
    self.fault = fault
    self.time = time
  }
}
