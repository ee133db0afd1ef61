internal import Batching
internal import Foundation
internal import Isolating
internal import Planning

/// `rung batch INBOX --into TREE`: a folder of uploads becomes assets. Made to be run by cron every minute for years.
struct BatchCommand: Command {
  static let declaration = CommandDeclaration(
    name: "batch", summary: "makes assets of a folder of uploads, as often as it is called",
    discussion: [
      "Every file beneath INBOX that nobody is writing to becomes an asset; what was made before is left alone.",
      "The ledger in TREE/.rung remembers all uploads and attempts; 'rung status TREE' shows it. A file",
      "NAME.rung.json beside NAME says more: id, creator, title, ladder, priority, max_height, captions.",
    ],
    operand: OperandDeclaration(name: "INBOX", count: .one, help: "the folder of uploads"),
    options: [
      Options.into, jobs, settle, timeout, done, refresh, scoreCommand, wait, retryDelay, publish,
    ] + published + BatchListeners.options + passed + [Options.log, Options.quiet])

  static let jobs = OptionDeclaration(
    name: "--jobs", value: .number("N", 1...256),
    help: "uploads worked on at a time, dividing the cores (default: one a core, 4 at most)")
  static let settle = OptionDeclaration(
    name: "--settle", value: .text("TIME"),
    help: "how long a file has to be left alone before it is taken: 10s, 2m (default: 10s)")
  static let timeout = OptionDeclaration(
    name: "--timeout", value: .text("TIME|FACTORx"),
    help: "the longest that one upload may take: 30m, 2h, or 10x its length (default: 30m)")
  static let done = OptionDeclaration(
    name: "--done", value: .text("keep|move:DIR|delete"),
    help: "what becomes of uploads that are ready (default: keep)")
  static let refresh = OptionDeclaration(
    name: "--refresh", value: .flag, help: "make assets again that sidecar, ladder or tool have outdated")
  static let scoreCommand = OptionDeclaration(
    name: "--score-command", value: .text("COMMAND"),
    help: "gets new uploads as JSON lines, answers each: a priority, or an object")
  static let wait = OptionDeclaration(
    name: "--wait", value: .flag,
    help: "wait for another batch on the same tree instead of leaving it to that")
  static let retryDelay = OptionDeclaration(
    name: "--retry-delay", value: .text("TIME"),
    help: "before the second attempt; each further wait is four times as long (default: 1m)")

  static let publish = OptionDeclaration(
    name: "--publish", value: .text("s3://BUCKET/PREFIX"),
    help: "put each asset into a bucket too; it is ready when all of it is there")
  /// What the child that publishes gets as it was given here.
  static let published =
    BucketOptions.store + [BucketOptions.parallel, BucketOptions.noGzip, BucketOptions.grace]

  /// What a child gets as it was given here.
  static let passed =
    [
      Options.ladder, Options.creator, Options.keepSource, Options.copy, Options.segments,
      Options.rateControl,
      Options.speed, Options.maxHeight, Options.tolerance, Options.maxWorkBytes, Options.baseURL,
    ] + Options.caps

  private let invocation: Invocation

  init(_ invocation: Invocation) { self.invocation = invocation }

  func run(_ shell: Shell) throws(CommandFailure) -> ExitCode {
    let settings = try BatchSettings(invocation)
    let listeners = try BatchListeners(invocation, shell)
    defer { listeners.finish() }
    do { return try BatchRun.start(settings, shell, observers: listeners.observers) } catch {
      switch error {
      case let error as LedgerFailure:
        throw CommandFailure(nil, error.description, exit: error.isTemporary ? .temporary : .failed)
      default: throw CommandFailure(any: error, source: settings.inbox)
      }
    }
  }
}

/// What a person asked of a batch, checked.
struct BatchSettings: Sendable {
  enum Done: Sendable, Equatable { case keep, move(String), delete }

