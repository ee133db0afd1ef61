package import Foundation

/// The closed captions (CEA-608 and 708) of one picture or output frame.
package struct CaptionedPicture: Codable, Sendable, Equatable {
  /// Of a source's picture its time in the schedule's ticks, of an output frame its number.
  package var time: Int64
  /// Whole triplets of `cc_data` in their order (ANSI/CTA-708 4.3): a byte with validity and type, and two of content.
  package var bytes: Data

  package init(time: Int64, bytes: Data) {
    self.time = time
    self.bytes = bytes
  }
}

/// Finds out which channels a stream of `cc_data` has: triplets in the order of presentation in, names as HLS knows
/// them (RFC 8216 4.3.4.1: `CC1` to `CC4`, `SERVICE1` to `SERVICE63`) out. Padding, XDS and text mode are none.
package struct CaptionChannels: Sendable {
  private var fields = [Field(), Field()]
  private var packet: [UInt8] = []
  private var channels: Set<Int> = []
  private var services: Set<Int> = []

  /// One field of CEA-608: what its next characters belong to.
  private struct Field: Sendable {
    var channel: Int?
    var isText = false
    var isXDS = false
  }

  package init() {}

  package var names: [String] {
    channels.sorted().map { "CC\($0)" } + services.sorted().map { "SERVICE\($0)" }
  }

  package mutating func add(_ bytes: some Collection<UInt8>) {
    var rest = bytes[...]
    while let head = rest.popFirst(), let first = rest.popFirst(), let second = rest.popFirst() {
      guard head & 4 != 0 else { continue }
      switch head & 3 {
      case 0: addPair(first & 0x7f, second & 0x7f, field: 0)
      case 1: addPair(first & 0x7f, second & 0x7f, field: 1)
      case 3:
        packet = [first, second]
        readPacket()
      default:
        guard !packet.isEmpty else { continue }
        packet += [first, second]
        readPacket()
      }
    }
  }

  /// A pair of CEA-608 without its parity bits.
  private mutating func addPair(_ first: UInt8, _ second: UInt8, field: Int) {
    switch first {
    case 0x01...0x0f: if field == 1 { fields[field].isXDS = first != 0x0f }
    case 0x10...0x1f:
      fields[field].isXDS = false
      fields[field].channel = first & 8 == 0 ? 1 : 2
      // Miscellaneous commands choose between captions and text (CTA-608 B.8.3).
      if first & 0x76 == 0x14 {
        switch second {
        case 0x20, 0x25, 0x26, 0x27, 0x29: fields[field].isText = false
        case 0x2a, 0x2b: fields[field].isText = true
        default: break
        }
      }
    case 0x20...0x7f:
      guard !fields[field].isXDS, !fields[field].isText, let channel = fields[field].channel else { return }
      channels.insert(2 * field + channel)
    default: break
    }
  }

  /// A caption channel packet of CEA-708, once it is whole: service blocks behind a byte with its size (CTA-708 5, 6.2).
  private mutating func readPacket() {
    guard let head = packet.first else { return }
    let size = head & 0x3f == 0 ? 128 : Int(head & 0x3f) * 2
    guard packet.count >= size else { return }
    var index = 1
    while index < size {
      var service = Int(packet[index] >> 5)
      let length = Int(packet[index] & 0x1f)
      index += 1
      guard service > 0, length > 0 else { break }
      if service == 7, index < size {
        service = Int(packet[index] & 0x3f)
        index += 1
      }
      guard index + length <= size, service > 0 else { break }
      services.insert(service)
      index += length
    }
    packet = []
  }
}
