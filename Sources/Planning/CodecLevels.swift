internal import Media

/// The level that a rung's codec has to signal: size, rate and bits in, the lowest level that allows them out, in
/// the number that the bitstream carries; nil when none does. Fixed in the plan, since all chunks of a rung share one
/// set of parameter sets.
struct CodecLevels {
  var size: PictureSize
  var frameRate: Rational
  /// Bits per second.
  var peak: Int
  /// Bits.
  var buffer: Int

  /// AV1's Main profile has 10 bits as well.
  static func profile(_ codec: Codec, keepsRange: Bool = false) -> String {
    switch codec {
    case .h264: "high"
    case .hevc where keepsRange: "main10"
    default: "main"
    }
  }

  func level(_ codec: Codec) -> Int? {
    switch codec {
    case .h264: h264()
    case .hevc: hevc()
    case .av1: av1()
    default: nil
    }
  }

  /// `amount` a picture, times the frame rate, is at most `limit` a second.
  private func rate(_ amount: Int, isAtMost limit: Int) -> Bool {
    let left = Int64(amount).multipliedFullWidth(by: frameRate.numerator)
    let right = Int64(limit).multipliedFullWidth(by: frameRate.denominator)
    return (left.high, left.low) <= (right.high, right.low)
  }

  /// ITU-T H.264 table A-1: level_idc, MaxMBPS, MaxFS, MaxDpbMbs, MaxBR, MaxCPB (the last two in 1000 bits, for
  /// Baseline and Main; High has 1.25 of them).
  private static let h264Table: [(Int, Int, Int, Int, Int, Int)] = [
    (10, 1485, 99, 396, 64, 175), (11, 3000, 396, 900, 192, 500), (12, 6000, 396, 2376, 384, 1000),
    (13, 11880, 396, 2376, 768, 2000), (20, 11880, 396, 2376, 2000, 2000),
    (21, 19800, 792, 4752, 4000, 4000), (22, 20250, 1620, 8100, 4000, 4000),
    (30, 40500, 1620, 8100, 10000, 10000), (31, 108_000, 3600, 18000, 14000, 14000),
    (32, 216_000, 5120, 20480, 20000, 20000), (40, 245_760, 8192, 32768, 20000, 25000),
    (41, 245_760, 8192, 32768, 50000, 62500), (42, 522_240, 8704, 34816, 50000, 62500),
    (50, 589_824, 22080, 110_400, 135_000, 135_000), (51, 983_040, 36864, 184_320, 240_000, 240_000),
    (52, 2_073_600, 36864, 184_320, 240_000, 240_000),
    (60, 4_177_920, 139_264, 696_320, 240_000, 240_000),
    (61, 8_355_840, 139_264, 696_320, 480_000, 480_000),
    (62, 16_711_680, 139_264, 696_320, 800_000, 800_000),
  ]

  /// Reference pictures that encoder settings may use at most.
  private static let references = 4

  private func h264() -> Int? {
    let (width, height) = ((size.width + 15) / 16, (size.height + 15) / 16)
    let blocks = width * height
    return CodecLevels.h264Table.first { level in
      let (_, perSecond, perFrame, perBuffer, bits, bufferBits) = level
      // A.3.1: neither side is over the square root of 8 MaxFS.
      return blocks <= perFrame && max(width, height) * max(width, height) <= 8 * perFrame
        && rate(blocks, isAtMost: perSecond) && CodecLevels.references * blocks <= perBuffer
        && peak <= bits * 1250 && buffer <= bufferBits * 1250
    }?.0
  }

  /// ITU-T H.265 tables A.8 and A.9, Main tier: general_level_idc, MaxLumaPs, MaxLumaSr, MaxBR, MaxCPB (1000 bits).
  /// Six pictures of the largest size fit the decoded picture buffer at every level.
  private static let hevcTable: [(Int, Int, Int, Int, Int)] = [
    (30, 36864, 552_960, 128, 350), (60, 122_880, 3_686_400, 1500, 1500),
    (63, 245_760, 7_372_800, 3000, 3000), (90, 552_960, 16_588_800, 6000, 6000),
    (93, 983_040, 33_177_600, 10000, 10000), (120, 2_228_224, 66_846_720, 12000, 12000),
    (123, 2_228_224, 133_693_440, 20000, 20000), (150, 8_912_896, 267_386_880, 25000, 25000),
    (153, 8_912_896, 534_773_760, 40000, 40000), (156, 8_912_896, 1_069_547_520, 60000, 60000),
    (180, 35_651_584, 1_069_547_520, 60000, 60000), (183, 35_651_584, 2_139_095_040, 120_000, 120_000),
    (186, 35_651_584, 4_278_190_080, 240_000, 240_000),
  ]

  private func hevc() -> Int? {
    let side = max(size.width, size.height)
    return CodecLevels.hevcTable.first { level in
      let (_, perPicture, perSecond, bits, bufferBits) = level
      return size.area <= perPicture && side * side <= 8 * perPicture && rate(size.area, isAtMost: perSecond)
        && peak <= bits * 1000 && buffer <= bufferBits * 1000
    }?.0
  }

  /// AV1 specification, annex A.3, Main tier: seq_level_idx, MaxPicSize, MaxHSize, MaxVSize, MaxDisplayRate,
  /// MainMbps (1000 bits).
  private static let av1Table: [(Int, Int, Int, Int, Int, Int)] = [
    (0, 147_456, 2048, 1152, 4_423_680, 1500), (1, 278_784, 2816, 1584, 8_363_520, 3000),
    (4, 665_856, 4352, 2448, 19_975_680, 6000), (5, 1_065_024, 5504, 3096, 31_950_720, 10000),
    (8, 2_359_296, 6144, 3456, 70_778_880, 12000), (9, 2_359_296, 6144, 3456, 141_557_760, 20000),
    (12, 8_912_896, 8192, 4352, 267_386_880, 30000), (13, 8_912_896, 8192, 4352, 534_773_760, 40000),
    (14, 8_912_896, 8192, 4352, 1_069_547_520, 60000),
    (16, 35_651_584, 16384, 8704, 1_069_547_520, 60000),
    (17, 35_651_584, 16384, 8704, 2_139_095_040, 100_000),
    (18, 35_651_584, 16384, 8704, 4_278_190_080, 160_000),
  ]

  private func av1() -> Int? {
    CodecLevels.av1Table.first { level in
      let (_, perPicture, width, height, perSecond, bits) = level
      return size.area <= perPicture && size.width <= width && size.height <= height
        && rate(size.area, isAtMost: perSecond) && peak <= bits * 1000
    }?.0
  }
}
