/// What a person has decided to live with: codes with reasons, from the command line and from a file in the tree. A
/// report in; the report without them, which says how many there were, out.
package struct Ignores: Sendable {
  package static let fileName = ".rung-verify-ignore"
  private static let limit = 1 << 20
  /// What says that nothing was verified is never left out, nor what is wrong with the ignores themselves.
  private static let never: Set<FindingCode> = [.inputUnreadable, .treeEmpty, .ignoreInvalid, .ignoreUnused]

  private struct Rule: Sendable {
    var code: FindingCode
    /// `hls/*/iframes.m3u8`; nil: everywhere.
    var pattern: String?
    var reason: String
    /// Of the file; nil: from the command line.
    var line: Int?
  }

  private var rules: [Rule] = []

  package init() {}

  /// From the command line: `CODE` or `CODE=reason`; false where there is no such code, or it cannot be ignored.
  package mutating func add(_ text: String) -> Bool {
    let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard let code = FindingCode(rawValue: String(halves[0])), !Self.never.contains(code) else {
      return false
    }
    let reason = halves.count > 1 ? String(halves[1]) : ""
    rules.append(Rule(code: code, reason: reason.isEmpty ? "--ignore" : reason))
    return true
  }

  /// The file in the tree's root: a line is `CODE = reason` or `CODE path/with/*.m3u8 = reason`; `#` begins a comment.
  mutating func read(_ root: String, findings: Findings) {
    let path = root + "/" + Self.fileName
    guard let file = InputFile.open(path) else { return }
    guard let bytes = try? file.whole(limit: Self.limit), let text = String(validating: bytes, as: UTF8.self)
    else {
      findings.add(.ignoreInvalid, path, "not UTF-8 text of at most \(Self.limit) bytes")
      return
    }
    for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let line = Self.trimmed(raw)
      if line.isEmpty || line.hasPrefix("#") { continue }
      let halves = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let head = halves[0].split(separator: " ", omittingEmptySubsequences: true)
      let reason = halves.count > 1 ? Self.trimmed(halves[1]) : ""
      guard let name = head.first, let code = FindingCode(rawValue: String(name)), head.count <= 2 else {
        findings.add(
          .ignoreInvalid, path,
          "\"\(line.prefix(60))\", expected a code of rung verify --list, '=' and a reason",
          at: .line(index + 1))
        continue
      }
      guard !Self.never.contains(code) else {
        findings.add(.ignoreInvalid, path, "\(code.rawValue) cannot be ignored", at: .line(index + 1))
        continue
      }
      guard !reason.isEmpty else {
        findings.add(
          .ignoreInvalid, path, "\(code.rawValue) without a reason, expected one after '='",
          at: .line(index + 1))
        continue
      }
      rules.append(
        Rule(
          code: code, pattern: head.count > 1 ? String(head[1]) : nil, reason: String(reason),
          line: index + 1))
    }
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text
    while let first = text.first, first.isWhitespace { text = text.dropFirst() }
    while let last = text.last, last.isWhitespace { text = text.dropLast() }
    return text
  }

  func applied(to report: VerificationReport) -> VerificationReport {
    var report = report
    var counts = rules.map { _ in 0 }
    report.findings.removeAll { finding in
      let index = rules.firstIndex { rule in
        rule.code == finding.code && rule.pattern.map { Self.matches(finding.path, $0) } ?? true
      }
      if let index { counts[index] += 1 }
      return index != nil
    }
    for (rule, count) in zip(rules, counts) {
      if count > 0 {
        report.ignored.append(IgnoredFindings(code: rule.code.rawValue, count: count, reason: rule.reason))
      } else if let line = rule.line {
        report.findings.append(
          Finding(
            code: .ignoreUnused, severity: FindingCode.ignoreUnused.check.severity, path: Self.fileName,
            place: .line(line), message: "nothing of \(rule.code.rawValue) was found, so the line can go"))
      }
    }
    report.findings.sort()
    return report
  }

  /// `*` stands for any text within a path's component or across several, `?` for one character.
  static func matches(_ path: String, _ pattern: String) -> Bool {
    let (text, wanted) = (Array(path.utf8), Array(pattern.utf8))
    var (place, part) = (0, 0)
    var retry: (place: Int, part: Int)?
    while place < text.count {
      if part < wanted.count, wanted[part] == UInt8(ascii: "*") {
        part += 1
        retry = (place, part)
      } else if part < wanted.count, wanted[part] == text[place] || wanted[part] == UInt8(ascii: "?") {
        (place, part) = (place + 1, part + 1)
      } else if let last = retry {
        (place, part) = (last.place + 1, last.part)
        retry = (place, part)
      } else {
        return false
      }
    }
    return wanted[part...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
