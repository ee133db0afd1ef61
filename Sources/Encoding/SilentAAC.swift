internal import LibAV

/// Frames of silence that fit between the frames of a copied AAC track: the track's AudioSpecificConfig in, the bytes of
/// one frame out.
///
/// A frame says of each channel only that none of its bands is coded (`max_sfb` 0, ISO/IEC 14496-3 4.4.2.1), so that it
/// is right for every sample rate and frame length, and a decoder fades into and out of it as of any other frame.
enum SilentAAC {
  private enum Element: Int { case single, pair, lowFrequency = 3 }

  /// nil where the channels are not one of the usual layouts, or it is not AAC-LC.
  static func frame(configuration: [UInt8]) -> [UInt8]? {
    var reader = BitReader(configuration)
    guard reader.bits(5) == 2, let rate = reader.bits(4), rate != 15 || reader.bits(24) != nil,
      let layout = reader.bits(4), let elements = elements(layout)
    else { return nil }
    var writer = BitWriter()
    var tags: [Element: Int] = [:]
    for element in elements {
      writer.append(element.rawValue, bits: 3)
      writer.append(tags[element, default: 0], bits: 4)
      tags[element, default: 0] += 1
      if element == .pair {
        // common_window 0: two channels that stand alone.
        writer.append(0, bits: 1)
        appendChannel(to: &writer)
      }
      appendChannel(to: &writer)
    }
    // ID_END
    writer.append(7, bits: 3)
    return writer.bytes
  }

  /// Table 1.19: the elements of a channel configuration.
  private static func elements(_ layout: Int) -> [Element]? {
    switch layout {
    case 1: [.single]
    case 2: [.pair]
    case 3: [.single, .pair]
    case 4: [.single, .pair, .single]
    case 5: [.single, .pair, .pair]
    case 6: [.single, .pair, .pair, .lowFrequency]
    case 7: [.single, .pair, .pair, .pair, .lowFrequency]
    default: nil
    }
  }

  /// individual_channel_stream: global gain, one long window of the sine's shape without bands or prediction, and
  /// neither pulses, noise shaping nor gain control.
  private static func appendChannel(to writer: inout BitWriter) {
    writer.append(0, bits: 8)
    writer.append(0, bits: 1 + 2 + 1 + 6 + 1)
    writer.append(0, bits: 1 + 1 + 1)
  }
}

/// Bits, most significant first, the last byte filled with zeros.
private struct BitWriter {
  private(set) var bytes: [UInt8] = []
  private var used = 0

  mutating func append(_ value: Int, bits: Int) {
    for bit in stride(from: bits - 1, through: 0, by: -1) {
      if used % 8 == 0 { bytes.append(0) }
      if value >> bit & 1 == 1 { bytes[bytes.count - 1] |= 0x80 >> UInt8(used % 8) }
      used += 1
    }
  }
}
