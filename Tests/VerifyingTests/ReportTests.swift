internal import Foundation
internal import Testing

@testable import Verifying

@Suite struct ReportTests {
  @Test func textHasOneLineAFindingAndTheCounts() throws {
    var tree = TreeFixture.cmaf
    tree.replace(Mutation.index, "#EXT-X-ENDLIST\n", "")
    tree.seal()
    let report = try tree.verify()
    #expect(!report.isClean)
    #expect(
      report.text == """
        error ENDLIST-MISSING packaged/clip/hls/720p/index.m3u8: rule 3 (A 8.6, 8.7): no EXT-X-ENDLIST, expected at the end
        checked 6 playlists, 11 segments, \(report.checked.bytes) bytes: 1 errors, 0 warnings

        """)
  }

  @Test func jsonHasStableKeys() throws {
    var tree = TreeFixture.cmaf
    tree.replace(Mutation.index, "#EXT-X-VERSION:6", "#EXT-X-VERSION:12")
    tree.seal()
    let report = try tree.verify()
    #expect(report.isClean)
    let expected = """
      {
        "checked" : {
          "bytes" : \(report.checked.bytes),
          "playlists" : 6,
          "segments" : 11
        },
        "clean" : true,
        "errors" : 0,
        "findings" : [
          {
            "code" : "VERSION-HIGH",
            "message" : "rule 2 (RFC 7): EXT-X-VERSION is 12, expected 6",
            "path" : "packaged/clip/hls/720p/index.m3u8",
            "severity" : "warning"
          }
        ],
        "warnings" : 1
      }

      """
    #expect(report.json == expected)
  }

  @Test func manyFindingsOfOneKindAreCounted() throws {
    var tree = TreeFixture.cmaf
    tree.files[Mutation.index]?.append(
      contentsOf: Array(String(repeating: "#EXT-X-NONSENSE\n", count: 1000).utf8))
    tree.seal()
    let report = try tree.verify()
    #expect(report.findings.count == 21)
    #expect(
      report.findings.contains { $0.message == "rule 1 (RFC 4.3): and 980 more of this kind in this file" })
  }

  @Test func theSameTreeGivesTheSameReport() throws {
    for mutation in [Mutation.all[20], Mutation.all[90], Mutation.all[150]] {
      #expect(try mutation.broken().verify().text == mutation.broken().verify().text)
    }
  }

  @Test func messagesStayOnOneLine() throws {
    var tree = TreeFixture.cmaf
    tree.replace("packaged/clip/asset.json", "\"made_by\"", "\"cwd\": \"/a/b\\n/c\", \"made_by\"")
    let report = try tree.verify()
    #expect(report.findings.map(\.code) == ["ASSET-CLOCK", "ASSET-PATH"])
    #expect(report.findings.allSatisfy { !$0.message.contains("\n") })
  }

  /// A rule that no copy can keep is advice for copies and what is compared with them, and for nothing else.
  @Test func adviceIsForCopiesOnly() {
    let findings = Findings(root: "/tree")
    findings.copies = ["/tree/copy.m3u8"]
    findings.error(.startSkew, "/tree/copy.m3u8", "late")
    findings.error(.coverage, "/tree/sound.m3u8", "short", with: ["/tree/copy.m3u8"])
    findings.error(.tfdtGap, "/tree/copy.m3u8", "a gap")
    findings.error(.startSkew, "/tree/made.m3u8", "late")
    let report = findings.report()
    #expect(
      report.findings.map { "\($0.severity.rawValue) \($0.code) \($0.path)" } == [
        "error TFDT-GAP copy.m3u8", "warning START-SKEW copy.m3u8", "error START-SKEW made.m3u8",
        "warning COVERAGE sound.m3u8",
      ])
  }
}
