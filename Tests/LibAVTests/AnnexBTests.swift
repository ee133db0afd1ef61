internal import Foundation
internal import Media
internal import TestKit
internal import Testing

@testable import LibAV

/// `tiny.h264` and `tiny.hevc` are encoders' output; the packet files beside them hold what FFmpeg's own MP4 muxer
/// makes of the same streams, which is the yardstick.
@Suite struct AnnexBTests {
  private func annexB(_ name: String) throws -> [UInt8] {
    [UInt8](
      try Data(contentsOf: URL(fileURLWithPath: Checkout.path("Tests/PackagingTests/Fixtures/tiny.\(name)"))))
  }

  private func muxed(_ name: String) throws -> (TrackFormat, [CodedSample]) {
    let reader = try PacketFileReader(
      path: Checkout.path("Tests/PackagingTests/Fixtures/tiny-\(name).packets"))
    var samples: [CodedSample] = []
    while let sample = try reader.next() { samples.append(sample) }
    return (reader.format, samples)
  }

  @Test(arguments: [Codec.h264, .hevc])
  func configurationIsWhatFFmpegMakes(_ codec: Codec) throws {
    let stream = try annexB(codec.rawValue)
    let (format, _) = try muxed(codec.rawValue)
    let heads = headers(stream, codec)
    let made = try CodecConfiguration.make(codec: codec, extradata: heads)
    if codec == .h264 { #expect(made == format.configuration) }
    // FFmpeg marks arrays of parameter sets complete or not by the tag; what they hold is the same.
    let sets = try ParameterSets.read(codec: codec, configuration: made)
    #expect(sets == (try ParameterSets.read(codec: codec, configuration: format.configuration)))
    #expect(sets.count == (codec == .h264 ? 2 : 3))
    #expect(made.prefix(13) == format.configuration.prefix(13))
    // What is a configuration already stays as it is.
    #expect(try CodecConfiguration.make(codec: codec, extradata: [UInt8](made)) == made)
  }

  /// The parameter sets of a stream as an encoder's extradata has them.
  private func headers(_ stream: [UInt8], _ codec: Codec) -> [UInt8] {
    let units = AnnexB.units(in: stream).filter {
      codec == .h264
        ? [7, 8].contains(stream[$0.lowerBound] & 31) : (32...34).contains(stream[$0.lowerBound] >> 1 & 63)
    }
    return units.flatMap { [0, 0, 0, 1] + stream[$0] }
  }

  @Test(arguments: [Codec.h264, .hevc])
  func samplesAreWhatFFmpegMakes(_ codec: Codec) throws {
    let stream = try annexB(codec.rawValue)
    let (format, samples) = try muxed(codec.rawValue)
    let converter = try AnnexB(codec: codec, configuration: format.configuration)
    // Both access units at once: units do not depend on where a sample ends.
    let converted = try converter.lengthPrefixed(stream)
    let expected = samples.flatMap { sample -> [UInt8] in
      if case .bytes(let bytes) = sample.payload { return bytes }
      return []
    }
    #expect(!expected.isEmpty)
    #expect(converted == withoutParameterSets(expected, codec))
    #expect(!String(decoding: converted, as: UTF8.self).contains("x26"))
  }

  /// FFmpeg leaves parameter sets that stand in the stream in the samples.
  private func withoutParameterSets(_ sample: [UInt8], _ codec: Codec) -> [UInt8] {
    var result: [UInt8] = []
    var rest = sample[...]
    while rest.count > 4 {
      let size = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
      let unit = rest.dropFirst(4).prefix(size)
      let first = unit.first ?? 0
      let isSet = codec == .h264 ? [7, 8].contains(first & 31) : (32...34).contains(first >> 1 & 63)
      if !isSet { result += rest.prefix(4 + size) }
      rest = rest.dropFirst(4 + size)
    }
    return result
  }

  @Test func unitsBetweenStartCodes() {
    let bytes: [UInt8] = [9, 0, 0, 0, 1, 0x65, 1, 0, 0, 0, 0, 1, 0x41, 0, 2, 0, 0, 1, 0, 0, 1, 0x06]
    #expect(AnnexB.units(in: bytes).map { Array(bytes[$0]) } == [[0x65, 1], [0x41, 0, 2], [0x06]])
    #expect(AnnexB.units(in: []).isEmpty)
    #expect(AnnexB.units(in: [0, 0, 1]).isEmpty)
    #expect(AnnexB.units(in: [1, 2, 3, 4]).isEmpty)
  }

  private static let sps: [UInt8] = [0x67, 0x42, 0xc0, 0x1e, 0xd9]
  private static let pps: [UInt8] = [0x68, 0xce, 0x38, 0x80]

  private func h264() throws -> AnnexB {
    let extradata = [0, 0, 0, 1] + Self.sps + [0, 0, 1] + Self.pps
    return try AnnexB(
      codec: .h264, configuration: try CodecConfiguration.make(codec: .h264, extradata: extradata))
  }

  @Test func whatIsDroppedAndWhatStays() throws {
    let slice: [UInt8] = [0x65, 0x88, 0x80]
    let captions: [UInt8] = [0x06, 4, 3, 0xb5, 0, 0x31, 0x80]
    let comment: [UInt8] =
      [
        0x06, 5, 18, 0xdc, 0x45, 0xe9, 0xbd, 0xe6, 0xd9, 0x48, 0xb7, 0x96, 0x2c, 0xd8, 0x20, 0xd9, 0x23, 0xee,
        0xef,
      ]
      + [0x78, 0x32, 0x80]
    var foreign = comment
    foreign[3] = 0
    let units: [[UInt8]] = [
      [0x09, 0xf0], Self.sps, Self.pps, comment, captions, foreign, [0x0c, 0xff, 0xff, 0x80], slice,
    ]
    let sample = try h264().lengthPrefixed(units.flatMap { [0, 0, 0, 1] + $0 })
    let kept = [captions, foreign, slice].flatMap { (unit: [UInt8]) -> [UInt8] in
      [0, 0, 0, UInt8(unit.count)] + unit
    }
    #expect(sample == kept)
  }

  @Test func parameterSetsMayNotChange() throws {
    let converter = try h264()
    #expect(throws: CodecConfigurationFailure.parameterSetDiffers(nalType: 8)) {
      try converter.lengthPrefixed([0, 0, 1, 0x68, 0xce, 0x38, 0x81])
    }
  }

