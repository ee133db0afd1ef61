internal import CFFmpeg
internal import Media

/// Rung's codecs beside FFmpeg's.
extension Codec {
  var avID: AVCodecID {
    switch self {
    case .h264: AV_CODEC_ID_H264
    case .hevc: AV_CODEC_ID_HEVC
    case .av1: AV_CODEC_ID_AV1
    case .vp9: AV_CODEC_ID_VP9
    case .aac: AV_CODEC_ID_AAC
    case .ac3: AV_CODEC_ID_AC3
    case .eac3: AV_CODEC_ID_EAC3
    case .opus: AV_CODEC_ID_OPUS
    case .flac: AV_CODEC_ID_FLAC
    case .mp3: AV_CODEC_ID_MP3
    }
  }

  /// nil for a codec that Rung neither makes nor copies.
  init?(avID: AVCodecID) {
    guard let codec = Codec.allCases.first(where: { $0.avID == avID }) else { return nil }
    self = codec
  }
}

extension TrackFormat {
  /// Fills the parameters of one stream, the way a muxer wants them.
  func fill(_ parameters: UnsafeMutablePointer<AVCodecParameters>) throws(AVFailure) {
    unsafe parameters.pointee.codec_id = codec.avID
    unsafe parameters.pointee.codec_type = codec.isVideo ? AVMEDIA_TYPE_VIDEO : AVMEDIA_TYPE_AUDIO
    // The muxer chooses the sample entry by the codec, not by the tag of another container.
    unsafe parameters.pointee.codec_tag = 0
    unsafe parameters.pointee.bit_rate = bitRate
    if !configuration.isEmpty { try unsafe fillConfiguration(parameters) }
    if let video { unsafe video.fill(parameters, codec: codec, configuration: Array(configuration)) }
    if let audio { unsafe audio.fill(parameters, codec: codec, configuration: Array(configuration)) }
  }

  private func fillConfiguration(_ parameters: UnsafeMutablePointer<AVCodecParameters>) throws(AVFailure) {
    let padding = Int(AV_INPUT_BUFFER_PADDING_SIZE)
    guard let count = Int32(exactly: configuration.count),
      let raw = unsafe av_mallocz(configuration.count + padding)
    else { throw .outOfMemory("av_mallocz") }
    let copy = unsafe raw.assumingMemoryBound(to: UInt8.self)
    unsafe configuration.copyBytes(to: copy, count: configuration.count)
    unsafe parameters.pointee.extradata = copy
    unsafe parameters.pointee.extradata_size = count
  }
}

extension VideoFormat {
  fileprivate func fill(
    _ parameters: UnsafeMutablePointer<AVCodecParameters>, codec: Codec, configuration: [UInt8]
  ) {
    unsafe parameters.pointee.width = Int32(clamping: size.width)
    unsafe parameters.pointee.height = Int32(clamping: size.height)
    unsafe parameters.pointee.sample_aspect_ratio = sampleAspectRatio.av
    unsafe parameters.pointee.color_primaries = AVColorPrimaries(UInt32(clamping: colour.primaries))
    unsafe parameters.pointee.color_trc = AVColorTransferCharacteristic(UInt32(clamping: colour.transfer))
    unsafe parameters.pointee.color_space = AVColorSpace(UInt32(clamping: colour.matrix))
    unsafe parameters.pointee.color_range = colour.fullRange ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG
    unsafe parameters.pointee.chroma_location = AVCHROMA_LOC_LEFT
    unsafe parameters.pointee.profile = Int32(clamping: profile)
    unsafe parameters.pointee.level = Int32(clamping: level)
    unsafe parameters.pointee.format = pixelFormat.rawValue
    // `vpcC` is not taken as extradata: the muxer writes it from profile and level.
    if codec == .vp9, configuration.count >= 6 {
      unsafe parameters.pointee.profile = Int32(configuration[4])
      unsafe parameters.pointee.level = Int32(configuration[5])
    }
  }

  private var pixelFormat: AVPixelFormat {
    switch bitDepth {
    case 10: AV_PIX_FMT_YUV420P10LE
    case 12: AV_PIX_FMT_YUV420P12LE
    default: AV_PIX_FMT_YUV420P
    }
  }
}

extension AudioFormat {
  fileprivate func fill(
    _ parameters: UnsafeMutablePointer<AVCodecParameters>, codec: Codec, configuration: [UInt8]
  ) {
    unsafe parameters.pointee.sample_rate = Int32(clamping: sampleRate)
    unsafe parameters.pointee.frame_size = Int32(clamping: frameSize)
    unsafe parameters.pointee.initial_padding = Int32(clamping: priming)
    unsafe parameters.pointee.profile = Int32(clamping: profile)
    var layout = unsafe AVChannelLayout()
    // A layout from a mask or a default owns no memory: it can be copied as a value.
    let known = unsafe av_channel_layout_from_mask(&layout, channelMask)
    if known < 0 { unsafe av_channel_layout_default(&layout, Int32(clamping: channels)) }
    unsafe parameters.pointee.ch_layout = layout
    // FLAC's sample entry repeats the bits per sample of STREAMINFO (bits 103 to 107 of it).
    if codec == .flac {
      var reader = BitReader(configuration.dropFirst(12))
      if reader.bits(7) != nil, let bits = reader.bits(5) {
        unsafe parameters.pointee.bits_per_raw_sample = Int32(bits + 1)
      }
    }
  }
}
