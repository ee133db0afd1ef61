import Foundation
import Media
import Storing
import Testing

@Suite struct StagingTests {
  let folder: TemporaryFolder
  let tree: Tree

  init() throws {
    folder = try TemporaryFolder()
    tree = try Tree.open(folder.path)
  }

  func begin(_ layout: Layout = Layouts.single("a")) throws -> Staging {
    try tree.begin(try tree.lock("a"), layout: layout)
  }

  func media(_ staging: Staging, _ rendition: String, _ writes: [[UInt8]]) throws -> MediaObject {
    let sink = try staging.open(rendition: rendition)
    for bytes in writes { try sink.write(bytes) }
    return try sink.finish()
  }

  @Test func hashesOfObjectsAndRenditions() throws {
    let staging = try begin()
    // Below, at and above the block size, in small and in large writes, two renditions by turns.
    let pieces: [[[UInt8]]] = [
      [[1, 2, 3]],
      [[UInt8](repeating: 4, count: 1 << 18)],
      [[5], [UInt8](repeating: 6, count: 700_000), [7]],
      [],
      Array(repeating: [8, 9], count: 200_000),
    ]
    var lines = ""
    var others = ""
    for (index, writes) in pieces.enumerated() {
      let object = try media(staging, "480p", writes)
      let bytes = writes.flatMap { $0 }
      #expect(object.bytes == Int64(bytes.count))
      #expect(try object.sha256 == SHA256.hash(bytes))
      lines += "\(object.sha256)\n"
      #expect(try staging.version(of: "480p") == SHA256.hash(Array(lines.utf8)).prefix(8))
      let other = try media(staging, "audio", [[UInt8(index)]])
      others += "\(other.sha256)\n"
      try staging.place(object, key: "packaged/a/v\(index)", type: .segment, cache: .immutable)
      try staging.place(other, key: "packaged/a/a\(index)", type: .segment, cache: .immutable)
      let path = staging.stagedTree + "/packaged/a/v\(index)"
      #expect(FileManager.default.contents(atPath: path) == Data(bytes))
    }
    #expect(try staging.version(of: "audio") == SHA256.hash(Array(others.utf8)).prefix(8))
  }

  /// As anybody can work it out: `sha256sum` of a list of what `sha256sum` said of the objects.
  @Test func theVersionIsWhatItWasLastTime() throws {
    let staging = try begin()
    _ = try media(staging, "480p", [Array("init".utf8)])
    #expect(try staging.version(of: "480p") == "c759c818")
    _ = try media(staging, "480p", [Array("segment".utf8)])
    #expect(try staging.version(of: "480p") == "7ac6fc4e")
  }

  @Test func theInventoryIsSortedAndWithoutTheDocument() throws {
    let staging = try begin()
    let asset = SampleAsset(layout: Layouts.single("a"), edition: 2)
    try asset.stage(into: staging)
    let inventory = staging.inventory()
    let keys = inventory.map(\.key)
    #expect(keys == keys.sorted())
    #expect(inventory.count == 5)
    #expect(!keys.contains(staging.assetKey))
    #expect(
      inventory.first { $0.key.hasSuffix("poster.jpg") }
        == InventoryEntry(
          key: "packaged/a/images/poster.jpg", bytes: 8, sha256: try SHA256.hash(Array("poster 2".utf8)),
          contentType: .jpeg, cacheControl: .short))
  }

  @Test(arguments: [
    "", "/etc/passwd", "a//b", "a/", "../a", "a/../b", "a/./b", ".rung/chunks/x", "a/.hidden", "a b", "ä",
    "a\nb", "a%2e", "a\\b", String(repeating: "a", count: 256), String(repeating: "a/", count: 512) + "a",
  ])
  func keysThatAreNone(_ key: String) throws {
    let staging = try begin()
    let failure = #expect(throws: StoreFailure.self) {
      try staging.put([1], key: key, type: .json, cache: .short)
    }
    guard case .invalidKey(key, _) = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(staging.inventory() == [])
  }

  @Test func keysThatClash() throws {
    let staging = try begin()
    try staging.put([1], key: "x/y", type: .json, cache: .short)
    #expect(throws: StoreFailure.duplicateKey("x/y")) {
      try staging.put([2], key: "x/y", type: .json, cache: .short)
    }
    #expect(throws: StoreFailure.keyIsAlsoFolder("x")) {
      try staging.put([2], key: "x", type: .json, cache: .short)
    }
    #expect(throws: StoreFailure.keyIsAlsoFolder("x/y")) {
      try staging.put([2], key: "x/y/z", type: .json, cache: .short)
    }
    #expect(staging.inventory().count == 1)
  }

  @Test func useOutOfOrder() throws {
    let staging = try begin()
    func refuses(_ call: () throws -> Void) {
      let failure = #expect(throws: StoreFailure.self, performing: call)
      guard case .outOfOrder = failure else {
        Issue.record("\(String(describing: failure))")
        return
      }
    }
    refuses { _ = try staging.version(of: "480p") }
    let sink = try staging.open(rendition: "480p")
    refuses { _ = try staging.open(rendition: "480p") }
    refuses { _ = try staging.version(of: "480p") }
    let object = try sink.finish()
    refuses { try sink.write([1]) }
    refuses { _ = try sink.finish() }
    refuses { try staging.commit(replacing: false) }
    try staging.place(object, key: "packaged/a/x", type: .segment, cache: .immutable)
    refuses { try staging.place(object, key: "packaged/a/y", type: .segment, cache: .immutable) }
    refuses { try staging.commit(replacing: false) }
    refuses { _ = try tree.begin(try tree.lock("b"), layout: Layouts.single("a")) }
    staging.discard()
    refuses { try staging.put([1], key: "packaged/a/z", type: .json, cache: .short) }
  }

  @Test func stagingIsFreshAndGoesWithItsOwner() throws {
    try folder.write("old", to: ".rung/staging/a/tree/packaged/a/old.ts")
    do {
      let staging = try begin()
      #expect(try FileManager.default.contentsOfDirectory(atPath: staging.stagedTree) == [])
      #expect(throws: StoreFailure.busy(id: "a")) { try begin() }
      try staging.put([1], key: "packaged/a/x", type: .json, cache: .short)
    }
    #expect(try leftovers(folder.path) == [])
  }

  @Test func unfinishedMediaGoesToo() throws {
    do {
      let staging = try begin()
      let sink = try staging.open(rendition: "480p")
      try sink.write([UInt8](repeating: 1, count: 1 << 20))
    }
    #expect(try leftovers(folder.path) == [])
  }
}
