internal import Media

/// How long the frames in a PES packet of MP3, AC-3 or E-AC-3 are: bytes in; samples and their rate out. nil as soon
/// as something is no frame.
enum SoundFrames {
  typealias Length = (samples: Int64, rate: Int64)
  private typealias Frame = (bytes: Int, samples: Int64, rate: Int64)

  static func length(_ bytes: ArraySlice<UInt8>, type: UInt8) -> Length? {
    var rest = bytes
    var result: Length = (0, 0)
    while !rest.isEmpty {
      let head = Array(rest.prefix(6))
      guard head.count == 6, let frame = type == 0x81 || type == 0x87 ? dolby(head) : mpeg(head),
        frame.bytes > 6, frame.bytes <= rest.count
      else { return nil }
      result.samples += frame.samples
      result.rate = frame.rate
      rest = rest.dropFirst(frame.bytes)
    }
    return result.rate > 0 ? result : nil
  }

  /// Layer III (ISO/IEC 11172-3 2.4.1.3, 13818-3).
  private static func mpeg(_ head: [UInt8]) -> Frame? {
    let version = Int(head[1] >> 3 & 3)
    guard head[0] == 0xff, head[1] & 0xe0 == 0xe0, version != 1, head[1] >> 1 & 3 == 1 else { return nil }
    let isFirst = version == 3
    let rates: [Int] = isFirst ? [44_100, 48_000, 32_000] : [22_050, 24_000, 16_000]
    let kilobits: [Int] =
      isFirst
      ? [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
      : [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]
    let (rateIndex, bitIndex) = (Int(head[2] >> 2 & 3), Int(head[2] >> 4))
    guard rateIndex < 3, (1..<15).contains(bitIndex) else { return nil }
    let rate = version == 0 ? rates[rateIndex] / 2 : rates[rateIndex]
    let slots = (isFirst ? 144_000 : 72_000) * kilobits[bitIndex] / rate
    return (slots + Int(head[2] >> 1 & 1), isFirst ? 1152 : 576, Int64(rate))
  }

  /// ETSI TS 102 366 4.3 and E.1.2.
  private static func dolby(_ head: [UInt8]) -> Frame? {
    let rates: [Int] = [48_000, 44_100, 32_000]
    let code = Int(head[4] >> 6)
    guard head[0] == 0x0b, head[1] == 0x77 else { return nil }
    guard head[5] >> 3 > 10 else {
      let kilobits = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640]
      let index = Int(head[4] & 63)
      guard code < 3, index / 2 < kilobits.count else { return nil }
      let words = kilobits[index / 2] * 96_000 / rates[code] + (code == 1 ? index & 1 : 0)
      return (words * 2, 1536, Int64(rates[code]))
    }
    let bytes = ((Int(head[2] & 7) << 8 | Int(head[3])) + 1) * 2
    // A dependent substream adds channels, not time.
    let blocks = head[2] >> 6 == 1 ? 0 : code == 3 ? 6 : [1, 2, 3, 6][Int(head[4] >> 4 & 3)]
    let half = Int(head[4] >> 4 & 3)
    guard code < 3 || half < 3 else { return nil }
    return (bytes, Int64(blocks) * 256, Int64(code < 3 ? rates[code] : rates[half] / 2))
  }
}
