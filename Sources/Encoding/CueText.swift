internal import Media

/// Turns events as FFmpeg's decoders give them, lines of ASS whatever the source's format, into WebVTT cue text.
///
/// Italic, bold and underlined stay; other override codes, drawings and comments go. The alignments of ASS become
/// cue settings: a text at the top is `line:0`, one at a side `align:left` or `align:right`.
struct CueText {
  struct Content: Equatable {
    var text: String
    var settings: String
  }

  /// How an event's text was made.
  enum Kind {
    /// By a person, as ASS: all in braces is hidden.
    case ass
    /// By FFmpeg's decoder of another format: only braces with codes are.
    case converted
    /// As above, from WebVTT, which has character references.
    case webvtt
  }

  private let kind: Kind
  private let styles: AssStyles

  init(kind: Kind, header: [UInt8] = []) {
    self.kind = kind
    styles = AssStyles(CueText.string(header))
  }

  /// nil where nothing is to be read.
  func content(ofEvent line: [UInt8], settings: [UInt8] = []) -> Content? {
    let fields = line.split(separator: UInt8(ascii: ","), maxSplits: 8, omittingEmptySubsequences: false)
    guard fields.count == 9 else { return nil }
    let style = styles[CueText.string(Array(fields[2]))]
    let text = CueText.string(Array(fields[8]))
    var reader = AssReader(style: style, hidesBraces: kind == .ass)
    reader.read(kind == .webvtt ? CueText.resolvingReferences(text) : text)
    let result = reader.finish()
    guard !result.isEmpty else { return nil }
    let stated = CueSettings.checked(CueText.string(settings))
    return Content(
      text: result, settings: stated.isEmpty ? CueSettings.of(alignment: reader.alignment) : stated)
  }

  /// Bytes from a file: UTF-8, or else the one other encoding that so many old files are in.
  static func string(_ bytes: [UInt8]) -> String {
    String(validating: bytes, as: UTF8.self) ?? SidecarText.windows1252(bytes)
  }

  /// FFmpeg resolves the named references that it knows and leaves the others as they are.
  private static func resolvingReferences(_ text: String) -> String {
    guard text.contains("&") else { return text }
    var result = ""
    var rest = text[...]
    while let start = rest.firstIndex(of: "&") {
      result += rest[..<start]
      rest = rest[start...]
      guard let end = rest.prefix(12).firstIndex(of: ";"),
        let scalar = reference(rest[rest.index(after: start)..<end])
      else {
        result += "&"
        rest = rest.dropFirst()
        continue
      }
      result.unicodeScalars.append(scalar)
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }

  private static func reference(_ name: Substring) -> Unicode.Scalar? {
    switch name {
    case "quot": return "\""
    case "apos": return "'"
    default:
      guard name.first == "#" else { return nil }
      let digits = name.dropFirst()
      let isHex = digits.first == "x" || digits.first == "X"
      return UInt32(isHex ? digits.dropFirst() : digits, radix: isHex ? 16 : 10).flatMap(Unicode.Scalar.init)
    }
  }
}

/// Reads the text of one ASS event and writes WebVTT cue text.
private struct AssReader {
  private enum Mark: String, CaseIterable { case i, b, u }

  private let base: Set<Mark>
  private let hidesBraces: Bool
  private var wanted: Set<Mark>
  /// Tags that are open in the result, outermost first.
  private var opened: [Mark] = []
  private var isDrawing = false
  private var lines: [String] = []
  private var line = ""
  private var hasInk = false
  /// As on a numeric keypad.
  private(set) var alignment: Int

  init(style: AssStyles.Style, hidesBraces: Bool) {
    self.hidesBraces = hidesBraces
    base = Set([style.isItalic ? Mark.i : nil, style.isUnderlined ? Mark.u : nil].compactMap { $0 })
    wanted = base
    alignment = style.alignment
  }

