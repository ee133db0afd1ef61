internal import CFFmpeg
package import Media

/// What a video encoder is opened with.
package struct VideoEncoderSettings: Sendable, Equatable {
  /// FFmpeg's name: `libx264`, `libx265`, `libsvtav1`.
  package var encoder: String
  package var size: PictureSize
  package var frameRate: Rational
  package var colour: Colour
  package var pixelFormat: PixelFormat
  /// Private options, set in this order; one that the encoder does not know is an error.
  package var options: [(name: String, value: String)]
  package var bitrate: Int
  package var maxBitrate: Int
  package var bufferBits: Int
  package var gopFrames: Int
  package var level: Int?
  package var pass: Pass

  /// x264 leaves its statistics in the first pass and reads them in the second; a measured second pass reads a first
  /// pass's and leaves its own in their place.
  package enum Pass: Sendable { case only, first, second, measuredSecond }

  package init(encoder: String, size: PictureSize, frameRate: Rational, colour: Colour, gopFrames: Int) {
    self.encoder = encoder
    self.size = size
    self.frameRate = frameRate
    self.colour = colour
    self.gopFrames = gopFrames
    pixelFormat = .yuv420p
    options = []
    (bitrate, maxBitrate, bufferBits, level, pass) = (0, 0, 0, nil, .only)
  }

  package static func == (left: VideoEncoderSettings, right: VideoEncoderSettings) -> Bool {
    left.encoder == right.encoder && left.size == right.size && left.frameRate == right.frameRate
      && left.colour == right.colour && left.pixelFormat == right.pixelFormat
      && left.options.elementsEqual(right.options) { $0 == $1 } && left.bitrate == right.bitrate
      && left.maxBitrate == right.maxBitrate && left.bufferBits == right.bufferBits
      && left.gopFrames == right.gopFrames && left.level == right.level && left.pass == right.pass
  }
}

/// Pictures in, packets out; sole owner of one encoding `AVCodecContext`, with one thread. Timestamps are frames.
@safe package struct VideoEncoder: ~Copyable {
  private let context: UnsafeMutablePointer<AVCodecContext>
  private let packet: Packet

  private init(_ context: UnsafeMutablePointer<AVCodecContext>, _ packet: consuming Packet) {
    unsafe self.context = context
    self.packet = packet
  }

  package static func open(_ settings: VideoEncoderSettings) throws(AVFailure) -> VideoEncoder {
    guard let codec = unsafe avcodec_find_encoder_by_name(settings.encoder) else {
      throw AVFailure(
        "avcodec_find_encoder_by_name", code: rung_averror(ENOSYS), context: settings.encoder)
    }
    let packet = try Packet()
    guard let context = unsafe avcodec_alloc_context3(codec) else {
      throw .outOfMemory("avcodec_alloc_context3")
    }
    let encoder = unsafe VideoEncoder(context, packet)
    encoder.apply(settings)
    for option in settings.options {
      try unsafe check(
        "av_opt_set", av_opt_set(context, option.name, option.value, AV_OPT_SEARCH_CHILDREN),
        context: "\(settings.encoder) \(option.name)=\(option.value)")
    }
    try unsafe check("avcodec_open2", avcodec_open2(context, codec, nil), context: settings.encoder)
    return encoder
  }

  private func apply(_ settings: VideoEncoderSettings) {
    unsafe context.pointee.width = Int32(clamping: settings.size.width)
    unsafe context.pointee.height = Int32(clamping: settings.size.height)
    unsafe context.pointee.pix_fmt = AVPixelFormat(settings.pixelFormat.raw)
    unsafe context.pointee.time_base = settings.frameRate.inverse.av
    unsafe context.pointee.framerate = settings.frameRate.av
    unsafe context.pointee.sample_aspect_ratio = AVRational(num: 1, den: 1)
    unsafe context.pointee.color_range =
      settings.colour.fullRange ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG
    unsafe context.pointee.color_primaries =
      AVColorPrimaries(UInt32(truncatingIfNeeded: settings.colour.primaries))
    unsafe context.pointee.color_trc =
      AVColorTransferCharacteristic(UInt32(truncatingIfNeeded: settings.colour.transfer))
    unsafe context.pointee.colorspace = AVColorSpace(UInt32(truncatingIfNeeded: settings.colour.matrix))
    unsafe context.pointee.bit_rate = Int64(settings.bitrate)
    unsafe context.pointee.rc_max_rate = Int64(settings.maxBitrate)
    unsafe context.pointee.rc_buffer_size = Int32(clamping: settings.bufferBits)
    unsafe context.pointee.gop_size = Int32(clamping: settings.gopFrames)
    unsafe context.pointee.keyint_min = Int32(clamping: settings.gopFrames)
    if let level = settings.level { unsafe context.pointee.level = Int32(clamping: level) }
    unsafe context.pointee.thread_count = 1
    unsafe context.pointee.flags |=
      AV_CODEC_FLAG_BITEXACT | rung_flag_global_header() | rung_flag_closed_gop()
    switch settings.pass {
    case .only: break
    case .first: unsafe context.pointee.flags |= AV_CODEC_FLAG_PASS1
    case .second: unsafe context.pointee.flags |= AV_CODEC_FLAG_PASS2
    case .measuredSecond: unsafe context.pointee.flags |= AV_CODEC_FLAG_PASS1 | AV_CODEC_FLAG_PASS2
    }
  }

  deinit {
    var last: UnsafeMutablePointer<AVCodecContext>? = unsafe context
    unsafe avcodec_free_context(&last)
  }

  /// Parameter sets as the encoder writes them.
  package var extradata: [UInt8] { unsafe bytes(context.pointee.extradata, context.pointee.extradata_size) }

  /// Encodes a picture whose `presentation` is set, and hands over the packets that are ready.
  package func encode(_ frame: borrowing Frame, sink: (borrowing Packet) throws -> Void) throws {
    try unsafe check("avcodec_send_frame", avcodec_send_frame(context, frame.raw))
    WorkMeter.add()
    try unsafe drain(context, into: packet, sink)
  }

  /// Hands over what is delayed. Consuming: nothing can be encoded afterwards.
  package consuming func finish(sink: (borrowing Packet) throws -> Void) throws {
    try unsafe check("avcodec_send_frame", avcodec_send_frame(context, nil))
    try unsafe drain(context, into: packet, sink)
  }
}

func bytes(_ start: UnsafeMutablePointer<UInt8>?, _ count: Int32) -> [UInt8] {
  guard let start = unsafe start, count > 0 else { return [] }
  return unsafe Array(UnsafeBufferPointer(start: start, count: Int(count)))
}

/// Hands over the packets that an encoder has ready, one at a time, in `packet`.
func drain(
  _ context: UnsafeMutablePointer<AVCodecContext>, into packet: borrowing Packet,
  _ sink: (borrowing Packet) throws -> Void
) throws {
  while true {
    let code = unsafe avcodec_receive_packet(context, packet.raw)
    if code == rung_averror_eagain() || code == rung_averror_eof() { return }
    try check("avcodec_receive_packet", code)
    WorkMeter.add()
    try sink(packet)
    packet.clear()
  }
}
