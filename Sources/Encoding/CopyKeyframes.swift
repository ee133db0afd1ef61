internal import Foundation
internal import LibAV
internal import Media

/// Looks into a picture that the container calls a keyframe: is it one, and does it bring other parameter sets than
/// the decoder's configuration has? Only the head of a sample is needed: parameter sets stand before the first slice.
struct KeyframeCheck {
  static let headBytes = 4096
  private let codec: Codec
  private let lengthBytes: Int
  private let parameterSets: [[UInt8]]

  init(codec: Codec, configuration: Data) throws(CodecConfigurationFailure) {
    self.codec = codec
    let bytes = Array(configuration)
    switch codec {
    case .h264:
      guard bytes.count > 4 else { throw .damaged(codec) }
      lengthBytes = Int(bytes[4] & 3) + 1
    case .hevc:
      guard bytes.count > 21 else { throw .damaged(codec) }
      lengthBytes = Int(bytes[21] & 3) + 1
    default: lengthBytes = 4
    }
    parameterSets =
      codec == .h264 || codec == .hevc
      ? try ParameterSets.read(codec: codec, configuration: configuration) : []
  }

  /// H.264: an IDR picture, since only that is a sync sample (ISO/IEC 14496-15 5.4.3.1), and not a recovery point. HEVC:
  /// an IRAP picture. Other codecs' containers are believed, since their demuxers look themselves.
  func isKeyframe(_ head: [UInt8], isAnnexB: Bool) -> Bool {
    guard codec == .h264 || codec == .hevc else { return true }
    for unit in units(head, isAnnexB: isAnnexB) {
      guard let first = unit.first else { continue }
      if codec == .hevc {
        let type = first >> 1 & 63
        if type < 32 { return (16...21).contains(type) }
        continue
      }
      switch first & 31 {
      case 5: return true
      case 1...4: return false
      default: continue
      }
    }
    return false
  }

  /// A parameter set before the first slice that is not the configuration's. The bytes are length-prefixed.
  func changesParameters(_ head: [UInt8]) -> Bool {
    guard codec == .h264 || codec == .hevc else { return false }
    for unit in units(head, isAnnexB: false) {
      guard let first = unit.first else { continue }
      let type = codec == .hevc ? Int(first >> 1 & 63) : Int(first & 31)
      let isParameterSet = codec == .hevc ? (32...34).contains(type) : type == 7 || type == 8
      let isSlice = codec == .hevc ? type < 32 : (1...5).contains(type)
      if isSlice { return false }
      guard isParameterSet else { continue }
      var bare = unit
      while bare.last == 0 { bare.removeLast() }
      if !parameterSets.contains(where: { $0.elementsEqual(bare) }) { return true }
    }
    return false
  }

  /// The NAL units in the head, the last one as far as it is there.
  private func units(_ head: [UInt8], isAnnexB: Bool) -> [ArraySlice<UInt8>] {
    if isAnnexB {
      return AnnexB.units(in: head.count > Self.headBytes ? Array(head.prefix(Self.headBytes)) : head).map {
        head[$0]
      }
    }
    var result: [ArraySlice<UInt8>] = []
    var position = 0
    while position + lengthBytes < head.count {
      let count = head[position..<position + lengthBytes].reduce(0) { $0 << 8 | Int($1) }
      position += lengthBytes
      guard count > 0 else { continue }
      let end = min(head.count, position + count)
      result.append(head[position..<end])
      position = end
    }
    return result
  }
}
