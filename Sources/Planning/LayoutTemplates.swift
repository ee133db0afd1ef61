internal import Media

/// The templates of a layout: which slots exist, what each may and must hold, and the built-in ones. A ladder in;
/// out come the complete layout, or the rule that a template breaks. A template that passes gives, with checked
/// values, a relative path of visible components in characters that a URI need not escape.
enum LayoutTemplates {
  /// The slots that this build fills, in the order of the design's tree.
  static let slots: [Layout.Slot] = [
    .asset, .master, .dash, .media, .iframes, .`init`, .segment, .text, .file, .mp4, .summary, .partsManifest,
    .part,
    .poster, .thumbnail, .bestThumbnail, .storyboard, .storyboardIndex, .storyboardPlaylist, .source,
  ]

  private static let placeholders = [
    "id", "creator", "rendition", "height", "version", "n", "n:05", "index", "ext",
  ]

  /// What has a value in a slot; `n` stands for its padded forms too.
  private static func allowed(_ slot: Layout.Slot) -> [String] {
    switch slot {
    case .asset, .master, .dash, .summary, .partsManifest, .poster, .bestThumbnail, .storyboardIndex,
      .storyboardPlaylist:
      ["id", "creator"]
    case .media, .iframes: ["id", "creator", "rendition", "height"]
    case .`init`, .file, .mp4: ["id", "creator", "rendition", "height", "version"]
    case .segment, .text: ["id", "creator", "rendition", "height", "version", "n", "index"]
    case .part: ["id", "creator", "version", "n", "index"]
    case .thumbnail, .storyboard: ["id", "creator", "n", "index"]
    case .source: ["id", "creator", "ext"]
    }
  }

  /// What a slot's objects would collide without.
  private static func needed(_ slot: Layout.Slot, _ ladder: Ladder) -> [String] {
    let rendition = hasSeveralRenditions(ladder) ? ["rendition"] : []
    return switch slot {
    case .asset: ["id"]
    case .media, .`init`, .file: rendition
    case .iframes, .mp4: ladder.rungs.count > 1 ? ["rendition"] : []
    case .segment: rendition + ["n"]
    case .text: ["rendition", "n"]
    case .part: ["n"]
    case .thumbnail: hasManyThumbnails(ladder) ? ["n"] : []
    case .storyboard: ["n"]
    case .source: ["ext"]
    default: []
    }
  }

  static func hasManyThumbnails(_ ladder: Ladder) -> Bool {
    guard ladder.outputs.contains(.images) else { return false }
    return (ladder.images ?? ImagesPlan()).thumbnails?.most ?? 1 > 1
  }

  /// TS carries a single audio track inside the variants.
  private static func hasSeveralRenditions(_ ladder: Ladder) -> Bool {
    let audio = ladder.segments == .ts && ladder.audio.count <= 1 ? 0 : ladder.audio.count
    return ladder.rungs.count + audio > 1
  }

  /// Players and servers judge an object by the end of its name.
  private static func endings(_ slot: Layout.Slot, _ segments: SegmentFormat) -> [String] {
    switch slot {
    case .asset, .summary, .partsManifest: [".json"]
    case .master, .media, .iframes, .storyboardPlaylist: [".m3u8"]
    case .`init`, .mp4, .part: [".mp4"]
    case .segment: segments == .ts ? [".ts"] : [".m4s", ".mp4"]
    case .file: segments == .ts ? [".ts"] : [".mp4"]
    case .dash: [".mpd"]
    case .poster, .thumbnail, .bestThumbnail, .storyboard: [".jpg"]
    case .storyboardIndex, .text: [".vtt"]
    case .source: []
    }
  }

