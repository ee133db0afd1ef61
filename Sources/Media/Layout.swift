/// Where each kind of object goes in the tree: a template for each slot, with `{id}`, `{rendition}`, `{version}`,
/// `{creator}`, `{ext}`, `{n}` (`{n:05}` pads with zeros), `{index}` (one less than `{n}`) and `{height}` filled in.
package struct Layout: Codable, Sendable, Equatable {
  package enum Slot: String, Codable, Sendable, CaseIterable, CodingKeyRepresentable {
    case asset, master, media, iframes, `init`, segment, text, file, dash, summary
    case mp4, partsManifest = "parts_manifest", part
    case poster, thumbnail, bestThumbnail = "best_thumbnail", storyboard
    case storyboardIndex = "storyboard_index", storyboardPlaylist = "storyboard_playlist", source
  }

  package var templates: [Slot: String]
  package var id: String
  package var creator: String?

  package init(templates: [Slot: String], id: String, creator: String? = nil) {
    self.templates = templates
    self.id = id
    self.creator = creator
  }

  /// The key of an object, or nil where the layout has no such slot. Values were checked when they were made:
  /// none holds a slash or begins with a dot.
  package func key(
    _ slot: Slot, rendition: String = "", version: String = "", n: Int = 0, fileExtension: String = ""
  ) -> String? {
    guard let template = templates[slot] else { return nil }
    var result = ""
    var rest = template[...]
    while let open = rest.firstIndex(of: "{") {
      result += rest[..<open]
      guard let close = rest[open...].firstIndex(of: "}") else { return nil }
      let field = rest[rest.index(after: open)..<close]
      switch field {
      case "id": result += id
      case "creator": result += creator ?? ""
      case "rendition": result += rendition
      case "version": result += version
      case "height": result += Layout.height(rendition)
      case "index": result += String(n &- 1)
      case "ext": result += fileExtension
      default:
        guard let width = Layout.numberWidth(field) else { return nil }
        let digits = String(n)
        result += String(repeating: "0", count: max(0, width - digits.count)) + digits
      }
      rest = rest[rest.index(after: close)...]
    }
    return result + rest
  }

  /// The key that a player opens first: of the multivariant playlist, or of what stands for it where none is made.
  package var entrance: String? {
    let slots: [Slot] = [.master, .dash, .summary, .partsManifest, .asset]
    return slots.lazy.compactMap { key($0) }.first
  }

  /// Where a source of this name is kept: with its own ending if that is a plain one.
  package func sourceKey(of name: String) -> String? {
    let ending = name.split(separator: ".", omittingEmptySubsequences: false).dropFirst().last ?? ""
    let isPlain =
      (1...8).contains(ending.utf8.count)
      && ending.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
    return key(.source, fileExtension: isPlain ? ending.lowercased() : "bin")
  }

  /// An object under a name with a version never changes.
  package func cachePolicy(_ slot: Slot) -> CachePolicy {
    templates[slot]?.contains("{version}") == true ? .immutable : .short
  }

  /// A rendition's name without the `p` that follows its lines: `480` of `480p`, `720-hevc` of `720p-hevc`.
  package static func height(_ rendition: String) -> String {
    let digits = rendition.prefix { $0.isASCII && $0.isNumber }
    let rest = rendition.dropFirst(digits.count)
    guard !digits.isEmpty, rest.first == "p", rest.count == 1 || rest.hasPrefix("p-") else {
      return rendition
    }
    return String(digits + rest.dropFirst())
  }

  /// The width that `n` or `n:05` asks for; nil for any other field.
  package static func numberWidth(_ field: Substring) -> Int? {
    if field == "n" { return 1 }
    guard field.hasPrefix("n:0"), let width = Int(field.dropFirst(3)), (1...12).contains(width) else {
      return nil
    }
    return width
  }

  /// `target` as a URI reference relative to the object `base`: both are keys of the tree.
  package static func relative(_ target: String, from base: String) -> String {
    let to = target.split(separator: "/", omittingEmptySubsequences: false)
    let from = base.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    var shared = 0
    while shared < from.count, shared < to.count - 1, from[shared] == to[shared] { shared += 1 }
    let up = Array(repeating: "..", count: from.count - shared)
    return (up + to[shared...].map(String.init)).joined(separator: "/")
  }
}
