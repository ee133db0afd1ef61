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
    let search = try #require(CaptionSearch(codec: codec))
    #expect(try Packet.copying(once).captions(search) == Self.triplets)
    // One for each field.
    #expect(try Packet.copying(once + once).captions(search) == Self.triplets + Self.triplets)
    #expect(CaptionSearch(codec: "vp9") == nil)
    for length in 0..<once.count - 5 {
      let cut = try Packet.copying(Array(once[..<length])).captions(search)
      #expect(cut.isEmpty || length >= once.count - 5, "\(length)")
    }
  }

  /// A unit of supplemental information with captions, then what else may be in a sample.
  private static let h264: [UInt8] = [6, 4, 19, 0xb5, 0, 0x31] + CaptionBytes.mark + data() + [0x80]
  private static let hevc: [UInt8] = [0x4e, 1, 4, 19, 0xb5, 0, 0x31] + CaptionBytes.mark + data() + [0x80]
  private static let avcC: [UInt8] = [1, 100, 0, 31, 0xff, 0xe1]
  private static let hvcC: [UInt8] = [1] + [UInt8](repeating: 0, count: 20) + [0xff, 0]

  private static func sample(_ units: [[UInt8]], lengthBytes: Int = 4) -> [UInt8] {
    units.flatMap { unit in
      (0..<lengthBytes).reversed().map { UInt8(truncatingIfNeeded: unit.count >> ($0 * 8)) } + unit
    }
  }

  @Test func betweenUnitsWithLengths() throws {
    let slice: [UInt8] = [0x41] + [UInt8](repeating: 0x47, count: 300)
    let avc = try #require(CaptionSearch(codec: "h264", extradata: Self.avcC))
    func found(_ bytes: [UInt8], _ search: CaptionSearch) throws -> [UInt8] {
      try Packet.copying(bytes).captions(search)
    }
    #expect(try found(Self.sample([[9, 0xf0], Self.h264, slice]), avc) == Self.triplets)
    // The second field's, behind the slices of the first; an empty unit is none.
    let fields = Self.sample([Self.h264, slice, [], slice, Self.h264, slice])
    #expect(try found(fields, avc) == Self.triplets + Self.triplets)
    #expect(try found(Self.sample([slice, slice]), avc).isEmpty)
    // In a slice they are the picture's own bytes.
    #expect(try found(Self.sample([slice + Self.h264]), avc).isEmpty)
    let hevc = try #require(CaptionSearch(codec: "hevc", extradata: Self.hvcC))
    let idr: [UInt8] = [0x26, 1] + slice
    #expect(try found(Self.sample([Self.hevc, idr]), hevc) == Self.triplets)
    let short = try #require(CaptionSearch(codec: "h264", extradata: [1, 100, 0, 31, 0xfd, 0xe1]))
    #expect(try found(Self.sample([Self.h264, slice], lengthBytes: 2), short) == Self.triplets)
  }

  /// Start codes behind a configuration that promises lengths, and what is cut off.
  @Test func lengthsThatDoNotAddUp() throws {
    let avc = try #require(CaptionSearch(codec: "h264", extradata: Self.avcC))
    let slice: [UInt8] = [0x41] + [UInt8](repeating: 0x47, count: 300)
    let annexB = [0, 0, 0, 1] + Self.h264 + [0, 0, 0, 1] + slice
    #expect(try Packet.copying(annexB).captions(avc) == Self.triplets)
    let whole = Self.sample([Self.h264, slice])
    for cut in [1, 100, 300] {
      #expect(try Packet.copying(whole.dropLast(cut)).captions(avc) == Self.triplets, "\(cut)")
    }
    #expect(try Packet.copying(whole + [0, 0]).captions(avc) == Self.triplets)
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
