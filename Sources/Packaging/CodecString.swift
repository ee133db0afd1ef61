internal import LibAV
internal import Media

/// The RFC 6381 name of a track for CODECS, read from its decoder configuration: `avc1.640028`, `mp4a.40.2`.
enum CodecString {
  /// nil when the configuration is too short to tell.
  static func make(_ format: TrackFormat) -> String? {
    let bytes = Array(format.configuration)
    switch format.codec {
    case .h264: return avc(bytes)
    case .hevc: return hevc(bytes)
    case .av1: return av1(bytes, format.video?.codedColour ?? format.video?.colour ?? Colour())
    case .vp9: return vp9(bytes)
    case .aac: return aac(bytes)
    case .ac3: return "ac-3"
    case .eac3: return "ec-3"
    case .opus: return "Opus"
    case .flac: return "fLaC"
    case .mp3: return "mp4a.40.34"
    }
  }

  private static func avc(_ bytes: [UInt8]) -> String? {
    guard bytes.count >= 4, bytes[0] == 1 else { return nil }
    return "avc1." + bytes[1...3].map { padded(Int($0), 2, radix: 16) }.joined()
  }

  /// ISO/IEC 14496-15 Annex E: compatibility flags in reverse bit order, constraint bytes without trailing zeros.
  private static func hevc(_ bytes: [UInt8]) -> String? {
    guard bytes.count >= 13, bytes[0] == 1 else { return nil }
    let space = ["", "A", "B", "C"][Int(bytes[1] >> 6)]
    let tier = bytes[1] & 0x20 != 0 ? "H" : "L"
    var compatibility: UInt32 = 0
    for (index, byte) in bytes[2..<6].enumerated() {
      for bit in 0..<8 where byte & (0x80 >> UInt8(bit)) != 0 {
        compatibility |= 1 << UInt32(index * 8 + bit)
      }
    }
    var constraints = bytes[6..<12]
    while constraints.last == 0 { constraints.removeLast() }
    let parts =
      ["hvc1", "\(space)\(bytes[1] & 0x1f)", hex(Int(compatibility)), "\(tier)\(bytes[12])"]
      + constraints.map { hex(Int($0)) }
    return parts.joined(separator: ".")
  }

  /// The short form where all that it leaves out has the value that it stands for, else the full one.
  private static func av1(_ bytes: [UInt8], _ colour: Colour) -> String? {
    guard bytes.count >= 4, bytes[0] == 0x81 else { return nil }
    let profile = bytes[1] >> 5
    let tier = bytes[2] & 0x80 != 0 ? "H" : "M"
    let (high, twelve) = (bytes[2] & 0x40 != 0, bytes[2] & 0x20 != 0)
    let depth = profile == 2 && high && twelve ? 12 : (high ? 10 : 8)
    let short = "av01.\(profile).\(padded(Int(bytes[1] & 31), 2))\(tier).\(padded(depth, 2))"
    let mono = bytes[2] >> 4 & 1
    let (x, y, position) = (bytes[2] >> 3 & 1, bytes[2] >> 2 & 1, bytes[2] & 3)
    let isUsual = mono == 0 && x == 1 && y == 1 && position == 0 && !colour.fullRange
    if isUsual, colour == .bt709 || colour == Colour() { return short }
    let colours = [colour.primaries, colour.transfer, colour.matrix].map { padded($0, 2) }
    return ([short, "\(mono)", "\(x)\(y)\(position)"] + colours + [colour.fullRange ? "1" : "0"])
      .joined(separator: ".")
  }

  /// VPCodecConfigurationBox: version and flags, then profile, level, depth with chroma and range, colours.
  private static func vp9(_ bytes: [UInt8]) -> String? {
    guard bytes.count >= 10 else { return nil }
    let fields = [
      bytes[4], bytes[5], bytes[6] >> 4, bytes[6] >> 1 & 7, bytes[7], bytes[8], bytes[9], bytes[6] & 1,
    ]
    return "vp09." + fields.map { padded(Int($0), 2) }.joined(separator: ".")
  }

  /// The first audio object type of the AudioSpecificConfig (ISO/IEC 14496-3 1.6.2.1): 2 for AAC-LC, 5 and 29 where
  /// SBR and PS are signalled explicitly.
  private static func aac(_ bytes: [UInt8]) -> String? {
    var reader = BitReader(bytes)
    guard var type = reader.bits(5) else { return nil }
    if type == 31 {
      guard let more = reader.bits(6) else { return nil }
      type = 32 + more
    }
    return type == 0 ? nil : "mp4a.40.\(type)"
  }

  private static func hex(_ value: Int) -> String { String(value, radix: 16, uppercase: true) }

  private static func padded(_ value: Int, _ width: Int, radix: Int = 10) -> String {
    let digits = String(value, radix: radix)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
