internal import Media

/// One part as the manifest lists it.
struct WrittenPart {
  struct Row: Equatable {
    var start: MediaTime
    var offset: Int64
    var bytes: Int64
  }

  var object: MediaObject
  var initBytes: Int64
  var start: MediaTime
  var end: MediaTime
  var fragments: [Row]
}

/// Writes `parts/manifest.json`: parts in, a JSON array with one object a part out, by a fixed order of keys and with
/// decimals from ticks, so that the same parts give the same text.
enum PartsManifest {
  static func text(_ parts: [WrittenPart], urls: [String], type: String) -> String {
    let objects = zip(parts, urls).map { part, url in
      let rows = part.fragments.map { "[\(seconds($0.start)), \($0.offset), \($0.bytes)]" }
      let start = part.start.ticks(in: unit)
      let duration = part.end.ticks(in: unit) &- start
      return """
          {
            "url": \(quoted(url)),
            "bytes": \(part.object.bytes),
            "sha256": "\(part.object.sha256)",
            "start": \(decimal(start)),
            "duration": \(decimal(duration)),
            "init_bytes": \(part.initBytes),
            "type": \(quoted(type)),
            "fragments": [
              \(rows.joined(separator: ",\n      "))
            ]
          }
        """
    }
    return "[\n" + objects.joined(separator: ",\n") + "\n]\n"
  }

  private static let unit = Rational(1, 1_000_000)

  private static func seconds(_ time: MediaTime) -> String { decimal(time.ticks(in: unit)) }

  /// `341.341`, `0.0`: without the zeros that say nothing.
  private static func decimal(_ microseconds: Int64) -> String {
    var text = DecimalText.fixed(microseconds, places: 6)
    while text.hasSuffix("0"), !text.hasSuffix(".0") { text.removeLast() }
    return text
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\u{0}"..."\u{1f}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