  mutating func read(_ text: String) {
    var rest = Array(text.unicodeScalars)[...]
    while let scalar = rest.first {
      rest = rest.dropFirst()
      if scalar == "\\", let next = rest.first {
        switch next {
        case "N": endLine()
        case "n": put(" ")
        case "h": put("\u{a0}")
        case "{", "}": put(next)
        // What FFmpeg puts behind a backslash, so that it begins no code.
        case "\u{2060}": put("\\")
        default:
          put("\\")
          continue
        }
        rest = rest.dropFirst()
      } else if scalar == "{", let end = rest.firstIndex(of: "}"), isHidden(rest[..<end]) {
        codes(rest[..<end])
        rest = rest[(end + 1)...]
      } else {
        put(scalar)
      }
    }
  }

  /// Closes what is open and gives the lines that have something in them.
  mutating func finish() -> String {
    wanted = []
    close()
    endLine()
    guard hasInk else { return "" }
    return lines.joined(separator: "\n")
  }

  private func isHidden(_ content: ArraySlice<Unicode.Scalar>) -> Bool {
    hidesBraces || content.isEmpty || content.first == "\\"
  }

  private mutating func put(_ scalar: Unicode.Scalar) {
    if isDrawing { return }
    switch scalar {
    case "\n": return endLine()
    case "\t": return put(" ")
    case "\u{feff}": return
    case _ where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value): return
    // No line separator of Unicode's may look like the end of a line.
    case "\u{2028}", "\u{2029}": return endLine()
    default: break
    }
    close()
    if !scalar.properties.isWhitespace {
      open()
      hasInk = true
    }
    switch scalar {
    case "&": line += "&amp;"
    case "<": line += "&lt;"
    case ">": line += "&gt;"
    default: line.unicodeScalars.append(scalar)
    }
  }

  /// A line without text would end the cue (WebVTT 4.1).
  private mutating func endLine() {
    close()
    while line.last == " " { line.removeLast() }
    if line.contains(where: { $0 != " " }) { lines.append(line) }
    line = ""
  }

  /// Closes what is no longer wanted and all within it, since tags nest; right behind the text that they hold.
  private mutating func close() {
    guard let first = opened.firstIndex(where: { !wanted.contains($0) }) else { return }
    let tags = opened[first...].reversed().map { "</\($0.rawValue)>" }.joined()
    if line.contains(where: { $0 != " " }) || lines.isEmpty {
      line += tags
    } else {
      lines[lines.count - 1] += tags
    }
    opened.removeSubrange(first...)
  }

  private mutating func open() {
    for mark in Mark.allCases where wanted.contains(mark) && !opened.contains(mark) {
      line += "<\(mark.rawValue)>"
      opened.append(mark)
    }
  }

  private mutating func codes(_ content: ArraySlice<Unicode.Scalar>) {
    for part in content.split(separator: "\\") {
      let code = String(String.UnicodeScalarView(part))
      let name = code.prefix { $0.isLetter }
      let value = Int(code.dropFirst(name.count).prefix { $0.isNumber || $0 == "-" })
      switch name {
      case "i": set(.i, value)
      case "u": set(.u, value)
      case "b": set(.b, value)
      case "r": wanted = base
      case "p": isDrawing = (value ?? 0) > 0
      case "an": if let value, (1...9).contains(value) { alignment = value }
      case "a": if let value, let known = AssStyles.legacy[value] { alignment = known }
      default: break
      }
    }
  }

  /// Without a number a code goes back to the style; a weight of 600 and more is bold.
  private mutating func set(_ mark: Mark, _ value: Int?) {
    let isOn = value.map { mark == .b ? $0 == 1 || $0 >= 600 : $0 != 0 } ?? base.contains(mark)
    if isOn { wanted.insert(mark) } else { wanted.remove(mark) }
  }
}

/// The styles of an ASS script, as far as WebVTT knows such things. Bold is left out: there it is how a typeface was
/// chosen for a whole film.
struct AssStyles {
  struct Style: Equatable {
    var isItalic = false
    var isUnderlined = false
    var alignment = 2
  }

