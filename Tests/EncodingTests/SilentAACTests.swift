internal import Foundation
internal import TestKit
internal import Testing

@testable import Encoding

@Suite struct SilentAACTests {
  /// AAC-LC at 48 kHz with so many channels.
  private func configuration(_ layout: UInt8) -> [UInt8] { [0x11, 0x80 | layout << 3] }

  @Test func isAFrameOfEachLayout() throws {
    // One element: its kind and number, the channel's 22 bits, the end; filled up to whole bytes.
    #expect(SilentAAC.frame(configuration: configuration(1)) == [0, 0, 0, 7])
    #expect(SilentAAC.frame(configuration: configuration(2)) == [0x20, 0, 0, 0, 0, 0, 0x0e])
    for layout in UInt8(3)...7 { #expect(SilentAAC.frame(configuration: configuration(layout)) != nil) }
  }

  @Test func isNoneOfOtherKinds() {
    // A layout of its own, Main, SBR, nothing at all.
    for bytes in [[0x11, 0x80], [0x09, 0x90], [0x29, 0x90], []] as [[UInt8]] {
      #expect(SilentAAC.frame(configuration: bytes) == nil)
    }
  }

  /// FFmpeg's decoder takes it, and gives nothing but zeros.
  @Test(
    .enabled(if: Shell.find("ffmpeg") != nil, "needs ffmpeg"),
    arguments: UInt8(1)...7)
  func decodesToSilence(_ layout: UInt8) throws {
    let frame = try #require(SilentAAC.frame(configuration: configuration(layout)))
    let length = frame.count + 7
    let header: [UInt8] = [
      0xff, 0xf1, 0x4c | layout >> 2, layout << 6 | UInt8(length >> 11), UInt8(length >> 3 & 0xff),
      UInt8(length & 7) << 5 | 0x1f, 0xfc,
    ]
    let folder = try TemporaryFolder()
    let file = try folder.write(Array([[UInt8]](repeating: header + frame, count: 8).joined()), "silence.aac")
    let out = folder.file("silence.raw")
    let result = try Shell.run(
      "ffmpeg", ["-nostdin", "-v", "error", "-f", "aac", "-i", file, "-f", "s16le", out])
    #expect(result.succeeded && result.errors.isEmpty, "\(result)")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: out))
    let channels = layout == 7 ? 8 : Int(layout)
    #expect(bytes.count == 8 * 1024 * 2 * channels)
    #expect(bytes.allSatisfy { $0 == 0 })
  }
}
