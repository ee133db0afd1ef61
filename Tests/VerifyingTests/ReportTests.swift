internal import Foundation
internal import TestKit
internal import Testing

@testable import Verifying

@Suite struct ReportTests {
  private func withoutEnd() -> FileTree {
    var tree = FileTree.cmaf
    tree.replace(Mutation.index, "#EXT-X-ENDLIST\n", "")
    tree.replace(Mutation.iframes, "#EXT-X-VERSION:5", "#EXT-X-VERSION:12")
    tree.seal()
    return tree
  }

  @Test func textIsGroupedByCheckTheGravestFirst() throws {
    let report = try withoutEnd().verify()
    #expect(!report.isClean)
    #expect(
      report.text() == """
        error ENDLIST-MISSING: a finished playlist ends with EXT-X-ENDLIST (rule 3; A 8.6; RFC 8216 4.3.3.4)
          packaged/clip/hls/720p/index.m3u8: no EXT-X-ENDLIST: it is cut short, and players go on asking for more; expected one at the end
        advice VERSION-HIGH: EXT-X-VERSION is no higher than the playlist's features need (rule 2; RFC 8216 7)
          packaged/clip/hls/720p/iframes.m3u8: EXT-X-VERSION is 12, expected 5
        checked 6 playlists, 11 segments, \(report.checked.bytes) bytes: 1 errors, 0 warnings, 1 advice

        """)
    #expect(!report.text().contains("\u{1b}") && report.text(isColoured: true).contains("\u{1b}[1;31merror"))
  }

  @Test func jsonHasStableKeys() throws {
    var tree = FileTree.cmaf
    tree.replace(
      Mutation.index, "#EXTINF:2.000000,\nseg-0a1b2c3d-00003", "#EXTINF:2.010000,\nseg-0a1b2c3d-00003")
    tree.seal()
    let report = try tree.verify()
    #expect(report.isClean)
    let expected = """
      {
        "advice" : 0,
        "checked" : {
          "bytes" : \(report.checked.bytes),
          "playlists" : 6,
          "segments" : 11
        },
        "clean" : true,
        "errors" : 0,
        "findings" : [
          {
            "clause" : "A 8.1",
            "code" : "EXTINF-WRONG",
            "line" : 12,
            "message" : "EXTINF of segment 3 is 2.010000, expected 2.000000",
            "path" : "packaged/clip/hls/720p/index.m3u8",
            "rules" : [
              5
            ],
            "severity" : "warning"
          }
        ],
        "ignored" : [

        ],
        "warnings" : 1
      }

      """
    #expect(report.json == expected)
  }

  @Test func workflowsGetAnnotations() throws {
    let text = try withoutEnd().verify().github(prefix: "out/")
    let lines = text.split(separator: "\n")
    #expect(
      lines.first
        == "::notice file=out/packaged/clip/hls/720p/iframes.m3u8,title=rung verify VERSION-HIGH::EXT-X-VERSION is 12, expected 5 (rule 2; RFC 8216 7)"
    )
    #expect(
      lines.dropFirst().first?.hasPrefix("::error file=out/packaged/clip/hls/720p/index.m3u8,title=") ?? false
    )
    #expect(lines.last?.hasPrefix("checked 6 playlists") ?? false)
  }

  @Test func junitHasACaseACheck() throws {
    var options = FileTree.options
    let isKnown = options.ignores.add("VERSION-HIGH=<old players>")
    #expect(isKnown)
    let text = try withoutEnd().verify(options: options).junit
    #expect(text.contains("tests=\"\(FindingCode.allCases.count)\" failures=\"1\""))
    #expect(text.contains("name=\"ENDLIST-MISSING\">\n      <failure message=\"a finished playlist ends"))
    #expect(text.contains("name=\"VERSION-HIGH\"><skipped message=\"&lt;old players&gt;\"/></testcase>"))
    #expect(text.contains("name=\"GOP-LONG\"/>"))
    #expect(XMLCheck.isWhole(text))
  }

  @Test func whatIsIgnoredIsCountedAndExplained() throws {
    var tree = withoutEnd()
    tree.files[Ignores.fileName] = Array(
      "# of a test\n\nENDLIST-MISSING */720p/*.m3u8 = it is still going on\nVERSION-HIGH other/* = elsewhere\n"
        .utf8)
    let report = try tree.verify()
    #expect(report.isClean)
    #expect(report.findings.map(\.code) == [.ignoreUnused, .versionHigh])
    #expect(
      report.ignored == [IgnoredFindings(code: "ENDLIST-MISSING", count: 1, reason: "it is still going on")])
    #expect(report.text().contains("ignored ENDLIST-MISSING, 1 found: it is still going on\n"))
    var options = FileTree.options
    let taken = [options.ignores.add("NO-SUCH-CODE"), options.ignores.add("TREE-EMPTY=x")]
    #expect(taken == [false, false])
  }

  @Test(arguments: [
    ("a/b.m3u8", "a/b.m3u8", true), ("a/b.m3u8", "*", true), ("a/b.m3u8", "*.m3u8", true),
    ("a/b.ts", "*.m3u8", false),
    ("a/b/c.ts", "a/*c.ts", true), ("abc", "a?c", true), ("abc", "a?", false), ("", "*", true),
    ("aab", "a*ab", true),
  ])
  func patterns(path: String, pattern: String, matches: Bool) {
    #expect(Ignores.matches(path, pattern) == matches)
  }

  @Test func manyFindingsOfOneKindAreCounted() throws {
    var tree = FileTree.cmaf
    tree.append(Mutation.index, Array(String(repeating: "#EXT-X-NONSENSE\n", count: 1000).utf8))
    tree.seal()
    let report = try tree.verify()
    #expect(report.findings.count == 21)
    #expect(report.findings.contains { $0.message == "and 980 more of this kind in this file" })
    #expect(report.text().contains("  and 13 more; --json lists them all\n"))
  }

  @Test func theSameTreeGivesTheSameReport() throws {
    for mutation in [Mutation.all[20], Mutation.all[90], Mutation.all[150]] {
      let (first, again) = (try mutation.verify(), try mutation.verify())
      #expect(first.json == again.json)
    }
  }

  @Test func messagesStayOnOneLine() throws {
    var tree = FileTree.cmaf
    tree.replace("packaged/clip/asset.json", "\"made_by\"", "\"cwd\": \"/a/b\\n/c\", \"made_by\"")
    let report = try tree.verify()
    #expect(report.findings.map(\.code) == [.assetClock, .assetPath])
    #expect(report.findings.allSatisfy { !$0.message.contains("\n") })
  }

  /// A rule that no copy can keep is advice for copies and what is compared with them, and for nothing else.
  @Test func adviceIsForCopiesOnly() {
    let findings = Findings(root: "/tree")
    findings.copies = ["/tree/copy.m3u8"]
    findings.add(.startSkew, "/tree/copy.m3u8", "late")
    findings.add(.coverage, "/tree/sound.m3u8", "short", with: ["/tree/copy.m3u8"])
    findings.add(.tfdtGap, "/tree/copy.m3u8", "a gap")
    findings.add(.startSkew, "/tree/made.m3u8", "late")
    let report = findings.report()
    #expect(
      report.findings.map { "\($0.severity.rawValue) \($0.code.rawValue) \($0.path)" } == [
        "error TFDT-GAP copy.m3u8", "advice START-SKEW copy.m3u8", "error START-SKEW made.m3u8",
        "advice COVERAGE sound.m3u8",
      ])
  }

  @Test func whatThreadsFindIsPutTogether() {
    let (whole, part) = (Findings(root: "/tree"), Findings(root: "/tree"))
    for index in 0..<30 {
      part.add(.tfdtGap, "/tree/a", "gap \(index)", at: .byte(Int64(index)))
      whole.add(.tfdtGap, "/tree/b", "gap \(index)")
    }
    part.checked.segments = 3
    whole.take(part.gathered)
    let report = whole.report()
    #expect(report.checked.segments == 3)
    #expect(report.findings.count { $0.path == "a" } == 21 && report.findings.count { $0.path == "b" } == 21)
    #expect(report.findings.count { $0.message == "and 10 more of this kind in this file" } == 2)
  }

  @Test func theListHasEveryCheck() throws {
    let lines = CheckList.text.split(separator: "\n")
    for code in FindingCode.allCases {
      #expect(lines.contains { $0.hasPrefix(code.rawValue + " ") }, "\(code)")
    }
    let json = try JSONSerialization.jsonObject(with: Data(CheckList.json.utf8)) as? [[String: Any]]
    #expect(json?.count == FindingCode.allCases.count)
  }

  @Test(arguments: [
    ("2026-11-21T10:00", true), ("2026-11-21 10:00:59+01:00", true), ("2026-11-21T10:0", false),
    ("2026-11-21", false), ("x2026-11-21T10:00", false), ("2026/11/21T10:00", false), ("", false),
  ]) func clockTimes(_ text: String, _ isOne: Bool) {
    #expect(InventoryChecks.isClockTime(text) == isOne)
  }
}

/// Tags that open and close in order.
private enum XMLCheck {
  static func isWhole(_ text: String) -> Bool {
    var open: [Substring] = []
    for match in text.matches(of: /<(\/?)([a-z-]+)([^<>]*?)(\/?)>/) {
      if match.1 == "/" {
        guard open.popLast() == match.2 else { return false }
      } else if match.4.isEmpty {
        open.append(match.2)
      }
    }
    return open.isEmpty
  }
}
