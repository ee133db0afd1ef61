/// Why a source gives no report. One line says what is wrong and what to do about it.
package enum ProbeFailure: Error, Equatable, Sendable {
  case empty
  /// The file system failed, in its own words.
  case unreadable(String)
  case notMedia
  /// Recognised, but not a format that is opened; FFmpeg's name for it.
  case refusedFormat(String)
  /// The container's index or header cannot be read.
  case damaged(format: String, reason: String)
  case noStreams(format: String)
  /// An MP4 that begins with a fragment: a piece of a stream without its header.
  case fragment
  /// The video track that was asked for is none; the indices of those that are.
  case noSuchTrack(Int, known: [Int])
  /// The header wants more streams, or more memory, than a source gets.
  case tooLarge(format: String, streams: Int)

  /// A stable word for machines.
  package var code: String {
    switch self {
    case .empty: "empty"
    case .unreadable: "unreadable"
    case .notMedia: "not-media"
    case .refusedFormat: "refused-format"
    case .damaged: "damaged"
    case .noStreams: "no-streams"
    case .fragment: "fragment"
    case .noSuchTrack: "no-such-track"
    case .tooLarge: "too-large"
    }
  }

  package var message: String {
    switch self {
    case .empty: "the file is empty (0 bytes); copy or upload it again"
    case .unreadable(let reason): "the file cannot be read: \(reason); check the disk and the permissions"
    case .notMedia:
      "no audio or video format was recognised, whatever the name says; give a media file such as MP4, MOV or MKV"
    case .refusedFormat(let format):
      "the format \(format) is not opened, since it is text or points to other files; give the media file itself"
    case .damaged(let format, let reason):
      format == "mp4"
        ? "the MP4 index (moov) is missing or broken (\(reason)), as after an upload that was cut off; "
          + "get the file again from where it came"
        : "the \(format) header is missing or broken (\(reason)); get the file again from where it came"
    case .fragment:
      "it is one segment of a stream, without the header that belongs to it; "
        + "join the init segment and all segments, in order, into one file"
    case .tooLarge(let format, let streams):
      "the \(format) header asks for more than \(streams) streams, or for more memory than there is; if that is right, "
        + "raise --max-streams or --max-memory"
    case .noStreams(let format):
      "there is no audio, video or other stream in this \(format) file; check how it was exported"
    case .noSuchTrack(let track, let known):
      known.isEmpty
        ? "stream \(track) is no video track, and there is none; leave --video-track out"
        : "stream \(track) is no video track; --video-track can be "
          + known.map(String.init).joined(separator: ", ")
    }
  }
}
