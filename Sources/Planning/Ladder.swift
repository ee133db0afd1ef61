internal import Foundation
package import Media

/// A ladder: which renditions to make, how to cut them and where they go. Comes from a ladder file (strictly, by
/// `LadderDecoder`) and goes, with what the command line overrides, into planning. Every value in it was checked.
package struct Ladder: Sendable, Equatable, Encodable {
  package var name: String
  package var outputs: [Output]
  package var segments: SegmentFormat
  package var addressing: Addressing
  /// Whole GOPs.
  package var segmentSeconds: Rational
  package var gopSeconds: Rational
  package var partBytes: Int64
  package var rungs: [LadderRung]
  package var rateControl: RateControl
  package var quality: Double
  package var bufferSeconds: Double
  package var speed: Speed
  package var dropRedundant: Bool
  /// The rate of every source; nil: the source's own.
  package var frameRate: Rational?
  package var maxFrameRate: Rational
  package var maxHeight: Int?
  /// `.frame` or `.field`.
  package var deinterlace: Deinterlacing
  package var audio: [AudioTarget]
  /// What all sound is brought to, in LUFS; nil: it stays as loud as it is.
  package var loudness: Double?
  /// What rungs in HEVC and AV1 make of PQ and HLG; those in H.264 map it.
  package var hdr: HDRTreatment
  /// Text tracks and sidecars become WebVTT.
  package var subtitles: Bool
  package var copy: CopyMode
  /// What may be copied; nil: every codec that has a place in the outputs.
  package var copyCodecs: [Codec]?
  /// With the output `images`; nil: the usual ones.
  package var images: ImagesPlan?
  /// Only what differs from the built-in layout.
  package var layout: [Layout.Slot: String]

  package init(name: String, rungs: [LadderRung]) {
    self.name = name
    self.rungs = rungs
    outputs = [.hls]
    segments = .fmp4
    addressing = .files
    segmentSeconds = Rational(6, 1)
    gopSeconds = Rational(2, 1)
    partBytes = 268_435_456
    rateControl = .capped
    quality = 23
    bufferSeconds = 1.5
    speed = .balanced
    dropRedundant = false
    frameRate = nil
    maxFrameRate = Rational(60, 1)
    maxHeight = nil
    deinterlace = .frame
    audio = [AudioTarget()]
    loudness = nil
    hdr = .map
    subtitles = true
    copy = .never
    copyCodecs = nil
    images = nil
    layout = [:]
  }

  /// The keys of a ladder file; a schema and a test hold them against `ladder.schema.json`.
  package enum Key: String, CodingKey, CaseIterable, Sendable {
    case schema = "$schema"
    case name, outputs, segments, addressing, rungs, quality, speed, audio, loudness, hdr, subtitles, copy,
      images,
      layout,
      deinterlace
    case segmentSeconds = "segment_seconds"
    case gopSeconds = "gop_seconds"
    case partBytes = "part_bytes"
    case copyCodecs = "copy_codecs"
    case rateControl = "rate_control"
    case bufferSeconds = "buffer_seconds"
    case dropRedundant = "drop_redundant"
    case frameRate = "frame_rate"
    case maxFrameRate = "max_frame_rate"
    case maxHeight = "max_height"
  }

  /// What of each choice this build can make. A value that the design knows and this list lacks is refused by
  /// name, so that nobody gets less than a ladder says.
  package enum Made {
    package static let outputs: [Output] = Output.allCases
    package static let segments: [SegmentFormat] = [.fmp4, .ts]
    package static let addressing: [Addressing] = Addressing.allCases
    package static let copy: [CopyMode] = CopyMode.allCases
    package static let deinterlace: [Deinterlacing] = [.frame, .field]
    package static let videoCodecs: [Codec] = [.h264, .hevc, .av1]
    package static let audioCodecs: [Codec] = [.aac, .ac3, .eac3]
  }

  package func encode(to encoder: any Encoder) throws {
    var out = encoder.container(keyedBy: Key.self)
    try out.encode(name, forKey: .name)
    try out.encode(outputs, forKey: .outputs)
    try out.encode(segments, forKey: .segments)
    try out.encode(addressing, forKey: .addressing)
    try out.encode(segmentSeconds.approximate, forKey: .segmentSeconds)
    try out.encode(gopSeconds.approximate, forKey: .gopSeconds)
    try out.encode(partBytes, forKey: .partBytes)
    try out.encode(rungs, forKey: .rungs)
    try out.encode(rateControl, forKey: .rateControl)
    try out.encode(quality, forKey: .quality)
    try out.encode(bufferSeconds, forKey: .bufferSeconds)
    try out.encode(speed, forKey: .speed)
    try out.encode(dropRedundant, forKey: .dropRedundant)
    try out.encodeIfPresent(frameRate?.description, forKey: .frameRate)
    try out.encode(maxFrameRate.description, forKey: .maxFrameRate)
    try out.encodeIfPresent(maxHeight, forKey: .maxHeight)
    try out.encode(deinterlace, forKey: .deinterlace)
    try out.encode(audio, forKey: .audio)
    try out.encodeIfPresent(loudness, forKey: .loudness)
    // Left out where they say what is usual, so that ladders from before these keys are the same ladders.
    if hdr != .map { try out.encode(hdr, forKey: .hdr) }
    if !subtitles { try out.encode(subtitles, forKey: .subtitles) }
    try out.encode(copy, forKey: .copy)
    try out.encodeIfPresent(copyCodecs, forKey: .copyCodecs)
    try out.encodeIfPresent(images.map(LadderImagesText.init), forKey: .images)
    if !layout.isEmpty {
      let named = layout.map { ($0.key.rawValue, $0.value) }
      try out.encode(Dictionary(named) { first, _ in first }, forKey: .layout)
    }
  }

  /// The ladder with every default filled in, as compact JSON with sorted keys: equal ladders give equal text, and
  /// decoding it gives the ladder again.
  package var canonicalJSON: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }
}

