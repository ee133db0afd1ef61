/// What will be made of one source: the value that planning hands to encoding, packaging and storing. The same
/// source and ladder give the same plan, whatever the machine and the number of workers.
package struct Plan: Codable, Sendable, Equatable {
  package var ladder: String
  package var outputs: [Output]
  package var segmentFormat: SegmentFormat
  package var addressing: Addressing
  /// Whether packets go straight from the source into the output.
  package var copy: CopyMode
  /// The most that a part holds.
  package var partBytes: Int64
  /// nil when no pictures are made.
  package var images: ImagesPlan?
  package var timeline: Timeline
  package var video: VideoPlan?
  package var audio: [AudioPlan]
  /// Of a source without moving pictures, the still that stands for it where images are made.
  package var cover: CoverPicture?
  /// Tracks that are not encoded but copied: they are not in `video` and `audio`.
  package var copies: CopyPlan?
  /// Subtitles, as WebVTT.
  package var text: [TextPlan]
  package var layout: Layout
  package var controls: EncodeControls
  /// What will not be made, and why; in the order in which a person would ask.
  package var notes: [PlanNote]

  package init(ladder: String, timeline: Timeline, layout: Layout) {
    self.ladder = ladder
    self.timeline = timeline
    self.layout = layout
    outputs = [.hls]
    segmentFormat = .fmp4
    addressing = .files
    copy = .never
    partBytes = 268_435_456
    images = nil
    video = nil
    audio = []
    cover = nil
    copies = nil
    text = []
    controls = EncodeControls()
    notes = []
  }
}

package enum Output: String, Codable, Sendable, CaseIterable { case hls, dash, mp4, parts, images }
package enum SegmentFormat: String, Codable, Sendable, CaseIterable { case fmp4, ts }
package enum Addressing: String, Codable, Sendable, CaseIterable { case files, byteRange = "byte-range" }
/// Whether packets may go straight from the source into the output.
package enum CopyMode: String, Codable, Sendable, CaseIterable { case never, prefer, strict }
package enum RateControl: String, Codable, Sendable, CaseIterable { case capped, fixed }
package enum Speed: String, Codable, Sendable, CaseIterable { case fast, balanced, best }
package enum Deinterlacing: String, Codable, Sendable, CaseIterable { case off, frame, field }

package struct EncodeControls: Codable, Sendable, Equatable {
  package var rateControl: RateControl
  /// On x264's rate-factor scale.
  package var quality: Double
  /// The leaky bucket's size, in seconds of a rung's peak rate.
  package var bufferSeconds: Double
  package var speed: Speed
  package var dropsRedundant: Bool
  package init() {
    (rateControl, quality, bufferSeconds, speed, dropsRedundant) = (.capped, 23, 1.5, .balanced, false)
  }
}

package struct PlanNote: Codable, Sendable, Equatable {
  /// What it is about: `1080p`, `audio 2`, `subtitles`.
  package var subject: String
  package var reason: String
  package init(_ subject: String, _ reason: String) {
    self.subject = subject
    self.reason = reason
  }
}

/// The stretch of the source that every rendition covers: from the earliest presented start to the latest end.
package struct Timeline: Codable, Sendable, Equatable {
  /// The moment of the source's clock that becomes 0.
  package var start: MediaTime
  /// With video: whole output frames. Without: the length of the sound.
  package var duration: MediaTime
  /// Segment boundaries after 0 and up to the end (which is the last one), ascending.
  package var cuts: [MediaTime]
  /// The nominal length of a segment (whole GOPs).
  package var segmentDuration: MediaTime

  package init(start: MediaTime, duration: MediaTime, cuts: [MediaTime], segmentDuration: MediaTime) {
    self.start = start
    self.duration = duration
    self.cuts = cuts
    self.segmentDuration = segmentDuration
  }
}

package struct VideoPlan: Codable, Sendable, Equatable {
  package var stream: Int
  package var source: PictureSource
  package var frameRate: Rational
  package var frames: Int
  package var gopFrames: Int
  /// First frame of each segment, then `frames`: `[0, 180, 360, 412]`.
  package var segmentFrames: [Int]
  /// For output frame n the presentation time, in ticks of `source.timebase`, of the picture it shows; never
  /// descending. With field-rate deinterlacing a time between two pictures names a second field.
  package var schedule: TickList
  package var chunks: [Chunk]
  /// From the largest to the smallest.
  package var rungs: [Rung]
  /// What the encoded pictures are tagged with; those of rungs that keep the source's range: `kept`.
  package var colour: Colour
  /// nil: no rung keeps a high dynamic range.
  package var kept: KeptRange?

  package init(stream: Int, source: PictureSource, frameRate: Rational) {
    self.stream = stream
    self.source = source
    self.frameRate = frameRate
    (frames, gopFrames, segmentFrames, schedule, chunks, rungs) = (0, 0, [], [], [], [])
    colour = .bt709
    kept = nil
  }

  /// What the pictures of a rung are tagged with.
  package func colour(of rung: Rung) -> Colour { rung.keepsRange ? kept?.colour ?? colour : colour }

  /// One tick a frame.
  package var timebase: Rational { frameRate.inverse }
}

/// What rungs that keep a source's high dynamic range are tagged with; their pictures have 10 bits.
package struct KeptRange: Codable, Sendable, Equatable {
  package var colour: Colour
  /// nil where the source says nothing of its light, as HLG has no need to.
  package var metadata: HDRMetadata?

  package init(colour: Colour, metadata: HDRMetadata?) {
    self.colour = colour
    self.metadata = metadata
  }
}

