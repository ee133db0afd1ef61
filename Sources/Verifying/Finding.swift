/// How grave a finding is.
package enum Severity: String, Sendable, Codable, CaseIterable, Comparable {
  /// A rule is broken that players rely on.
  case error
  /// A rule is broken that most players get over.
  case warning
  /// What could be better, or what no copied stream can be made to keep.
  case advice

  private var rank: Int { self == .error ? 0 : self == .warning ? 1 : 2 }
  /// The graver comes first.
  package static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }
}

/// Where in a file something is.
package enum Place: Sendable, Equatable, Hashable {
  /// Of a text, counted from 1.
  case line(Int)
  /// Counted from 0.
  case byte(Int64)
}

/// One thing that is wrong with a tree: a stable code, where, and one line that names the value found and the value
/// expected.
package struct Finding: Sendable, Hashable, Comparable {
  package let code: FindingCode
  package let severity: Severity
  /// Relative to the tree, with `/` between folders.
  package let path: String
  package let place: Place?
  package let message: String

  /// `hls/720p/index.m3u8, line 7`
  package var location: String {
    switch place {
    case .line(let line): "\(path), line \(line)"
    case .byte(let byte): "\(path), byte \(byte)"
    case nil: path
    }
  }

  package var line: Int? { if case .line(let line) = place { line } else { nil } }
  package var byte: Int64? { if case .byte(let byte) = place { byte } else { nil } }

  /// By path and within it by gravity, so that the same tree gives the same text.
  package static func < (left: Finding, right: Finding) -> Bool {
    if left.path != right.path { return left.path < right.path }
    if left.severity != right.severity { return left.severity < right.severity }
    if left.code != right.code { return left.code.rawValue < right.code.rawValue }
    let (first, second) = (left.order, right.order)
    return first != second ? first < second : left.message < right.message
  }

  private var order: Int64 {
    switch place {
    case .line(let line): Int64(line)
    case .byte(let byte): byte
    case nil: Int64.max
    }
  }
}

/// Findings of one code that a person has decided to live with.
package struct IgnoredFindings: Sendable, Equatable, Codable {
  package var code: String
  package var count: Int
  package var reason: String
}

/// What a verification looked at and what it found, in a fixed order.
package struct VerificationReport: Sendable {
  /// How much was looked at.
  package struct Counts: Sendable, Codable, Equatable {
    package var playlists = 0
    package var segments = 0
    package var bytes: Int64 = 0

    static func + (left: Counts, right: Counts) -> Counts {
      Counts(
        playlists: left.playlists + right.playlists, segments: left.segments + right.segments,
        bytes: sum(left.bytes, right.bytes))
    }
  }

  /// The folder that all paths are relative to.
  package let root: String
  package internal(set) var findings: [Finding]
  package internal(set) var ignored: [IgnoredFindings] = []
  package internal(set) var checked: Counts
  /// What a comparison with a kept tree shows, as unified diffs.
  package internal(set) var diff = ""

  package func count(_ severity: Severity) -> Int { findings.count { $0.severity == severity } }
  /// No errors; warnings and advice may be there.
  package var isClean: Bool { !findings.contains { $0.severity == .error } }
  /// The first error, in the order of the report.
  package var firstError: Finding? { findings.first { $0.severity == .error } }
}
