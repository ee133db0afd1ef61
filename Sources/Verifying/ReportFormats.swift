internal import Foundation
internal import Media

/// A report for machines: JSON, the annotations of GitHub's workflows, JUnit's XML.
extension VerificationReport {
  private struct Document: Codable {
    let clean: Bool
    let errors: Int
    let warnings: Int
    let advice: Int
    let checked: Counts
    let findings: [Item]
    let ignored: [IgnoredFindings]
    let diff: String?
  }

  private struct Item: Codable {
    let code: String
    let severity: Severity
    let rules: [Int]
    let clause: String
    let path: String
    let line: Int?
    let byte: Int64?
    let message: String
  }

  /// One JSON document with stable keys.
  package var json: String {
    let items = findings.map { finding in
      Item(
        code: finding.code.rawValue, severity: finding.severity, rules: finding.code.check.rules,
        clause: finding.code.check.clause, path: finding.path, line: finding.line, byte: finding.byte,
        message: finding.message)
    }
    return JSONLines.text(
      Document(
        clean: isClean, errors: count(.error), warnings: count(.warning), advice: count(.advice),
        checked: checked, findings: items, ignored: ignored, diff: diff.isEmpty ? nil : diff))
  }

  /// One workflow command a finding. `prefix` leads from where the workflow runs to the tree.
  package func github(prefix: String = "") -> String {
    var lines = findings.map { finding in
      let kind =
        switch finding.severity {
        case .error: "error"
        case .warning: "warning"
        case .advice: "notice"
        }
      var fields = ["file=\(Self.property(prefix + finding.path))"]
      if let line = finding.line { fields.append("line=\(line)") }
      fields.append("title=\(Self.property("rung verify \(finding.code.rawValue)"))")
      let place = finding.byte.map { "byte \($0): " } ?? ""
      let source = finding.code.check.source
      return "::\(kind) \(fields.joined(separator: ","))::"
        + Self.data(place + finding.message + (source.isEmpty ? "" : " (\(source))"))
    }
    lines += diff.isEmpty ? [] : [diff]
    lines.append(summary)
    return lines.joined(separator: "\n") + "\n"
  }

  private static func data(_ text: String) -> String {
    text.replacingOccurrences(of: "%", with: "%25").replacingOccurrences(of: "\n", with: "%0A")
      .replacingOccurrences(of: "\r", with: "%0D")
  }

  private static func property(_ text: String) -> String {
    data(text).replacingOccurrences(of: ":", with: "%3A").replacingOccurrences(of: ",", with: "%2C")
  }

  /// A test case a check, so that a build server shows over time which rules a tree breaks.
  package var junit: String {
    let failures = Set(findings.filter { $0.severity == .error }.map(\.code)).count
    var lines = [
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
      "<testsuites>",
      "  <testsuite name=\"rung verify\" tests=\"\(FindingCode.allCases.count)\" failures=\"\(failures)\" errors=\"0\">",
    ]
    let all = Dictionary(grouping: findings, by: \.code)
    for code in FindingCode.allCases {
      let head = "    <testcase classname=\"rung.verify\" name=\"\(code.rawValue)\""
      let found = all[code] ?? []
      let text = found.map { "\($0.severity.rawValue) \($0.location): \($0.message)" }.joined(separator: "\n")
      if found.contains(where: { $0.severity == .error }) {
        lines.append(head + ">")
        lines.append(
          "      <failure message=\"\(Self.xml(code.check.title))\">\(Self.xml(text))</failure>")
        lines.append("    </testcase>")
      } else if let item = ignored.first(where: { $0.code == code.rawValue }) {
        lines.append(head + "><skipped message=\"\(Self.xml(item.reason))\"/></testcase>")
      } else if !found.isEmpty {
        lines.append(head + "><system-out>\(Self.xml(text))</system-out></testcase>")
      } else {
        lines.append(head + "/>")
      }
    }
    lines += ["  </testsuite>", "</testsuites>"]
    return lines.joined(separator: "\n") + "\n"
  }

  private static func xml(_ text: String) -> String { XMLText.escaped(text, keepsLines: true) }
}

/// The list of all checks, for people and for machines.
package enum CheckList {
  private struct Item: Codable {
    let code: String
    let severity: Severity
    let adviceForCopies: Bool
    let rules: [Int]
    let clause: String
    let holds: String

    enum CodingKeys: String, CodingKey {
      case code, severity, rules, clause, holds
      case adviceForCopies = "advice_for_copies"
    }
  }

  package static var json: String {
    JSONLines.text(
      FindingCode.allCases.map { code in
        let check = code.check
        return Item(
          code: code.rawValue, severity: check.severity, adviceForCopies: check.isAdviceForCopies,
          rules: check.rules, clause: check.clause, holds: check.title)
      })
  }

  /// A row a check; `*`: advice for copied streams.
  package static var text: String {
    let rows = FindingCode.allCases.map { code in
      let check = code.check
      return [
        code.rawValue, check.severity.rawValue + (check.isAdviceForCopies ? "*" : ""),
        check.rules.map(String.init).joined(separator: ", "), check.clause, check.title,
      ]
    }
    let head = ["code", "severity", "rule", "clause", "what must hold"]
    let widths = head.indices.map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
    let lines = ([head] + rows).map { row in
      row.enumerated().map { column, text in
        column == row.count - 1
          ? text : text + String(repeating: " ", count: widths[column] - text.count + 2)
      }.joined()
    }
    return lines.joined(separator: "\n")
      + "\n\nrule: of the project's checklist; RFC 8216: HLS; bis: draft-pantos-hls-rfc8216bis; A: Apple's HLS authoring\n"
      + "specification; *: advice where the stream is a copy, which cannot be made to keep the rule\n"
  }
}

enum JSONLines {
  static func text(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(value) else { return "{}\n" }
    return String(decoding: data, as: UTF8.self) + "\n"
  }
}
