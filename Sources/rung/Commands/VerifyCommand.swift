internal import Foundation
internal import Media
internal import Storing
internal import Verifying

/// `rung verify TREE|PLAYLIST|MANIFEST`
struct VerifyCommand: Command {
  enum Format: String, CaseIterable { case text, json, github, junit }

  private static let deep = OptionDeclaration(
    name: "--deep", value: .flag, help: "look at every sample, and decode everything in a child process")
  private static let against = OptionDeclaration(
    name: "--against", value: .text("SOURCE"), help: "compare what is decoded with the source (with --deep)")
  private static let golden = OptionDeclaration(
    name: "--golden", value: .text("DIR"), help: "compare playlists and manifests with a kept tree's")
  private static let structure = OptionDeclaration(
    name: "--structure", value: .flag,
    help: "with --golden: leave out bytes, hashes, rates, versions in names and made_by")
  private static let ignore = OptionDeclaration(
    name: "--ignore", value: .list("CODE[=REASON]"),
    help: "leave out what is found under a code; as often as wanted")
  private static let format = OptionDeclaration(
    name: "--format", value: .choice(Format.allCases.map(\.rawValue)),
    help: "github: annotations of a workflow; junit: a test case a check (default: text)")
  private static let list = OptionDeclaration(
    name: "--list", value: .flag, help: "print every check, with its rule and clause, and end")

  static let declaration = CommandDeclaration(
    name: "verify", summary: "holds a finished tree, playlist or manifest against the rules",
    discussion: [
      "Reads anyone's output: a folder, a playlist, a manifest (.mpd, asset.json, parts) or a whole .mp4 file.",
      "Prints what is found, grouped by check; ends with 1 if an error is among it. What is in the tree's file",
      "\(Ignores.fileName) is left out: a line is 'CODE = reason' or 'CODE path/*.m3u8 = reason'.",
    ],
    operand: OperandDeclaration(
      name: "TREE|PLAYLIST|MANIFEST", count: .optional, help: "what to check"),
    options: [deep, against, golden, structure, ignore, format, Options.json, list] + Options.reading
      + Options.logging)

  private let path: String
  private let isDeep: Bool
  private let source: String?
  private let kept: String?
  private let isStructure: Bool
  private let format: Format
  private let isList: Bool
  private var ignores = Ignores()

  init(_ invocation: Invocation) throws(CommandFailure) {
    path = invocation.operands.first ?? ""
    source = invocation.text(Self.against)
    isDeep = invocation.isSet(Self.deep) || invocation.isSet(Self.against)
    kept = invocation.text(Self.golden)
    isStructure = invocation.isSet(Self.structure)
    format = invocation.choice(Self.format) ?? (invocation.isSet(Options.json) ? .json : .text)
    isList = invocation.isSet(Self.list)
    if path.isEmpty, !isList {
      throw CommandFailure(
        nil, "verify needs TREE|PLAYLIST|MANIFEST", advice: "see 'rung help verify'", exit: .usage)
    }
    if isStructure, kept == nil {
      throw CommandFailure(
        nil, "--structure goes with --golden", advice: "see 'rung help verify'", exit: .usage)
    }
    for item in invocation.list(Self.ignore) where !ignores.add(item) {
      let code = String(item.prefix { $0 != "=" })
      let meant = Suggestion.nearest(to: code, in: FindingCode.allCases.map(\.rawValue))
      throw CommandFailure(
        nil, "--ignore \(code): no check that can be ignored has this code",
        advice: meant.map { "did you mean \($0)?" } ?? "see 'rung verify --list'", exit: .usage)
    }
  }

  func run(_ shell: Shell) throws(CommandFailure) -> ExitCode {
    if isList {
      try StandardOutput.write(format == .json ? CheckList.json : CheckList.text)
      return .done
    }
    guard FileManager.default.fileExists(atPath: path) else {
      throw CommandFailure(path, "no such file or folder", advice: "check the name")
    }
    var options = VerifyOptions()
    options.deep = isDeep
    options.ignores = ignores
    options.isCancelled = { [cancellation = shell.cancellation] in cancellation.isCancelled }
    options.makeHash = { try FileDigest() }
    if let kept {
      guard TreeFolder.exists(kept) else {
        throw CommandFailure(
          kept, "no such folder", advice: "keep a tree's playlists and manifests in it first")
      }
      options.golden = GoldenTree(folder: kept, isStructure: isStructure)
    }
    if let source { _ = try SourceFile.open(source) }
    if isDeep { options.player = WorkerPlayer(shell: shell, source: source) }
    let report = Verifier.verify(path: path, options: options)
    try shell.cancellation.check()
    try StandardOutput.write(text(report))
    return report.isClean ? .done : .failed
  }

  private func text(_ report: VerificationReport) -> String {
    switch format {
    case .json: return report.json
    case .junit: return report.junit
    case .github: return report.github(prefix: Self.prefix(report.root))
    case .text: return report.text(isColoured: StandardOutput.isColoured)
    }
  }

  /// From the folder of this process to the tree: annotations name files of the repository.
  private static func prefix(_ root: String) -> String {
    let here = URL(fileURLWithPath: FileManager.default.currentDirectoryPath).standardizedFileURL.path
    if root == here { return "" }
    return (root.hasPrefix(here + "/") ? String(root.dropFirst(here.count + 1)) : root) + "/"
  }
}

private enum TreeFolder {
  static func exists(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }
}

/// A SHA-256 for those who read the files themselves.
private final class FileDigest: RunningHash {
  private let hash: SHA256
  init() throws { hash = try SHA256() }
  func update(_ bytes: UnsafeRawBufferPointer) throws { try unsafe hash.update(bytes) }
  func finish() throws -> String { try hash.digest() }
}

/// Plays renditions, and the source that they are compared with, in the worker that is held as a source's reader is:
/// somebody else's tree is as little to be trusted.
private struct WorkerPlayer: RenditionPlayer {
  let shell: Shell
  let source: String?

  func play(_ pieces: [PlayPiece], name: String) throws -> [PlayedTrack] {
    let ending = pieces.last.map { ($0.path as NSString).pathExtension.lowercased() } ?? ""
    let file = try SourceFile.joined(pieces.map { ($0.path, $0.offset, $0.length) }, name: name)
    return try SourceWorker.start(file, shell).play(name: "piece.\(ending)")
  }

  func playSource() throws -> (name: String, tracks: [PlayedTrack])? {
    guard let source else { return nil }
    let file = try SourceFile.open(source)
    return (file.name, try SourceWorker.start(file, shell).play(name: file.name))
  }
}
