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
    /// The copy goes into MP4: an edit list lets players skip sound before the beginning, so that it goes along, and
    /// samples state how long they last. A transport stream has neither.
    package var keepsPriming = true
    /// It goes into segments, each of which has to hold something of every track.
    package var coversAll = true
    /// What pictures are tagged with.
    package var colour: Colour?
  }

  /// The moment of the source's clock that becomes 0.
  package var start: MediaTime
  package var tracks: [Track]
  /// Where tracks that are encoded beside the copies end: copies last as long as the longest of all.
  package var end: MediaTime?

  /// `path` gives each stream the packet file to be written.
  package init(
    copies: CopyPlan, start: MediaTime, end: MediaTime? = nil, keepsPriming: Bool, coversAll: Bool = true,
    path: (Int) throws -> String
  ) rethrows {
    self.start = start
    self.end = end
    tracks = []
    if let video = copies.video {
      tracks.append(
        Track(
          stream: video.stream, codec: video.rung.codec, path: try path(video.stream),
          frameRate: video.frameRate, rebuildsTimes: video.rebuildsTimes, keepsPriming: keepsPriming,
          coversAll: coversAll, colour: video.colour))
    }
    for audio in copies.audio {
      tracks.append(
        Track(
          stream: audio.stream, codec: audio.audio.codec, path: try path(audio.stream), frameRate: nil,
          rebuildsTimes: false, keepsPriming: keepsPriming, coversAll: coversAll))
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
  case damaged, notBare, empty, soundMissing

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
    case .soundMissing: "sound is missing, and silence can be put between copied frames of AAC-LC only"
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
