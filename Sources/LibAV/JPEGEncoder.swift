internal import CFFmpeg
package import Media

/// Pictures in, JPEG files out; sole owner of one `AVCodecContext` of libavcodec's MJPEG encoder.
///
/// Pictures are 4:2:0 with `JPEGEncoder.colour`, as JFIF wants. The quantisation tables are those of the JPEG
/// standard's annex K, scaled by a quality of 1 to 100 as libjpeg does, so that 80 means what people know as 80.
/// The same picture gives the same bytes on every machine: the integer transform in C, one thread, no comment.
@safe package struct JPEGEncoder: ~Copyable {
  /// JFIF 1.02: the matrix of BT.601 in full range.
  package static let colour = Colour(primaries: 1, transfer: 1, matrix: 5, fullRange: true)
  /// What the tables are divided by again inside the encoder: the scale that leaves them as they are.
  private static let scale: Int32 = 8

  private let context: UnsafeMutablePointer<AVCodecContext>
  private let packet: Packet

  private init(_ context: UnsafeMutablePointer<AVCodecContext>, _ packet: consuming Packet) {
    unsafe self.context = context
    self.packet = packet
  }

  package static func open(_ size: PictureSize, quality: Int) throws(AVFailure) -> JPEGEncoder {
    guard let codec = unsafe avcodec_find_encoder(AV_CODEC_ID_MJPEG) else {
      throw AVFailure("avcodec_find_encoder", code: rung_averror(ENOSYS), context: "mjpeg")
    }
    let packet = try Packet()
    guard let context = unsafe avcodec_alloc_context3(codec) else {
      throw .outOfMemory("avcodec_alloc_context3")
    }
    let encoder = unsafe JPEGEncoder(context, packet)
    unsafe context.pointee.width = Int32(clamping: size.width)
    unsafe context.pointee.height = Int32(clamping: size.height)
    unsafe context.pointee.pix_fmt = AV_PIX_FMT_YUV420P
    unsafe context.pointee.color_range = AVCOL_RANGE_JPEG
    unsafe context.pointee.colorspace = AVCOL_SPC_BT470BG
    unsafe context.pointee.sample_aspect_ratio = AVRational(num: 1, den: 1)
    unsafe context.pointee.time_base = AVRational(num: 1, den: 25)
    unsafe context.pointee.thread_count = 1
    unsafe context.pointee.dct_algo = FF_DCT_INT
    unsafe context.pointee.flags |= AV_CODEC_FLAG_BITEXACT | AV_CODEC_FLAG_QSCALE
    unsafe context.pointee.global_quality = scale * FF_QP2LAMBDA
    unsafe context.pointee.intra_matrix = try table(JPEGTables.luma, quality: quality)
    unsafe context.pointee.chroma_intra_matrix = try table(JPEGTables.chroma, quality: quality)
    try unsafe check("avcodec_open2", avcodec_open2(context, codec, nil), context: "mjpeg")
    return encoder
  }

  deinit {
    var last: UnsafeMutablePointer<AVCodecContext>? = unsafe context
    unsafe avcodec_free_context(&last)
  }

  /// The file of one picture of the encoder's size.
  package func encode(_ frame: borrowing Frame) throws(AVFailure) -> [UInt8] {
    unsafe frame.raw.pointee.quality = JPEGEncoder.scale * FF_QP2LAMBDA
    frame.forgetPictureType()
    // The same picture may be wanted again, and the encoder takes no time twice.
    let time = unsafe frame.raw.pointee.pts
    unsafe frame.raw.pointee.pts = rung_nopts()
    defer { unsafe frame.raw.pointee.pts = time }
    try unsafe check("avcodec_send_frame", avcodec_send_frame(context, frame.raw), context: "mjpeg")
    try unsafe check("avcodec_receive_packet", avcodec_receive_packet(context, packet.raw), context: "mjpeg")
    defer { packet.clear() }
    return packet.bytes
  }

  /// A table that the context owns and frees.
  private static func table(_ values: [Int], quality: Int) throws(AVFailure) -> UnsafeMutablePointer<UInt16> {
    let scaled = JPEGTables.scaled(values, quality: quality)
    guard let raw = unsafe av_malloc(scaled.count * MemoryLayout<UInt16>.stride) else {
      throw .outOfMemory("av_malloc")
    }
    let table = unsafe raw.bindMemory(to: UInt16.self, capacity: scaled.count)
    for (index, value) in scaled.enumerated() { unsafe table[index] = value }
    return unsafe table
  }
}

/// ISO/IEC 10918-1 tables K.1 and K.2, by rows.
package enum JPEGTables {
  static let luma = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
  ]
  static let chroma = [
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99,
    24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
  ]

  /// As libjpeg scales them; every step is 1 to 255.
  static func scaled(_ table: [Int], quality: Int) -> [UInt16] {
    let quality = min(max(quality, 1), 100)
    let percent = quality < 50 ? 5000 / quality : 200 - quality * 2
    return table.map { UInt16(min(max(($0 * percent + 50) / 100, 1), 255)) }
  }
}