  /// SSA's alignments: 1 to 3 at the bottom, 4 more at the top, 8 more in the middle.
  static let legacy = [1: 1, 2: 2, 3: 3, 5: 7, 6: 8, 7: 9, 9: 4, 10: 5, 11: 6]

  private var styles: [String: Style] = [:]

  init(_ header: String) {
    var columns: [String] = []
    var isLegacy = false
    for line in header.split(whereSeparator: \.isNewline).prefix(2000) {
      if line.hasPrefix("[") { isLegacy = line.hasPrefix("[V4 ") }
      let halves = line.split(separator: ":", maxSplits: 1)
      guard halves.count == 2 else { continue }
      let values = halves[1].split(separator: ",", omittingEmptySubsequences: false)
        .map { String($0.drop { $0 == " " }).trimmingEnd }
      if halves[0] == "Format", columns.isEmpty {
        columns = values.map { $0.lowercased() }
      } else if halves[0] == "Style" {
        let named = Dictionary(zip(columns, values)) { first, _ in first }
        var style = Style()
        style.isItalic = (named["italic"].flatMap { Int($0) } ?? 0) != 0
        style.isUnderlined = (named["underline"].flatMap { Int($0) } ?? 0) != 0
        let stated = named["alignment"].flatMap { Int($0) } ?? 2
        style.alignment = isLegacy ? AssStyles.legacy[stated] ?? 2 : (1...9).contains(stated) ? stated : 2
        if let name = named["name"] { styles[name] = style }
      }
    }
  }

  subscript(_ name: String) -> Style { styles[name] ?? Style() }
}

/// The settings of a WebVTT cue (WebVTT 4.4).
enum CueSettings {
  static func of(alignment: Int) -> String {
    var parts: [String] = []
    switch alignment {
    case 7...9: parts.append("line:0")
    case 4...6: parts.append("line:50%")
    default: break
    }
    switch alignment % 3 {
    case 1: parts.append("align:left")
    case 0: parts.append("align:right")
    default: break
    }
    return parts.joined(separator: " ")
  }

  /// Those of a source's own cue that are well formed; regions are not carried.
  static func checked(_ text: String) -> String {
    var names: Set<Substring> = []
    let kept = text.split(whereSeparator: \.isWhitespace).prefix(8).filter { setting in
      let halves = setting.split(separator: ":", omittingEmptySubsequences: false)
      guard halves.count == 2, setting.utf8.count <= 40, isValid(halves[0], halves[1]) else { return false }
      return names.insert(halves[0]).inserted
    }
    return kept.joined(separator: " ")
  }

  private static func isValid(_ name: Substring, _ value: Substring) -> Bool {
    let parts = value.split(separator: ",", omittingEmptySubsequences: false)
    guard let first = parts.first, parts.count <= 2 else { return false }
    let anchor = parts.count == 2 ? String(parts[1]) : nil
    switch name {
    case "vertical": return anchor == nil && ["rl", "lr"].contains(value)
    case "align": return anchor == nil && ["start", "center", "end", "left", "right"].contains(value)
    case "size": return anchor == nil && isPercentage(first)
    case "position":
      return isPercentage(first) && anchor.map { ["line-left", "center", "line-right"].contains($0) } ?? true
    case "line":
      let isNumber = (Int(first).map { abs($0) < 1000 } ?? false) && first.first != "+"
      return (isNumber || isPercentage(first))
        && anchor.map { ["start", "center", "end"].contains($0) } ?? true
    default: return false
    }
  }

  private static func isPercentage(_ text: Substring) -> Bool {
    guard text.last == "%" else { return false }
    let parts = text.dropLast().split(separator: ".", omittingEmptySubsequences: false)
    let areDigits = parts.allSatisfy { part in
      !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
    guard areDigits, (1...2).contains(parts.count), let whole = Int(parts[0]) else { return false }
    return whole < 100 || whole == 100 && parts.dropFirst().allSatisfy { $0.allSatisfy { $0 == "0" } }
  }
}

extension String {
  fileprivate var trimmingEnd: String {
    var text = self
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }
}
