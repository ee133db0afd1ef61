/// What probing found out about a source: everything a person or the plan wants to know, nothing that decodes.
/// It is printed by `rung probe --json`, so its keys are stable.
package struct SourceReport: Codable, Sendable, Equatable {
  /// The file's name without its folder.
  package var name: String
  package var bytes: Int64
  /// The container by Rung's short name: `mp4`, `matroska`, `mpegts`, `avi`, `flv`, `ogg`, `wav`, `mp3`, …
  package var format: String
  package var start: MediaTime?
  package var duration: MediaTime?
  /// Bits per second over everything in the file.
  package var bitRate: Int64?
  package var video: [VideoStream]
  package var audio: [AudioStream]
  package var subtitles: [OtherStream]
  package var other: [OtherStream]
  package var chapters: [Chapter]
  package var faults: [Fault]
  /// The length that the header states, where what is there is shorter because something is missing.
  package var promised: MediaTime?
  /// What lies between the beginning and the end and has neither picture nor sound.
  package var lost: MediaTime?
  /// The stream that a person wants as the picture.
  package var chosenVideo: Int?

  package init(name: String, bytes: Int64, format: String) {
    self.name = name
    self.bytes = bytes
    self.format = format
    (start, duration, bitRate) = (nil, nil, nil)
    (video, audio, subtitles, other, chapters, faults) = ([], [], [], [], [], [])
    (promised, lost, chosenVideo) = (nil, nil, nil)
  }

  /// The picture track that is packaged: the chosen one, the default one, else the largest; never a cover picture.
  package var mainVideo: VideoStream? {
    if let chosenVideo { return video.first { $0.common.index == chosenVideo } }
    let moving = video.filter { !$0.isCover }
    return moving.first { $0.common.disposition.contains("default") }
      ?? moving.max { $0.codedSize.area < $1.codedSize.area }
  }
}

/// What all kinds of streams have.
package struct StreamFacts: Codable, Sendable, Equatable {
  package var index: Int
  /// FFmpeg's codec name: `h264`, `hevc`, `aac`, …; `unknown` when there is no such codec.
  package var codec: String
  package var profile: String?
  package var level: String?
  package var timebase: Rational
  package var start: MediaTime?
  package var duration: MediaTime?
  package var bitRate: Int64?
  /// BCP 47 where it can be told; nil when unknown (`und`).
  package var language: String?
  package var title: String?
  package var disposition: [String]

  package init(index: Int, codec: String, timebase: Rational) {
    self.index = index
    self.codec = codec
    self.timebase = timebase
    (profile, level, start, duration, bitRate, language, title) = (nil, nil, nil, nil, nil, nil, nil)
    disposition = []
  }
}

package struct PictureSize: Hashable, Codable, Sendable, CustomStringConvertible {
  package var width: Int
  package var height: Int
  package init(_ width: Int, _ height: Int) {
    self.width = width
    self.height = height
  }
  package var area: Int { width.multipliedReportingOverflow(by: height).overflow ? Int.max : width * height }
  package var turned: PictureSize { PictureSize(height, width) }
  package var description: String { "\(width)x\(height)" }
}

/// The part of a decoded picture that is shown, where the container cuts off its edges.
package struct PictureCrop: Hashable, Codable, Sendable {
  package var left: Int
  package var top: Int
  package var size: PictureSize
  package init(left: Int, top: Int, size: PictureSize) {
    self.left = left
    self.top = top
    self.size = size
  }
}

extension PictureCrop {
  /// The same from the edges of pictures of `size`.
  package func edges(of whole: PictureSize) -> EdgeCrop {
    EdgeCrop(
      left: left, top: top, right: whole.width &- left &- size.width,
      bottom: whole.height &- top &- size.height)
  }
}

/// What a bitstream itself cuts off the pictures that it codes, in samples of luma; decoders heed it.
package struct EdgeCrop: Hashable, Codable, Sendable {
  package var left: Int
  package var top: Int
  package var right: Int
  package var bottom: Int
  package init(left: Int = 0, top: Int = 0, right: Int = 0, bottom: Int = 0) {
    (self.left, self.top, self.right, self.bottom) = (left, top, right, bottom)
  }

  /// No more than fills up the last blocks; nobody calls that cropping.
  package var isPadding: Bool { left <= 0 && top <= 0 && right < 16 && bottom < 16 }
}

/// Film in video of 30 frames a second: by flags, or recorded field by field.
package enum Telecine: String, Codable, Sendable { case soft, hard }

