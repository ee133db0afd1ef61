/// Sizes as people write them: `256MiB`, `100MB`, `1GB`, `1.5 GiB`, `268435456`.
enum ByteSize {
  /// As it would be typed: `64KiB`.
  static func text(_ bytes: Int64) -> String {
    let units: [(String, Int64)] = [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
    guard bytes > 0, let (name, factor) = units.first(where: { bytes.isMultiple(of: $0.1) }) else {
      return String(bytes)
    }
    return "\(bytes / factor)\(name)"
  }

  private static let units: [(name: String, bytes: Int64)] = [
    ("", 1), ("b", 1), ("kb", 1000), ("mb", 1_000_000), ("gb", 1_000_000_000), ("tb", 1_000_000_000_000),
    ("kib", 1 << 10), ("mib", 1 << 20), ("gib", 1 << 30), ("tib", 1 << 40),
    ("k", 1 << 10), ("m", 1 << 20), ("g", 1 << 30),
  ]

  /// nil for what is not a size.
  static func parse(_ text: String) -> Int64? {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let unit = text.dropFirst(digits.count).drop { $0 == " " }.lowercased()
    let terms = digits.split(separator: ".", omittingEmptySubsequences: false)
    guard let factor = units.first(where: { $0.name == unit })?.bytes, (1...2).contains(terms.count),
      let whole = Int64(terms[0])
    else { return nil }
    var total = whole.multipliedReportingOverflow(by: factor)
    if terms.count == 2 {
      guard let fraction = Int64(terms[1]), terms[1].count <= 6 else { return nil }
      var scale: Int64 = 1
      for _ in 0..<terms[1].count { scale *= 10 }
      let part = factor.multipliedReportingOverflow(by: fraction)
      guard !part.overflow else { return nil }
      total = total.partialValue.addingReportingOverflow(part.partialValue / scale)
    }
    return total.overflow ? nil : total.partialValue
  }
}
