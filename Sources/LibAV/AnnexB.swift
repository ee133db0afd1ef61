package import Foundation
package import Media

/// Turns the access units of an H.264 or HEVC encoder (Annex B, with start codes) into MP4 samples: 4-byte lengths,
/// no access unit delimiters, no filler, no parameter sets that the configuration already holds, and no
/// comment of x264 or x265 about its settings. Made once for a track from its `avcC` or `hvcC`.
package struct AnnexB: Sendable {
  private let isHEVC: Bool
  private let parameterSets: [[UInt8]]

  package init(codec: Codec, configuration: Data) throws(CodecConfigurationFailure) {
    isHEVC = codec == .hevc
    parameterSets = try ParameterSets.read(codec: codec, configuration: configuration)
  }

  /// One access unit as an MP4 sample. A parameter set that differs from the configuration's is an error: one
  /// init segment could not serve the track (ISO/IEC 14496-15: `avc1` and `hvc1` carry none in the samples).
  package func lengthPrefixed(_ bytes: [UInt8]) throws(CodecConfigurationFailure) -> [UInt8] {
    var sample: [UInt8] = []
    sample.reserveCapacity(bytes.count + 16)
    for range in AnnexB.units(in: bytes) {
      let unit = bytes[range]
      switch kind(of: unit) {
      case .delimiterOrFiller: continue
      case .parameterSet(let type):
        guard parameterSets.contains(where: { $0.elementsEqual(unit) }) else {
          throw .parameterSetDiffers(nalType: type)
        }
      case .information: appendInformation(unit, to: &sample)
      case .other: AnnexB.append(unit, to: &sample)
      }
    }
    return sample
  }

  /// The NAL units between start codes, without them and without the zero bytes that may trail a unit (B.1).
  package static func units(in bytes: [UInt8]) -> [Range<Int>] {
    var units: [Range<Int>] = []
    var start: Int?
    var index = 0
    func close(_ end: Int) {
      guard let start else { return }
      var end = end
      while end > start, bytes[end - 1] == 0 { end -= 1 }
      if end > start { units.append(start..<end) }
    }
    while index + 2 < bytes.count {
      if bytes[index + 2] > 1 {
        index += 3
      } else if bytes[index] == 0, bytes[index + 1] == 0, bytes[index + 2] == 1 {
        close(index)
        start = index + 3
        index += 3
      } else {
        index += 1
      }
    }
    close(bytes.count)
    return units
  }

  private enum Kind {
    case delimiterOrFiller
    case parameterSet(Int)
    case information
    case other
  }

  private func kind(of unit: ArraySlice<UInt8>) -> Kind {
    guard let first = unit.first else { return .delimiterOrFiller }
    let type = isHEVC ? Int(first >> 1 & 63) : Int(first & 31)
    if isHEVC {
      switch type {
      case 35, 38: return .delimiterOrFiller
      case 32, 33, 34: return .parameterSet(type)
      case 39: return .information
      default: return .other
      }
    }
    switch type {
    case 9, 12: return .delimiterOrFiller
    case 7, 8, 13: return .parameterSet(type)
    case 6: return .information
    default: return .other
    }
  }

  /// Keeps supplemental information unless all of it is an encoder's comment on its settings: that names
  /// options and thread counts, which differ between chunks and machines.
  private func appendInformation(_ unit: ArraySlice<UInt8>, to sample: inout [UInt8]) {
    if !isEncoderComment(unit) { AnnexB.append(unit, to: &sample) }
  }

  private static let encoderComments: [[UInt8]] = [
    [0xdc, 0x45, 0xe9, 0xbd, 0xe6, 0xd9, 0x48, 0xb7, 0x96, 0x2c, 0xd8, 0x20, 0xd9, 0x23, 0xee, 0xef],
    [0x2c, 0xa2, 0xde, 0x09, 0xb5, 0x17, 0x47, 0xdb, 0xbb, 0x55, 0xa4, 0xfe, 0x7f, 0xc2, 0xfc, 0x4e],
  ]

  private func isEncoderComment(_ unit: ArraySlice<UInt8>) -> Bool {
    var reader = BitReader(unescaping: unit.dropFirst(isHEVC ? 2 : 1))
    var messages = 0
    // rbsp_trailing_bits is one byte: what is longer is a message (H.264 7.3.2.3).
    while reader.bitsLeft > 8 {
      guard let type = number(&reader), let size = number(&reader), type == 5, size >= 16 else {
        return false
      }
      var identifier: [UInt8] = []
      for index in 0..<size {
        guard let byte = reader.bits(8) else { return false }
        if index < 16 { identifier.append(UInt8(byte)) }
      }
      guard Self.encoderComments.contains(identifier) else { return false }
      messages += 1
    }
    return messages > 0
  }

  /// A payload type or size: bytes of 255 and one that is less, added up.
  private func number(_ reader: inout BitReader) -> Int? {
    var value = 0
    while let byte = reader.bits(8) {
      value += byte
      if byte != 255 { return value }
    }
    return nil
  }

  private static func append(_ unit: ArraySlice<UInt8>, to sample: inout [UInt8]) {
    for shift in [24, 16, 8, 0] { sample.append(UInt8(truncatingIfNeeded: unit.count >> shift)) }
    sample.append(contentsOf: unit)
  }
}

/// The parameter sets inside an `avcC` or `hvcC` payload.
package enum ParameterSets {
  package static func read(codec: Codec, configuration: Data) throws(CodecConfigurationFailure) -> [[UInt8]] {
    switch codec {
    case .h264: return try readH264(configuration)
    case .hevc: return try readHEVC(configuration)
    default: throw .unsupported(codec)
    }
  }

  private static func readH264(_ configuration: Data) throws(CodecConfigurationFailure) -> [[UInt8]] {
    var cursor = Cursor(bytes: Array(configuration), position: 5)
    guard let first = cursor.bytes.first, first == 1, let sequences = cursor.byte() else {
      throw .damaged(.h264)
    }
    var sets: [[UInt8]] = []
    for _ in 0..<(sequences & 31) { sets.append(try cursor.unit(.h264)) }
    guard let pictures = cursor.byte() else { throw .damaged(.h264) }
    for _ in 0..<pictures { sets.append(try cursor.unit(.h264)) }
    return sets
  }

  private static func readHEVC(_ configuration: Data) throws(CodecConfigurationFailure) -> [[UInt8]] {
    var cursor = Cursor(bytes: Array(configuration), position: 22)
    guard let first = cursor.bytes.first, first == 1, let arrays = cursor.byte() else {
      throw .damaged(.hevc)
    }
    var sets: [[UInt8]] = []
    for _ in 0..<arrays {
      guard cursor.byte() != nil, let count = cursor.short() else { throw .damaged(.hevc) }
      for _ in 0..<count { sets.append(try cursor.unit(.hevc)) }
    }
    return sets
  }

  private struct Cursor {
    let bytes: [UInt8]
    var position: Int

    mutating func byte() -> Int? {
      guard position < bytes.count else { return nil }
      defer { position += 1 }
      return Int(bytes[position])
    }

    mutating func short() -> Int? {
      guard let high = byte(), let low = byte() else { return nil }
      return high << 8 | low
    }

    mutating func unit(_ codec: Codec) throws(CodecConfigurationFailure) -> [UInt8] {
      guard let size = short(), size <= bytes.count - position else { throw .damaged(codec) }
      defer { position += size }
      // libavformat counts zeros between NAL units to the one before; none ends with zeros (H.264 7.4.1).
      var unit = bytes[position..<position + size]
      while unit.last == 0 { unit.removeLast() }
      return Array(unit)
    }
  }
}
