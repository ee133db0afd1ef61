internal import CFFmpeg
package import Media

/// One track as a muxer is told of it.
package struct MuxerTrack: Sendable {
  package var format: TrackFormat
  /// Three letters (ISO 639-2); nil leaves it undetermined.
  package var language: String?

  package init(_ format: TrackFormat, language: String? = nil) {
    self.format = format
    self.language = language
  }
}

/// Libavformat's muxer for one file or stream: packets in, bytes out to the sink that it is handed. Sole owner of
/// one `AVFormatContext`. It stamps no clock and no version, so the same packets give the same bytes.
@safe package struct Muxer: ~Copyable {
  package enum Container: String, Sendable { case mp4, mpegts }

  private let context: UnsafeMutablePointer<AVFormatContext>
  private let io: SinkIO

  private init(context: UnsafeMutablePointer<AVFormatContext>, io: consuming SinkIO) {
    unsafe self.context = context
    self.io = io
  }

  /// Writes the header. `options` are the container's; one that it does not know is an error.
  package static func open(
    _ container: Container, tracks: [MuxerTrack], options: [String: String], sink: any MuxerSink
  ) throws(AVFailure) -> Muxer {
    let io = try SinkIO.open(sink)
    var made: UnsafeMutablePointer<AVFormatContext>?
    try unsafe check(
      "avformat_alloc_output_context2",
      avformat_alloc_output_context2(&made, nil, container.rawValue, nil), context: container.rawValue)
    guard let context = unsafe made else { throw .outOfMemory("avformat_alloc_output_context2") }
    unsafe context.pointee.pb = io.raw
    // From here on the owner frees, whatever throws.
    let muxer = unsafe Muxer(context: context, io: io)
    unsafe context.pointee.flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT
    // FFmpeg 5.1 calls FLAC in MP4 experimental, though its mapping is settled.
    unsafe context.pointee.strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL
    for track in tracks { try muxer.add(track, to: container) }
    try muxer.writeHeader(options)
    return muxer
  }

  deinit {
    // The AVIOContext has an owner of its own.
    unsafe context.pointee.pb = nil
    unsafe avformat_free_context(context)
  }

  private func add(_ track: MuxerTrack, to container: Container) throws(AVFailure) {
    guard let stream = unsafe avformat_new_stream(context, nil) else {
      throw .outOfMemory("avformat_new_stream")
    }
    guard let parameters = unsafe stream.pointee.codecpar else { throw .outOfMemory("codecpar") }
    try unsafe track.format.fill(parameters)
    if container == .mp4, track.format.codec == .hevc {
      // hvc1, not hev1: Apple's players need the parameter sets in the sample entry (A 1.10).
      unsafe parameters.pointee.codec_tag = Muxer.tag("hvc1")
    }
    unsafe stream.pointee.time_base = track.format.timebase.av
    if let video = track.format.video {
      unsafe stream.pointee.avg_frame_rate = video.frameRate.av
      unsafe stream.pointee.sample_aspect_ratio = video.sampleAspectRatio.av
      if container == .mp4, let light = video.light { try unsafe light.attach(to: stream) }
    }
    if let language = track.language {
      try unsafe check(
        "av_dict_set", av_dict_set(&stream.pointee.metadata, "language", language, 0))
    }
  }

  private func writeHeader(_ options: [String: String]) throws(AVFailure) {
    var dictionary: OpaquePointer?
    defer { unsafe av_dict_free(&dictionary) }
    for (key, value) in options.sorted(by: { $0.key < $1.key }) {
      try unsafe check("av_dict_set", av_dict_set(&dictionary, key, value, 0))
    }
    try unsafe check("avformat_write_header", avformat_write_header(context, &dictionary))
    guard unsafe av_dict_count(dictionary) == 0 else {
      throw AVFailure("avformat_write_header", code: rung_averror(EINVAL), context: "an option is unknown")
    }
  }

  private static func tag(_ name: StaticString) -> UInt32 {
    name.description.utf8.reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// What the muxer made of a track's timebase: packets come in it.
  package func timebase(of stream: Int) -> Rational {
    guard stream >= 0, stream < Int(unsafe context.pointee.nb_streams),
      let entry = unsafe context.pointee.streams[stream]
    else { return Rational(0, 1) }
    return Rational(unsafe entry.pointee.time_base)
  }

  /// Packets come interleaved as they shall stand in the output; everything but what the format itself delays has
  /// reached the sink when the call returns.
  package func write(_ packet: borrowing Packet) throws {
    try pass("av_write_frame", unsafe av_write_frame(context, packet.raw))
  }

  /// Writes out what the format delays: a fragment, a half-filled PES packet.
  package func flush() throws {
    try pass("av_write_frame", unsafe av_write_frame(context, nil))
  }

  /// MPEG-TS: PAT and PMT come again before the next packet.
  package func repeatTables() throws(AVFailure) {
    try unsafe check(
      "av_opt_set", av_opt_set(context.pointee.priv_data, "mpegts_flags", "+resend_headers", 0))
  }

  /// Writes the trailer. Consuming: nothing can be written after it.
  package consuming func finish() throws(AVFailure) {
    try unsafe check("av_write_trailer", av_write_trailer(context))
    unsafe avio_flush(io.raw)
  }

  /// The sink's own error tells more than the I/O error that libavformat makes of it.
  private func pass(_ call: String, _ code: Int32) throws {
    unsafe avio_flush(io.raw)
    if let failure = io.box.failure { throw failure }
    try check(call, code)
  }
}
