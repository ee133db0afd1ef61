internal import Foundation
internal import Media
internal import Testing

@testable import Packaging

@Suite struct CodecStringTests {
  struct Case: Sendable, CustomStringConvertible {
    var codec: Codec
    /// The configuration's first bytes, in hex.
    var bytes: String
    var expected: String?
    var colour = Colour.bt709
    var description: String { "\(codec.rawValue) \(bytes)" }
  }

  static let cases = [
    Case(codec: .h264, bytes: "01640028ffe1", expected: "avc1.640028"),
    Case(codec: .h264, bytes: "0142c01effe1", expected: "avc1.42c01e"),
    Case(codec: .h264, bytes: "016400", expected: nil),
    Case(codec: .h264, bytes: "0000000167", expected: nil),
    Case(codec: .hevc, bytes: "010160000000900000000000 5df000".without, expected: "hvc1.1.6.L93.90"),
    Case(codec: .hevc, bytes: "010220000000b00000000000 7bf000".without, expected: "hvc1.2.4.L123.B0"),
    Case(codec: .hevc, bytes: "012460000000000000000000 78f000".without, expected: "hvc1.4.6.H120"),
    Case(codec: .hevc, bytes: "0101", expected: nil),
    Case(codec: .av1, bytes: "81050c00", expected: "av01.0.05M.08"),
    Case(codec: .av1, bytes: "81054c00", expected: "av01.0.05M.10"),
    Case(codec: .av1, bytes: "810dcc00", expected: "av01.0.13H.10"),
    Case(
      codec: .av1, bytes: "81054c00", expected: "av01.0.05M.10.0.110.09.16.09.0",
      colour: Colour(primaries: 9, transfer: 16, matrix: 9)),
    Case(codec: .av1, bytes: "8124", expected: nil),
    Case(
      codec: .vp9, bytes: "01000000 00 1f 82 01 01 01 0000".without, expected: "vp09.00.31.08.01.01.01.01.00"),
    Case(codec: .vp9, bytes: "0100", expected: nil),
    Case(codec: .aac, bytes: "1190", expected: "mp4a.40.2"),
    Case(codec: .aac, bytes: "2b92088000", expected: "mp4a.40.5"),
    Case(codec: .aac, bytes: "eb8a0800", expected: "mp4a.40.29"),
    Case(codec: .aac, bytes: "f94600", expected: "mp4a.40.42"),
    Case(codec: .aac, bytes: "", expected: nil),
    Case(codec: .ac3, bytes: "", expected: "ac-3"),
    Case(codec: .eac3, bytes: "", expected: "ec-3"),
    Case(codec: .opus, bytes: "", expected: "Opus"),
    Case(codec: .flac, bytes: "", expected: "fLaC"),
    Case(codec: .mp3, bytes: "", expected: "mp4a.40.34"),
  ]

  @Test(arguments: cases)
  func table(_ example: Case) {
    var format = TrackFormat(
      codec: example.codec, timebase: Rational(1, 1000), configuration: Data(example.bytes.hexBytes),
      bitRate: 0)
    if example.codec.isVideo {
      format.video = VideoFormat(
        size: PictureSize(16, 16), frameRate: Rational(25, 1), colour: example.colour)
    }
    #expect(CodecString.make(format) == example.expected)
  }

  /// Cut short anywhere, a configuration gives a name or none.
  @Test func noConfigurationCrashes() {
    for example in Self.cases {
      let bytes = example.bytes.hexBytes
      for count in 0...bytes.count {
        let format = TrackFormat(
          codec: example.codec, timebase: Rational(1, 1000), configuration: Data(bytes[..<count]), bitRate: 0)
        #expect(CodecString.make(format)?.isEmpty != true)
      }
    }
  }
}

extension String {
  fileprivate var without: String { filter { $0 != " " } }

  fileprivate var hexBytes: [UInt8] {
    var result: [UInt8] = []
    var rest = self[...]
    while let byte = UInt8(rest.prefix(2), radix: 16), rest.count >= 2 {
      result.append(byte)
      rest = rest.dropFirst(2)
    }
    return result
  }
}
