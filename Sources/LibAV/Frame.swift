internal import CFFmpeg
package import Media

/// One decoded picture or block of sound; sole owner of one `AVFrame`, whose buffers FFmpeg counts.
@safe package struct Frame: ~Copyable {
  let raw: UnsafeMutablePointer<AVFrame>

  package init() throws(AVFailure) {
    guard let frame = unsafe av_frame_alloc() else { throw .outOfMemory("av_frame_alloc") }
    unsafe raw = frame
  }

  deinit {
    var last: UnsafeMutablePointer<AVFrame>? = unsafe raw
    unsafe av_frame_free(&last)
  }

  /// Drops the contents.
  package func clear() { unsafe av_frame_unref(raw) }

  /// Takes over the contents of `other`, which is empty afterwards.
  package func take(from other: borrowing Frame) {
    unsafe av_frame_unref(raw)
    unsafe av_frame_move_ref(raw, other.raw)
  }

  /// Shares the contents of `other`.
  package func refer(to other: borrowing Frame) throws(AVFailure) {
    unsafe av_frame_unref(raw)
    try unsafe check("av_frame_ref", av_frame_ref(raw, other.raw))
  }

  package var isEmpty: Bool { unsafe raw.pointee.buf.0 == nil }

  /// The best guess at when it is presented, in the stream's timebase.
  package var time: Int64? {
    let ticks = unsafe raw.pointee.best_effort_timestamp
    return ticks == rung_nopts() ? nil : ticks
  }

  /// The decode time of the packet that it was decoded from.
  package var packetTime: Int64? {
    let ticks = unsafe raw.pointee.reordered_opaque
    return ticks == rung_nopts() ? nil : ticks
  }

  /// Instead of a packet's time: a number that no clock gives.
  static let untimed = Int64.min + 1

  /// The time of its packet is not to be believed.
  package var isUntimed: Bool { unsafe raw.pointee.reordered_opaque == Frame.untimed }

  package var isKey: Bool { unsafe raw.pointee.key_frame != 0 }

  /// The decoder made parts of it up, since what they were made from is damaged or missing.
  package var isConcealed: Bool {
    unsafe raw.pointee.decode_error_flags != 0 || raw.pointee.flags & AV_FRAME_FLAG_CORRUPT != 0
  }

  package var presentation: Int64 {
    get { unsafe raw.pointee.pts }
    nonmutating set { unsafe raw.pointee.pts = newValue }
  }

  package var size: PictureSize {
    PictureSize(Int(unsafe raw.pointee.width), Int(unsafe raw.pointee.height))
  }

  /// FFmpeg's number of the pixel or sample format.
  package var format: Int32 { unsafe raw.pointee.format }
  package var samples: Int { Int(unsafe raw.pointee.nb_samples) }
  package var sampleRate: Int { Int(unsafe raw.pointee.sample_rate) }
  package var channels: Int { Int(unsafe raw.pointee.ch_layout.nb_channels) }
  package var isInterlaced: Bool { unsafe raw.pointee.interlaced_frame != 0 }
  package var isTopFieldFirst: Bool { unsafe raw.pointee.top_field_first != 0 }

  /// Lets the encoder choose the picture type, whatever the source's was.
  package func forgetPictureType() {
    unsafe raw.pointee.pict_type = AV_PICTURE_TYPE_NONE
    unsafe raw.pointee.key_frame = 0
  }

  package func tag(_ colour: Colour) {
    unsafe raw.pointee.color_range = colour.fullRange ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG
    unsafe raw.pointee.color_primaries = AVColorPrimaries(UInt32(truncatingIfNeeded: colour.primaries))
    unsafe raw.pointee.color_trc = AVColorTransferCharacteristic(UInt32(truncatingIfNeeded: colour.transfer))
    unsafe raw.pointee.colorspace = AVColorSpace(UInt32(truncatingIfNeeded: colour.matrix))
    unsafe raw.pointee.sample_aspect_ratio = AVRational(num: 1, den: 1)
  }

  /// The mean of the first plane of an 8-bit picture, from every eighth line and column: how bright it is.
  package var meanLuma: Double {
    guard let luma = unsafe raw.pointee.data.0, size.width > 0, size.height > 0 else { return 0 }
    let stride = Int(unsafe raw.pointee.linesize.0)
    var sum = 0
    var count = 0
    for row in Swift.stride(from: 0, to: size.height, by: 8) {
      for column in Swift.stride(from: 0, to: size.width, by: 8) {
        sum &+= Int(unsafe luma[row * stride + column])
        count += 1
      }
    }
    return Double(sum) / Double(max(1, count))
  }

  /// Gets picture buffers of its own.
  /// Its rows begin at multiples of `alignment` bytes; 0: as the machine's vector instructions like it.
  package static func picture(
    _ size: PictureSize, format: PixelFormat, alignment: Int = 0
  ) throws(AVFailure) -> Frame {
    let frame = try Frame()
    unsafe frame.raw.pointee.width = Int32(clamping: size.width)
    unsafe frame.raw.pointee.height = Int32(clamping: size.height)
    unsafe frame.raw.pointee.format = format.raw
    try unsafe check("av_frame_get_buffer", av_frame_get_buffer(frame.raw, Int32(alignment)))
    return frame
  }

  /// A block of planar sound with buffers of its own; `isUnordered`: nothing is known of where its channels are.
  package static func sound(
    _ planes: [[Float]], rate: Int, isUnordered: Bool = false
  ) throws(AVFailure) -> Frame {
    let frame = try Frame()
    unsafe frame.raw.pointee.nb_samples = Int32(clamping: planes.first?.count ?? 0)
    unsafe frame.raw.pointee.format = AV_SAMPLE_FMT_FLTP.rawValue
    unsafe frame.raw.pointee.sample_rate = Int32(clamping: rate)
    if isUnordered {
      unsafe frame.raw.pointee.ch_layout.order = AV_CHANNEL_ORDER_UNSPEC
      unsafe frame.raw.pointee.ch_layout.nb_channels = Int32(clamping: planes.count)
    } else {
      unsafe av_channel_layout_default(&frame.raw.pointee.ch_layout, Int32(clamping: planes.count))
    }
    try unsafe check("av_frame_get_buffer", av_frame_get_buffer(frame.raw, 0))
    for (channel, plane) in planes.enumerated() {
      guard plane.count == frame.samples, let data = unsafe frame.raw.pointee.extended_data[channel] else {
        continue
      }
      unsafe plane.withUnsafeBytes { bytes in
        guard let from = bytes.baseAddress else { return }
        unsafe UnsafeMutableRawPointer(data).copyMemory(from: from, byteCount: bytes.count)
      }
    }
    return frame
  }

  /// Turns a block of sound into silence of its length.
  package func silence() throws(AVFailure) {
    try makeWritable()
    try unsafe check(
      "av_samples_set_silence",
      av_samples_set_silence(
        raw.pointee.extended_data, 0, raw.pointee.nb_samples, raw.pointee.ch_layout.nb_channels,
        AVSampleFormat(raw.pointee.format)))
  }

  /// Makes sure that nobody else reads the buffers while they are written.
  package func makeWritable() throws(AVFailure) {
    try unsafe check("av_frame_make_writable", av_frame_make_writable(raw))
  }
}

/// A pixel format that this code names.
package struct PixelFormat: Hashable, Sendable {
  let raw: Int32
  package static let yuv420p = PixelFormat(raw: AV_PIX_FMT_YUV420P.rawValue)
  package static let yuv420p10 = PixelFormat(raw: AV_PIX_FMT_YUV420P10LE.rawValue)
  package static let yuvj420p = PixelFormat(raw: AV_PIX_FMT_YUVJ420P.rawValue)

  /// By FFmpeg's name; nil when there is no such format.
  package static func named(_ name: String) -> PixelFormat? {
    let format = unsafe av_get_pix_fmt(name)
    return format == AV_PIX_FMT_NONE ? nil : PixelFormat(raw: format.rawValue)
  }

  package var number: Int32 { raw }

  package var name: String {
    guard let text = unsafe av_get_pix_fmt_name(AVPixelFormat(raw)) else { return "unknown" }
    return unsafe String(cString: text)
  }
}
