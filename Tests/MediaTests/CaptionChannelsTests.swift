internal import Testing

@testable import Media

@Suite struct CaptionChannelsTests {
  /// Valid pairs of one field of CEA-608, without parity.
  private static func pairs(_ field: UInt8, _ pairs: [(UInt8, UInt8)]) -> [UInt8] {
    pairs.flatMap { [0xfc | field, $0.0, $0.1] }
  }

  private static func packet(_ bytes: [UInt8]) -> [UInt8] {
    var triplets: [UInt8] = []
    for (index, byte) in bytes.enumerated() {
      if index % 2 == 0 { triplets.append(index == 0 ? 0xff : 0xfe) }
      triplets.append(byte)
    }
    return triplets
  }

  static let cases: [(String, [UInt8], [String])] = [
    ("nothing", [], []),
    ("padding", [0xfc, 0x80, 0x80, 0xfd, 0x80, 0x80, 0xfa, 0, 0], []),
    ("commands without a character", pairs(0, [(0x14, 0x20), (0x14, 0x2f)]), []),
    ("characters of a channel that nobody named", pairs(0, [(0x41, 0x42)]), []),
    ("the first", pairs(0, [(0x14, 0x20), (0x41, 0x42)]), ["CC1"]),
    ("with parity", [0xfc, 0x94, 0x20, 0xfc, 0xc1, 0xc2], ["CC1"]),
    ("not valid", [0xf8, 0x14, 0x20, 0xf8, 0x41, 0x42], []),
    (
      "all four",
      pairs(0, [(0x14, 0x25), (0x41, 0), (0x1c, 0x25), (0x41, 0)])
        + pairs(1, [(0x15, 0x25), (0x41, 0), (0x1d, 0x25), (0x41, 0)]), ["CC1", "CC2", "CC3", "CC4"]
    ),
    ("text is no caption", pairs(0, [(0x14, 0x2a), (0x41, 0)]), []),
    ("captions after text", pairs(0, [(0x14, 0x2a), (0x41, 0), (0x14, 0x20), (0x42, 0)]), ["CC1"]),
    (
      "a programme's name in XDS within the third",
      pairs(1, [(0x15, 0x25), (0x01, 0x03), (0x41, 0x42), (0x0f, 0x1d)]), []
    ),
    (
      "on after XDS",
      pairs(1, [(0x15, 0x25), (0x01, 0x03), (0x41, 0x42), (0x0f, 0x1d), (0x41, 0x42)]), ["CC3"]
    ),
    ("a service", packet([0x02, 0x22, 0x41, 0x42]), ["SERVICE1"]),
    (
      "two services, one beyond six", packet([0x04, 0x42, 0x41, 0x42, 0xe2, 9, 0x41, 0x42]),
      ["SERVICE2", "SERVICE9"]
    ),
    ("a packet that never ends", packet([0x3f, 0x22, 0x41, 0x42]), []),
    ("a block longer than its packet", packet([0x02, 0x3f, 0x41, 0x42]), []),
    ("an extended number that is cut off", packet([0x01, 0xe1]), []),
    ("packets of nothing", packet([0x02, 0x00, 0x41, 0x42]), []),
    ("data without a start", [0xfe, 0x02, 0x22], []),
    ("half a triplet", [0xfc, 0x14], []),
  ]

  @Test(arguments: cases) func found(_ what: String, _ bytes: [UInt8], _ names: [String]) {
    var whole = CaptionChannels()
    whole.add(bytes)
    #expect(whole.names == names, "\(what)")
    // Picture by picture it is the same.
    var single = CaptionChannels()
    for start in stride(from: 0, to: bytes.count, by: 3) {
      single.add(bytes[start..<min(start + 3, bytes.count)])
    }
    #expect(single.names == names, "\(what)")
  }
}
