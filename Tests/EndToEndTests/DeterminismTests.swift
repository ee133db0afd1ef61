internal import Foundation
internal import TestKit
internal import Testing

extension EndToEnd {
  /// The same source and ladder give the same bytes: run after run, on one worker or two.
  @Suite struct DeterminismTests {
    @Test(arguments: [
      ("holiday.mp4", "fmp4"), ("holiday.mp4", "ts"), ("two-languages.mkv", "ts"), ("long-gop.mp4", "fmp4"),
    ])
    func everyObjectIsTheSame(_ fixture: String, _ segments: String) throws {
      let first = try TreeDump.contents(Packaged.asset(fixture, segments).tree)
      #expect(first.count > 5)
      for workers in ["1", "2"] {
        let folder = try TemporaryFolder()
        let result = try Rung.package(
          Fixture.path(fixture), into: folder.path, ["--segments", segments, "--workers", workers])
        try #require(result.exit == 0, "\(result)")
        let differences = TreeDump.differences(first, try TreeDump.contents(folder.path))
        #expect(differences.isEmpty, "\(workers) workers: \(differences.joined(separator: "\n"))")
      }
    }

    /// Where the source lies and what the tree is called is in no byte.
    @Test func theFolderDoesNotMatter() throws {
      let folder = try TemporaryFolder("a folder's name")
      let source = try folder.write(try Fixture.bytes("holiday.mp4"), "in here/holiday.mp4")
      let tree = folder.file("the tree")
      let result = try Rung.package(source, into: tree)
      try #require(result.exit == 0, "\(result)")
      let differences = TreeDump.differences(
        try TreeDump.contents(Packaged.asset("holiday.mp4").tree), try TreeDump.contents(tree))
      #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
    }
  }
}
