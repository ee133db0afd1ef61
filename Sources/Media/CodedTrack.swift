package import Foundation

/// Codecs that Rung makes or copies, by FFmpeg's names.
package enum Codec: String, Codable, Sendable, CaseIterable {
  case h264, hevc, av1, vp9
  case aac, ac3, eac3, opus, flac, mp3

  package var isVideo: Bool {
    switch self {
    case .h264, .hevc, .av1, .vp9: true
    case .aac, .ac3, .eac3, .opus, .flac, .mp3: false
    }
  }
}

/// What a packager must know of a track of coded samples before the first one: an encoded, a copied and a
/// resumed track look the same here.
package struct TrackFormat: Codable, Sendable, Equatable {
  package var codec: Codec
  /// Of the samples' timestamps.
  package var timebase: Rational
  /// The payload of the codec's configuration box: `avcC`, `hvcC`, `av1C`, `vpcC`, AudioSpecificConfig for AAC,
  /// `dOps`/`dfLa` payload for Opus/FLAC (as libavcodec's extradata for the last two); empty where the codec has none.
  package var configuration: Data
  package var bitRate: Int64
  package var video: VideoFormat?
  package var audio: AudioFormat?

  package init(codec: Codec, timebase: Rational, configuration: Data, bitRate: Int64) {
    self.codec = codec
    self.timebase = timebase
    self.configuration = configuration
    self.bitRate = bitRate
    (video, audio) = (nil, nil)
  }
}

package struct VideoFormat: Codable, Sendable, Equatable {
  package var size: PictureSize
  package var sampleAspectRatio: Rational
  package var frameRate: Rational
  package var colour: Colour
  /// Of a copy: what the source says itself, where `colour` is a guess.
  package var codedColour: Colour?
  package var bitDepth: Int
  /// What the sample entry says of the light in the pictures.
  package var light: HDRMetadata?
  /// Libavcodec's numbers, for what is not in the configuration.
  package var profile: Int
  package var level: Int

  package init(size: PictureSize, frameRate: Rational, colour: Colour = Colour()) {
    self.size = size
    self.frameRate = frameRate
    self.colour = colour
    codedColour = nil
    sampleAspectRatio = Rational(1, 1)
    bitDepth = 8
    light = nil
    profile = -99
    level = -99
  }
}

package struct AudioFormat: Codable, Sendable, Equatable {
  package var sampleRate: Int
  package var channels: Int
  /// FFmpeg's native mask of the layout; 0 when it has none.
  package var channelMask: UInt64
  /// Samples in one packet; 0 when they vary.
  package var frameSize: Int
  /// Samples at the head that a player must skip (encoder delay).
  package var priming: Int
  package var profile: Int

  package init(sampleRate: Int, channels: Int, channelMask: UInt64, frameSize: Int, priming: Int) {
    self.sampleRate = sampleRate
    self.channels = channels
    self.channelMask = channelMask
    self.frameSize = frameSize
    self.priming = priming
    profile = -99
  }
}

/// One access unit. H.264 and HEVC are length-prefixed (4 bytes) without parameter sets, AAC is raw (no ADTS),
/// AV1 has no temporal delimiter: as in an MP4 sample. Times are of the asset's timeline: presentation 0 is its start.
package struct CodedSample: Sendable, Equatable {
  package var presentation: Int64
  package var decode: Int64
  package var duration: Int64
  package var isSync: Bool
  package var payload: Payload

  package enum Payload: Sendable, Equatable {
    case bytes([UInt8])
    /// A range of the source file that holds these very bytes.
    case source(offset: Int64, count: Int)

    package var count: Int {
      switch self {
      case .bytes(let bytes): bytes.count
      case .source(_, let count): count
      }
    }
  }

  package init(presentation: Int64, decode: Int64, duration: Int64, isSync: Bool, payload: Payload) {
    self.presentation = presentation
    self.decode = decode
    self.duration = duration
    self.isSync = isSync
    self.payload = payload
  }

  package init(presentation: Int64, decode: Int64, duration: Int64, isSync: Bool, bytes: [UInt8]) {
    self.init(
      presentation: presentation, decode: decode, duration: duration, isSync: isSync, payload: .bytes(bytes))
  }
}

/// A track of coded samples in decode order, read one at a time, so that its length does not matter.
package protocol SampleSource: AnyObject {
  var format: TrackFormat { get }
  /// The next sample in decode order; nil at the end.
  func next() throws -> CodedSample?
}

/// Samples that are in memory: for tests and for short tracks.
package final class SampleList: SampleSource {
  package let format: TrackFormat
  private var rest: ArraySlice<CodedSample>

  package init(_ format: TrackFormat, _ samples: [CodedSample]) {
    self.format = format
    rest = samples[...]
  }

  package func next() -> CodedSample? { rest.popFirst() }
}
