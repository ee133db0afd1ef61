internal import CFFmpeg
package import Media

/// What a container tells about one stream, in Rung's values but not yet interpreted: a demuxer's stream in,
/// facts out. What it means to a person (level names, languages, orientation) is worked out by probing.
package struct DemuxedStream: Sendable, Equatable {
  package enum Kind: String, Sendable { case video, audio, subtitle, data, attachment, unknown }

  package var index: Int
  package var kind: Kind
  /// FFmpeg's codec name; `unknown` when there is no such codec.
  package var codec = "unknown"
  package var hasDecoder = false
  package var profile: String?
  /// The codec's own number; nil when unknown.
  package var level: Int?
  package var timebase: Rational
  package var start: Int64?
  package var duration: Int64?
  package var bitRate: Int64?
  package var language: String?
  package var title: String?
  package var disposition: [String] = []
  package var isCover = false
  package var isEncrypted = false

  // Pictures.
  package var size = PictureSize(0, 0)
  /// The container's own number of the stream; 0 where it has none.
  package var number = 0
  package var sampleAspectRatio: Rational?
  /// The nine numbers of a display matrix, row by row.
  package var displayMatrix: [Int32]?
  package var averageRate: Rational?
  package var nominalRate: Rational?
  package var fieldOrder = FieldOrder.unknown
  package var pixelFormat = "unknown"
  package var bitDepth: Int?
  package var colour = Colour()
  package var hdr: HDRMetadata?
  /// The codec's pictures may come in another order than they are shown in.
  package var reorders = false

  // Sound.
  package var channels = 0
  package var layout = "unknown"
  package var sampleRate = 0
  package var frameSamples = 0
}

extension Demuxer {
  /// The facts of all streams, in stream order.
  package var streams: [DemuxedStream] {
    (0..<streamCount).compactMap { index in
      guard let stream = unsafe self.stream(index), let parameters = unsafe parameters(index) else {
        return nil
      }
      return unsafe facts(index, stream, parameters)
    }
  }

  /// The container's length in microseconds as its header has it; nil when it is missing or guessed from a rate.
  package var statedDuration: MediaTime? {
    let duration = unsafe raw.pointee.duration
    guard duration > 0, unsafe raw.pointee.duration_estimation_method == AVFMT_DURATION_FROM_STREAM else {
      return nil
    }
    // All ones in an ISO file's 32-bit field mean that the length is not known (ISO/IEC 14496-12, 8.2.2).
    for index in 0..<streamCount {
      if let stream = unsafe self.stream(index), unsafe stream.pointee.duration >= Int64(UInt32.max) - 1 {
        return nil
      }
    }
    return MediaTime(duration, Rational(1, Int64(AV_TIME_BASE)))
  }

  package var chapters: [Chapter] {
    (0..<Int(unsafe raw.pointee.nb_chapters)).compactMap { index in
      guard let chapter = unsafe raw.pointee.chapters?[index] else { return nil }
      let timebase = Rational(unsafe chapter.pointee.time_base)
      return Chapter(
        start: MediaTime(unsafe chapter.pointee.start, timebase),
        end: MediaTime(unsafe chapter.pointee.end, timebase),
        title: unsafe Demuxer.value("title", of: chapter.pointee.metadata))
    }
  }

  /// The brand of an ISO file: `isom`, `qt  `, `3gp4`; nil for other formats.
  package var majorBrand: String? { unsafe Demuxer.value("major_brand", of: raw.pointee.metadata) }

  private func facts(
    _ index: Int, _ stream: UnsafeMutablePointer<AVStream>, _ parameters: UnsafePointer<AVCodecParameters>
  ) -> DemuxedStream {
    let codec = unsafe parameters.pointee
    var facts = DemuxedStream(
      index: index, kind: Demuxer.kind(unsafe codec.codec_type),
      timebase: Rational(unsafe stream.pointee.time_base))
    if unsafe codec.codec_id != AV_CODEC_ID_NONE {
      facts.codec = unsafe String(cString: avcodec_get_name(codec.codec_id))
    }
    facts.hasDecoder = unsafe avcodec_find_decoder(codec.codec_id) != nil
    facts.profile = unsafe avcodec_profile_name(codec.codec_id, codec.profile).map {
      unsafe String(cString: $0)
    }
    facts.level = unsafe codec.level == FF_LEVEL_UNKNOWN ? nil : Int(codec.level)
    facts.start = Demuxer.known(unsafe stream.pointee.start_time)
    facts.duration = Demuxer.known(unsafe stream.pointee.duration)
    facts.bitRate = unsafe codec.bit_rate > 0 ? codec.bit_rate : nil
    facts.language = unsafe Demuxer.value("language", of: stream.pointee.metadata)
    facts.title = unsafe Demuxer.value("title", of: stream.pointee.metadata)
    facts.disposition = Demuxer.words(ofDisposition: unsafe stream.pointee.disposition)
    facts.isCover = unsafe stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC != 0
    facts.isEncrypted =
      unsafe ["encv", "enca"].contains(Demuxer.letters(codec.codec_tag))
      || hasSideData(stream, AV_PKT_DATA_ENCRYPTION_INIT_INFO)
      // Matroska's ContentEncKeyID.
      || Demuxer.value("enc_key_id", of: stream.pointee.metadata) != nil
    switch facts.kind {
    case .video: unsafe fillPictures(&facts, stream, codec)
    case .audio: unsafe fillSound(&facts, parameters)
    case .subtitle: unsafe fillText(&facts, codec)
    default: break
    }
    return facts
  }

