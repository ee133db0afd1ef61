import Foundation
import Media
import Storing
import Testing

/// One asset's finished objects serve for another one of the same bytes.
@Suite struct TwinAssetTests {
  /// Makes `one` and then `two` of its objects; false when they cannot serve.
  private func twin(
    _ folder: String, _ layout: (String) -> Layout, playlist: String = "segments beside",
    type: ContentType = .playlist
  ) throws -> Bool {
    let first = SampleAsset(layout: layout("one"), edition: 1)
    let tree = try Tree.open(folder)
    let staging = try tree.begin(try tree.lock("one"), layout: first.layout)
    let sink = try staging.open(rendition: "480p")
    try sink.write(Array("a segment".utf8))
    let object = try sink.finish()
    let version = try staging.version(of: "480p")
    let key = first.layout.key(.segment, rendition: "480p", version: version, n: 1) ?? ""
    try staging.place(object, key: key, type: .segment, cache: .immutable)
    try staging.put(Array("poster".utf8), key: first.layout.key(.poster) ?? "", type: .jpeg, cache: .short)
    try staging.put(
      Array(playlist.utf8), key: first.layout.key(.media, rendition: "480p") ?? "", type: type, cache: .short)
    try staging.put(try first.document(staging.inventory()))
    try staging.commit(replacing: false)

    let second = try tree.begin(try tree.lock("two"), layout: layout("two"))
    let found = try #require(try tree.twin("one", creator: nil, like: layout("two")))
    guard try second.take(found, sourceName: "other.mov") else { return false }
    try second.commit(replacing: false)
    return true
  }

  private func inode(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int
  }

  @Test func mediaIsLinkedAndTheInventoryItsOwn() throws {
    let folder = try TemporaryFolder()
    #expect(try twin(folder.path, Layouts.several))
    let files = try visible(folder.path)
    for (key, text) in files where key.contains("one") && !key.hasSuffix("asset.json") {
      let other = key.replacingOccurrences(of: "one", with: "two")
      #expect(files[other] == text, "\(other)")
      #expect(try inode("\(folder.path)/\(key)") == inode("\(folder.path)/\(other)"))
    }
    let summary = try #require(
      try Tree.open(folder.path).existingAsset(id: "two", assetKey: "packaged/two/asset.json").summary)
    #expect(summary.id == "two" && summary.sourceName == "other.mov")
    #expect(summary.objects.allSatisfy { $0.key.contains("two") && !$0.key.contains("one") })
    #expect(summary.objects.count == 3)
  }

  @Test func aTextThatNamesTheTwinIsNotShared() throws {
    #expect(try !twin(TemporaryFolder().path, Layouts.single, playlist: "by one"))
    // The poster lies in another root, by another name.
    #expect(try !twin(TemporaryFolder().path, Layouts.several, playlist: "see ../../thumbnails/one.jpg"))
  }

  @Test func aSummaryIsRewritten() throws {
    let folder = try TemporaryFolder()
    let layout = { (id: String) in
      var layout = Layouts.single(id)
      layout.templates[.media] = "packaged/{id}/{rendition}.json"
      return layout
    }
    #expect(try twin(folder.path, layout, playlist: "{\"videoId\": \"one\"}", type: .json))
    #expect(try visible(folder.path)["packaged/two/480p.json"] == "{\"videoId\": \"two\"}")
    #expect(try visible(folder.path)["packaged/one/480p.json"] == "{\"videoId\": \"one\"}")
  }

  @Test func noTwinWhereOneIsMissing() throws {
    let folder = try TemporaryFolder()
    let sample = SampleAsset(layout: Layouts.single("one"), edition: 1)
    try sample.make(in: folder.path, replacing: false)
    let tree = try Tree.open(folder.path)
    #expect(try tree.twin("one", creator: nil, like: Layouts.single("two")) != nil)
    #expect(try tree.twin("three", creator: nil, like: Layouts.single("two")) == nil)
    try FileManager.default.removeItem(atPath: "\(folder.path)/packaged/one/images/poster.jpg")
    #expect(try tree.twin("one", creator: nil, like: Layouts.single("two")) == nil)
  }
}
