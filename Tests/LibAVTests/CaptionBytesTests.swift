internal import Media
internal import Testing

@testable import LibAV

@Suite struct CaptionBytesTests {
  private static let triplets: [UInt8] = [0xfc, 0x94, 0x20, 0xfd, 0, 0, 0x05, 0, 1]

  private static func data(_ count: UInt8 = 3, flags: UInt8 = 0xc0) -> [UInt8] {
    [flags | count, 0xff] + triplets + [0xff]
  }

  @Test(arguments: [
    ("h264", [0xb5, 0, 0x31] as [UInt8]), ("hevc", [0xb5, 0, 0x31]), ("av1", [0xb5, 0, 0x31]),
    ("mpeg2video", [0, 0, 1, 0xb2]),
  ]) func found(_ codec: String, _ head: [UInt8]) throws {
    let once = [0x47, 1, 2] + head + CaptionBytes.mark + Self.data() + [9, 9, 9, 9]
    #expect(try Packet.copying(once).captions(codec: codec) == Self.triplets)
    // One for each field.
    #expect(try Packet.copying(once + once).captions(codec: codec) == Self.triplets + Self.triplets)
    #expect(try Packet.copying(once).captions(codec: "vp9").isEmpty)
    for length in 0..<once.count - 5 {
      let cut = try Packet.copying(Array(once[..<length])).captions(codec: codec)
      #expect(cut.isEmpty || length >= once.count - 5, "\(length)")
    }
  }

  @Test func emulationPrevention() {
    let escaped: [UInt8] = [0xc2, 0xff, 0xfc, 0, 0, 3, 1, 0, 0, 0xff]
    #expect(CaptionBytes.triplets(escaped, isEscaped: true) == [0xfc, 0, 0, 1, 0, 0])
    #expect(CaptionBytes.triplets(escaped, isEscaped: false) == [0xfc, 0, 0, 3, 1, 0])
  }

  @Test func nothingThere() {
    #expect(CaptionBytes.triplets(Self.data(flags: 0x80), isEscaped: true).isEmpty)
    #expect(CaptionBytes.triplets(Self.data(31), isEscaped: true).isEmpty)
    #expect(CaptionBytes.triplets([], isEscaped: true).isEmpty)
  }

  @Test func besideAPicture() throws {
    let frame = try Frame.picture(PictureSize(16, 16), format: .yuv420p)
    #expect(frame.takeCaptions().isEmpty)
    try frame.setCaptions([1, 2, 3])
    try frame.setCaptions(Self.triplets)
    let other = try Frame()
    try other.refer(to: frame)
    try other.setCaptions([])
    #expect(other.takeCaptions().isEmpty)
    #expect(frame.takeCaptions() == Self.triplets)
    #expect(frame.takeCaptions().isEmpty)
    try frame.setCaptions([UInt8](repeating: 7, count: 1000))
    #expect(frame.takeCaptions().count == CaptionBytes.most)
  }
}
