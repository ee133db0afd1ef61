/// A report for people: findings grouped by what is wrong, the gravest first, with the places of each below it.
extension VerificationReport {
  /// How many places of one group are shown; `--json` has them all.
  private static let shown = 8

  private struct Group {
    var code: FindingCode
    var severity: Severity
    var findings: [Finding]
  }

  private var groups: [Group] {
    var order: [String: Int] = [:]
    var groups: [Group] = []
    for finding in findings {
      let key = "\(finding.severity.rawValue) \(finding.code.rawValue)"
      if let index = order[key] {
        groups[index].findings.append(finding)
      } else {
        order[key] = groups.count
        groups.append(Group(code: finding.code, severity: finding.severity, findings: [finding]))
      }
    }
    let places = Dictionary(uniqueKeysWithValues: FindingCode.allCases.enumerated().map { ($1, $0) })
    return groups.sorted {
      $0.severity != $1.severity
        ? $0.severity < $1.severity : places[$0.code, default: 0] < places[$1.code, default: 0]
    }
  }

  /// `isColoured`: for a terminal.
  package func text(isColoured: Bool = false) -> String {
    let paint = Paint(isOn: isColoured)
    var lines: [String] = []
    for group in groups {
      let source = group.code.check.source
      lines.append(
        paint.severity(group.severity) + " " + paint.strong(group.code.rawValue) + ": "
          + group.code.check.title + (source.isEmpty ? "" : paint.faint(" (\(source))")))
      for finding in group.findings.prefix(Self.shown) {
        lines.append("  \(paint.place(finding.location)): \(finding.message)")
      }
      if group.findings.count > Self.shown {
        lines.append(paint.faint("  and \(group.findings.count - Self.shown) more; --json lists them all"))
      }
    }
    for item in ignored {
      lines.append("ignored \(item.code), \(item.count) found: \(item.reason)")
    }
    if !diff.isEmpty { lines.append(paint.diff(diff)) }
    lines.append(summary)
    return lines.joined(separator: "\n") + "\n"
  }

  /// `checked 13 playlists, 12 segments, 15408372 bytes: 0 errors, 0 warnings`
  package var summary: String {
    let advice = count(.advice)
    return
      "checked \(checked.playlists) playlists, \(checked.segments) segments, \(checked.bytes) bytes: "
      + "\(count(.error)) errors, \(count(.warning)) warnings" + (advice > 0 ? ", \(advice) advice" : "")
      + (ignored.isEmpty ? "" : ", \(ignored.reduce(0) { $0 + $1.count }) ignored")
  }
}

/// Colours of a terminal, or none.
private struct Paint {
  let isOn: Bool

  private func code(_ number: String, _ text: String) -> String {
    isOn ? "\u{1b}[\(number)m\(text)\u{1b}[0m" : text
  }

  func severity(_ severity: Severity) -> String {
    code(severity == .error ? "1;31" : severity == .warning ? "1;33" : "1;36", severity.rawValue)
  }
  func strong(_ text: String) -> String { code("1", text) }
  func faint(_ text: String) -> String { code("2", text) }
  func place(_ text: String) -> String { code("35", text) }

  func diff(_ text: String) -> String {
    guard isOn else { return text }
    return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let line = String(line)
      if line.hasPrefix("---") || line.hasPrefix("+++") { return code("1", line) }
      if line.hasPrefix("@@") { return code("36", line) }
      return line.hasPrefix("+") ? code("32", line) : line.hasPrefix("-") ? code("31", line) : line
    }.joined(separator: "\n")
  }
}