  /// 3GPP timed text says in its display flags that all of it is forced (Apple's QuickTime file format: tx3g); FFmpeg
  /// passes them on as they are.
  private func fillText(_ facts: inout DemuxedStream, _ codec: AVCodecParameters) {
    guard facts.codec == "mov_text", unsafe codec.extradata_size >= 4, let data = unsafe codec.extradata,
      unsafe data[0] & 0x80 != 0, !facts.disposition.contains("forced")
    else { return }
    facts.disposition.append("forced")
  }

  private func fillPictures(
    _ facts: inout DemuxedStream, _ stream: UnsafeMutablePointer<AVStream>, _ codec: AVCodecParameters
  ) {
    facts.number = Int(unsafe stream.pointee.id)
    facts.size = PictureSize(Int(unsafe codec.width), Int(unsafe codec.height))
    facts.sampleAspectRatio = Demuxer.positive(
      unsafe av_guess_sample_aspect_ratio(UnsafeMutablePointer(mutating: raw), stream, nil))
    facts.averageRate = Demuxer.positive(unsafe stream.pointee.avg_frame_rate)
    facts.nominalRate = Demuxer.positive(unsafe stream.pointee.r_frame_rate)
    facts.reorders = unsafe codec.video_delay > 0
    facts.fieldOrder = Demuxer.fieldOrder(unsafe codec.field_order)
    if let description = unsafe av_pix_fmt_desc_get(AVPixelFormat(rawValue: codec.format)) {
      facts.pixelFormat = unsafe String(cString: description.pointee.name)
      facts.bitDepth = Int(unsafe description.pointee.comp.0.depth)
    }
    if hasAlphaBeside(facts.index), facts.pixelFormat == "yuv420p" { facts.pixelFormat = "yuva420p" }
    facts.colour = Colour(
      primaries: Int(unsafe codec.color_primaries.rawValue), transfer: Int(unsafe codec.color_trc.rawValue),
      matrix: Int(unsafe codec.color_space.rawValue),
      fullRange: unsafe codec.color_range == AVCOL_RANGE_JPEG || facts.pixelFormat.hasPrefix("yuvj"))
    facts.displayMatrix = unsafe sideData(stream, AV_PKT_DATA_DISPLAYMATRIX) { bytes in
      guard bytes.count >= 36 else { return nil }
      return (0..<9).map { unsafe bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self) }
    }
    facts.hdr = unsafe hdr(stream)
  }

  private func hdr(_ stream: UnsafeMutablePointer<AVStream>) -> HDRMetadata? {
    var found = HDRMetadata()
    unsafe sideData(stream, AV_PKT_DATA_MASTERING_DISPLAY_METADATA) { bytes in
      guard bytes.count >= MemoryLayout<AVMasteringDisplayMetadata>.size else { return }
      found.note(unsafe bytes.loadUnaligned(as: AVMasteringDisplayMetadata.self))
    }
    unsafe sideData(stream, AV_PKT_DATA_CONTENT_LIGHT_LEVEL) { bytes in
      guard bytes.count >= MemoryLayout<AVContentLightMetadata>.size else { return }
      found.note(unsafe bytes.loadUnaligned(as: AVContentLightMetadata.self))
    }
    unsafe sideData(stream, AV_PKT_DATA_DOVI_CONF) { bytes in
      // AVDOVIDecoderConfigurationRecord: two version bytes, then the profile.
      guard bytes.count > 2 else { return }
      found.dolbyVisionProfile = Int(unsafe bytes[2])
    }
    return found == HDRMetadata() ? nil : found
  }

  private func fillSound(_ facts: inout DemuxedStream, _ parameters: UnsafePointer<AVCodecParameters>) {
    facts.sampleRate = max(0, Int(unsafe parameters.pointee.sample_rate))
    facts.frameSamples = max(0, Int(unsafe parameters.pointee.frame_size))
    facts.channels = max(0, Int(unsafe parameters.pointee.ch_layout.nb_channels))
    var layout = unsafe parameters.pointee.ch_layout
    // WAV and others only count channels: one and two can only mean this.
    if unsafe layout.order == AV_CHANNEL_ORDER_UNSPEC, (1...2).contains(facts.channels) {
      facts.layout = facts.channels == 1 ? "mono" : "stereo"
      return
    }
    var text = [CChar](repeating: 0, count: 128)
    if unsafe av_channel_layout_describe(&layout, &text, text.count) > 0 {
      facts.layout = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }

  /// Matroska's AlphaMode: each packet has another one with the alpha beside it.
  func hasAlphaBeside(_ index: Int) -> Bool {
    guard let stream = unsafe self.stream(index), let parameters = unsafe parameters(index),
      unsafe [AV_CODEC_ID_VP8, AV_CODEC_ID_VP9].contains(parameters.pointee.codec_id)
    else { return false }
    return unsafe Demuxer.value("alpha_mode", of: stream.pointee.metadata) == "1"
  }

  private func hasSideData(_ stream: UnsafeMutablePointer<AVStream>, _ type: AVPacketSideDataType) -> Bool {
    unsafe av_stream_get_side_data(stream, type, nil) != nil
  }

  @discardableResult
  private func sideData<Value>(
    _ stream: UnsafeMutablePointer<AVStream>, _ type: AVPacketSideDataType,
    _ body: (UnsafeRawBufferPointer) -> Value?
  ) -> Value? {
    var count = 0
    guard let data = unsafe av_stream_get_side_data(stream, type, &count) else { return nil }
    return unsafe body(UnsafeRawBufferPointer(start: data, count: count))
  }

  private static func kind(_ type: AVMediaType) -> DemuxedStream.Kind {
    switch type {
    case AVMEDIA_TYPE_VIDEO: .video
    case AVMEDIA_TYPE_AUDIO: .audio
    case AVMEDIA_TYPE_SUBTITLE: .subtitle
    case AVMEDIA_TYPE_DATA: .data
    case AVMEDIA_TYPE_ATTACHMENT: .attachment
    default: .unknown
    }
  }

  /// Which field is shown first; the coded order (first letter) does not matter here.
  private static func fieldOrder(_ order: AVFieldOrder) -> FieldOrder {
    switch order {
    case AV_FIELD_PROGRESSIVE: .progressive
    case AV_FIELD_TT, AV_FIELD_BT: .topFirst
    case AV_FIELD_BB, AV_FIELD_TB: .bottomFirst
    default: .unknown
    }
  }

  private static func words(ofDisposition bits: Int32) -> [String] {
    (0..<31).compactMap { bit in
      guard bits & (1 << Int32(bit)) != 0, let word = unsafe av_disposition_to_string(1 << Int32(bit)) else {
        return nil
      }
      return unsafe String(cString: word)
    }
  }

  private static func letters(_ tag: UInt32) -> String {
    String(decoding: (0..<4).map { UInt8(truncatingIfNeeded: tag >> (8 * UInt32($0))) }, as: UTF8.self)
  }

  private static func value(_ key: String, of dictionary: OpaquePointer?) -> String? {
    guard let entry = unsafe av_dict_get(dictionary, key, nil, 0), let text = unsafe entry.pointee.value
    else {
      return nil
    }
    return unsafe String(cString: text)
  }

  private static func known(_ ticks: Int64) -> Int64? { ticks == rung_nopts() ? nil : ticks }

  private static func positive(_ value: AVRational) -> Rational? {
    let value = Rational(value)
    return value.isPositive ? value.reduced : nil
  }
}

extension Packet {
  /// The first bytes of the payload, at most `limit` of them.
  package func head(_ limit: Int) -> [UInt8] {
    guard let data = unsafe raw.pointee.data, count > 0 else { return [] }
    return unsafe Array(UnsafeBufferPointer(start: data, count: min(limit, count)))
  }

  /// Samples that a decoder drops at this packet's beginning (encoder delay) and at its end (padding), as the
  /// container tells; the beginning may reach over several packets.
  package var trimmedSamples: (start: Int64, end: Int64) {
    var count = 0
    guard let data = unsafe av_packet_get_side_data(raw, AV_PKT_DATA_SKIP_SAMPLES, &count), count >= 8 else {
      return (0, 0)
    }
    let bytes = unsafe UnsafeRawBufferPointer(start: data, count: count)
    let start = unsafe UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))
    let end = unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
    return (Int64(start), Int64(end))
  }
}
