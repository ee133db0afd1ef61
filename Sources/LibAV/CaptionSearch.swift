internal import CFFmpeg
internal import Foundation

/// Looks for captions in the compressed packets of one stream: its codec and its decoder's configuration in; of each
/// packet the `cc_data` triplets in its user data out, undecoded.
///
/// H.264 and HEVC have them in supplemental information. Where units have their lengths before them (ISO files, MKV), the
/// search goes from one to the next and looks into those alone, so that nobody touches the bytes of the picture, the
/// second field's neither. Elsewhere, and in other codecs, all bytes are searched.
package struct CaptionSearch: Sendable {
  private static let codecs: Set<String> = ["h264", "hevc", "av1", "mpeg2video"]
  /// What stands before the mark: ITU-T T.35's country and provider, in H.264, HEVC and AV1; MPEG-2's start code.
  private static let registered: [UInt8] = [0xb5, 0x00, 0x31]
  private static let userData: [UInt8] = [0x00, 0x00, 0x01, 0xb2]

  private let wanted: [UInt8]
  private let isEscaped: Bool
  private let isHEVC: Bool
  /// Of a unit's length; nil where units have none before them.
  private let lengthBytes: Int?

  /// nil for codecs that have none. `codec` is FFmpeg's name, `extradata` what the container has of any form.
  package init?(codec: String, extradata: [UInt8] = []) {
    guard Self.codecs.contains(codec) else { return nil }
    wanted = (codec == "mpeg2video" ? Self.userData : Self.registered) + CaptionBytes.mark
    isHEVC = codec == "hevc"
    isEscaped = isHEVC || codec == "h264"
    // Of `avcC` and `hvcC` (ISO/IEC 14496-15 5.3.3.1 and 8.3.3.1), which are both of version 1.
    let place = isHEVC ? 21 : 4
    lengthBytes =
      isEscaped && extradata.first == 1 && extradata.count > place ? Int(extradata[place] & 3) + 1 : nil
  }

  /// None for a packet too short to be a picture.
  fileprivate func triplets(in bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var triplets: [UInt8] = []
    guard bytes.count > 16 else { return triplets }
    if let lengthBytes, unsafe walk(bytes, lengthBytes: lengthBytes, into: &triplets) { return triplets }
    triplets = []
    unsafe search(bytes, into: &triplets)
    return triplets
  }

  /// false when the lengths do not add up, so that all bytes have to be searched.
  private func walk(
    _ bytes: UnsafeBufferPointer<UInt8>, lengthBytes: Int, into triplets: inout [UInt8]
  ) -> Bool {
    var rest = unsafe bytes[...]
    while unsafe !rest.isEmpty {
      guard unsafe rest.count >= lengthBytes else { return false }
      let length = unsafe rest.prefix(lengthBytes).reduce(0) { $0 << 8 | Int($1) }
      unsafe rest = unsafe rest.dropFirst(lengthBytes)
      guard unsafe length <= rest.count else { return false }
      if let first = unsafe rest.first, length > 0, isInformation(first) {
        unsafe search(UnsafeBufferPointer(rebasing: rest.prefix(length)), into: &triplets)
      }
      unsafe rest = unsafe rest.dropFirst(length)
    }
    return true
  }

  /// Whether a unit that begins so is supplemental information (H.264 table 7-1, HEVC table 7-1).
  private func isInformation(_ first: UInt8) -> Bool {
    isHEVC ? (39...40).contains(first >> 1 & 63) : first & 31 == 6
  }

  private func search(_ bytes: UnsafeBufferPointer<UInt8>, into triplets: inout [UInt8]) {
    var from = 0
    while triplets.count < CaptionBytes.most, let found = unsafe find(in: bytes, from: from) {
      from = found + wanted.count
      let end = min(bytes.count, from + 2 + 31 * 3 * 2)
      triplets += CaptionBytes.triplets(unsafe Array(bytes[from..<end]), isEscaped: isEscaped)
    }
  }

  private func find(in bytes: UnsafeBufferPointer<UInt8>, from: Int) -> Int? {
    guard let base = bytes.baseAddress, wanted.count > 1, let rarest = wanted.last else { return nil }
    let before = wanted[wanted.count - 2]
    var end = from + wanted.count
    while end <= bytes.count {
      // The last byte is looked for, since C has a fast search for one.
      guard let last = unsafe memchr(base + (end - 1), Int32(rarest), bytes.count - end + 1) else {
        return nil
      }
      end = unsafe UnsafeRawPointer(last) - UnsafeRawPointer(base) + 1
      if unsafe base[end - 2] == before,
        unsafe memcmp(base + (end - wanted.count), wanted, wanted.count) == 0
      {
        return end - wanted.count
      }
      end += 1
    }
    return nil
  }
}

extension Packet {
  /// The captions of a compressed picture.
  package func captions(_ search: CaptionSearch) -> [UInt8] {
    guard let data = unsafe raw.pointee.data else { return [] }
    return unsafe search.triplets(in: UnsafeBufferPointer(start: data, count: count))
  }
}
