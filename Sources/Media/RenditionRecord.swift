/// The first bytes of an object: all of a segment, or a stretch of one file.
package struct MediaHead: Codable, Sendable, Equatable {
  package var key: String
  package var bytes: Int64
  package init(key: String, bytes: Int64) {
    self.key = key
    self.bytes = bytes
  }
}

/// What packaging made of one rendition, measured from the bytes written: for the master playlist, the inventory
/// and the summary table.
package struct RenditionRecord: Codable, Sendable, Equatable {
  package enum Kind: String, Codable, Sendable { case video, audio, text, parts }

  package var name: String
  package var kind: Kind
  /// RFC 6381, from the bitstream: `avc1.64001f`; of a TS with sound both: `avc1.64001f,mp4a.40.2`.
  package var codecs: String
  /// Key of the media playlist in the tree; empty where there is none.
  package var playlist: String
  /// Key of the whole file, where one is made.
  package var file: String?
  /// What a player needs first.
  package var head: [MediaHead]
  package var iframePlaylist: String?
  package var version: String
  package var segments: Int
  /// Media bytes: init and segments.
  package var bytes: Int64
  package var duration: MediaTime
  /// Bits per second of the busiest run of 0.5 to 1.5 target durations (RFC 8216bis 4.1), and over everything.
  package var peakBitrate: Int64
  package var averageBitrate: Int64
  package var targetDuration: Int
  /// Every segment decodes without the one before it; nil where nothing is known against it.
  package var hasIndependentSegments: Bool?
  /// Something in it was copied from the source, whose pictures and times it keeps; nil where all is encoded.
  package var isCopied: Bool?

  // Video
  package var size: PictureSize?
  package var frameRate: Rational?
  package var bitDepth: Int?
  /// `SDR`, `PQ`, `HLG`.
  package var videoRange: String?
  package var iframePeakBitrate: Int64?
  package var iframeAverageBitrate: Int64?
  /// The rate that the ladder asked for.
  package var plannedBitrate: Int?
  /// The closed captions inside the pictures, as HLS names them; nil: none.
  package var captions: [String]?

  // Audio
  package var group: String?
  package var language: String?
  package var label: String?
  package var channels: Int?
  package var sampleRate: Int?
  package var isDefault: Bool?
  package var purpose: SoundPurpose?
  /// What it was raised by for the ladder's loudness, in dB.
  package var gain: Double?

  // Subtitles
  package var isForced: Bool?
  package var isHearingImpaired: Bool?

  package init(
    name: String, kind: Kind, codecs: String, playlist: String, version: String, duration: MediaTime
  ) {
    self.name = name
    self.kind = kind
    self.codecs = codecs
    self.playlist = playlist
    self.version = version
    self.duration = duration
    (file, head) = (nil, [])
    (segments, bytes, peakBitrate, averageBitrate, targetDuration) = (0, 0, 0, 0, 0)
    (hasIndependentSegments, isCopied) = (nil, nil)
    (iframePlaylist, size, frameRate, bitDepth, videoRange) = (nil, nil, nil, nil, nil)
    (iframePeakBitrate, iframeAverageBitrate, plannedBitrate, captions) = (nil, nil, nil, nil)
    (group, language, label, channels, sampleRate, isDefault) = (nil, nil, nil, nil, nil, nil)
    (purpose, gain) = (nil, nil)
    (isForced, isHearingImpaired) = (nil, nil)
  }
}
