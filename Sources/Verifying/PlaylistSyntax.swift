internal import Foundation

/// What a tag's value must look like, and where the tag may stand.
struct TagRule {
  enum Form { case none, integer, attributes, extinf, byteRange, playlistType, text }
  enum Place { case any, master, media, segment }
  let form: Form
  let place: Place
  var once = false

  /// Every tag of RFC 8216 and its second edition that a finished VOD playlist may hold.
  static let table: [String: TagRule] = [
    "EXTM3U": TagRule(form: .none, place: .any, once: true),
    "EXT-X-VERSION": TagRule(form: .integer, place: .any, once: true),
    "EXT-X-INDEPENDENT-SEGMENTS": TagRule(form: .none, place: .any, once: true),
    "EXT-X-START": TagRule(form: .attributes, place: .any, once: true),
    "EXT-X-DEFINE": TagRule(form: .attributes, place: .any),
    "EXT-X-TARGETDURATION": TagRule(form: .integer, place: .media, once: true),
    "EXT-X-MEDIA-SEQUENCE": TagRule(form: .integer, place: .media, once: true),
    "EXT-X-DISCONTINUITY-SEQUENCE": TagRule(form: .integer, place: .media, once: true),
    "EXT-X-PLAYLIST-TYPE": TagRule(form: .playlistType, place: .media, once: true),
    "EXT-X-I-FRAMES-ONLY": TagRule(form: .none, place: .media, once: true),
    "EXT-X-IMAGES-ONLY": TagRule(form: .none, place: .media, once: true),
    "EXT-X-ENDLIST": TagRule(form: .none, place: .media, once: true),
    "EXT-X-MAP": TagRule(form: .attributes, place: .segment),
    "EXT-X-KEY": TagRule(form: .attributes, place: .segment),
    "EXT-X-BYTERANGE": TagRule(form: .byteRange, place: .segment),
    "EXT-X-DISCONTINUITY": TagRule(form: .none, place: .segment),
    "EXT-X-PROGRAM-DATE-TIME": TagRule(form: .text, place: .segment),
    "EXT-X-BITRATE": TagRule(form: .integer, place: .segment),
    "EXT-X-GAP": TagRule(form: .none, place: .segment),
    "EXT-X-DATERANGE": TagRule(form: .attributes, place: .segment),
    "EXT-X-TILES": TagRule(form: .attributes, place: .segment),
    "EXTINF": TagRule(form: .extinf, place: .segment),
    "EXT-X-MEDIA": TagRule(form: .attributes, place: .master),
    "EXT-X-STREAM-INF": TagRule(form: .attributes, place: .master),
    "EXT-X-I-FRAME-STREAM-INF": TagRule(form: .attributes, place: .master),
    "EXT-X-IMAGE-STREAM-INF": TagRule(form: .attributes, place: .master),
    "EXT-X-SESSION-DATA": TagRule(form: .attributes, place: .master),
    "EXT-X-SESSION-KEY": TagRule(form: .attributes, place: .master),
    "EXT-X-CONTENT-STEERING": TagRule(form: .attributes, place: .master),
  ]
}

/// The lines of a playlist that mean something, in order.
enum PlaylistLine: Equatable {
  case tag(name: String, value: String, line: Int)
  case uri(String, line: Int)
}

/// Playlist bytes in, lines out; what is wrong with the text as such goes to the findings.
struct PlaylistText {
  /// An hour of 1 s segments is 200 kB; a playlist this long is no playlist.
  static let limit = 16 << 20
  let lines: [PlaylistLine]

  var isMaster: Bool {
    lines.contains {
      if case .tag(let name, _, _) = $0 { return TagRule.table[name]?.place == .master }
      return false
    }
  }

