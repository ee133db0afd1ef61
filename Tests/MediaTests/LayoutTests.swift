internal import Foundation
internal import Media
internal import Testing

@Suite struct LayoutTests {
  static let templates: [(String, String?)] = [
    ("packaged/{id}/asset.json", "packaged/cat/asset.json"),
    ("{id}/{rendition}/seg-{version}-{n:05}.m4s", "cat/720p/seg-1a2b3c4d-00007.m4s"),
    ("{n}.ts", "7.ts"), ("{n:02}{n:03}", "07007"),
    ("raw/{creator}/{id}/source.{ext}", "raw/ann/cat/source.mov"),
    ("segment{index}.ts", "segment6.ts"), ("video_{height}.mp4", "video_720.mp4"), ("plain", "plain"),
    ("", ""), ("{", nil), ("{}", nil), ("{unknown}", nil), ("{n:5}", nil),
    ("{n:00}", nil),
    ("{n:013}", nil), ("{n:0-1}", nil), ("a}b", "a}b"), ("{id}{id}", "catcat"),
  ]

  @Test(arguments: templates)
  func fillsTemplates(_ template: String, _ wanted: String?) {
    let layout = Layout(templates: [.segment: template], id: "cat", creator: "ann")
    #expect(
      layout.key(.segment, rendition: "720p", version: "1a2b3c4d", n: 7, fileExtension: "mov") == wanted)
  }

  @Test func aSlotThatIsNotThereHasNoKey() {
    let layout = Layout(templates: [.asset: "a.json"], id: "cat")
    #expect(layout.key(.poster) == nil)
    #expect(layout.cachePolicy(.poster) == .short)
  }

  @Test func onlyNamesWithAVersionAreKept() {
    let layout = Layout(templates: [.segment: "s-{version}-{n}.ts", .media: "index.m3u8"], id: "cat")
    #expect(layout.cachePolicy(.segment) == .immutable)
    #expect(layout.cachePolicy(.media) == .short)
  }

  @Test func wideNumbersAreNotCut() {
    let layout = Layout(templates: [.segment: "{n:03}"], id: "cat")
    #expect(layout.key(.segment, n: 123_456) == "123456")
    #expect(layout.key(.segment, n: .max) == String(Int.max))
  }

  /// (target, base, reference)
  static let references: [(String, String, String)] = [
    ("a/hls/720p/index.m3u8", "a/hls/master.m3u8", "720p/index.m3u8"),
    ("a/hls/720p/seg-1.m4s", "a/hls/720p/index.m3u8", "seg-1.m4s"),
    ("a/media/seg-1.m4s", "a/hls/720p/index.m3u8", "../../media/seg-1.m4s"),
    ("b/x.ts", "a/index.m3u8", "../b/x.ts"), ("x.ts", "index.m3u8", "x.ts"),
    ("x.ts", "a/b/c.m3u8", "../../x.ts"),
    ("a/b/c.ts", "x.m3u8", "a/b/c.ts"), ("a", "a/b", "../a"),
  ]

  @Test(arguments: references)
  func refersFromOneKeyToAnother(_ target: String, _ base: String, _ wanted: String) {
    #expect(Layout.relative(target, from: base) == wanted)
  }

  @Test func comesBackFromJSON() throws {
    let layout = Layout(templates: [.partsManifest: "m.json", .`init`: "i.mp4"], id: "cat", creator: nil)
    let data = try JSONEncoder().encode(layout)
    #expect(String(decoding: data, as: UTF8.self).contains("\"parts_manifest\""))
    #expect(try JSONDecoder().decode(Layout.self, from: data) == layout)
  }
}
