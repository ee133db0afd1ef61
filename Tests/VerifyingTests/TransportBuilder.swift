/// Hand-made MPEG-TS: one program of H.264 and AAC that keeps every rule. Keeps its counters from one segment to
/// the next, as a muxer does.
struct TransportBuilder {
  private var counters: [Int: Int] = [:]
  /// A row of the PMT more.
  var extra: [UInt8] = []
  /// The second picture of each GOP is shown before the first.
  var leading = false
  static let videoPID = 0x100
  static let audioPID = 0x101
  static let mapPID = 0x1000

  private mutating func packet(_ pid: Int, starts: Bool, field: [UInt8]?, _ payload: ArraySlice<UInt8>)
    -> [UInt8]
  {
    let counter = counters[pid, default: 0]
    counters[pid] = (counter + 1) & 15
    let head: [UInt8] = [0x47] + be(pid | (starts ? 0x4000 : 0), 2)
    let missing = 184 - payload.count
    guard field != nil || missing > 0 else { return head + [UInt8(0x10 | counter)] + payload }
    var body = field ?? []
    if body.isEmpty, missing > 1 { body = [0] }
    body += Array(repeating: 0xFF, count: max(0, missing - 1 - body.count))
    return head + [UInt8(0x30 | counter), UInt8(body.count)] + body + payload
  }

  mutating func table(_ pid: Int, _ id: Int, _ body: [UInt8]) -> [UInt8] {
    let section = [UInt8(id)] + be(0xB000 | (body.count + 9), 2) + be(1, 2) + [0xC1, 0, 0] + body
    var value: UInt32 = 0xFFFF_FFFF
    for byte in section {
      value ^= UInt32(byte) << 24
      for _ in 0..<8 { value = value & 0x8000_0000 != 0 ? (value << 1) ^ 0x04C1_1DB7 : value << 1 }
    }
    let payload = [0] + section + be(Int(value), 4)
    return packet(
      pid, starts: true, field: nil, (payload + Array(repeating: 0xFF, count: 184 - payload.count))[...])
  }

  mutating func tables() -> [UInt8] {
    let streams: [UInt8] =
      [0x1B] + be(0xE000 | Self.videoPID, 2) + be(0xF000, 2) + [0x0F] + be(0xE000 | Self.audioPID, 2)
      + be(0xF000, 2) + extra
    return table(0, 0, be(1, 2) + be(0xE000 | Self.mapPID, 2))
      + table(Self.mapPID, 2, be(0xE000 | Self.videoPID, 2) + be(0xF000, 2) + streams)
  }

  private static func stamp(_ time: Int, _ mark: Int = 2) -> [UInt8] {
    [UInt8(mark << 4 | 1 | (time >> 30 & 7) << 1)] + be((time >> 15 & 0x7FFF) << 1 | 1, 2)
      + be((time & 0x7FFF) << 1 | 1, 2)
  }

  mutating func unit(
    _ pid: Int, _ time: Int, _ bytes: [UInt8], isKey: Bool, shown: Int? = nil
  ) -> [UInt8] {
    let isVideo = pid == Self.videoPID
    let length = isVideo ? 0 : bytes.count + 8
    let stamps = shown.map { Self.stamp($0, 3) + Self.stamp(time, 1) } ?? Self.stamp(time)
    let whole =
      [0, 0, 1, isVideo ? 0xE0 : 0xC0] + be(length, 2) + [
        0x80, shown == nil ? 0x80 : 0xC0, UInt8(stamps.count),
      ]
      + stamps + bytes
    var result: [UInt8] = []
    var rest = whole[...]
    while !rest.isEmpty {
      var field: [UInt8]?
      if isVideo, rest.startIndex == 0 {
        let clock = time - 9000
        field = [isKey ? 0x50 : 0x10] + be(clock >> 1, 4) + be((clock & 1) << 15 | 0x7E00, 2)
      }
      let room = 184 - (field.map { $0.count + 1 } ?? 0)
      let part = rest.prefix(room)
      result += packet(pid, starts: rest.startIndex == 0, field: field, part)
      rest = rest.dropFirst(part.count)
    }
    return result
  }

  /// Two seconds of pictures, ten a second, the IDR every second; `frames` AAC frames from `sound` ticks on.
  mutating func segment(time: Int, size: Int, sound: Int, frames: Int) -> [UInt8] {
    var result: [UInt8] = []
    let set = sequenceParameterSet(columns: 4, rows: 3)
    let adts: [UInt8] = [0xFF, 0xF1, 0x4C, 0x80, 0x03, 0x7F, 0xFC]
    let frame = adts + Array(repeating: UInt8(0x21), count: 27 - adts.count)
    for index in 0..<20 {
      let isKey = index % 10 == 0
      if isKey { result += tables() }
      let start: [UInt8] = [0, 0, 0, 1]
      let sets = isKey ? start + set + start + pictureParameterSet : []
      let picture = [UInt8(isKey ? 0x65 : 0x41)] + Array(repeating: 0x88, count: isKey ? size * 3 : size)
      let decode = time + index * 9000
      // The key is shown after the picture that is decoded next.
      let shown = leading ? decode + (isKey ? 18_000 : index % 10 == 1 ? 0 : 9000) : nil
      result += unit(Self.videoPID, decode, sets + start + picture, isKey: isKey, shown: shown)
      if index % 10 == 5 {
        let first = index == 5 ? 0 : frames / 2
        let count = index == 5 ? frames / 2 : frames - frames / 2
        let bytes = (0..<count).flatMap { _ in frame }
        result += unit(Self.audioPID, sound + first * 1920, bytes, isKey: false)
      }
    }
    return result
  }

  /// From each PAT to the end of the picture after it.
  static func keyframes(_ bytes: [UInt8]) -> [Range<Int>] {
    let places = Array(stride(from: 0, to: bytes.count, by: 188))
    let starts = places.map { bytes[$0 + 1] & 0x40 != 0 }
    let tables = places.indices.filter {
      starts[$0] && bytes[places[$0] + 1] & 31 == 0 && bytes[places[$0] + 2] == 0
    }
    return tables.map { first in
      let end = places.indices.dropFirst(first + 3).first { starts[$0] }
      return places[first]..<(end.map { places[$0] } ?? bytes.count)
    }
  }
}
