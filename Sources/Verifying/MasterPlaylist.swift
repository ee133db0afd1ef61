/// A master playlist as parsed: what it offers, with the playlists it names found in the tree.
struct MasterPlaylist {
  struct Variant {
    var attributes: AttributeList
    var line: Int
    /// nil when the playlist does not exist.
    var path: String?
  }

  struct Media {
    var attributes: AttributeList
    var line: Int
    var path: String?
    var type: String { attributes["TYPE"] ?? "" }
    var group: String { attributes["GROUP-ID"] ?? "" }
  }

  var path: String
  var variants: [Variant] = []
  var iframes: [Variant] = []
  var images: [Variant] = []
  var media: [Media] = []
  var isIndependent = false

  init(path: String, text: PlaylistText, files: TreeFiles, findings: Findings) {
    self.path = path
    var pending: Variant?
    for line in text.lines {
      switch line {
      case .uri(let uri, let line):
        guard var variant = pending else {
          findings.add(.tagPlace, path, "a URI without #EXT-X-STREAM-INF before it", at: .line(line))
          continue
        }
        pending = nil
        variant.path = files.resolve(uri, from: path, line: line, findings: findings)?.path
        variants.append(variant)
      case .tag(let name, let value, let line):
        if pending != nil {
          findings.add(.tagPlace, path, "the #EXT-X-STREAM-INF before has no URI after it", at: .line(line))
          pending = nil
        }
        if name == "EXT-X-INDEPENDENT-SEGMENTS" { isIndependent = true }
        guard TagRule.table[name]?.form == .attributes else { continue }
        let attributes = AttributeList(value, tag: name, line: line, path: path, findings: findings)
        let variant = Variant(attributes: attributes, line: line, path: nil)
        let find = { (needed: Bool) -> String? in
          guard let uri = attributes["URI"] else {
            if needed { findings.add(.attributeMissing, path, "#\(name) without URI", at: .line(line)) }
            return nil
          }
          return files.resolve(uri, from: path, line: line, findings: findings)?.path
        }
        switch name {
        case "EXT-X-STREAM-INF": pending = variant
        case "EXT-X-I-FRAME-STREAM-INF":
          iframes.append(Variant(attributes: attributes, line: line, path: find(true)))
        case "EXT-X-IMAGE-STREAM-INF":
          images.append(Variant(attributes: attributes, line: line, path: find(true)))
        case "EXT-X-MEDIA":
          media.append(
            Media(attributes: attributes, line: line, path: find(attributes["TYPE"] == "SUBTITLES")))
        default: break
        }
      }
    }
    if pending != nil { findings.add(.tagPlace, path, "the last #EXT-X-STREAM-INF has no URI after it") }
    if variants.isEmpty { findings.add(.playlistEmpty, path, "no variants, expected at least one") }
  }

  /// The playlists of renditions, each once, in the order in which the master names them; I-frame ones are apart.
  var renditionPaths: [String] {
    var seen: Set<String> = []
    return (variants.map(\.path) + media.map(\.path)).compactMap { $0 }.filter { seen.insert($0).inserted }
  }

  func renditions(of type: String, in group: String) -> [Media] {
    media.filter { $0.type == type && $0.group == group }
  }
}
