internal import Testing

@testable import Verifying

@Suite struct SoundFramesTests {
  private func frames(_ head: [UInt8], _ bytes: Int, _ count: Int) -> [UInt8] {
    let frame = head + [UInt8](repeating: 0, count: bytes - head.count)
    return (0..<count).flatMap { _ in frame }
  }

  @Test func countsEveryFrame() throws {
    // MP3, 44.1 kHz, 64 kbit/s, no padding: 208 bytes.
    let mp3 = frames([0xff, 0xfb, 0x50, 0xc0, 0, 0], 208, 3)
    let first = try #require(SoundFrames.length(mp3[...], type: 0x03))
    #expect(first.samples == 3 * 1152 && first.rate == 44_100)
    // AC-3, 48 kHz, 192 kbit/s: 768 bytes.
    let ac3 = frames([0x0b, 0x77, 0, 0, 0x14, 0x40], 768, 2)
    let second = try #require(SoundFrames.length(ac3[...], type: 0x81))
    #expect(second.samples == 2 * 1536 && second.rate == 48_000)
    // E-AC-3, 48 kHz, six blocks, 256 bytes.
    let eac3 = frames([0x0b, 0x77, 0, 127, 0x30, 0x80], 256, 2)
    let third = try #require(SoundFrames.length(eac3[...], type: 0x87))
    #expect(third.samples == 2 * 1536 && third.rate == 48_000)
    #expect(SoundFrames.length(mp3.dropLast(1)[...], type: 0x03) == nil)
  }
}
