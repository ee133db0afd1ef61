internal import Media
internal import Planning

/// `rung split SOURCE --into TREE`: `package` with parts as its only output, of what is copied.
struct SplitCommand: Command {
  static let declaration = CommandDeclaration(
    name: "split", summary: "cuts a source into parts of at most 256 MiB that a browser can append",
    discussion: [
      "Nothing is encoded: each part is fragmented MP4 with whole GOPs and the same head, and parts/manifest.json",
      "lists what a player with one Media Source buffer fetches. H.264, HEVC, AV1 and VP9 with AAC, Opus and FLAC.",
    ],
    operand: OperandDeclaration(name: "SOURCE", count: .one, help: "a media file"),
    options: [
      Options.into, Options.partSize, Options.transcode, Options.ladder, Options.id, Options.creator,
      Options.speed, Options.workers, Options.baseURL, Options.force,
    ] + Options.logging)

  private let package: PackageCommand
  private let partSize: String?

  init(_ invocation: Invocation) {
    var planning = PlanningOptions(invocation)
    planning.overrides.outputs = [.parts]
    planning.overrides.copy = invocation.isSet(Options.transcode) ? .prefer : .strict
    partSize = invocation.text(Options.partSize)
    planning.overrides.partBytes = partSize.flatMap(ByteSize.parse)
    package = PackageCommand(
      source: invocation.operands.first ?? "", tree: invocation.text(Options.into) ?? "", planning: planning,
      workers: invocation.number(Options.workers), baseURL: invocation.text(Options.baseURL),
      isForced: invocation.isSet(Options.force))
  }

  func run(_ shell: Shell) throws(CommandFailure) -> ExitCode {
    if let partSize, ByteSize.parse(partSize) == nil {
      throw CommandFailure(
        nil, "'\(partSize)' is not a size for --part-size",
        advice: "write it like 256MiB, 100MB or 1GB, from 64KiB",
        exit: .usage)
    }
    return try package.run(shell)
  }
}

/// Sizes as people write them: `256MiB`, `100MB`, `1GB`, `1.5 GiB`, `268435456`.
enum ByteSize {
  private static let units: [(name: String, bytes: Int64)] = [
    ("", 1), ("b", 1), ("kb", 1000), ("mb", 1_000_000), ("gb", 1_000_000_000), ("tb", 1_000_000_000_000),
    ("kib", 1 << 10), ("mib", 1 << 20), ("gib", 1 << 30), ("tib", 1 << 40),
    ("k", 1 << 10), ("m", 1 << 20), ("g", 1 << 30),
  ]
  static let range: ClosedRange<Int64> = 1 << 16...1 << 42

  /// nil for what is not a size between 64 KiB and 4 TiB.
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
    guard !total.overflow, range.contains(total.partialValue) else { return nil }
    return total.partialValue
  }
}
