internal import Foundation
internal import LibAV
internal import Media
internal import TestKit
internal import Testing

@Suite struct JPEGEncoderTests {
  /// A grey picture with a black square in it.
  private func picture(_ size: PictureSize) throws -> Frame {
    let frame = try Frame.picture(size, format: .yuv420p)
    frame.tag(JPEGEncoder.colour)
    frame.presentation = 0
    frame.fillBlack()
    return frame
  }

  @Test func isJFIFWithSquarePixelsAndNothingElse() throws {
    let bytes = try JPEGEncoder.open(PictureSize(32, 16), quality: 80).encode(picture(PictureSize(32, 16)))
    // SOI, then APP0: "JFIF", version 1.02, no unit, 1:1, no thumbnail; then a table, and no comment.
    #expect(
      bytes.prefix(22) == [
        0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 2, 0, 0, 1, 0, 1, 0, 0, 0xff, 0xdb,
      ])
    #expect(!zip(bytes, bytes.dropFirst()).contains { $0 == 0xff && $1 == 0xfe })
    #expect(bytes.suffix(2) == [0xff, 0xd9])
  }

  @Test func qualityIsTheTablesScale() throws {
    /// The first table of a file without its first value, which the encoder fixes, in zigzag order.
    func table(_ quality: Int) throws -> [UInt8] {
      let bytes = try JPEGEncoder.open(PictureSize(16, 16), quality: quality).encode(
        picture(PictureSize(16, 16)))
      return Array(bytes[26..<(25 + 64)])
    }
    // K.1 in zigzag order begins 16, 11, 12, 14, 12, 10.
    #expect(try table(50).prefix(5) == [11, 12, 14, 12, 10])
    #expect(try table(80).prefix(5) == [4, 5, 6, 5, 4])
    #expect(try table(100) == [UInt8](repeating: 1, count: 63))
    #expect(try table(1).allSatisfy { $0 == 255 })
    #expect(try table(0) == table(1))
  }

  /// A storyboard of slow pictures shows one of them in several places.
  @Test func onePictureMoreThanOnce() throws {
    let frame = try picture(PictureSize(32, 16))
    frame.presentation = 3003
    let encoder = try JPEGEncoder.open(PictureSize(32, 16), quality: 80)
    let first = try encoder.encode(frame)
    let second = try encoder.encode(frame)
    let time = frame.presentation
    #expect(first == second && time == 3003)
  }

  @Test func oddSizesAndTheSmallest() throws {
    for size in [PictureSize(2, 2), PictureSize(31, 17), PictureSize(1, 1)] {
      let bytes = try JPEGEncoder.open(size, quality: 80).encode(picture(size))
      #expect(bytes.count > 100, "\(size)")
    }
  }

  @Test func theSameBytesOnEveryProcessor() throws {
    func make() throws -> [UInt8] {
      let size = PictureSize(96, 64)
      let frame = try picture(size)
      let patch = try picture(PictureSize(16, 16))
      for step in 0..<20 { frame.paste(patch, x: step * 4, y: step * 2) }
      let scaler = try Scaler.open(
        from: size, format: frame.format, colour: .bt709, to: PictureSize(70, 50),
        targetColour: JPEGEncoder.colour, kernel: .lanczos)
      let encoder = try JPEGEncoder.open(PictureSize(70, 50), quality: 80)
      return try scaler.scale(frame) { try encoder.encode($0) }
    }
    defer { CPUFeatures.useAll() }
    CPUFeatures.useAll()
    let all = try make()
    CPUFeatures.useCommon()
    #expect(try make() == all)
  }

  @Test func rangeAndMatrixAreThoseOfJFIF() throws {
    // Limited-range white becomes 255 at the same size, and black 0.
    let size = PictureSize(16, 16)
    let frame = try picture(size)
    #expect(frame.samples().allSatisfy { $0 == 0 })
    let up = try Scaler.open(
      from: size, format: frame.format, colour: JPEGEncoder.colour, to: size,
      targetColour: Colour(primaries: 1, transfer: 1, matrix: 5), kernel: .area)
    let limited = try up.scale(frame) { $0.samples() }
    #expect(limited.allSatisfy { $0 == 16 })
    #expect(try up.scale(frame) { $0.samples().count } == 256)
  }
}
