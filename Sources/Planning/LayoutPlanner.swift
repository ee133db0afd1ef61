internal import Media

/// The layout of one asset: the ladder's templates and the request in, a `Layout` whose keys do not collide out. A
/// ladder's renditions depend on the source (its languages, a `900p`), so this is checked on the plan and not only on
/// the file.
struct LayoutPlanner {
  var ladder: Ladder
  var request: PlanRequest

  func layout(rungs: [String], audio: [String], text: [String] = []) throws(PlanFailure) -> Layout {
    // TS carries a single audio track inside the variants, and needs no rendition of its own beside a single one.
    let isMuxed = ladder.segments == .ts && audio.count <= 1 && rungs.count == 1
    let separate = isMuxed ? [] : audio
    var layout = Layout(
      templates: LayoutTemplates.merged(ladder, keepsSource: request.keepsSource), id: request.id,
      creator: request.creator)
    if rungs.count <= 1, rungs.count + separate.count > 1 { tellApart(&layout, .segment) }
    if text.isEmpty { layout.templates[.text] = nil } else { tellApart(&layout, .media) }
    if request.creator == nil {
      for slot in LayoutTemplates.slots {
        if let template = layout.templates[slot], template.contains("{creator}") {
          throw .creatorNeeded(template: template)
        }
      }
    }
    var owners: [String: String] = [:]
    func claim(_ slot: Layout.Slot, _ rendition: String, _ n: Int = 0) throws(PlanFailure) {
      guard let key = layout.key(slot, rendition: rendition, version: "0", n: n) else { return }
      let owner = rendition.isEmpty ? slot.rawValue : "\(slot.rawValue) of \(rendition)"
      if let other = owners.updateValue(owner, forKey: key) {
        throw .layoutCollision(key: key, first: other, second: owner)
      }
    }
    let single: [Layout.Slot] = [
      .asset, .master, .dash, .summary, .partsManifest, .poster, .bestThumbnail, .storyboardIndex,
      .storyboardPlaylist, .source,
    ]
    for slot in single { try claim(slot, "") }
    for rendition in rungs + separate {
      try claim(.media, rendition)
      if rungs.contains(rendition) { try claim(.iframes, rendition) }
      try claim(.`init`, rendition)
      try claim(.file, rendition)
      for n in 1...2 { try claim(.segment, rendition, n) }
    }
    for rendition in text {
      try claim(.media, rendition)
      for n in 1...2 { try claim(.text, rendition, n) }
    }
    for rung in rungs { try claim(.mp4, rung) }
    for slot in [Layout.Slot.part, .storyboard] { for n in 1...2 { try claim(slot, "", n) } }
    for n in 1...(LayoutTemplates.hasManyThumbnails(ladder) ? 2 : 1) { try claim(.thumbnail, "", n) }
    return layout
  }

  /// A layout of one rung need not name it, but a source may have several languages, or subtitles: then the
  /// rendition's name goes before the segments' or playlists' own.
  private func tellApart(_ layout: inout Layout, _ slot: Layout.Slot) {
    guard let template = layout.templates[slot], !Layout.namesRendition(template) else { return }
    layout.templates[slot] = Layout.namingRendition(template)
  }
}

extension Layout {
  static func namesRendition(_ template: String) -> Bool {
    template.contains("{rendition}") || template.contains("{height}")
  }

  /// The template with the rendition's name before the object's own.
  static func namingRendition(_ template: String) -> String {
    let name = template.lastIndex(of: "/").map { template.index(after: $0) } ?? template.startIndex
    return template[..<name] + "{rendition}-" + template[name...]
  }
}
