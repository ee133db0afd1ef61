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
      Options.speed, Options.videoTrack, Options.tolerance, Options.workers, Options.maxWorkBytes,
      Options.baseURL,
      Options.force, Options.noVerify,
    ] + Options.caps + Options.logging)

  private let package: PackageCommand

  init(_ invocation: Invocation) {
    var planning = PlanningOptions(invocation)
    planning.overrides.outputs = [.parts]
    planning.overrides.copy = invocation.isSet(Options.transcode) ? .prefer : .strict
    planning.overrides.partBytes = invocation.bytes(Options.partSize)
    package = PackageCommand(
      source: invocation.operands.first ?? "", tree: invocation.text(Options.into) ?? "", planning: planning,
      workers: invocation.number(Options.workers), baseURL: invocation.text(Options.baseURL),
      isForced: invocation.isSet(Options.force), maxWorkBytes: invocation.bytes(Options.maxWorkBytes),
      verifies: !invocation.isSet(Options.noVerify))
  }

  func run(_ shell: Shell) throws(CommandFailure) -> ExitCode { try package.run(shell) }
}