  /// Where objects go that a ladder does not move; a ladder gets the slots of what it makes. `summary` and
  /// `best_thumbnail` have no usual place: they are made where a ladder names one.
  private static func defaults(_ ladder: Ladder) -> [Layout.Slot: String] {
    let folder = "packaged/{id}/hls/{rendition}"
    let images = "packaged/{id}/images"
    let isTS = ladder.segments == .ts
    return [
      .asset: "packaged/{id}/asset.json",
      .master: "packaged/{id}/hls/master.m3u8",
      .dash: "packaged/{id}/hls/manifest.mpd",
      .media: "\(folder)/index.m3u8",
      .iframes: "\(folder)/iframes.m3u8",
      .`init`: "\(folder)/init-{version}.mp4",
      .segment: "\(folder)/seg-{version}-{n:05}.\(isTS ? "ts" : "m4s")",
      .text: "\(folder)/seg-{version}-{n:05}.vtt",
      .file: "\(folder)/{rendition}-{version}.\(isTS ? "ts" : "mp4")",
      .mp4: "packaged/{id}/mp4/video_{height}.mp4",
      .partsManifest: "packaged/{id}/parts/manifest.json",
      .part: "packaged/{id}/parts/part-{version}-{n:05}.mp4",
      .poster: "\(images)/poster.jpg",
      .thumbnail: "\(images)/thumb-{n:05}.jpg",
      .storyboard: "\(images)/storyboard-{n:03}.jpg",
      .storyboardIndex: "\(images)/storyboard.vtt",
      .storyboardPlaylist: "\(images)/storyboard.m3u8",
      .source: "raw/{creator}/{id}/source.{ext}",
    ]
  }

  /// Whether a ladder makes objects of a slot. The source is kept on request only.
  private static func isMade(_ slot: Layout.Slot, _ ladder: Ladder, keepsSource: Bool) -> Bool {
    let hasHLS = ladder.outputs.contains(.hls)
    let hasSegments = hasHLS || ladder.outputs.contains(.dash)
    let images = ladder.outputs.contains(.images) ? ladder.images ?? ImagesPlan() : nil
    return switch slot {
    case .asset: true
    case .master, .media, .iframes: hasHLS
    case .dash: ladder.outputs.contains(.dash)
    case .`init`: hasSegments && ladder.addressing == .files && ladder.segments == .fmp4
    case .segment: hasSegments && ladder.addressing == .files
    case .file: hasSegments && ladder.addressing == .byteRange
    case .text: hasHLS && ladder.subtitles
    case .mp4: ladder.outputs.contains(.mp4)
    case .summary: ladder.layout[.summary] != nil
    case .partsManifest, .part: ladder.outputs.contains(.parts)
    case .poster: images?.poster != nil
    case .thumbnail: images?.thumbnails != nil
    case .bestThumbnail: images?.thumbnails != nil && ladder.layout[.bestThumbnail] != nil
    case .storyboard, .storyboardIndex: images?.storyboard != nil
    case .storyboardPlaylist: images?.storyboard != nil
    case .source: keepsSource
    }
  }

  /// The built-in templates of what the ladder makes, with the ladder's own in their places.
  static func merged(_ ladder: Ladder, keepsSource: Bool = false) -> [Layout.Slot: String] {
    var own = ladder.layout
    if own[.text] == nil { own[.text] = text(beside: own) }
    return defaults(ladder).merging(own) { _, own in own }
      .filter { isMade($0.key, ladder, keepsSource: keepsSource) }
  }

  /// Subtitles go where a ladder puts segments, unless it says otherwise: under the segments' names, which have to
  /// tell renditions apart, or beside the one file of a rendition.
  private static func text(beside own: [Layout.Slot: String]) -> String? {
    guard var template = own[.segment] ?? own[.file], let dot = template.lastIndex(of: ".") else {
      return nil
    }
    template = template[..<dot] + (own[.segment] == nil ? "-{n:05}.vtt" : ".vtt")
    return Layout.namesRendition(template) ? template : Layout.namingRendition(template)
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
    var plainUsed = used.map { Layout.numberWidth($0[...]) == nil ? $0 : "n" }
    // What tells objects apart as well.
    if used.contains("height") { plainUsed.append("rendition") }
    if used.contains("index") { plainUsed.append("n") }
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
