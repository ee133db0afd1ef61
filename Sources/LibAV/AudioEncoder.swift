internal import CFFmpeg
internal import Media

/// Planar float sound in, packets out; sole owner of one encoding `AVCodecContext`. Timestamps are samples.
@safe package struct AudioEncoder: ~Copyable {
  private let context: UnsafeMutablePointer<AVCodecContext>
  private let packet: Packet
  private let frame: Frame

  private init(
    _ context: UnsafeMutablePointer<AVCodecContext>, _ packet: consuming Packet, _ frame: consuming Frame
  ) {
    unsafe self.context = context
    self.packet = packet
    self.frame = frame
  }

  package static func open(
    encoder: String, channels: Int, rate: Int, bitrate: Int
  ) throws(AVFailure) -> AudioEncoder {
    guard let codec = unsafe avcodec_find_encoder_by_name(encoder) else {
      throw AVFailure("avcodec_find_encoder_by_name", code: rung_averror(ENOSYS), context: encoder)
    }
    let packet = try Packet()
    let frame = try Frame()
    guard let context = unsafe avcodec_alloc_context3(codec) else {
      throw .outOfMemory("avcodec_alloc_context3")
    }
    let made = unsafe AudioEncoder(context, packet, frame)
    unsafe context.pointee.sample_fmt = AV_SAMPLE_FMT_FLTP
    unsafe context.pointee.sample_rate = Int32(clamping: rate)
    unsafe context.pointee.bit_rate = Int64(bitrate)
    unsafe context.pointee.time_base = AVRational(num: 1, den: Int32(clamping: rate))
    unsafe av_channel_layout_default(&context.pointee.ch_layout, Int32(clamping: channels))
    unsafe context.pointee.thread_count = 1
    unsafe context.pointee.flags |= AV_CODEC_FLAG_BITEXACT | rung_flag_global_header()
    try unsafe check("avcodec_open2", avcodec_open2(context, codec, nil), context: encoder)
    return made
  }

  deinit {
    var last: UnsafeMutablePointer<AVCodecContext>? = unsafe context
    unsafe avcodec_free_context(&last)
  }

  package var extradata: [UInt8] { unsafe bytes(context.pointee.extradata, context.pointee.extradata_size) }
  /// Samples of every frame but the last, which may be shorter.
  package var frameSize: Int { Int(unsafe context.pointee.frame_size) }
  /// Samples that the encoder puts before the first one.
  package var priming: Int { Int(unsafe context.pointee.initial_padding) }
  /// Samples of silence that have to follow the last one so that it comes out: none where flushing gives it.
  package var tail: Int {
    unsafe context.pointee.codec.pointee.capabilities & Int32(AV_CODEC_CAP_DELAY) != 0 ? 0 : priming
  }
  package var profile: Int { Int(unsafe context.pointee.profile) }
  package var channelMask: UInt64 {
    unsafe context.pointee.ch_layout.order == AV_CHANNEL_ORDER_NATIVE ? context.pointee.ch_layout.u.mask : 0
  }

  /// Encodes one frame: `count` samples from `first` on in each plane, presented at sample `time`.
  package func encode(
    _ planes: [[Float]], from first: Int, count: Int, at time: Int64,
    sink: (borrowing Packet) throws -> Void
  ) throws {
    frame.clear()
    unsafe frame.raw.pointee.nb_samples = Int32(clamping: count)
    unsafe frame.raw.pointee.format = AV_SAMPLE_FMT_FLTP.rawValue
    unsafe frame.raw.pointee.sample_rate = context.pointee.sample_rate
    try unsafe check(
      "av_channel_layout_copy",
      av_channel_layout_copy(&frame.raw.pointee.ch_layout, &context.pointee.ch_layout))
    try unsafe check("av_frame_get_buffer", av_frame_get_buffer(frame.raw, 0))
    for (channel, plane) in planes.enumerated() {
      unsafe plane.withUnsafeBufferPointer { samples in
        guard let from = samples.baseAddress, first + count <= plane.count,
          let data = unsafe frame.raw.pointee.extended_data[channel]
        else { return }
        unsafe UnsafeMutableRawPointer(data).copyMemory(
          from: from + first, byteCount: count * MemoryLayout<Float>.stride)
      }
    }
    unsafe frame.raw.pointee.pts = time
    try unsafe check("avcodec_send_frame", avcodec_send_frame(context, frame.raw))
    try unsafe drain(context, into: packet, sink)
  }

  /// Hands over what is delayed.
  package consuming func finish(sink: (borrowing Packet) throws -> Void) throws {
    try unsafe check("avcodec_send_frame", avcodec_send_frame(context, nil))
    try unsafe drain(context, into: packet, sink)
  }
}