  init(_ bytes: [UInt8], path: String, findings: Findings) {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
      findings.add(.playlistEncoding, path, "it begins with a byte order mark, expected none")
    }
    if String(validating: bytes, as: UTF8.self) == nil {
      findings.add(.playlistEncoding, path, "the bytes are not UTF-8")
    }
    if let control = bytes.first(where: { ($0 < 32 && $0 != 10 && $0 != 13) || $0 == 127 }) {
      findings.add(.playlistEncoding, path, "it holds the control character \(control)")
    }
    var text = bytes[...]
    if text.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropFirst(3) }
    var lines: [PlaylistLine] = []
    for (index, raw) in text.split(separator: 10, omittingEmptySubsequences: false).enumerated() {
      let line = String(decoding: raw.last == 13 ? raw.dropLast() : raw, as: UTF8.self)
      if line.isEmpty { continue }
      if !line.hasPrefix("#") {
        lines.append(.uri(line, line: index + 1))
      } else if line.hasPrefix("#EXT") {
        let body = line.dropFirst()
        let colon = body.firstIndex(of: ":") ?? body.endIndex
        let value = colon < body.endIndex ? String(body[body.index(after: colon)...]) : ""
        lines.append(.tag(name: String(body[..<colon]), value: value, line: index + 1))
      }
    }
    if lines.first != .tag(name: "EXTM3U", value: "", line: 1) {
      findings.add(.playlistHeader, path, "the first line is not #EXTM3U")
    }
    self.lines = lines
    checkTags(path, findings)
  }

  private func checkTags(_ path: String, _ findings: Findings) {
    var seen: Set<String> = []
    let master = isMaster
    for case .tag(let name, let value, let line) in lines {
      guard let rule = TagRule.table[name] else {
        findings.add(.tagUnknown, path, "no specification knows #\(name)", at: .line(line))
        continue
      }
      if rule.once, !seen.insert(name).inserted {
        findings.add(.tagDuplicate, path, "#\(name) again, expected once", at: .line(line))
      }
      if master, rule.place == .media || rule.place == .segment {
        findings.add(
          .tagPlace, path, "#\(name) belongs in a media playlist, this is a master", at: .line(line))
      }
      if let wanted = PlaylistText.mismatch(value, rule.form) {
        findings.add(
          .tagValue, path, "#\(name) has \"\(value.prefix(40))\", expected \(wanted)", at: .line(line))
      }
    }
  }

  /// What was expected of `value`, if it is not that. Attribute lists are judged where they are parsed.
  private static func mismatch(_ value: String, _ form: TagRule.Form) -> String? {
    switch form {
    case .none: value.isEmpty ? nil : "no value"
    case .integer: Decimal.integer(value) == nil ? "a whole number" : nil
    case .attributes, .text: value.isEmpty ? "a value" : nil
    case .extinf: Decimal.extinf(value) == nil ? "seconds and a comma" : nil
    case .byteRange: ByteRange.parse(value) == nil ? "LENGTH or LENGTH@OFFSET" : nil
    case .playlistType: value == "VOD" || value == "EVENT" ? nil : "VOD"
    }
  }
}

/// The decimal numbers of playlists, by RFC 8216 4.2.
enum Decimal {
  static func integer(_ text: some StringProtocol) -> Int64? {
    guard !text.isEmpty, text.count <= 20, text.utf8.allSatisfy({ (48...57).contains($0) }) else {
      return nil
    }
    return Int64(text)
  }

  /// As many digits as that, and nothing else. For many small texts: a regular expression is compiled for each.
  static func digits(_ text: some StringProtocol, _ count: ClosedRange<Int>) -> Int64? {
    count.contains(text.utf8.count) ? integer(text) : nil
  }

  /// A number without sign or exponent in units of 10^-9, and how many decimals it was written with.
  static func number(_ text: some StringProtocol) -> (value: Int64, decimals: Int)? {
    let halves = text.split(separator: ".", omittingEmptySubsequences: false)
    guard halves.count <= 2, let whole = halves.first.flatMap({ integer($0) }), whole < 4_000_000_000 else {
      return nil
    }
    guard halves.count == 2 else { return (whole * second, 0) }
    guard integer(halves[1].prefix(18)) != nil, halves[1].utf8.allSatisfy({ (48...57).contains($0) }) else {
      return nil
    }
    let digits = halves[1].prefix(9)
    let padded = digits + String(repeating: "0", count: 9 - digits.count)
    guard let fraction = Int64(padded) else { return nil }
    return (whole * second + fraction, halves[1].count)
  }

  /// `6.006000,` or `6.006000,title`.
  static func extinf(_ text: String) -> (value: Nanoseconds, decimals: Int)? {
    guard let comma = text.firstIndex(of: ",") else { return nil }
    return number(text[..<comma])
  }
}

/// `LENGTH` or `LENGTH@OFFSET`.
struct ByteRange: Equatable {
  var length: Int64
  var offset: Int64?

  static func parse(_ text: String) -> ByteRange? {
    let halves = text.split(separator: "@", omittingEmptySubsequences: false)
    guard halves.count <= 2, let length = halves.first.flatMap({ Decimal.integer($0) }) else { return nil }
    if halves.count == 1 { return ByteRange(length: length, offset: nil) }
    guard let offset = Decimal.integer(halves[1]) else { return nil }
    return ByteRange(length: length, offset: offset)
  }
}