/// How a decoded picture has to be turned to be upright: first mirrored left to right, then turned clockwise.
package struct Orientation: Hashable, Codable, Sendable {
  /// Clockwise, 0, 90, 180 or 270.
  package var degrees: Int
  package var mirrored: Bool
  package init(degrees: Int = 0, mirrored: Bool = false) {
    self.degrees = degrees
    self.mirrored = mirrored
  }
  package var isUpright: Bool { degrees == 0 && !mirrored }
  package var swapsSides: Bool { degrees == 90 || degrees == 270 }
}

/// Colour by the code points of ISO/IEC 23091-2 (H.273); 2 is "unspecified".
package struct Colour: Hashable, Codable, Sendable {
  package var primaries: Int
  package var transfer: Int
  package var matrix: Int
  package var fullRange: Bool
  package init(primaries: Int = 2, transfer: Int = 2, matrix: Int = 2, fullRange: Bool = false) {
    self.primaries = primaries
    self.transfer = transfer
    self.matrix = matrix
    self.fullRange = fullRange
  }
  package var isPQ: Bool { transfer == 16 }
  package var isHLG: Bool { transfer == 18 }
  package var isHDR: Bool { isPQ || isHLG }
  package static let bt709 = Colour(primaries: 1, transfer: 1, matrix: 1)
}

package enum FieldOrder: String, Codable, Sendable {
  case progressive, topFirst = "top-first", bottomFirst = "bottom-first", unknown
  package var isInterlaced: Bool { self == .topFirst || self == .bottomFirst }
}

package struct VideoStream: Codable, Sendable, Equatable {
  package var common: StreamFacts
  package var codedSize: PictureSize
  /// nil: all of it is shown.
  package var crop: PictureCrop?
  /// What is already missing from `codedSize`.
  package var bitstreamCrop: EdgeCrop?
  /// Without what is cut off, with the sample aspect ratio and the orientation applied; square pixels, not yet made even.
  package var displayedSize: PictureSize
  package var sampleAspectRatio: Rational
  package var orientation: Orientation
  /// From the commonest interval between pictures; nil when there are fewer than two.
  package var frameRate: Rational?
  package var isConstantFrameRate: Bool
  package var fieldOrder: FieldOrder
  /// nil: not recognised as such.
  package var telecine: Telecine?
  package var pixelFormat: String
  package var bitDepth: Int
  package var colour: Colour
  package var hdr: HDRMetadata?
  package var pictures: Int
  package var keyframes: Int
  package var isCover: Bool
  package var isEncrypted: Bool
  /// The closed captions inside the pictures, as HLS names them: `CC1`, `SERVICE1`; nil when there are none.
  package var captions: [String]?

  package init(common: StreamFacts, codedSize: PictureSize) {
    self.common = common
    self.codedSize = codedSize
    displayedSize = codedSize
    (crop, bitstreamCrop, telecine) = (nil, nil, nil)
    sampleAspectRatio = Rational(1, 1)
    orientation = Orientation()
    frameRate = nil
    isConstantFrameRate = false
    fieldOrder = .unknown
    pixelFormat = "unknown"
    bitDepth = 8
    colour = Colour()
    hdr = nil
    pictures = 0
    keyframes = 0
    isCover = false
    isEncrypted = false
    captions = nil
  }
}

package struct AudioStream: Codable, Sendable, Equatable {
  package var common: StreamFacts
  package var channels: Int
  /// FFmpeg's name of the layout: `stereo`, `5.1(side)`.
  package var layout: String
  package var sampleRate: Int
  package var isEncrypted: Bool
  /// Measured when it was encoded; nil before.
  package var loudness: Loudness?
  /// Packets that could not be decoded when it was encoded.
  package var damagedPackets: Int?

  package init(common: StreamFacts, channels: Int, layout: String, sampleRate: Int) {
    self.common = common
    self.channels = channels
    self.layout = layout
    self.sampleRate = sampleRate
    isEncrypted = false
    (loudness, damagedPackets) = (nil, nil)
  }
}

package struct OtherStream: Codable, Sendable, Equatable {
  package var common: StreamFacts
  /// `subtitle`, `data`, `attachment`, `unknown`.
  package var kind: String
  package init(common: StreamFacts, kind: String) {
    self.common = common
    self.kind = kind
  }
}

package struct Chapter: Codable, Sendable, Equatable {
  package var start: MediaTime
  package var end: MediaTime
  package var title: String?
  package init(start: MediaTime, end: MediaTime, title: String?) {
    self.start = start
    self.end = end
    self.title = title
  }
}

/// Something wrong or odd in a source that did not stop the probe.
package struct Fault: Codable, Sendable, Equatable {
  /// A short stable word: `timestamps-missing`, `truncated`, `decode-errors`, `no-keyframe-at-start`, …
  package var code: String
  package var message: String
  package var stream: Int?
  package init(code: String, message: String, stream: Int? = nil) {
    self.code = code
    self.message = message
    self.stream = stream
  }
}
