package import Foundation
package import Media

/// How a decoder configuration can be wrong.
package enum CodecConfigurationFailure: Error, Equatable, Sendable, CustomStringConvertible {
  case unsupported(Codec)
  /// An encoder gave no parameter sets.
  case missing(Codec)
  case damaged(Codec)
  /// A sample carries a parameter set that is not the one of the configuration.
  case parameterSetDiffers(nalType: Int)
  case muxer(AVFailure)

  package var description: String {
    switch self {
    case .unsupported(let codec): "\(codec.rawValue) has no such decoder configuration"
    case .missing(let codec):
      "the \(codec.rawValue) stream has no decoder configuration: encode with global headers"
    case .damaged(let codec): "the \(codec.rawValue) decoder configuration is damaged"
    case .parameterSetDiffers(let type):
      "a parameter set (NAL type \(type)) changes in mid-stream, which one init segment cannot serve: "
        + "encode all of it with the same settings"
    case .muxer(let failure): failure.description
    }
  }
}

/// Makes the payload of a codec's configuration box (what `TrackFormat.configuration` holds) from what an encoder
/// or a demuxer has as extradata: parameter sets in Annex B, raw OBUs, or already the payload.
package enum CodecConfiguration {
  /// The format gives what is not in the extradata: the size for HEVC and AV1, bit depth and colour for VP9.
  package static func make(
    codec: Codec, extradata: [UInt8], video: VideoFormat? = nil
  ) throws(CodecConfigurationFailure) -> Data {
    switch codec {
    case .h264:
      guard let first = extradata.first else { throw .missing(codec) }
      return first == 1 ? Data(extradata) : try avcC(annexB: extradata)
    case .hevc, .av1, .vp9:
      if extradata.isEmpty && codec != .vp9 { throw .missing(codec) }
      return try cutFromInit(codec: codec, extradata: extradata, video: video)
    case .aac, .opus, .flac:
      guard !extradata.isEmpty else { throw .missing(codec) }
      return Data(extradata)
    case .ac3, .eac3, .mp3: return Data()
    }
  }

  /// AVCDecoderConfigurationRecord (ISO/IEC 14496-15 5.3.3.1) with 4-byte lengths.
  private static func avcC(annexB: [UInt8]) throws(CodecConfigurationFailure) -> Data {
    let units = AnnexB.units(in: annexB).map { Array(annexB[$0]) }
    let sequences = units.filter { $0[0] & 31 == 7 }
    let pictures = units.filter { $0[0] & 31 == 8 }
    guard let first = sequences.first, !pictures.isEmpty else { throw .missing(.h264) }
    guard first.count >= 4, sequences.count < 32, pictures.count < 256 else { throw .damaged(.h264) }
    var record: [UInt8] = [1, first[1], first[2], first[3], 0xff, 0xe0 | UInt8(sequences.count)]
    for unit in sequences { try append(unit, to: &record) }
    record.append(UInt8(pictures.count))
    for unit in pictures { try append(unit, to: &record) }
    if let extension_ = highProfileExtension(first) { record += extension_ }
    return Data(record)
  }

  private static func append(_ unit: [UInt8], to record: inout [UInt8]) throws(CodecConfigurationFailure) {
    guard let count = UInt16(exactly: unit.count) else { throw .damaged(.h264) }
    record += [UInt8(count >> 8), UInt8(count & 0xff)] + unit
  }

  /// Chroma format and bit depths, which the record repeats for the High profiles only.
  private static func highProfileExtension(_ sequence: [UInt8]) -> [UInt8]? {
    guard ![66, 77, 88].contains(sequence[1]) else { return nil }
    var reader = BitReader(unescaping: sequence.dropFirst(4))
    guard reader.exponentialGolomb() != nil, let chroma = reader.exponentialGolomb(), chroma <= 3 else {
      return nil
    }
    if chroma == 3, reader.bits(1) == nil { return nil }
    guard let luma = reader.exponentialGolomb(), let chromaDepth = reader.exponentialGolomb(),
      luma <= 6, chromaDepth <= 6
    else { return nil }
    return [0xfc | UInt8(chroma), 0xf8 | UInt8(luma), 0xf8 | UInt8(chromaDepth), 0]
  }

  /// Lets libavformat make an init segment in memory and takes the box out of it: it knows these records well.
  private static func cutFromInit(
    codec: Codec, extradata: [UInt8], video: VideoFormat?
  ) throws(CodecConfigurationFailure) -> Data {
    var format = TrackFormat(
      codec: codec, timebase: Rational(1, 1000), configuration: Data(extradata), bitRate: 0)
    format.video = video ?? VideoFormat(size: PictureSize(16, 16), frameRate: Rational(25, 1))
    let sink = MuxerBuffer()
    do throws(AVFailure) {
      let muxer = try Muxer.open(
        .mp4, tracks: [MuxerTrack(format)], options: ["movflags": "cmaf+skip_trailer"], sink: sink)
      try muxer.finish()
    } catch { throw .muxer(error) }
    let name =
      switch codec {
      case .hevc: "hvcC"
      case .av1: "av1C"
      default: "vpcC"
      }
    guard let payload = BoxFinder.sampleEntryChild(name, in: sink.bytes) else { throw .damaged(codec) }
    return Data(payload)
  }
}

/// Finds a box in an init segment that libavformat made.
enum BoxFinder {
  /// The payload of a box inside the first sample entry of the first track.
  static func sampleEntryChild(_ name: String, in bytes: [UInt8]) -> ArraySlice<UInt8>? {
    var inside = bytes[...]
    for step in ["moov", "trak", "mdia", "minf", "stbl", "stsd"] {
      guard let next = child(step, in: inside) else { return nil }
      inside = next
    }
    // stsd: version, flags and count, then the entry's header and the 78 bytes of a visual sample entry.
    guard inside.count > 8 + 8 + 78 else { return nil }
    return child(name, in: inside.dropFirst(8 + 8 + 78))
  }

  private static func child(_ name: String, in bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var rest = bytes
    while rest.count >= 8 {
      let size = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
      guard size >= 8, size <= rest.count else { return nil }
      if rest.dropFirst(4).prefix(4).elementsEqual(name.utf8) { return rest.prefix(size).dropFirst(8) }
      rest = rest.dropFirst(size)
    }
    return nil
  }
}
