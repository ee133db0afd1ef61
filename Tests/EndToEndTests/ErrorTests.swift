internal import Foundation
internal import TestKit
internal import Testing

extension EndToEnd {
  /// Every refusal: its exit code, one line that names the file, nothing of it in the tree.
  @Suite struct ErrorTests {
    /// (what stands as SOURCE, what the last line has to name)
    static let sources: [(source: String, named: String)] = [
      ("Fixtures/no-such-file.mov", "no-such-file.mov"), ("Fixtures/text-named.mp4", "text-named.mp4"),
      ("Fixtures/empty.mp4", "empty.mp4"), ("Fixtures", "Fixtures"),
      ("Fixtures/truncated.mov", "truncated.mov"),
      ("Fixtures/playlist-named.mp4", "playlist-named.mp4"), ("Makefile", "Makefile"),
      ("/dev/null", "/dev/null"),
    ]

    @Test(arguments: sources)
    func aSourceThatCannotBePackaged(_ source: String, _ named: String) throws {
      let folder = try TemporaryFolder()
      let path = source.hasPrefix("/") ? source : Checkout.path(source)
      let result = try Rung.package(path, into: folder.path)
      #expect(result.exit == 1, "\(result)")
      #expect(result.output.isEmpty, "\(result)")
      #expect(lastLine(result).contains(named), "\(result)")
      #expect(lastLine(result).count > named.count + 12, "\(result)")
      #expect(TreeDump.files(folder.path).isEmpty)
      let probed = try Rung.run(["probe", path])
      #expect(probed.exit == 1, "\(probed)")
      #expect(probed.errors.contains(named), "\(probed)")
    }

    /// A playlist that calls itself a film must not lead to the files it names.
    @Test func aPlaylistIsNotFollowed() throws {
      let result = try Rung.run(["probe", Fixture.path("playlist-named.mp4"), "--json"])
      #expect(result.exit == 1, "\(result)")
      #expect(!result.output.contains("h264"))
    }

    static let commandLines: [[String]] = [
      [], ["frobnicate"], ["package"], ["package", "a.mp4"], ["package", "a.mp4", "--into"],
      ["package", "a.mp4", "--into", "t", "--frobnicate"], ["package", "a.mp4", "b.mp4", "--into", "t"],
      ["package", "a.mp4", "--into", "t", "--segments", "avi"],
      ["package", "a.mp4", "--into", "t", "--workers", "0"],
      ["package", "a.mp4", "--into", "t", "--workers", "many"],
      ["package", "a.mp4", "--into", "t", "--speed=warp"],
      ["package", "a.mp4", "--into", "t", "--max-work-bytes", "much"],
      ["split", "a.mp4", "--into", "t", "--part-size", "10KB"],
      ["package", "a.mp4", "--into", "t", "--force=yes"], ["package", "a.mp4", "--into", "t", "--into", "u"],
      ["probe"], ["plan"], ["plan", "--json"], ["verify"], ["--frobnicate"], ["help", "frobnicate"],
      ["package", "a.mp4", "--into", "t", "--log", "xml"],
    ]

    @Test(arguments: commandLines)
    func aCommandLineThatIsWrong(_ arguments: [String]) throws {
      let result = try Rung.run(arguments)
      #expect(result.exit == 64, "\(arguments): \(result)")
      #expect(result.output.isEmpty, "\(arguments): \(result)")
      #expect(result.errors.split(separator: "\n").count == 1, "\(arguments): \(result)")
    }

    static let identifiers = ["../up", "a/b", ".hidden", "", "a b", String(repeating: "a", count: 129), "ü"]

    @Test(arguments: identifiers)
    func anIdentifierThatIsNone(_ id: String) throws {
      let folder = try TemporaryFolder()
      let result = try Rung.package(Fixture.path("single-picture.mp4"), into: folder.file("tree"), id: id)
      #expect(result.exit == 64, "\(result)")
      #expect(lastLine(result).contains("id"), "\(result)")
      #expect(!FileManager.default.fileExists(atPath: folder.file("tree")))
      let planned = try Rung.run(["plan", Fixture.path("single-picture.mp4"), "--id", id])
      #expect(planned.exit == 64, "\(planned)")
    }

    /// What the options make of a ladder, and what a layout needs from them.
    @Test(arguments: [
      (["--creator", "../me"], "creator"), (["--keep-source"], "--creator"), (["--max-height", "16"], "90"),
    ])
    func optionsThatDoNotFit(_ options: [String], _ named: String) throws {
      let folder = try TemporaryFolder()
      let result = try Rung.package(Fixture.path("single-picture.mp4"), into: folder.path, options)
      #expect(result.exit == 64, "\(result)")
      #expect(lastLine(result).contains(named), "\(result)")
      #expect(TreeDump.files(folder.path).isEmpty)
    }

    @Test func foldersAboveTheTreeAreMade() throws {
      let folder = try TemporaryFolder()
      let result = try Rung.package(Fixture.path("single-picture.mp4"), into: folder.file("a/b/c"))
      #expect(result.exit == 0, "\(result)")
      #expect(FileManager.default.fileExists(atPath: folder.file("a/b/c/packaged/clip/asset.json")))
    }

    @Test func aLadderThatIsUnknown() throws {
      let folder = try TemporaryFolder()
      let result = try Rung.package(Fixture.path("holiday.mp4"), into: folder.path, ladder: "no-such-ladder")
      #expect(result.exit == 64, "\(result)")
      #expect(lastLine(result).contains("no-such-ladder"), "\(result)")
      #expect(TreeDump.files(folder.path).isEmpty)
    }

    /// A ladder that is right but for what is put into it.
    private static func broken(_ keys: String) -> String {
      "{\(keys)\"name\":\"x\",\"outputs\":[\"hls\"],\"rungs\":[{\"name\":\"90p\",\"width\":160,\"height\":90,"
        + "\"bitrate\":80000}]}"
    }

    @Test(arguments: [
      ("{", "JSON"), (broken("\"speedy\":true,"), "speedy"),
      (broken("\"segment_seconds\":5,\"gop_seconds\":2,"), "segment_seconds"),
      (broken("\"quality\":\"good\","), "quality"),
    ])
    func aLadderThatIsWrong(_ text: String, _ named: String) throws {
      let folder = try TemporaryFolder()
      let ladder = try folder.write(text, "broken.json")
      let result = try Rung.package(Fixture.path("holiday.mp4"), into: folder.file("tree"), ladder: ladder)
      #expect(result.exit == 1, "\(result)")
      #expect(lastLine(result).contains("broken.json"), "\(result)")
      #expect(lastLine(result).contains(named), "\(result)")
    }

    @Test func aTreeThatIsAFile() throws {
      let folder = try TemporaryFolder()
      let file = try folder.write("not a folder", "bucket")
      let result = try Rung.package(Fixture.path("single-picture.mp4"), into: file)
      #expect([1, 75].contains(result.exit), "\(result)")
      #expect(lastLine(result).contains("bucket"), "\(result)")
    }

    private func lastLine(_ result: CommandResult) -> String {
      result.errors.split(separator: "\n").last.map(String.init) ?? ""
    }
  }
}
