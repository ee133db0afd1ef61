/// An MP4 file as text: bytes in, one line a box out, indented by depth, with the fields that a player lives by.
/// A box that is cut short or too long is named as damaged; nothing in the bytes can make this crash.
package struct BoxDump {
  private static let containers: Set<String> = [
    "moov", "trak", "mdia", "minf", "stbl", "dinf", "edts", "mvex", "moof", "traf", "mfra", "udta",
  ]
  private static let sampleEntries: [String: Int] = [
    "avc1": 78, "avc3": 78, "hvc1": 78, "hev1": 78, "av01": 78, "vp09": 78,
    "mp4a": 28, "ac-3": 28, "ec-3": 28, "Opus": 28, "fLaC": 28,
  ]
  private static let depthLimit = 16

  private let bytes: [UInt8]
  private var lines: [String] = []

  package static func text(_ bytes: [UInt8]) -> String {
    var dump = BoxDump(bytes: bytes)
    dump.boxes(0..<bytes.count, depth: 0)
    return dump.lines.joined(separator: "\n") + "\n"
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func boxes(_ range: Range<Int>, depth: Int) {
    var at = range.lowerBound
    let indent = String(repeating: "  ", count: depth)
    guard depth < Self.depthLimit else { return lines.append("\(indent)(too deep)") }
    while at < range.upperBound {
      guard range.upperBound - at >= 8 else { return lines.append("\(indent)(damaged: a cut box header)") }
      let type = name(at + 4)
      var header = 8
      var size = Int(clamping: u32(at))
      if size == 1, range.upperBound - at >= 16 {
        header = 16
        size = Int(clamping: u64(at + 8))
      } else if size == 0 {
        size = range.upperBound - at
      }
      guard size >= header, size <= range.upperBound - at else {
        return lines.append("\(indent)\(type) (damaged: \(size) bytes of \(range.upperBound - at))")
      }
      let body = at + header..<at + size
      let fields = BoxFields(bytes: bytes, body: body).describe(type)
      lines.append("\(indent)\(type) \(size)\(fields.isEmpty ? "" : " \(fields)")")
      if Self.containers.contains(type) {
        boxes(body, depth: depth + 1)
      } else if type == "stsd" || type == "dref", body.count >= 8 {
        boxes(body.lowerBound + 8..<body.upperBound, depth: depth + 1)
      } else if let skip = Self.sampleEntries[type], body.count >= skip {
        boxes(body.lowerBound + skip..<body.upperBound, depth: depth + 1)
      }
      at += size
    }
  }

  private func name(_ at: Int) -> String {
    String(decoding: bytes[at..<at + 4].map { (32..<127).contains($0) ? $0 : 63 }, as: UTF8.self)
  }
  private func u32(_ at: Int) -> UInt64 { (0..<4).reduce(0) { $0 << 8 | UInt64(bytes[at + $1]) } }
  private func u64(_ at: Int) -> UInt64 { u32(at) << 32 | u32(at + 4) }
}

/// The fields of one box: reads past its end give 0.
private struct BoxFields {
  let bytes: [UInt8]
  let body: Range<Int>

  func describe(_ type: String) -> String {
    switch type {
    case "ftyp", "styp": return brands()
    case "mvhd":
      return version == 1
        ? "timescale=\(u32(20)) duration=\(u64(24))" : "timescale=\(u32(12)) duration=\(u32(16))"
    case "tkhd": return trackHeader()
    case "mdhd": return mediaHeader()
    case "hdlr": return name(8)
    case "elst": return editList()
    case "stsd": return "entries=\(u32(4))"
    case "avc1", "avc3", "hvc1", "hev1", "av01", "vp09": return "\(u16(24))x\(u16(26))"
    case "mp4a", "ac-3", "ec-3", "Opus", "fLaC": return "channels=\(u16(16)) rate=\(u16(24))"
    case "avcC": return hex(1..<4)
    case "hvcC": return hex(1..<13)
    case "colr": return "\(name(0)) \(u16(4))/\(u16(6))/\(u16(8)) full=\(u8(10) >> 7)"
    case "pasp": return "\(u32(0)):\(u32(4))"
    case "mehd": return "duration=\(version == 1 ? u64(4) : u32(4))"
    case "trex": return "track=\(u32(4)) duration=\(u32(12)) size=\(u32(16)) flags=\(hex(20..<24))"
    case "mfhd": return "sequence=\(u32(4))"
    case "tfhd": return fragmentHeader()
    case "tfdt": return "time=\(version == 1 ? u64(4) : u32(4))"
    case "trun": return run()
    case "sidx": return sidx()
    case "stts", "ctts", "stss", "stsc", "stco", "co64": return "entries=\(u32(4))"
    case "stsz": return "size=\(u32(4)) samples=\(u32(8))"
    default: return ""
    }
  }

  private func brands() -> String {
    let compatible = stride(from: 8, to: body.count - 3, by: 4).map { name($0) }
    return "\(name(0)) \(u32(4)) [\(compatible.joined(separator: " "))]"
  }

  private func trackHeader() -> String {
    let long = version == 1
    let base = long ? 36 : 24
    let matrix = (0..<9).map { i32(base + 16 + 4 * $0) }
    let unity: [Int32] = [65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30]
    let turned = matrix == unity ? "" : " matrix=\(matrix.map(String.init).joined(separator: ","))"
    return "track=\(u32(long ? 20 : 12)) duration=\(long ? u64(28) : u32(20)) flags=\(flags)"
      + " \(u32(base + 52) >> 16)x\(u32(base + 56) >> 16)\(turned)"
  }

  private func mediaHeader() -> String {
    let long = version == 1
    let packed = u16(long ? 32 : 20)
    let letters = [packed >> 10 & 31, packed >> 5 & 31, packed & 31].map {
      UInt8(truncatingIfNeeded: $0 + 0x60)
    }
    return "timescale=\(u32(long ? 20 : 12)) duration=\(long ? u64(24) : u32(16))"
      + " language=\(String(decoding: letters, as: UTF8.self))"
  }

  private func editList() -> String {
    let long = version == 1
    let stride = long ? 20 : 12
    let shown = min(Int(clamping: u32(4)), 8)
    let entries = (0..<shown).map { index -> String in
      let at = 8 + index * stride
      let length = long ? u64(at) : u32(at)
      let time = long ? Int64(bitPattern: u64(at + 8)) : Int64(i32(at + 4))
      return "(\(length) from \(time))"
    }
    return entries.joined(separator: " ")
  }

  private func fragmentHeader() -> String {
    let set = u32(0) & 0xffffff
    var at = 8
    var text = "flags=\(flags) track=\(u32(4))"
    let fields: [(UInt64, String, Int)] = [
      (1, "base", 8), (2, "description", 4), (8, "duration", 4), (0x10, "size", 4), (0x20, "sample-flags", 4),
    ]
    for (bit, label, width) in fields where set & bit != 0 {
      text +=
        " \(label)=\(label == "sample-flags" ? hex(at..<at + 4) : String(width == 8 ? u64(at) : u32(at)))"
      at += width
    }
    return text
  }

  private func run() -> String {
    let set = u32(0) & 0xffffff
    let count = Int(clamping: u32(4))
    var at = 8
    var text = "v\(version) flags=\(flags) samples=\(count)"
    if set & 1 != 0 {
      text += " offset=\(i32(at))"
      at += 4
    }
    if set & 4 != 0 {
      text += " first=\(hex(at..<at + 4))"
      at += 4
    }
    var (duration, size) = (UInt64(0), UInt64(0))
    var (least, most) = (Int64.max, Int64.min)
    let width = [0x100, 0x200, 0x400, 0x800].filter { set & UInt64($0) != 0 }.count * 4
    guard width > 0 else { return text }
    for _ in 0..<min(count, max(0, body.count - at) / width) {
      if set & 0x100 != 0 { (duration, at) = (duration &+ u32(at), at + 4) }
      if set & 0x200 != 0 { (size, at) = (size &+ u32(at), at + 4) }
      if set & 0x400 != 0 { at += 4 }
      if set & 0x800 != 0 {
        let offset = version == 0 ? Int64(u32(at)) : Int64(i32(at))
        (least, most, at) = (min(least, offset), max(most, offset), at + 4)
      }
    }
    if set & 0x100 != 0 { text += " duration=\(duration)" }
    if set & 0x200 != 0 { text += " bytes=\(size)" }
    if least <= most { text += " composition=\(least)...\(most)" }
    return text
  }

  private func sidx() -> String {
    let counts = version == 1 ? 30 : 22
    return "timescale=\(u32(8)) references=\(u16(counts))"
  }

  private var version: UInt64 { u8(0) }
  private var flags: String { hex(1..<4) }
  private func u8(_ at: Int) -> UInt64 {
    let index = body.lowerBound + at
    return index < body.upperBound ? UInt64(bytes[index]) : 0
  }
  private func u16(_ at: Int) -> UInt64 { u8(at) << 8 | u8(at + 1) }
  private func u32(_ at: Int) -> UInt64 { u16(at) << 16 | u16(at + 2) }
  private func u64(_ at: Int) -> UInt64 { u32(at) << 32 | u32(at + 4) }
  private func i32(_ at: Int) -> Int32 { Int32(truncatingIfNeeded: u32(at)) }
  private func name(_ at: Int) -> String {
    String(
      decoding: (0..<4).map { u8(at + $0) }.map { (32..<127).contains($0) ? UInt8($0) : 63 }, as: UTF8.self)
  }
  private func hex(_ range: Range<Int>) -> String {
    range.map { at in
      let text = String(u8(at), radix: 16)
      return text.count < 2 ? "0" + text : text
    }.joined()
  }
}
