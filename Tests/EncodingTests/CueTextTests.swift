internal import Media
internal import TestKit
internal import Testing

@testable import Encoding

/// What becomes of texts, whatever they were written in.
@Suite struct CueTextTests {
  private func content(_ text: String, _ kind: CueText.Kind = .ass, style: String = "Default") -> String? {
    let header = """
      [V4+ Styles]
      Format: Name, Bold, Italic, Underline, Alignment
      Style: Default,-1,0,0,2
      Style: Top,0,-1,0,8
      """
    let reader = CueText(kind: kind, header: Array(header.utf8))
    let found = reader.content(ofEvent: Array("0,0,\(style),Bob,0,0,0,,\(text)".utf8))
    return found.map { $0.text + ($0.settings.isEmpty ? "" : " [\($0.settings)]") }
  }

  @Test(arguments: [
    ("plain, with commas", "plain, with commas"),
    (#"{\i1}a{\i0} b"#, "<i>a</i> b"), (#"{\b1\i1}a{\i0}b"#, "<i><b>a</b></i><b>b</b>"),
    (#"{\u1}open"#, "<u>open</u>"), (#"{\i1}a{\r}b"#, "<i>a</i>b"), (#"{\b700}a{\b400}b"#, "<b>a</b>b"),
    (#"{\i1}a\N\N{\i0}b"#, "<i>a</i>\nb"), (#"\Na \N \N b\N"#, "a\n b"),
    (#"{\fs20\c&HFFFFFF&\pos(1,2)}a{comment}b"#, "ab"), (#"{\p1}m 0 0 l 1 1{\p0}a"#, "a"),
    ("1 < 2 & 3 --> 4", "1 &lt; 2 &amp; 3 --&gt; 4"), ("<i>&amp;", "&lt;i&gt;&amp;amp;"),
    (#"a\hb\nc"#, "a\u{a0}b c"), ("{unclosed", "{unclosed"), (#"\{x\}"#, "{x}"), (#"c:\dir"#, #"c:\dir"#),
    ("a\tb\u{7}\u{feff}", "a b"), (#"{\an8}up"#, "up [line:0]"), (#"{\an1}left"#, "left [align:left]"),
    (#"{\a6}old"#, "old [line:0]"), (#"{\an6}side"#, "side [line:50% align:right]"),
  ])
  func ofASS(_ text: String, _ expected: String) { #expect(content(text) == expected) }

  @Test func stylesAndBraces() {
    #expect(content("up", style: "Top") == "<i>up</i> [line:0]")
    #expect(content(#"a{\i0}b{\i}c"#, style: "Top") == "<i>a</i>b<i>c</i> [line:0]")
    #expect(content("{laughs} ha", .converted) == "{laughs} ha")
    #expect(content(#"{\an8}up {x}"#, .converted) == "up {x} [line:0]")
    // As FFmpeg's WebVTT decoder gives "{" and "\", and with references that it does not know.
    #expect(content("\\{{}a} \\\u{2060}n &#39;&quot;&x; &#x41;", .webvtt) == "{a} \\n '\"&amp;x; A")
    for nothing in ["", " ", #"{\i1}"#, #"\N\N"#, #"{\p1}m 0 0"#, "{hidden}"] {
      #expect(content(nothing) == nil, "\(nothing)")
    }
    #expect(CueText(kind: .ass).content(ofEvent: Array("0,0,Default".utf8)) == nil)
  }

  @Test func settingsOfASourceStayWhereTheyAreWellFormed() {
    #expect(
      CueSettings.checked("line:-1 position:10%,line-left size:35.5% align:start")
        == "line:-1 position:10%,line-left size:35.5% align:start")
    #expect(CueSettings.checked("region:r line:x align:middle size:101% size:100% size:1%") == "size:100%")
    #expect(CueSettings.checked("line:0\n\n00:00 --> 00:01") == "line:0")
  }

  @Test func textsInOtherEncodings() throws {
    let word = "1\n00:00:01,000 --> 00:00:02,000\nÜber €\n"
    let units = Array(word.utf16)
    let little = units.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
    let big = units.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
    for bytes in [
      Array(word.utf8), [0xef, 0xbb, 0xbf] + Array(word.utf8), [0xff, 0xfe] + little, [0xfe, 0xff] + big,
      little, big, Array(word.replacing("\n", with: "\r\n").utf8),
      Array(word.replacing("\n", with: "\r").utf8),
    ] {
      let read = try SidecarText.read(bytes)
      #expect(read == SidecarText(text: Array(word.utf8), format: .srt, note: nil))
    }
    let old = word.unicodeScalars.map { $0 == "€" ? 0x80 : UInt8($0.value) }
    let read = try SidecarText.read(old)
    #expect(String(decoding: read.text, as: UTF8.self) == word)
    #expect(read.note == "it is not UTF-8 and was read as Windows-1252")
    #expect(try SidecarText.read(Array("\n WEBVTT\n".utf8)).format == .webvtt)
    #expect(try SidecarText.read(Array("[Script Info]\n".utf8)).format == .ass)
    for (bytes, message) in [
      ([0x61, 0, 0, 0x62], "it holds NUL bytes, so it is no text; save it as UTF-8"),
      ([], "there is nothing in it"), (Array(" \n".utf8), "there is nothing in it"),
      ([0xff, 0xfe, 0x61], "it looks like UTF-16 and is not; save it as UTF-8"),
      ([0xef, 0xbb, 0xbf, 0xff], "it says that it is UTF-8 and is not; save it again as UTF-8"),
    ] as [([UInt8], String)] {
      #expect(throws: SidecarText.Fault(message: message)) { try SidecarText.read(bytes) }
    }
  }

  @Test func cuesAreOrderedCutAndKeptOnce() {
    var list = CueList()
    func add(_ start: Int64, _ end: Int64?, _ text: String) {
      list.add(start: start, end: end, CueText.Content(text: text, settings: ""))
    }
    add(5000, 6000, "late")
    add(-500, 500, "early")
    add(1000, nil, "open")
    add(1500, 2000, "next")
    add(1500, 2000, "next")
    add(9000, 12_000, "cut")
    add(-900, -100, "before")
    add(10_000, 11_000, "after")
    add(7000, nil, "last")
    add(3000, 2000, "backwards")
    let cues = list.arranged(until: MediaTime(10, Rational(1, 1)))
    #expect(
      cues.map { "\($0.start) \($0.end) \($0.text)" } == [
        "0 500 early", "1000 1500 open", "1500 2000 next", "5000 6000 late", "7000 9000 last",
        "9000 10000 cut",
      ])
  }
}
