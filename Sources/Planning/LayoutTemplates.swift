internal import Media

/// The templates of a layout: which slots exist, what each may and must hold, and the built-in ones. A ladder in;
/// out come the complete layout, or the rule that a template breaks. A template that passes gives, with checked
/// values, a relative path of visible components in characters that a URI need not escape.
enum LayoutTemplates {
  /// The slots that this build fills, in the order of the design's tree.
  static let slots: [Layout.Slot] = [.asset, .master, .media, .iframes, .`init`, .segment]

  private static let placeholders = ["id", "creator", "rendition", "version", "n", "n:05", "ext"]

  /// What has a value in a slot; `n` stands for its padded forms too.
  private static func allowed(_ slot: Layout.Slot) -> [String] {
    switch slot {
    case .asset, .master, .dash, .partsManifest, .poster, .storyboardIndex: ["id", "creator"]
    case .media, .iframes: ["id", "creator", "rendition"]
    case .`init`, .file, .mp4: ["id", "creator", "rendition", "version"]
    case .segment: ["id", "creator", "rendition", "version", "n"]
    case .part: ["id", "creator", "version", "n"]
    case .thumbnail, .storyboard: ["id", "creator", "n"]
    case .source: ["id", "creator", "ext"]
    }
  }

  /// What a slot's objects would collide without.
  private static func needed(_ slot: Layout.Slot, _ ladder: Ladder) -> [String] {
    let rendition = hasSeveralRenditions(ladder) ? ["rendition"] : []
    return switch slot {
    case .asset: ["id"]
    case .media, .`init`, .file, .mp4: rendition
    case .iframes: ladder.rungs.count > 1 ? ["rendition"] : []
    case .segment: rendition + ["n"]
    case .part: ["n"]
    case .source: ["ext"]
    default: []
    }
  }

  /// TS carries a single audio track inside the variants.
  private static func hasSeveralRenditions(_ ladder: Ladder) -> Bool {
    let audio = ladder.segments == .ts && ladder.audio.count <= 1 ? 0 : ladder.audio.count
    return ladder.rungs.count + audio > 1
  }

  /// Players and servers judge an object by the end of its name.
  private static func endings(_ slot: Layout.Slot, _ segments: SegmentFormat) -> [String] {
    switch slot {
    case .asset, .partsManifest: [".json"]
    case .master, .media, .iframes: [".m3u8"]
    case .`init`, .mp4, .part: [".mp4"]
    case .segment: segments == .ts ? [".ts"] : [".m4s", ".mp4"]
    case .file: segments == .ts ? [".ts"] : [".mp4"]
    case .dash: [".mpd"]
    case .poster, .thumbnail, .storyboard: [".jpg"]
    case .storyboardIndex: [".vtt"]
    case .source: []
    }
  }

  static func defaults(_ segments: SegmentFormat) -> [Layout.Slot: String] {
    let folder = "packaged/{id}/hls/{rendition}"
    var templates: [Layout.Slot: String] = [
      .asset: "packaged/{id}/asset.json",
      .master: "packaged/{id}/hls/master.m3u8",
      .media: "\(folder)/index.m3u8",
      .iframes: "\(folder)/iframes.m3u8",
    ]
    switch segments {
    case .fmp4:
      templates[.`init`] = "\(folder)/init-{version}.mp4"
      templates[.segment] = "\(folder)/seg-{version}-{n:05}.m4s"
    case .ts:
      templates[.segment] = "\(folder)/seg-{version}-{n:05}.ts"
    }
    return templates
  }

  /// The built-in templates with the ladder's own in their places.
  static func merged(_ ladder: Ladder) -> [Layout.Slot: String] {
    var templates = defaults(ladder.segments).merging(ladder.layout) { _, own in own }
    if ladder.segments == .ts { templates[.`init`] = nil }
    return templates
  }

  static func check(_ ladder: Ladder, file: String) throws(LadderFailure) {
    let place = LadderPlace(file: file)
    for slot in slots {
      guard let template = ladder.layout[slot] else { continue }
      if let fault = fault(template, slot, ladder) {
        throw place.broken("layout.\(slot.rawValue)", .template(template, fault))
      }
    }
    let merged = merged(ladder)
    for (index, slot) in slots.enumerated() {
      guard let template = merged[slot] else { continue }
      if let twin = slots[..<index].first(where: { merged[$0] == template }) {
        throw place.broken(
          "layout.\(slot.rawValue)", .template(template, .sameAs(slot: twin.rawValue)))
      }
    }
  }

  private static func fault(_ template: String, _ slot: Layout.Slot, _ ladder: Ladder) -> TemplateFault? {
    guard let (literal, used) = split(template) else { return .unclosed }
    let allowed = allowed(slot)
    for name in used {
      let plain = Layout.numberWidth(name[...]) == nil ? name : "n"
      if !placeholders.contains(plain) { return .unknownPlaceholder(name, known: placeholders) }
      if !allowed.contains(plain) { return .notForSlot(name, allowed: allowed) }
    }
    if let fault = pathFault(literal) { return fault }
    let plainUsed = used.map { Layout.numberWidth($0[...]) == nil ? $0 : "n" }
    if let missing = needed(slot, ladder).first(where: { !plainUsed.contains($0) }) { return .needs(missing) }
    let endings = endings(slot, ladder.segments)
    if !endings.isEmpty, !endings.contains(where: literal.hasSuffix) { return .ending(wanted: endings) }
    return nil
  }

  /// The template with `x` for every placeholder, and the placeholders' names; nil when a brace stands alone.
  private static func split(_ template: String) -> (literal: String, used: [String])? {
    var (literal, used) = ("", [String]())
    var rest = template[...]
    while let open = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
      guard rest[open] == "{", let close = rest[open...].firstIndex(of: "}") else { return nil }
      let name = rest[rest.index(after: open)..<close]
      if name.contains("{") { return nil }
      literal += rest[..<open] + "x"
      used.append(String(name))
      rest = rest[rest.index(after: close)...]
    }
    return (literal + rest, used)
  }

  private static func pathFault(_ literal: String) -> TemplateFault? {
    if literal.hasPrefix("/") { return .absolute }
    for character in literal {
      let plain = character.isASCII && (character.isLetter || character.isNumber)
      if !plain && !"._~-/".contains(character) { return .character(character) }
    }
    for component in literal.split(separator: "/", omittingEmptySubsequences: false) {
      if component.isEmpty { return .emptyComponent }
      if component.hasPrefix(".") { return .hidden(component: String(component)) }
    }
    return nil
  }
}
