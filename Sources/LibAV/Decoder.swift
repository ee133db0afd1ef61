internal import CFFmpeg
internal import Media

/// Packets in, pictures or sound out; sole owner of one decoding `AVCodecContext`. Single-threaded, so that
/// the same packets give the same frames; damaged packets are passed over and counted.
@safe package struct Decoder: ~Copyable {
  private let context: UnsafeMutablePointer<AVCodecContext>
  /// Packets that the decoder refused.
  package private(set) var refused = 0
  /// Frames that came out with parts made up.
  package private(set) var concealed = 0

  private let initial: Appearance

  private init(_ context: UnsafeMutablePointer<AVCodecContext>, _ initial: Appearance) {
    unsafe self.context = context
    self.initial = initial
  }

  /// `cutsEdges`: pictures come without what the bitstream cuts off, else they say what that is.
  package static func open(
    _ demuxer: borrowing Demuxer, stream: Int, cutsEdges: Bool = true
  ) throws(AVFailure) -> Decoder {
    guard let parameters = unsafe demuxer.parameters(stream),
      let codec = unsafe decoder(parameters.pointee.codec_id, isTransparent: demuxer.hasAlphaBeside(stream))
    else {
      throw AVFailure("avcodec_find_decoder", code: rung_averror(ENOSYS))
    }
    guard let context = unsafe avcodec_alloc_context3(codec) else {
      throw .outOfMemory("avcodec_alloc_context3")
    }
    let decoder = unsafe Decoder(context, Appearance(parameters.pointee))
    try unsafe check(
      "avcodec_parameters_to_context", avcodec_parameters_to_context(context, parameters))
    unsafe context.pointee.thread_count = 1
    unsafe context.pointee.pkt_timebase = demuxer.timebase(of: stream).av
    unsafe context.pointee.flags |= AV_CODEC_FLAG_BITEXACT
    unsafe context.pointee.max_pixels = SourceCaps.pixels
    // Without it pictures keep what is cut off their left edge, as far as it takes to begin where vectors like it.
    unsafe context.pointee.flags |= AV_CODEC_FLAG_UNALIGNED
    unsafe context.pointee.apply_cropping = cutsEdges ? 1 : 0
    let name = unsafe String(cString: codec.pointee.name)
    try unsafe check("avcodec_open2", avcodec_open2(context, codec, nil), context: name)
    return decoder
  }

  /// The alpha of VP8 and VP9 is a stream of its own beside the picture, and only libvpx takes it.
  private static func decoder(_ codec: AVCodecID, isTransparent: Bool) -> UnsafePointer<AVCodec>? {
    let usual = unsafe avcodec_find_decoder(codec)
    guard isTransparent else { return unsafe usual }
    switch codec {
    case AV_CODEC_ID_VP8: return unsafe avcodec_find_decoder_by_name("libvpx") ?? usual
    case AV_CODEC_ID_VP9: return unsafe avcodec_find_decoder_by_name("libvpx-vp9") ?? usual
    default: return unsafe usual
    }
  }

  deinit {
    var last: UnsafeMutablePointer<AVCodecContext>? = unsafe context
    unsafe avcodec_free_context(&last)
  }

  /// Leaves out the deblocking of pictures that no other picture refers to: a sixth of the work, and what follows is
  /// exact all the same. For pictures that are only looked at.
  package mutating func decodeRoughly(_ isRough: Bool) {
    unsafe context.pointee.skip_loop_filter = isRough ? AVDISCARD_NONREF : AVDISCARD_DEFAULT
  }

  /// Hands over a packet. What the codec cannot read is counted in `refused`, not thrown. Its decode time comes back
  /// in each frame's `packetTime`; one that is not timed gives a frame that says so.
  package mutating func send(_ packet: borrowing Packet, isTimed: Bool = true) throws(AVFailure) {
    // A packet without bytes, an AVI's "as before", would mean the end of the stream to the decoder.
    guard packet.count > 0 else { return }
    unsafe context.pointee.reordered_opaque = packet.decode ?? packet.presentation ?? rung_nopts()
    if !isTimed {
      unsafe context.pointee.reordered_opaque = Frame.untimed
      (packet.presentation, packet.decode) = (nil, nil)
    }
    let code = unsafe avcodec_send_packet(context, packet.raw)
    if code == rung_averror(ENOMEM) { throw AVFailure("avcodec_send_packet", code: code) }
    if code < 0, code != rung_averror_eagain() { refused += 1 }
  }

  /// No more packets: what is delayed comes out.
  package mutating func sendEnd() { _ = unsafe avcodec_send_packet(context, nil) }

  /// The next frame; false when another packet is needed, or at the end.
  package mutating func receive(into frame: borrowing Frame) throws(AVFailure) -> Bool {
    for _ in 0..<64 {
      let code = unsafe avcodec_receive_frame(context, frame.raw)
      if code >= 0 {
        WorkMeter.add()
        if frame.isConcealed { concealed += 1 }
        return true
      }
      if code == rung_averror_eagain() || code == rung_averror_eof() { return false }
      if code == rung_averror(ENOMEM) { throw AVFailure("avcodec_receive_frame", code: code) }
      refused += 1
    }
    return false
  }

  /// Forgets everything, as after a seek; also what the pictures so far said about colour and shape, since decoders keep
  /// it where later ones say nothing, and one place of a source has to look the same whichever way it was come to.
  package mutating func reset() {
    unsafe avcodec_flush_buffers(context)
    unsafe initial.restore(context)
  }

  /// What the container tells of pictures.
  private struct Appearance {
    private let range: AVColorRange
    private let primaries: AVColorPrimaries
    private let transfer: AVColorTransferCharacteristic
    private let matrix: AVColorSpace
    private let ratio: AVRational

    init(_ parameters: AVCodecParameters) {
      range = unsafe parameters.color_range
      primaries = unsafe parameters.color_primaries
      transfer = unsafe parameters.color_trc
      matrix = unsafe parameters.color_space
      ratio = unsafe parameters.sample_aspect_ratio
    }

    func restore(_ context: UnsafeMutablePointer<AVCodecContext>) {
      unsafe context.pointee.color_range = range
      unsafe context.pointee.color_primaries = primaries
      unsafe context.pointee.color_trc = transfer
      unsafe context.pointee.colorspace = matrix
      unsafe context.pointee.sample_aspect_ratio = ratio
    }
  }
}