/// What becomes of high dynamic range: mapped to BT.709, or kept with 10 bits.
package enum HDRTreatment: String, Codable, Sendable, CaseIterable { case map, keep }

/// One rung of a ladder file: a landscape box, a rate and a codec.
package struct LadderRung: Sendable, Equatable, Encodable {
  package var name: String
  package var box: PictureSize
  package var bitrate: Int
  package var maxBitrate: Int
  package var codec: Codec

  package init(name: String, box: PictureSize, bitrate: Int, maxBitrate: Int? = nil, codec: Codec = .h264) {
    self.name = name
    self.box = box
    self.bitrate = bitrate
    self.maxBitrate = maxBitrate ?? LadderRung.usualPeak(of: bitrate)
    self.codec = codec
  }

  package enum Key: String, CodingKey, CaseIterable, Sendable {
    case name, width, height, bitrate, codec
    case maxBitrate = "max_bitrate"
  }

  /// 107 %, what a ladder gets that names no peak.
  package static func usualPeak(of bitrate: Int) -> Int {
    Int(rescale(Int64(bitrate), from: Rational(107, 1), to: Rational(100, 1)))
  }

  package func encode(to encoder: any Encoder) throws {
    var out = encoder.container(keyedBy: Key.self)
    try out.encode(name, forKey: .name)
    try out.encode(box.width, forKey: .width)
    try out.encode(box.height, forKey: .height)
    try out.encode(bitrate, forKey: .bitrate)
    try out.encode(maxBitrate, forKey: .maxBitrate)
    try out.encode(codec, forKey: .codec)
  }
}

/// One kind of sound that a ladder makes of every audio stream.
package struct AudioTarget: Sendable, Equatable, Encodable {
  package var codec: Codec
  package var channels: Int
  package var bitrate: Int
  package var rate: Int

  package init(codec: Codec = .aac, channels: Int = 2, bitrate: Int = 128_000, rate: Int = 48_000) {
    self.codec = codec
    self.channels = channels
    self.bitrate = bitrate
    self.rate = rate
  }

  package enum Key: String, CodingKey, CaseIterable, Sendable { case codec, channels, bitrate, rate }

  /// `audio-aac-2`: the group of the renditions made of it.
  package var group: String { AudioTarget.group(codec, channels: channels) }

  package static func group(_ codec: Codec, channels: Int) -> String { "audio-\(codec.rawValue)-\(channels)" }

  package func encode(to encoder: any Encoder) throws {
    var out = encoder.container(keyedBy: Key.self)
    try out.encode(codec, forKey: .codec)
    try out.encode(channels, forKey: .channels)
    try out.encode(bitrate, forKey: .bitrate)
    try out.encode(rate, forKey: .rate)
  }
}