  /// Absolute, links resolved.
  let inbox: String
  let tree: String
  let planning: PlanningOptions
  /// Options and values for each child.
  let passed: [String]
  let jobs: Int?
  let settleMilliseconds: Int64
  let deadline: JobDeadline
  let done: Done
  let refreshes: Bool
  let scoreCommand: String?
  let waits: Bool
  let retries: RetryPolicy
  /// nil: what the machine has room for.
  let maxMemory: Int64?
  let stallSeconds: Int
  let publishing: BatchPublishing?

  init(_ invocation: Invocation) throws(CommandFailure) {
    let asked = invocation.operands.first ?? ""
    inbox = try Self.folder(asked, "the inbox")
    tree = invocation.text(Options.into) ?? ""
    planning = PlanningOptions(invocation)
    try PlanningSteps.check(planning)
    passed = BatchCommand.passed.filter {
      $0 != Options.ladder && $0 != Options.creator && $0 != Options.maxHeight && $0 != Options.maxMemory
    }.flatMap { option in
      invocation.text(option).map { $0.isEmpty ? [option.name] : ["\(option.name)=\($0)"] } ?? []
    }
    jobs = invocation.number(BatchCommand.jobs)
    settleMilliseconds = try Self.time(invocation, BatchCommand.settle, 10) &* 1000
    retries = RetryPolicy(firstDelay: try Self.time(invocation, BatchCommand.retryDelay, 60))
    let timeout = invocation.text(BatchCommand.timeout)
    guard let deadline = timeout.map(JobDeadline.parse) ?? .usual else {
      throw CommandFailure(
        BatchCommand.timeout.name, "'\(timeout ?? "")' is no time", advice: "give 30m, 2h or 10x",
        exit: .usage)
    }
    self.deadline = deadline
    done = try Self.done(invocation.text(BatchCommand.done) ?? "keep", inbox)
    refreshes = invocation.isSet(BatchCommand.refresh)
    scoreCommand = invocation.text(BatchCommand.scoreCommand)
    waits = invocation.isSet(BatchCommand.wait)
    maxMemory = invocation.bytes(Options.maxMemory)
    stallSeconds = invocation.number(Options.stallSeconds) ?? WorkerRules.stallSeconds
    publishing = try BatchPublishing(invocation)
  }

  private static func folder(_ path: String, _ what: String) throws(CommandFailure) -> String {
    guard let resolved = unsafe realpath(path, nil) else {
      throw .system(path, "\(what) cannot be opened", errno: errno)
    }
    defer { unsafe free(resolved) }
    var status = stat()
    guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw CommandFailure(path, "is no folder", advice: "name a folder; 'rung package' makes one file")
    }
    return unsafe String(cString: resolved)
  }

  private static func time(
    _ invocation: Invocation, _ option: OptionDeclaration, _ usual: Int64
  ) throws(CommandFailure) -> Int64 {
    guard let text = invocation.text(option) else { return usual }
    guard let seconds = JobDeadline.seconds(in: text) else {
      throw CommandFailure(option.name, "'\(text)' is no time", advice: "give 10s, 2m or 1h", exit: .usage)
    }
    return seconds
  }

  private static func done(_ text: String, _ inbox: String) throws(CommandFailure) -> Done {
    switch text {
    case "keep": return .keep
    case "delete": return .delete
    default:
      guard text.hasPrefix("move:"), text.count > 5 else {
        throw CommandFailure(
          BatchCommand.done.name, "'\(text)' is none of keep, move:DIR and delete", exit: .usage)
      }
      let path = String(text.dropFirst(5))
      try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      let folder = try folder(path, "the folder for uploads that are done")
      guard FileStamp.device(folder) == FileStamp.device(inbox) else {
        throw CommandFailure(
          folder, "lies on another file system than the inbox", advice: "give a folder beside the inbox",
          exit: .usage)
      }
      guard folder != inbox else {
        throw CommandFailure(folder, "is the inbox itself", advice: "give another folder", exit: .usage)
      }
      return .move(folder)
    }
  }
}
