internal import Foundation
internal import TestKit
internal import Testing

extension EndToEnd {
  /// Packaging again: up to date, replaced, refused.
  @Suite struct RerunTests {
    @Test func theSameAgainIsUpToDate() throws {
      let folder = try TemporaryFolder()
      let first = try Rung.package(Fixture.path("no-audio.mkv"), into: folder.path)
      try #require(first.exit == 0, "\(first)")
      let before = try state(folder.path)
      let second = try Rung.package(Fixture.path("no-audio.mkv"), into: folder.path)
      #expect(second.exit == 0, "\(second)")
      #expect((second.output + second.errors).contains("up to date"), "\(second)")
      #expect(try state(folder.path) == before)
    }

    @Test func forceReplacesAndAnotherLadderReplacesNothingElse() throws {
      let folder = try TemporaryFolder()
      let first = try Rung.package(Fixture.path("no-audio.mkv"), into: folder.path)
      try #require(first.exit == 0, "\(first)")
      let neighbour = try Rung.package(Fixture.path("single-picture.mp4"), into: folder.path, id: "neighbour")
      try #require(neighbour.exit == 0, "\(neighbour)")
      let before = try TreeDump.contents(folder.path)
      let refused = try Rung.package(Fixture.path("mirrored.mp4"), into: folder.path)
      #expect(refused.exit == 1, "\(refused)")
      #expect(refused.errors.contains("--force"), "\(refused)")
      #expect(TreeDump.differences(before, try TreeDump.contents(folder.path)).isEmpty)
      let forced = try Rung.package(Fixture.path("mirrored.mp4"), into: folder.path, ["--force"])
      #expect(forced.exit == 0, "\(forced)")
      let after = try TreeDump.contents(folder.path)
      let changed = TreeDump.differences(before, after)
      #expect(!changed.isEmpty)
      #expect(!changed.contains { $0.contains("neighbour") })
      let alone = try Packaged.asset("mirrored.mp4")
      let own = after.filter { $0.key.hasPrefix("packaged/clip/") }
      #expect(TreeDump.differences(try TreeDump.contents(alone.tree), own).isEmpty)
    }

    @Test func theDefaultIdentifierIsOfNameAndHash() throws {
      let folder = try TemporaryFolder()
      let source = try folder.write(try Fixture.bytes("single-picture.mp4"), "My Holiday (1).mp4")
      let tree = folder.file("tree")
      let result = try Rung.run(["package", source, "--into", tree, "--ladder", Rung.tiny])
      try #require(result.exit == 0, "\(result)")
      let hash = try Shell.run("sha256sum", [source]).output.prefix(8)
      let ids = try FileManager.default.contentsOfDirectory(atPath: "\(tree)/packaged")
      #expect(ids.count == 1)
      #expect(ids.first?.hasSuffix("-\(hash)") == true, "\(ids)")
    }

    /// The default ladder, which most people will only ever use.
    @Test func theDefaultLadderMakesItsSmallestRung() throws {
      let folder = try TemporaryFolder()
      let result = try Rung.package(Fixture.path("holiday.mp4"), into: folder.path, ladder: "default")
      try #require(result.exit == 0, "\(result)")
      let asset = Asset(tree: folder.path, id: "clip")
      let master = try asset.text(asset.master)
      #expect(master.contains("EXT-X-INDEPENDENT-SEGMENTS"))
      #expect(master.contains("RESOLUTION=320x180"), "\(master)")
      #expect(master.contains("mp4a.40.2"))
      let verified = try Rung.run(["verify", folder.path])
      #expect(verified.exit == 0, "\(verified)")
    }

    /// Every file with its bytes and the moment it was last written.
    private func state(_ tree: String) throws -> [String] {
      try TreeDump.files(tree).map { path in
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(tree)/\(path)")
        return "\(path) \(attributes[.size] ?? 0) \(attributes[.modificationDate] ?? 0)"
      }
    }
  }
}
