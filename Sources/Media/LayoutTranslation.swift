/// From the keys of one asset to those of another one that was laid out by the same templates.
extension Layout {
  /// The key that an object of this layout has in `other`, which differs in id and creator alone; nil where no template
  /// gives the key, or several would give different ones.
  package func translated(_ key: String, to other: Layout) -> String? {
    var results: Set<String> = []
    for template in templates.values {
      if let result = translate(Self.pieces(template)[...], key[...], to: other) { results.insert(result) }
    }
    return results.count == 1 ? results.first : nil
  }

  private enum Piece { case literal(Substring), id, creator, value }

  private static func pieces(_ template: String) -> [Piece] {
    var pieces: [Piece] = []
    var rest = template[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      if open > rest.startIndex { pieces.append(.literal(rest[..<open])) }
      switch rest[rest.index(after: open)..<close] {
      case "id": pieces.append(.id)
      case "creator": pieces.append(.creator)
      default: pieces.append(.value)
      }
      rest = rest[rest.index(after: close)...]
    }
    if !rest.isEmpty { pieces.append(.literal(rest)) }
    return pieces
  }

  /// What a value stands for holds no slash and is not empty; the shortest that lets the rest fit is taken.
  private func translate(_ pieces: ArraySlice<Piece>, _ key: Substring, to other: Layout) -> String? {
    guard let first = pieces.first else { return key.isEmpty ? "" : nil }
    func fixed(_ text: some StringProtocol, _ result: String) -> String? {
      guard key.hasPrefix(text) else { return nil }
      return translate(pieces.dropFirst(), key.dropFirst(text.count), to: other).map { result + $0 }
    }
    switch first {
    case .literal(let text): return fixed(text, String(text))
    case .id: return fixed(id, other.id)
    case .creator: return fixed(creator ?? "", other.creator ?? "")
    case .value:
      var end = key.startIndex
      while end < key.endIndex, key[end] != "/" {
        end = key.index(after: end)
        if let rest = translate(pieces.dropFirst(), key[end...], to: other) { return key[..<end] + rest }
      }
      return nil
    }
  }
}
