internal import Testing

@testable import rung

@Suite struct ByteSizeTests {
  @Test(arguments: [
    ("256MiB", Int64(268_435_456)), ("100MB", 100_000_000), ("1GB", 1_000_000_000),
    ("1.5 GiB", 1_610_612_736),
    ("268435456", 268_435_456), ("64KiB", 65_536), ("512k", 524_288), ("2TiB", 2_199_023_255_552),
  ])
  func reads(_ text: String, _ bytes: Int64) { #expect(ByteSize.parse(text) == bytes) }

  @Test(arguments: [
    (Int64(0), "0"), (1 << 16, "64KiB"), (1 << 42, "4TiB"), (1000, "1000"), (3 << 29, "1536MiB"),
  ])
  func says(_ bytes: Int64, _ text: String) { #expect(ByteSize.text(bytes) == text) }

  @Test(arguments: ["", "MB", "-1MB", "1.2.3MB", "9999999999999GB", "12XB", "0x10MB", "1e9"])
  func refuses(_ text: String) { #expect(ByteSize.parse(text) == nil) }
}