/// How the decoded pictures of a source become upright, progressive, standard-range ones.
package struct PictureSource: Codable, Sendable, Equatable {
  /// Of the schedule's and the chunks' times: the source stream's timebase, or half of it with field-rate
  /// deinterlacing, so that the middle between two pictures is a whole tick.
  package var timebase: Rational
  /// Of the pictures without what is cut off.
  package var codedSize: PictureSize
  /// What is cut off pictures that are of the size `wholeSize`.
  package var crop: PictureCrop?
  package var wholeSize: PictureSize
  package var sampleAspectRatio: Rational
  package var orientation: Orientation
  package var deinterlacing: Deinterlacing
  package var fieldOrder: FieldOrder
  package var colour: Colour
  package var pixelFormat: String
  /// High dynamic range is mapped to standard range.
  package var mapsTones: Bool
  /// What pictures are reduced to before they pass filters that cost much; of pictures not yet turned. nil: nothing.
  package var workingSize: PictureSize?
  /// Times in the stream's own ticks at which packets claim to be and are not, ascending.
  package var outliers: TickList = []
  package var restarts: [ClockRestart] = []

  package init(timebase: Rational, codedSize: PictureSize) {
    self.timebase = timebase
    self.codedSize = codedSize
    (crop, wholeSize) = (nil, codedSize)
    sampleAspectRatio = Rational(1, 1)
    orientation = Orientation()
    deinterlacing = .off
    fieldOrder = .progressive
    colour = Colour()
    pixelFormat = "yuv420p"
    mapsTones = false
    workingSize = nil
  }

  /// Of a stream's pictures, as far as sizes go.
  package init(timebase: Rational, stream: VideoStream) {
    self.init(timebase: timebase, codedSize: stream.crop?.size ?? stream.codedSize)
    (crop, wholeSize) = (stream.crop, stream.codedSize)
  }

  /// The same with its high dynamic range as it is.
  package var inFullRangeOfLight: PictureSource {
    var whole = self
    (whole.mapsTones, whole.workingSize) = (false, nil)
    return whole
  }

  /// For pictures that are not needed larger than `upright`, turned and with square pixels.
  package func reduced(to upright: PictureSize) -> PictureSource {
    var reduced = self
    let size = orientation.swapsSides ? upright.turned : upright
    reduced.workingSize = mapsTones && size.area < codedSize.area ? size : nil
    return reduced
  }
}

/// A picture that is attached to sound: the cover of an album.
package struct CoverPicture: Codable, Sendable, Equatable {
  package var stream: Int
  package var source: PictureSource

  package init(stream: Int, source: PictureSource) {
    self.stream = stream
    self.source = source
  }
}

/// A run of whole GOPs that one worker encodes at a time.
package struct Chunk: Codable, Sendable, Equatable {
  package var index: Int
  package var firstFrame: Int
  package var frames: Int
  /// The presentation time, in ticks of `source.timebase`, of the source keyframe from which decoding starts.
  package var seek: Int64

  package init(index: Int, firstFrame: Int, frames: Int, seek: Int64) {
    self.index = index
    self.firstFrame = firstFrame
    self.frames = frames
    self.seek = seek
  }
}

/// One video rendition.
package struct Rung: Codable, Sendable, Equatable, Hashable {
  /// `720p`, `720p-hevc`.
  package var name: String
  package var codec: Codec
  /// Of the encoded pictures: even, square pixels.
  package var size: PictureSize
  /// Bits per second.
  package var bitrate: Int
  package var maxBitrate: Int
  /// H.264: 100 × profile_idc etc. are libavcodec's; `level` is level_idc (31 for 3.1).
  package var profile: String
  package var level: Int
  /// PQ or HLG stays what it is.
  package var keepsRange: Bool

  package init(
    name: String, codec: Codec, size: PictureSize, bitrate: Int, maxBitrate: Int, profile: String, level: Int,
    keepsRange: Bool = false
  ) {
    self.keepsRange = keepsRange
    self.name = name
    self.codec = codec
    self.size = size
    self.bitrate = bitrate
    self.maxBitrate = maxBitrate
    self.profile = profile
    self.level = level
  }
}

/// One audio rendition.
package struct AudioPlan: Codable, Sendable, Equatable {
  /// `audio-aac-2-en`.
  package var name: String
  /// Renditions with the same codec and channel count are one group: `audio-aac-2`.
  package var group: String
  package var stream: Int
  package var codec: Codec
  package var channels: Int
  package var sampleRate: Int
  package var bitrate: Int
  /// BCP 47; nil when unknown.
  package var language: String?
  /// What a player shows: the language's name, or `Audio`; unique in its group.
  package var label: String
  package var isDefault: Bool
  package var purpose: SoundPurpose
  /// The loudness that it gets, in LUFS; nil: as it is.
  package var loudness: Double?
  /// How loud the stream is, is measured with this rendition: the first that is made of it.
  package var measuresLoudness: Bool
  /// Times in the stream's ticks at which packets claim to be and are not, ascending.
  package var outliers: TickList = []
  package var restarts: [ClockRestart] = []

  package init(
    name: String, group: String, stream: Int, codec: Codec, channels: Int, sampleRate: Int, bitrate: Int,
    language: String?, label: String, isDefault: Bool
  ) {
    self.name = name
    self.group = group
    self.stream = stream
    self.codec = codec
    self.channels = channels
    self.sampleRate = sampleRate
    self.bitrate = bitrate
    self.language = language
    self.label = label
    self.isDefault = isDefault
    (purpose, loudness, measuresLoudness) = (.dialogue, nil, false)
  }
}

/// What a track of sound is for.
package enum SoundPurpose: String, Codable, Sendable, CaseIterable {
  case dialogue
  /// People talk about the pictures.
  case commentary
  /// A voice says what is to be seen, for those who cannot see it.
  case description
  /// Speech that is easier to understand, for those who hear badly.
  case clearSpeech = "clear-speech"
}