  @Test func whatIsNoConfiguration() {
    #expect(throws: CodecConfigurationFailure.missing(.h264)) {
      try CodecConfiguration.make(codec: .h264, extradata: [])
    }
    #expect(throws: CodecConfigurationFailure.missing(.h264)) {
      try CodecConfiguration.make(codec: .h264, extradata: [0, 0, 1] + Self.sps)
    }
    #expect(throws: CodecConfigurationFailure.missing(.aac)) {
      try CodecConfiguration.make(codec: .aac, extradata: [])
    }
    #expect(throws: CodecConfigurationFailure.unsupported(.aac)) {
      try AnnexB(codec: .aac, configuration: Data([1]))
    }
    for count in 0..<12 {
      let cut = Data([1, 0x42, 0xc0, 0x1e, 0xff, 0xe1, 0, 5, 0x67, 1, 2, 3].prefix(count))
      #expect(throws: CodecConfigurationFailure.damaged(.h264)) {
        try AnnexB(codec: .h264, configuration: cut)
      }
    }
    for count in [0, 1, 22, 23, 25] {
      let cut = Data(([1] + [UInt8](repeating: 0, count: 21) + [1, 0x20, 0, 1, 0, 9]).prefix(count))
      #expect(throws: CodecConfigurationFailure.damaged(.hevc)) {
        try AnnexB(codec: .hevc, configuration: cut)
      }
    }
  }

  @Test func sequenceHeadersOfAV1BecomeABox() throws {
    let reader = try PacketFileReader(
      path: Checkout.path("Tests/PackagingTests/Fixtures/video-av1.packets"))
    let box = [UInt8](reader.format.configuration)
    // An encoder's extradata is the box's OBUs without its four bytes of header.
    let made = try CodecConfiguration.make(
      codec: .av1, extradata: Array(box.dropFirst(4)), video: reader.format.video)
    #expect(made == reader.format.configuration)
    #expect(box.first == 0x81)
  }
}

@Suite struct BitReaderTests {
  @Test func bitsAndGolombNumbers() {
    var reader = BitReader([0b1010_0110, 0b0100_0010, 0b1000_0000])
    #expect(reader.exponentialGolomb() == 0)
    #expect(reader.exponentialGolomb() == 1)
    #expect(reader.exponentialGolomb() == 2)
    #expect(reader.bits(3) == 0b001)
    #expect(reader.bits(40) == nil)
    #expect(reader.bitsLeft == 14)
    var empty = BitReader([])
    #expect(empty.bits(0) == 0)
    #expect(empty.bits(1) == nil)
    #expect(empty.exponentialGolomb() == nil)
    var zeros = BitReader([UInt8](repeating: 0, count: 9))
    #expect(zeros.exponentialGolomb() == nil)
  }

  @Test func emulationPreventionIsTakenOut() {
    var reader = BitReader(unescaping: [0, 0, 3, 1, 0, 0, 3, 0, 0, 3, 3])
    #expect((0..<8).map { _ in reader.bits(8) } == [0, 0, 1, 0, 0, 0, 0, 3])
    #expect(reader.bits(1) == nil)
  }
}
