internal import Media
internal import Testing

/// From the keys of one asset to those of another with the same templates.
@Suite struct LayoutTranslationTests {
  private let templates: [Layout.Slot: String] = [
    .asset: "packaged/{id}/asset.json", .master: "hls/{creator}/{id}/playlist.m3u8",
    .media: "hls/{creator}/{id}/{rendition}.m3u8",
    .segment: "hls/{creator}/{id}_x/{rendition}-{version}-{n:05}.ts",
    .poster: "posters/{id}.jpg",
  ]

  private func translated(_ key: String, from id: String = "a", _ creator: String? = "anna") -> String? {
    Layout(templates: templates, id: id, creator: creator)
      .translated(key, to: Layout(templates: templates, id: "other-1", creator: "bert"))
  }

  @Test(arguments: [
    ("packaged/a/asset.json", "packaged/other-1/asset.json"),
    ("hls/anna/a/playlist.m3u8", "hls/bert/other-1/playlist.m3u8"),
    ("hls/anna/a/720p.m3u8", "hls/bert/other-1/720p.m3u8"),
    ("hls/anna/a_x/720p-1a2b-00012.ts", "hls/bert/other-1_x/720p-1a2b-00012.ts"),
    ("posters/a.jpg", "posters/other-1.jpg"),
  ])
  func keys(_ key: String, _ expected: String) { #expect(translated(key) == expected) }

  @Test(arguments: ["packaged/b/asset.json", "hls/anna/a/x/y.m3u8", "other", "", "hls/anna/a/.m3u8"])
  func keysOfNoTemplate(_ key: String) { #expect(translated(key) == nil) }
}
