internal import Foundation

/// A kept tree that others are compared with: its playlists and manifests against those of a tree; findings and a
/// unified diff out. Media are not compared: what they are is in the documents.
package struct GoldenTree: Sendable {
  private static let limit = 64 << 20
  private static let kinds: Set<String> = ["m3u8", "mpd", "json"]

  let folder: String
  /// Leaves out what another version of a library changes: bytes, hashes, rates, versions in names, `made_by`.
  let isStructure: Bool

  package init(folder: String, isStructure: Bool) {
    self.folder = URL(fileURLWithPath: folder).standardizedFileURL.path
    self.isStructure = isStructure
  }

  func compare(with root: String, _ findings: Findings) -> String {
    let (kept, found) = (documents(folder), documents(root))
    var diffs: [String] = []
    if kept.isEmpty {
      findings.add(
        .goldenMissing, root, "\(folder) holds no playlist or manifest, expected those of a kept tree")
    }
    for name in Set(kept.keys).union(found.keys).sorted() {
      let path = found[name] ?? root + "/" + name
      switch (kept[name].flatMap(text), found[name].flatMap(text)) {
      case (let old?, let new?) where old != new:
        let diff = UnifiedDiff.text(old: old, new: new, name: name)
        findings.add(
          .goldenDiffers, path, "\(diff.removed) lines of the kept tree are gone, \(diff.added) are new")
        diffs.append(diff.text)
      case (let old?, nil):
        findings.add(.goldenMissing, path, "the kept tree has it, with \(Self.lines(old).count) lines")
      case (nil, let new?) where !kept.isEmpty:
        findings.add(.goldenAdded, path, "the kept tree does not have it, \(Self.lines(new).count) lines")
      default: break
      }
    }
    return diffs.joined(separator: "\n")
  }

  /// Path by the name under which documents are compared.
  private func documents(_ root: String) -> [String: String] {
    var result: [String: String] = [:]
    for path in TreeFiles.all(below: root) {
      let name = String(path.dropFirst(root.count + 1))
      guard Self.kinds.contains((name as NSString).pathExtension.lowercased()) else { continue }
      result[isStructure ? GoldenText.unversioned(name) : name] = path
    }
    return result
  }

  private func text(_ path: String) -> String? {
    guard let bytes = try? InputFile.open(path)?.whole(limit: Self.limit) else { return nil }
    guard isStructure else { return String(decoding: bytes, as: UTF8.self) }
    return GoldenText.structure(bytes, kind: (path as NSString).pathExtension.lowercased())
  }

  static func lines(_ text: String) -> [Substring] {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last == "" { lines.removeLast() }
    return lines
  }
}

/// The text of a document without what another version of a library changes.
enum GoldenText {
  private static let deepest = 64
  private static let dropped: Set<String> = [
    "bytes", "sha256", "made_by", "init_bytes", "fragments", "version",
  ]

  static func structure(_ bytes: [UInt8], kind: String) -> String {
    switch kind {
    case "json":
      guard let document = JSONValue.parse(bytes) else { break }
      return json(document, key: "", depth: 0).joined(separator: "\n") + "\n"
    case "m3u8":
      let text = unversioned(String(decoding: bytes, as: UTF8.self))
      return
        text
        .replacing(/(BANDWIDTH|BITRATE)([=:])\d+/) { "\($0.1)\($0.2)…" }
        .replacing(/BYTERANGE([=:]"?)\d+(@\d+)?/) { "BYTERANGE\($0.1)…" }
    case "mpd":
      let text = unversioned(String(decoding: bytes, as: UTF8.self))
      return text.replacing(/(bandwidth|mediaRange|indexRange|range)="[^"]*"/) { "\($0.1)=\"…\"" }
    default: break
    }
    return unversioned(String(decoding: bytes, as: UTF8.self))
  }

  /// Eight hex digits between a dash and a dash or dot are a version.
  static func unversioned(_ text: String) -> String {
    text.replacing(/-[0-9a-f]{8}(?=[-.])/) { _ in "-{version}" }
  }

  private static func json(_ value: JSONValue, key: String, depth: Int) -> [String] {
    guard depth < deepest else { return ["…"] }
    switch value {
    case .object(let values):
      var lines = ["{"]
      for (name, inner) in values.sorted(by: { $0.key < $1.key }) where !dropped.contains(name) {
        let isRate = name.contains("bitrate") || name == "bit_rate"
        let body = isRate ? ["…"] : json(inner, key: name, depth: depth + 1)
        lines.append("  \"\(name)\": \(body[0])")
        lines += body.dropFirst().map { "  " + $0 }
      }
      return lines + ["}"]
    case .array(let values):
      var lines = ["["]
      for inner in values { lines += json(inner, key: key, depth: depth + 1).map { "  " + $0 } }
      return lines + ["]"]
    case .string(let text): return ["\"\(unversioned(text))\""]
    case .integer(let number): return [String(number)]
    case .number(let number): return [String(number)]
    case .bool(let flag): return [String(flag)]
    case .null: return ["null"]
    }
  }
}

/// What `diff -u` prints of two texts.
enum UnifiedDiff {
  private static let context = 3
  /// Beyond this many lines finding the least difference would take too long.
  private static let most = 20_000

  static func text(old: String, new: String, name: String) -> (text: String, removed: Int, added: Int) {
    let (before, after) = (GoldenTree.lines(old), GoldenTree.lines(new))
    guard before.count <= most, after.count <= most else {
      return ("--- kept/\(name)\n+++ \(name)\n(more than \(most) lines)", before.count, after.count)
    }
    var (removed, added): (Set<Int>, Set<Int>) = ([], [])
    for change in after.difference(from: before) {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): added.insert(offset)
      }
    }
    // Each line with its number in either text, in the order of a diff.
    var edits: [(mark: String, line: Substring, old: Int, new: Int)] = []
    var (left, right) = (0, 0)
    while left < before.count || right < after.count {
      if left < before.count, removed.contains(left) {
        edits.append(("-", before[left], left, right))
        left += 1
      } else if right < after.count, added.contains(right) {
        edits.append(("+", after[right], left, right))
        right += 1
      } else {
        edits.append((" ", left < before.count ? before[left] : after[right], left, right))
        (left, right) = (left + 1, right + 1)
      }
    }
    var lines = ["--- kept/\(name)", "+++ \(name)"]
    var index = 0
    while let first = edits[index...].firstIndex(where: { $0.mark != " " }) {
      let begin = max(index, first - context)
      var end = first
      var quiet = 0
      while end < edits.count, quiet <= 2 * context {
        quiet = edits[end].mark == " " ? quiet + 1 : 0
        end += 1
      }
      end = min(edits.count, end - max(0, quiet - context))
      let hunk = edits[begin..<end]
      let (olds, news) = (hunk.count { $0.mark != "+" }, hunk.count { $0.mark != "-" })
      lines.append("@@ -\(hunk[begin].old + 1),\(olds) +\(hunk[begin].new + 1),\(news) @@")
      lines += hunk.map { $0.mark + $0.line }
      index = end
    }
    return (lines.joined(separator: "\n"), removed.count, added.count)
  }
}
