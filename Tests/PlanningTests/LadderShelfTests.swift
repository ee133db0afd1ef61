import Foundation
import Media
import Planning
import Testing

@Suite struct LadderShelfTests {
  @Test func thePresetIsTheLadderOfTheReadme() throws {
    let ladder = try LadderShelf(folders: [checkoutLadders]).load("default")
    #expect(ladder == .sample)
    #expect(
      ladder.rungs.map(\.maxBitrate) == [428_000, 856_000, 1_498_000, 2_996_000, 5_350_000])
  }

  @Test func everyPresetIsNamedAsItsFile() throws {
    let shelf = LadderShelf(folders: [checkoutLadders])
    #expect(shelf.list().map(\.name).contains("default"))
    for entry in shelf.list() { #expect(try shelf.load(entry.name).name == entry.name) }
  }

  @Test func theFirstFolderWinsAndSchemasAreNoPresets() throws {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent("shelf-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: root) }
    for (folder, name, ladder) in [("a", "one", "first"), ("b", "one", "second"), ("b", "two", "two")] {
      let home = root.appendingPathComponent(folder)
      try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
      let text = try Ladder.sample.with { $0.name = ladder }.canonicalJSON
      try Data(text.utf8).write(to: home.appendingPathComponent("\(name).json"))
    }
    try Data("{}".utf8).write(to: root.appendingPathComponent("a/ladder.schema.json"))
    let (a, b) = (root.appendingPathComponent("a").path, root.appendingPathComponent("b").path)
    let shelf = LadderShelf(folders: [a, root.appendingPathComponent("none").path, b])
    #expect(
      shelf.list()
        == [.init(name: "one", path: a + "/one.json"), .init(name: "two", path: b + "/two.json")])
    #expect(try shelf.load("one").name == "first")
    #expect(try shelf.load(b + "/one.json").name == "second")
    #expect(try shelf.text("two").hasPrefix("{"))

    func message(_ name: String) -> String? {
      #expect(throws: LadderFailure.self) { try shelf.load(name) }?.message
    }
    #expect(
      message("three")
        == "there is no ladder 'three'; known are one and two, or give the path of a ladder file")
    #expect(message("\(a)/x.json") == "\(a)/x.json: the ladder cannot be read: no such file")
    #expect(message("\(a)/") == "\(a)/: the ladder cannot be read: it is a folder")
    #expect(
      #expect(throws: LadderFailure.self) { try LadderShelf(folders: []).load("x") }?.message
        == "there is no ladder 'x', and no presets were found; give the path of a ladder file")
  }

  @Test func foldersBesideTheBinaryInThePrefixAndInTheCheckout() {
    #expect(
      LadderShelf.standardFolders(binary: "/opt/bin/rung")
        == ["/opt/bin/Ladders", "/opt/share/rung/Ladders"])
    #expect(
      LadderShelf.standardFolders(binary: "/src/.build/x86/release/rung").last == "/src/Ladders")
  }

  @Test(arguments: [
    ("Holiday in Málaga 2024", "1A2B3C4D5E", "holiday-in-malaga-2024-1a2b3c4d"),
    ("..//..", "0123456789", "asset-01234567"), ("日本", "abcdef01", "asset-abcdef01"),
    ("IMG_0001", "ffffffff", "img-0001-ffffffff"), ("x", "", "x"),
  ])
  func slugs(stem: String, hash: String, id: String) {
    #expect(AssetID.slug(stem: stem, hash: hash) == id)
    #expect(AssetID.isValid(id))
  }

  @Test func idsAreShortAndPlain() {
    let long = AssetID.slug(stem: String(repeating: "ab ", count: 100), hash: "01234567")
    #expect(long.count <= 128 && AssetID.isValid(long))
    for id in ["a", "A.b_c-9", String(repeating: "x", count: 128)] { #expect(AssetID.isValid(id)) }
    for id in ["", ".a", "-a", "a/b", "a b", "é", String(repeating: "x", count: 129), "a\n"] {
      #expect(!AssetID.isValid(id))
    }
  }
}
