/// One WebVTT segment as parsed: its bytes in, its cues and its timestamp map out, with what is wrong with it as lines.
struct WebVTTFile {
  struct Cue: Equatable {
    var start: Nanoseconds
    var end: Nanoseconds
    var text: String
  }

  /// Playlists of a long title name thousands of segments; one of this size is none.
  static let limit = 16 << 20

  private(set) var cues: [Cue] = []
  /// What the media's clock says at cue time 0; nil without a map.
  private(set) var origin: Nanoseconds?
  /// What is wrong, in words; a file that is not WebVTT at all has `isWebVTT` false and nothing else.
  private(set) var faults: [String] = []
  private(set) var mapFault: String?
  private(set) var isWebVTT = true

  init(_ bytes: [UInt8]) {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      isWebVTT = false
      return
    }
    if bytes.contains(0) { faults.append("it holds NUL") }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.last == "\r" ? line.dropLast() : line
    }
    let first = lines.first.map { $0.first == "\u{feff}" ? $0.dropFirst() : $0 } ?? ""
    guard first.hasPrefix("WEBVTT"), first.dropFirst(6).first.map({ $0 == " " || $0 == "\t" }) ?? true else {
      isWebVTT = false
      return
    }
    var blocks = lines.dropFirst().split(whereSeparator: \.isEmpty).map(Array.init)
    // What stands right below the first line is the header, not a block.
    if lines.count > 1, !lines[1].isEmpty, !blocks.isEmpty { readHeader(blocks.removeFirst()) }
    for block in blocks { readBlock(block) }
    if zip(cues, cues.dropFirst()).contains(where: { $1.start < $0.start }) {
      faults.append("cues are not ordered by their start")
    }
  }

  private mutating func readHeader(_ lines: [Substring]) {
    for line in lines where line.hasPrefix("X-TIMESTAMP-MAP") {
      guard let match = line.wholeMatch(of: /X-TIMESTAMP-MAP=(.+)/) else {
        mapFault = "\"\(line.prefix(80))\" is no X-TIMESTAMP-MAP"
        return
      }
      var (clock, local): (Int64?, Nanoseconds?)
      for part in match.1.split(separator: ",") {
        if part.hasPrefix("MPEGTS:") { clock = Decimal.integer(part.dropFirst(7)) }
        if part.hasPrefix("LOCAL:") { local = WebVTTFile.time(part.dropFirst(6)) }
      }
      // 33 bits of a 90 kHz clock.
      guard let clock, let local, clock < 1 << 33 else {
        mapFault = "\"\(line.prefix(80))\", expected MPEGTS and LOCAL with times"
        return
      }
      origin = sum(nanoseconds(clock, 90_000), -local)
    }
  }

  private mutating func readBlock(_ lines: [Substring]) {
    guard let first = lines.first else { return }
    for comment in ["NOTE", "STYLE", "REGION"] where first == comment || first.hasPrefix(comment + " ") {
      return
    }
    guard let index = lines.prefix(2).firstIndex(where: { $0.contains("-->") }) else {
      faults.append("\"\(first.prefix(40))\" begins a block that is no cue")
      return
    }
    let parts = lines[index].split(separator: " ", omittingEmptySubsequences: true)
    guard parts.count >= 3, parts[1] == "-->", let start = WebVTTFile.time(parts[0]),
      let end = WebVTTFile.time(parts[2])
    else {
      faults.append("\"\(lines[index].prefix(60))\" are no cue timings")
      return
    }
    if end <= start { faults.append("the cue at \(seconds(start)) ends at \(seconds(end))") }
    let payload = lines[(index + 1)...]
    if payload.contains(where: { $0.contains("-->") }) {
      faults.append("the cue at \(seconds(start)) has --> in its text")
    }
    if let fault = WebVTTFile.markup(payload.joined(separator: "\n")) {
      faults.append("the cue at \(seconds(start)) \(fault)")
    }
    cues.append(Cue(start: start, end: end, text: payload.joined(separator: "\n")))
  }

  /// Tags that open and close in order, and no bare `&`.
  private static func markup(_ text: String) -> String? {
    var open: [Substring] = []
    var rest = text[...]
    while let start = rest.firstIndex(where: { $0 == "<" || $0 == "&" }) {
      guard rest[start] == "<" else {
        guard let end = rest[start...].prefix(32).firstIndex(of: ";") else {
          return "has a bare & in its text"
        }
        rest = rest[end...]
        continue
      }
      guard let end = rest[start...].firstIndex(of: ">") else { return "has a tag that does not end" }
      let tag = rest[rest.index(after: start)..<end]
      rest = rest[rest.index(after: end)...]
      let name = tag.prefix { $0.isLetter || $0 == "/" }
      if tag.first?.isNumber == true { continue }
      if name.first != "/" {
        open.append(name)
      } else if open.popLast() != name.dropFirst() {
        return "closes <\(tag)> where it is not open"
      }
    }
    return nil
  }

  /// `01:02.345` or `00:01:02.345` (WebVTT 4.1).
  static func time(_ text: Substring) -> Nanoseconds? {
    var parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count) else { return nil }
    let seconds = parts.removeLast().split(separator: ".", omittingEmptySubsequences: false)
    guard seconds.count == 2, let minute = parts.popLast().flatMap({ Decimal.digits($0, 2...2) }),
      minute < 60,
      let whole = Decimal.digits(seconds[0], 2...2), whole < 60,
      let thousandths = Decimal.digits(seconds[1], 3...3)
    else { return nil }
    var hours: Int64 = 0
    if let text = parts.first {
      guard let value = Decimal.digits(text, 2...6) else { return nil }
      hours = value
    }
    return (hours * 3600 + minute * 60 + whole) * second + thousandths * (second / 1000)
  }
}
