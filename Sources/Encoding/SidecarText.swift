internal import LibAV
internal import Media

/// The text of a subtitle file, whatever it is encoded in: bytes in, UTF-8 and the format that the text itself shows
/// out; or why it is no such text.
struct SidecarText: Equatable {
  var text: [UInt8]
  var format: SubtitleFile.Format
  /// What a person should know.
  var note: String?

  struct Fault: Error, Equatable { var message: String }

  static func read(_ bytes: [UInt8]) throws(Fault) -> SidecarText {
    var (decoded, note) = try decode(bytes)
    // Old Macs ended lines so; FFmpeg knows only line feeds.
    if decoded.unicodeScalars.contains("\r") {
      decoded = String(
        String.UnicodeScalarView(lineEnds(decoded.unicodeScalars)))
    }
    guard !decoded.unicodeScalars.contains("\0") else {
      throw Fault(message: "it holds NUL bytes, so it is no text; save it as UTF-8")
    }
    guard decoded.contains(where: { !$0.isWhitespace }) else {
      throw Fault(message: "there is nothing in it")
    }
    let format = format(of: decoded)
    if format == .webvtt { decoded = cuesOnly(decoded) }
    return SidecarText(text: Array(decoded.utf8), format: format, note: note)
  }

  /// WebVTT without style sheets, regions and other blocks that are no cues: FFmpeg 5.1 stops at the first one that it
  /// does not know, and gives none of the cues behind it.
  private static func cuesOnly(_ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let blocks = lines.split(whereSeparator: \.isEmpty).filter { block in
      guard let timing = block.prefix(2).first(where: { $0.contains("-->") }),
        let start = timing.firstRange(of: "-->")
      else { return false }
      let clock = timing[..<start.lowerBound].filter { !$0.isWhitespace }
      return clock.contains(".") && clock.allSatisfy { "0123456789:.".contains($0) }
    }
    return "WEBVTT\n\n" + blocks.map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n")
  }

  private static func lineEnds(_ text: String.UnicodeScalarView) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(text.count)
    var wasReturn = false
    for scalar in text {
      if scalar == "\n", wasReturn {
        wasReturn = false
        continue
      }
      wasReturn = scalar == "\r"
      result.append(wasReturn ? "\n" : scalar)
    }
    return result
  }

  private static func decode(_ bytes: [UInt8]) throws(Fault) -> (String, String?) {
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) {
      guard let text = String(validating: bytes.dropFirst(3), as: UTF8.self) else {
        throw Fault(message: "it says that it is UTF-8 and is not; save it again as UTF-8")
      }
      return (text, nil)
    }
    if bytes.starts(with: [0xff, 0xfe]) { return (try utf16(bytes.dropFirst(2), isLittle: true), nil) }
    if bytes.starts(with: [0xfe, 0xff]) { return (try utf16(bytes.dropFirst(2), isLittle: false), nil) }
    // Without a mark: digits and line ends make every other byte a zero.
    let sample = bytes.prefix(512)
    if sample.count >= 8 {
      let (even, odd) = (zeros(sample, 0), zeros(sample, 1))
      if odd * 5 > sample.count, even * 20 < sample.count {
        return (try utf16(bytes[...], isLittle: true), nil)
      }
      if even * 5 > sample.count, odd * 20 < sample.count {
        return (try utf16(bytes[...], isLittle: false), nil)
      }
    }
    if let text = String(validating: bytes, as: UTF8.self) { return (text, nil) }
    return (windows1252(bytes), "it is not UTF-8 and was read as Windows-1252")
  }

  private static func zeros(_ bytes: ArraySlice<UInt8>, _ parity: Int) -> Int {
    bytes.indices.count { ($0 - bytes.startIndex) % 2 == parity && bytes[$0] == 0 }
  }

  private static func utf16(_ bytes: ArraySlice<UInt8>, isLittle: Bool) throws(Fault) -> String {
    let units = stride(from: bytes.startIndex, to: bytes.endIndex - 1, by: 2).map { index -> UInt16 in
      let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
      return isLittle ? second << 8 | first : first << 8 | second
    }
    guard bytes.count % 2 == 0, let text = String(validating: units, as: UTF16.self) else {
      throw Fault(message: "it looks like UTF-16 and is not; save it as UTF-8")
    }
    return text
  }

  /// Every byte is a character; the five that are not assigned become U+FFFD.
  static func windows1252(_ bytes: [UInt8]) -> String {
    String(
      String.UnicodeScalarView(
        bytes.map { byte in
          (0x80...0x9f).contains(byte) ? upper[Int(byte) - 0x80] : Unicode.Scalar(byte)
        }))
  }

  private static let upper = Array(
    "€\u{fffd}‚ƒ„…†‡ˆ‰Š‹Œ\u{fffd}Ž\u{fffd}\u{fffd}‘’“”•–—˜™š›œ\u{fffd}žŸ".unicodeScalars)

  /// By what it holds: a name's ending is often wrong.
  private static func format(of text: String) -> SubtitleFile.Format {
    let head = text.prefix(4096)
    if head.drop(while: \.isWhitespace).hasPrefix("WEBVTT") { return .webvtt }
    return head.lowercased().contains("[script info]") ? .ass : .srt
  }
}
