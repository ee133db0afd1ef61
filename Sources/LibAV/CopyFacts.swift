internal import CFFmpeg
package import Foundation
package import Media

/// What copying needs of a demuxed stream beside its facts: the decoder's configuration and whatever a muxer has to
/// be told.
extension Demuxer {
  /// The extradata as the container has it, of any form; empty when there is none.
  package func extradata(of index: Int) -> [UInt8] {
    guard let parameters = unsafe self.parameters(index), let data = unsafe parameters.pointee.extradata
    else { return [] }
    let count = max(0, Int(unsafe parameters.pointee.extradata_size))
    return unsafe Array(UnsafeBufferPointer(start: data, count: count))
  }

  /// The format of a stream's samples as they are, with times in `timebase`. `configuration` is worked out by the
  /// caller, since some containers have it in the packets. nil for codecs that cannot be copied.
  package func format(of index: Int, configuration: Data, timebase: Rational, frameRate: Rational?)
    -> TrackFormat?
  {
    guard let parameters = unsafe self.parameters(index),
      let codec = unsafe Codec(avID: parameters.pointee.codec_id),
      let facts = streams.first(where: { $0.index == index })
    else { return nil }
    var format = TrackFormat(
      codec: codec, timebase: timebase, configuration: configuration,
      bitRate: facts.bitRate ?? 0)
    if codec.isVideo {
      format.video = unsafe video(facts, parameters.pointee, frameRate)
    } else {
      var audio = AudioFormat(
        sampleRate: facts.sampleRate, channels: facts.channels, channelMask: mask(of: index),
        frameSize: facts.frameSamples, priming: max(0, Int(unsafe parameters.pointee.initial_padding)))
      audio.profile = Int(unsafe parameters.pointee.profile)
      format.audio = audio
    }
    return format
  }

  private func video(_ facts: DemuxedStream, _ parameters: AVCodecParameters, _ frameRate: Rational?)
    -> VideoFormat
  {
    var video = VideoFormat(
      size: facts.size, frameRate: frameRate ?? facts.averageRate ?? Rational(25, 1), colour: facts.colour)
    video.sampleAspectRatio = facts.sampleAspectRatio ?? Rational(1, 1)
    video.bitDepth = facts.bitDepth ?? 8
    video.light = facts.hdr?.forEncoders
    video.profile = Int(unsafe parameters.profile)
    video.level = Int(unsafe parameters.level)
    return video
  }

  private func mask(of index: Int) -> UInt64 {
    guard let parameters = unsafe self.parameters(index),
      unsafe parameters.pointee.ch_layout.order == AV_CHANNEL_ORDER_NATIVE
    else { return 0 }
    return unsafe parameters.pointee.ch_layout.u.mask
  }
}

extension Packet {
  /// The container says that from here on the decoder's configuration is another one than `extradata`; files put
  /// together from pieces often repeat the same one.
  package func changesConfiguration(from extradata: [UInt8]) -> Bool {
    var count = 0
    guard let bytes = unsafe av_packet_get_side_data(raw, AV_PKT_DATA_NEW_EXTRADATA, &count) else {
      return false
    }
    return unsafe !extradata.elementsEqual(UnsafeBufferPointer(start: bytes, count: count))
  }

  /// Whether the payload is what `body` is given to compare with.
  package func payload<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
    unsafe body(UnsafeRawBufferPointer(start: raw.pointee.data, count: count))
  }
}
