package import Media

/// Text streams of a source to be read as cues.
package struct SubtitleJob: Codable, Sendable, Equatable {
  package var streams: [Int]
  /// The moment of the source's clock that becomes 0.
  package var start: MediaTime
  /// Where the asset ends; cues are cut there.
  package var duration: MediaTime

  package init(streams: [Int], start: MediaTime, duration: MediaTime) {
    self.streams = streams
    self.start = start
    self.duration = duration
  }
}

/// A whole subtitle file to be read as cues. Its times count from the beginning of the asset.
package struct SidecarJob: Codable, Sendable, Equatable {
  package var duration: MediaTime

  package init(duration: MediaTime) { self.duration = duration }
}

/// What reading gave, in the order of the job's streams.
package struct SubtitleResult: Codable, Sendable, Equatable {
  package var tracks: [SubtitleTrack]

  package init(tracks: [SubtitleTrack]) { self.tracks = tracks }
}

/// The cues of one track, in order; and what a person should know of how they were read.
package struct SubtitleTrack: Codable, Sendable, Equatable {
  package var cues: [Cue]
  package var notes: [String]
  /// Why nothing can be made of it.
  package var fault: String?

  package init(cues: [Cue] = [], notes: [String] = [], fault: String? = nil) {
    self.cues = cues
    self.notes = notes
    self.fault = fault
  }
}

/// What a hostile file may ask for.
package enum SubtitleLimits {
  /// A three-hour film has 3000; karaoke effects 50 times as many.
  static let cues = 200_000
  /// Of a track's text.
  static let textBytes = 12 << 20
  /// Of all tracks together, as the parent gets them: every character may take two bytes.
  static let resultBytes = 48 << 20
  /// What a cue takes beside its text.
  static let cueOverhead = 128
  /// Of one cue's.
  static let cueBytes = 16 << 10
  /// Of a sidecar.
  package static let fileBytes: Int64 = 16 << 20
  /// How long a cue is shown whose end nobody states, if none follows.
  static let openMilliseconds: Int64 = 5000
}
