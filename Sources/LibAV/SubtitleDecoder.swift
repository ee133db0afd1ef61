internal import CFFmpeg
internal import Media

/// Packets of a text subtitle stream in, events out; sole owner of one decoding `AVCodecContext`. Whatever the codec,
/// FFmpeg gives an event as a line of ASS: `ReadOrder,Layer,Style,Name,MarginL,MarginR,MarginV,Effect,Text`.
@safe package struct SubtitleDecoder: ~Copyable {
  private let context: UnsafeMutablePointer<AVCodecContext>
  /// Packets that the decoder refused.
  package private(set) var refused = 0

  private init(_ context: UnsafeMutablePointer<AVCodecContext>) { unsafe self.context = context }

  package static func open(
    _ demuxer: borrowing Demuxer, stream: Int
  ) throws(AVFailure) -> SubtitleDecoder {
    try unsafe open(demuxer.parameters(stream), timebase: demuxer.timebase(of: stream))
  }

  package static func open(_ file: borrowing SubtitleFile) throws(AVFailure) -> SubtitleDecoder {
    try unsafe open(file.parameters, timebase: file.timebase)
  }

  private static func open(
    _ parameters: UnsafePointer<AVCodecParameters>?, timebase: Rational
  ) throws(AVFailure) -> SubtitleDecoder {
    guard let parameters = unsafe parameters,
      let codec = unsafe avcodec_find_decoder(parameters.pointee.codec_id)
    else { throw AVFailure("avcodec_find_decoder", code: rung_averror(ENOSYS)) }
    guard let context = unsafe avcodec_alloc_context3(codec) else {
      throw .outOfMemory("avcodec_alloc_context3")
    }
    let decoder = unsafe SubtitleDecoder(context)
    try unsafe check(
      "avcodec_parameters_to_context", avcodec_parameters_to_context(context, parameters))
    unsafe context.pointee.thread_count = 1
    unsafe context.pointee.pkt_timebase = timebase.av
    // Text that is not UTF-8 comes through as it is; what it is instead is decided where it is read.
    unsafe context.pointee.sub_charenc_mode = FF_SUB_CHARENC_MODE_IGNORE
    let name = unsafe String(cString: codec.pointee.name)
    try unsafe check("avcodec_open2", avcodec_open2(context, codec, nil), context: name)
    return decoder
  }

  deinit {
    var last: UnsafeMutablePointer<AVCodecContext>? = unsafe context
    unsafe avcodec_free_context(&last)
  }

  /// The styles that events refer to, as the head of an ASS script.
  package var header: [UInt8] {
    guard let text = unsafe context.pointee.subtitle_header else { return [] }
    let count = Int(unsafe context.pointee.subtitle_header_size)
    return unsafe Array(UnsafeBufferPointer(start: text, count: max(0, count)))
  }

  /// The events of a packet, as bytes; what the codec cannot read is counted in `refused`, not thrown.
  package mutating func decode(_ packet: borrowing Packet) throws(AVFailure) -> [[UInt8]] {
    guard packet.count > 0 else { return [] }
    var subtitle = unsafe AVSubtitle()
    var got: Int32 = 0
    let code = unsafe avcodec_decode_subtitle2(context, &subtitle, &got, packet.raw)
    if code == rung_averror(ENOMEM) { throw AVFailure("avcodec_decode_subtitle2", code: code) }
    guard code >= 0 else {
      refused += 1
      return []
    }
    guard got != 0 else { return [] }
    defer { unsafe avsubtitle_free(&subtitle) }
    var events: [[UInt8]] = []
    for index in 0..<Int(unsafe subtitle.num_rects) {
      guard let rectangle = unsafe subtitle.rects?[index], let text = unsafe rectangle.pointee.ass else {
        continue
      }
      unsafe events.append(Array(UnsafeRawBufferPointer(start: text, count: strlen(text))))
    }
    return events
  }
}

extension Packet {
  /// The settings of a WebVTT cue, which travel beside its text.
  package var cueSettings: [UInt8] {
    var count = 0
    guard let data = unsafe av_packet_get_side_data(raw, AV_PKT_DATA_WEBVTT_SETTINGS, &count) else {
      return []
    }
    return unsafe Array(UnsafeBufferPointer(start: data, count: count))
  }
}
