internal import Foundation

/// Gathers findings of one verification, or of one part of it on a thread of its own. A hostile tree can break a rule
/// in every sample, so of one code in one file only the first few are kept, and the rest are counted.
final class Findings {
  private static let kept = 20
  /// Of one code in all files together.
  private static let keptOfCode = 2000

  private struct Kind: Hashable {
    let code: FindingCode
    let severity: Severity
    let path: String
  }

  /// What was gathered, in a form that passes from one thread to another.
  struct Gathered: Sendable {
    fileprivate var list: [Finding] = []
    fileprivate var more: [Finding: Int] = [:]
    fileprivate var checked = VerificationReport.Counts()
  }

  let root: String
  /// Playlists and media of renditions that hold copied streams: of these, rules that no copy can be made to keep are
  /// advice (hls-checklist, after rule 23).
  var copies: Set<String> = []
  var checked = VerificationReport.Counts()
  private var list: [Finding] = []
  private var seen: [Kind: Int] = [:]
  private var codes: [FindingCode: Int] = [:]

  init(root: String, copies: Set<String> = []) { (self.root, self.copies) = (root, copies) }

  /// `as`: lighter than the code usually is. `others` are what the finding is about as well.
  func add(
    _ code: FindingCode, _ path: String, _ message: String, at place: Place? = nil,
    as severity: Severity? = nil, with others: [String] = []
  ) {
    let check = code.check
    var severity = severity ?? check.severity
    let isOfCopies = copies.contains(path) || others.contains { copies.contains($0) }
    if isOfCopies, check.isAdviceForCopies { severity = .advice }
    let kind = Kind(code: code, severity: severity, path: relative(path))
    seen[kind, default: 0] += 1
    codes[code, default: 0] += 1
    guard seen[kind, default: 0] <= Self.kept, codes[code, default: 0] <= Self.keptOfCode else { return }
    list.append(
      Finding(
        code: code, severity: severity, path: kind.path, place: place, message: Self.oneLine(message)))
  }

  /// `path` as the tree names it.
  func relative(_ path: String) -> String {
    if path == root { return (path as NSString).lastPathComponent }
    return path.hasPrefix(root + "/") ? String(path.dropFirst(root.count + 1)) : path
  }

  private static func oneLine(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isUnfit) else { return text }
    return text.unicodeScalars.map { isUnfit($0) ? "?" : String($0) }.joined()
  }

  /// What would end a line, or tell a terminal something.
  private static func isUnfit(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    case .format: scalar.value != 0x200D
    default: false
    }
  }

  /// For a thread of its own; its findings come back by `take`.
  func part() -> Findings { Findings(root: root, copies: copies) }

  var gathered: Gathered {
    var result = Gathered(list: list, checked: checked)
    let kept = Dictionary(grouping: list, by: Self.kind).mapValues(\.count)
    for (kind, count) in seen where count > kept[kind] ?? 0 {
      let rest = Finding(
        code: kind.code, severity: kind.severity, path: kind.path, place: nil, message: "")
      result.more[rest] = count - (kept[kind] ?? 0)
    }
    return result
  }

  private static func kind(_ finding: Finding) -> Kind {
    Kind(code: finding.code, severity: finding.severity, path: finding.path)
  }

  func take(_ other: Gathered) {
    checked = checked + other.checked
    for finding in other.list {
      let kind = Self.kind(finding)
      seen[kind, default: 0] += 1
      codes[finding.code, default: 0] += 1
      if seen[kind, default: 0] <= Self.kept, codes[finding.code, default: 0] <= Self.keptOfCode {
        list.append(finding)
      }
    }
    for (finding, count) in other.more { seen[Self.kind(finding), default: 0] += count }
  }

  func report() -> VerificationReport {
    let more = gathered.more.map { finding, count in
      Finding(
        code: finding.code, severity: finding.severity, path: finding.path, place: nil,
        message: "and \(count) more of this kind in this file")
    }
    var unique: [Finding] = []
    for next in (list + more).sorted() where next != unique.last { unique.append(next) }
    return VerificationReport(root: root, findings: unique, checked: checked)
  }
}
