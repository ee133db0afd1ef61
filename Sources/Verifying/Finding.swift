internal import Foundation

/// How grave a finding is: an error breaks a rule that players or the design rely on, a warning is advice.
package enum Severity: String, Sendable, Codable { case error, warning }

/// One thing that is wrong with a tree: a stable code, where, and one line that names the rule, the value found
/// and the value expected.
package struct Finding: Sendable, Codable, Equatable, Comparable {
  package let code: String
  package let severity: Severity
  /// Relative to the tree, with `/` between folders.
  package let path: String
  package let message: String

  package static func < (left: Finding, right: Finding) -> Bool {
    if left.path != right.path { return left.path < right.path }
    if left.severity != right.severity { return left.severity == .error }
    if left.code != right.code { return left.code < right.code }
    return left.message < right.message
  }
}

/// What a verification looked at and what it found: the findings in a fixed order, so that the same tree gives
/// the same text.
package struct VerificationReport: Sendable {
  /// How much was looked at.
  package struct Counts: Sendable, Codable, Equatable {
    package var playlists = 0
    package var segments = 0
    package var bytes: Int64 = 0
  }

  package let findings: [Finding]
  package let checked: Counts

  package var errors: Int { findings.count { $0.severity == .error } }
  package var warnings: Int { findings.count - errors }
  /// No errors; warnings may be there.
  package var isClean: Bool { errors == 0 }

  /// One line a finding and a last line with the counts.
  package var text: String {
    var lines = findings.map { "\($0.severity.rawValue) \($0.code) \($0.path): \($0.message)" }
    lines.append(
      "checked \(checked.playlists) playlists, \(checked.segments) segments, \(checked.bytes) bytes: "
        + "\(errors) errors, \(warnings) warnings")
    return lines.joined(separator: "\n") + "\n"
  }

  /// One JSON document with stable keys.
  package var json: String {
    let document = Document(
      clean: isClean, errors: errors, warnings: warnings, checked: checked, findings: findings)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(document) else { return "{}\n" }
    return String(decoding: data, as: UTF8.self) + "\n"
  }

  private struct Document: Codable {
    let clean: Bool
    let errors: Int
    let warnings: Int
    let checked: Counts
    let findings: [Finding]
  }
}

/// Gathers findings of one verification. A hostile tree can break a rule in every sample, so of one code in
/// one file only the first few are kept, and the rest are counted.
final class Findings {
  private static let kept = 20
  private struct Place: Hashable {
    let code: FindingCode
    let severity: Severity
    let path: String
  }

  let root: String
  /// Playlists and media of renditions that hold copied streams: of these, rules that no copy can be made to keep are
  /// advice (hls-checklist, after rule 23).
  var copies: Set<String> = []
  var checked = VerificationReport.Counts()
  private var list: [Finding] = []
  private var seen: [Place: Int] = [:]

  init(root: String) { self.root = root }

  /// `others` are what the finding is about as well.
  func error(_ code: FindingCode, _ path: String, _ message: String, with others: [String] = []) {
    let isOfCopies = copies.contains(path) || others.contains { copies.contains($0) }
    add(code, isOfCopies && code.isAdviceForCopies ? .warning : .error, path, message)
  }
  func warn(_ code: FindingCode, _ path: String, _ message: String) { add(code, .warning, path, message) }

  /// `path` as the tree names it.
  func relative(_ path: String) -> String {
    if path == root { return (path as NSString).lastPathComponent }
    return path.hasPrefix(root + "/") ? String(path.dropFirst(root.count + 1)) : path
  }

  private func add(_ code: FindingCode, _ severity: Severity, _ path: String, _ message: String) {
    let name = relative(path)
    let place = Place(code: code, severity: severity, path: name)
    seen[place, default: 0] += 1
    guard seen[place, default: 0] <= Findings.kept else { return }
    list.append(finding(place, message))
  }

  private func finding(_ place: Place, _ message: String) -> Finding {
    let line = message.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? "?" : String($0) }.joined()
    return Finding(
      code: place.code.rawValue, severity: place.severity, path: place.path,
      message: "\(place.code.rule): \(line)")
  }

  func report() -> VerificationReport {
    let more = seen.filter { $0.value > Findings.kept }.map { place, count in
      finding(place, "and \(count - Findings.kept) more of this kind in this file")
    }
    var unique: [Finding] = []
    for next in (list + more).sorted() where next != unique.last { unique.append(next) }
    return VerificationReport(findings: unique, checked: checked)
  }
}
