/// What of a plan is taken from the source as it is, without decoding: the streams, and how their times are carried.
/// Streams that are not in it are encoded.
package struct CopyPlan: Codable, Sendable, Equatable {
  package var video: VideoCopy?
  package var audio: [AudioCopy]
  /// Anything that cannot be copied is refused, not encoded.
  package var isStrict: Bool

  package init(video: VideoCopy? = nil, audio: [AudioCopy] = [], isStrict: Bool = false) {
    self.video = video
    self.audio = audio
    self.isStrict = isStrict
  }

  package var isEmpty: Bool { video == nil && audio.isEmpty }
  package var streams: [Int] { (video.map { [$0.stream] } ?? []) + audio.map(\.stream) }
}

/// A picture track to be copied.
package struct VideoCopy: Codable, Sendable, Equatable {
  package var stream: Int
  /// The rendition that it becomes; its rates are the source's, as far as they are known.
  package var rung: Rung
  package var frameRate: Rational
  /// Times that the container rounded (MKV's milliseconds) are whole frames of `frameRate` again.
  package var rebuildsTimes: Bool
  /// The source's, with guesses where it says nothing.
  package var colour: Colour

  package init(stream: Int, rung: Rung, frameRate: Rational, rebuildsTimes: Bool, colour: Colour) {
    self.stream = stream
    self.rung = rung
    self.frameRate = frameRate
    self.rebuildsTimes = rebuildsTimes
    self.colour = colour
  }
}

/// A sound track to be copied.
package struct AudioCopy: Codable, Sendable, Equatable {
  package var stream: Int
  package var audio: AudioPlan

  package init(stream: Int, audio: AudioPlan) {
    self.stream = stream
    self.audio = audio
  }
}

/// What copying found out about a track once all of it was read: what the packager cannot know before the end.
package struct CopiedTrack: Codable, Sendable, Equatable {
  package var stream: Int
  package var timebase: Rational
  package var samples: Int
  package var bytes: Int64
  /// Ticks by which decoding has to run ahead of `CodedSample.decode`, so that no picture is shown before it is
  /// decoded: where formats have no negative composition offsets.
  package var delay: Int64
  /// For each picture at which decoding can start: when the first picture of what follows it is shown.
  package var starts: TickList
  package var end: Int64
  /// Some keyframe is followed by pictures that are shown before it and need what came before (open GOPs).
  package var hasLeadingPictures: Bool
  /// The payloads are ranges of the source.
  package var liesInSource: Bool

  package init(stream: Int, timebase: Rational) {
    self.stream = stream
    self.timebase = timebase
    (samples, bytes, delay, starts, end) = (0, 0, 0, [], 0)
    (hasLeadingPictures, liesInSource) = (false, false)
  }
}
