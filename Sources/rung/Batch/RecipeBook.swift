internal import Batching
internal import Foundation
internal import LibAV
internal import Media
internal import Planning
internal import Storing

/// By what an upload is made: its own wishes and the batch's options in; the ladder as it will be used, where the
/// asset goes, and a short text that differs when the result would, out. Ladder files are read once a run.
final class RecipeBook {
  struct Recipe: Equatable {
    /// Of what is encoded; equal for assets that can share objects.
    var media: String
    /// Also of what only this asset has.
    var full: String
    var layout: Layout

    var assetKey: String { layout.key(.asset) ?? "packaged/\(layout.id)/asset.json" }
  }

  private struct Wish: Hashable {
    var ladder: String
    var maxHeight: Int?
    var maxBitrate: Int64?
  }

  private struct Known {
    var templates: [Layout.Slot: String]
    var media: String
  }

  private let settings: BatchSettings
  private var known: [Wish: Known] = [:]
  private var ownHashes: [String: String] = [:]
  private lazy var tool =
    (["rung \(Version.number)"]
    + LibraryVersions.all.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })
    .joined(separator: "\n")

  init(_ settings: BatchSettings) { self.settings = settings }

  /// The ladder's name or path for an upload: a file beside it, a preset, or the batch's own.
  func ladder(_ name: String?, beside source: String) -> String {
    guard let name else { return settings.planning.ladder }
    let file = "\((source as NSString).deletingLastPathComponent)/\(name)"
    return FileManager.default.fileExists(atPath: file) ? file : name
  }

  func maxHeight(_ own: Int?) -> Int? {
    guard let own, let all = settings.planning.overrides.maxHeight else {
      return own ?? settings.planning.overrides.maxHeight
    }
    return min(own, all)
  }

  /// `ladder`: as `ladder(_:beside:)` gives it.
  func recipe(
    id: String, creator: String?, ladder: String, maxHeight: Int?, maxBitrate: Int64?, beside: String
  ) throws(CommandFailure) -> Recipe {
    let wish = Wish(ladder: ladder, maxHeight: maxHeight, maxBitrate: maxBitrate)
    let known = try known(wish)
    let creator = creator ?? settings.planning.creator
    return Recipe(
      media: known.media, full: try "\(known.media)-\(ownHash("\(creator ?? "")\n\(beside)"))",
      layout: Layout(templates: known.templates, id: id, creator: creator))
  }

  /// What of the files beside an upload shows in its asset: subtitles. `files`: the stamps that a scan found.
  static func beside(captions: String?, files: String) -> String {
    let subtitles = files.split(separator: "\n").filter { !$0.contains(InboxScan.sidecarEnding) }
    return (captions ?? "") + "\n" + subtitles.joined(separator: "\n")
  }

  /// Most uploads of an inbox have nothing of their own.
  private func ownHash(_ text: String) throws(CommandFailure) -> String {
    if let hash = ownHashes[text] { return hash }
    let hash = String(try Self.hash(text).prefix(8))
    ownHashes[text] = hash
    return hash
  }

  private func known(_ wish: Wish) throws(CommandFailure) -> Known {
    if let found = known[wish] { return found }
    let found = try read(wish)
    known[wish] = found
    return found
  }

  private func read(_ wish: Wish) throws(CommandFailure) -> Known {
    var overrides = settings.planning.overrides
    overrides.maxHeight = maxHeight(wish.maxHeight)
    overrides.maxBitrate = wish.maxBitrate.map { Int(clamping: $0) }
    let ladder = try PlanningSteps.applying(overrides, to: PlanningSteps.ladder(wish.ladder))
    if let shared = ladder.sharedPlaces(keepsSource: settings.planning.keepsSource).first {
      throw CommandFailure(
        nil, "the ladder '\(ladder.name)' puts something at \(shared), which is one place for all assets",
        advice: "a batch needs {id} in every path of the layout", exit: .usage)
    }
    let json: String
    do { json = try ladder.canonicalJSON } catch {
      throw CommandFailure(nil, "the ladder cannot be written: \(error)")
    }
    let seen = [Options.tolerance, Options.keepSource, Options.baseURL].map(\.name)
    let options = settings.passed.filter { option in seen.contains { option.hasPrefix($0) } }
    return Known(
      templates: ladder.layout(id: "", creator: nil, keepsSource: settings.planning.keepsSource).templates,
      media: String(try Self.hash("\(json)\n\(options)\n\(tool)").prefix(16)))
  }

  static func hash(_ text: String) throws(CommandFailure) -> String {
    do throws(StoreFailure) { return try SHA256.hash(Array(text.utf8)) } catch { throw CommandFailure(error) }
  }
}
