internal import CFFmpeg
internal import Foundation

/// Where captions travel: `cc_data` triplets beside a decoded picture, and inside compressed ones.
enum CaptionBytes {
  /// No honest picture has more: 31 (five bits of `cc_count`) for each of two fields.
  static let most = 2 * 31 * 3
  /// How ATSC A/53 marks its user data of type `cc_data`.
  static let mark: [UInt8] = [0x47, 0x41, 0x39, 0x34, 0x03]
}

extension Frame {
  /// The captions that came with the picture, which has none afterwards, so that no filter or encoder carries them
  /// where they were not sent.
  func takeCaptions() -> [UInt8] {
    guard let data = unsafe av_frame_get_side_data(raw, AV_FRAME_DATA_A53_CC),
      let start = unsafe data.pointee.data
    else { return [] }
    let count = min(Int(clamping: unsafe data.pointee.size), CaptionBytes.most)
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count - count % 3))
    unsafe av_frame_remove_side_data(raw, AV_FRAME_DATA_A53_CC)
    return bytes
  }

  /// Has the encoder write `triplets` with this picture; none: takes away what another picture left here.
  package func setCaptions(_ triplets: some Collection<UInt8>) throws(AVFailure) {
    unsafe av_frame_remove_side_data(raw, AV_FRAME_DATA_A53_CC)
    guard !triplets.isEmpty else { return }
    guard let data = unsafe av_frame_new_side_data(raw, AV_FRAME_DATA_A53_CC, triplets.count) else {
      throw .outOfMemory("av_frame_new_side_data")
    }
    for (index, byte) in triplets.enumerated() { unsafe data.pointee.data[index] = byte }
  }
}

extension CaptionBytes {
  /// `cc_data` from its flags on (CTA-708 table 2).
  static func triplets(_ data: [UInt8], isEscaped: Bool) -> [UInt8] {
    var bytes: [UInt8] = []
    var zeros = 0
    for byte in data {
      // Emulation prevention (H.264 7.4.1).
      if isEscaped, zeros >= 2, byte == 3 {
        zeros = 0
        continue
      }
      zeros = byte == 0 ? zeros + 1 : 0
      bytes.append(byte)
    }
    guard let flags = bytes.first, flags & 0x40 != 0 else { return [] }
    let size = Int(flags & 0x1f) * 3
    guard bytes.count >= 2 + size else { return [] }
    return Array(bytes[2..<2 + size])
  }
}
