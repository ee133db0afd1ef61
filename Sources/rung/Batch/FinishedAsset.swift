internal import Batching
internal import Foundation
internal import Media
internal import Storing

/// What the ledger wants to know of an asset that stands in the tree: its `asset.json` in, a ledger's row out.
enum FinishedAsset {
  /// nil when there is none that is whole under this id.
  static func read(_ tree: Tree, _ recipe: RecipeBook.Recipe) throws(StoreFailure) -> FinishedJob? {
    let key = recipe.assetKey
    guard case .whole(let summary) = try tree.existingAsset(id: recipe.layout.id, assetKey: key),
      let data = FileManager.default.contents(atPath: tree.path(key)),
      let document = try? JSONValue.parse([UInt8](data))
    else { return nil }
    let renditions = document["renditions"]?.elements ?? []
    let video = renditions.filter { $0["kind"]?.text == "video" }
    let largest = video.max { $0["height"]?.integer ?? 0 < $1["height"]?.integer ?? 0 }
    return FinishedJob(
      sha256: summary.sourceSHA256, bytes: summary.sourceBytes,
      durationMilliseconds: document["source"]?["duration"].flatMap(number).flatMap(milliseconds),
      width: largest?["width"]?.integer.flatMap { Int(exactly: $0) },
      height: largest?["height"]?.integer.flatMap { Int(exactly: $0) },
      hasAudio: !(document["source"]?["audio"]?.elements ?? []).isEmpty,
      assetKey: key, manifestKey: recipe.layout.entrance ?? key, thumbnailKey: thumbnail(document),
      recipe: recipe.full, bytesOut: summary.objects.reduce(0) { $0 &+ $1.bytes },
      renditions: renditions.map(row))
  }

  /// nil too when it was made of another version of the upload. The hash is known before anything is made, and a first
  /// version has nothing to be taken for.
  static func read(
    _ tree: Tree, _ recipe: RecipeBook.Recipe, of asset: AssetRecord
  ) throws(StoreFailure) -> FinishedJob? {
    guard let made = try read(tree, recipe), made.bytes == asset.bytes,
      asset.sha256.map({ $0 == made.sha256 }) ?? (asset.publishedAt == nil)
    else { return nil }
    return made
  }

  private static func row(_ rendition: JSONValue) -> RenditionRow {
    RenditionRow(
      profile: rendition["name"]?.text ?? "", kind: rendition["kind"]?.text ?? "",
      rate: rendition["average_bitrate"]?.integer,
      playlistKey: rendition["playlist"]?.text ?? rendition["file"]?.text,
      segmentCount: rendition["segments"]?.integer.flatMap { Int(exactly: $0) },
      codec: rendition["codecs"]?.text)
  }

  /// The thumbnail that was found best, the first one, or the poster.
  private static func thumbnail(_ document: JSONValue) -> String? {
    let images = document["images"]?.elements ?? []
    let thumbnails = images.filter { $0["kind"]?.text?.contains("thumbnail") == true }
    let best = thumbnails.first { $0["best"] == .bool(true) } ?? thumbnails.first
    return (best ?? images.first { $0["kind"]?.text == "poster" })?["key"]?.text
  }

  private static func number(_ value: JSONValue) -> String? {
    guard case .number(let text) = value else { return nil }
    return text
  }

  /// `2.005333` as 2005; without floating point.
  static func milliseconds(_ text: String) -> Int64? {
    let parts = text.split(separator: ".", maxSplits: 1)
    guard let whole = parts.first.flatMap({ Int64($0) }), whole >= 0 else { return nil }
    let digits = (parts.count > 1 ? String(parts[1].prefix(3)) : "").padding(
      toLength: 3, withPad: "0", startingAt: 0)
    let (thousands, overflow) = whole.multipliedReportingOverflow(by: 1000)
    guard !overflow, let rest = Int64(digits) else { return nil }
    return thousands &+ rest
  }
}
