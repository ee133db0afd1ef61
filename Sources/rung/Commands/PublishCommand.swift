internal import Foundation
internal import Isolating
internal import Publishing
internal import Storing

/// `rung publish TREE [ID…] --to s3://BUCKET/PREFIX`
struct PublishCommand: Command {
  static let declaration = CommandDeclaration(
    name: "publish", summary: "puts a tree's assets into a bucket, so that no viewer meets half of one",
    discussion: [
      "Media goes up first, then playlists and manifests, the master and asset.json last. Only what is new or",
      "different is sent; replaced media is deleted by a later run, once the grace is over. What a run that was",
      "interrupted had sent is not sent again. Keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or from",
      "AWS_PROFILE and the files in ~/.aws.",
    ],
    operand: OperandDeclaration(name: "TREE", count: .one, help: "a folder that rung packaged into"),
    further: OperandDeclaration(name: "ID", count: .any, help: "assets; without one: all of the tree"),
    options: [BucketOptions.to] + BucketOptions.store + BucketOptions.sending + [
      BucketOptions.check, Options.json,
    ] + Options.logging)

  private let path: String
  private let ids: [String]
  private let settings: StoreSettings
  private let options: PublishOptions
  private let gzips: Bool
  private let isJSON: Bool

  init(_ invocation: Invocation) throws(CommandFailure) {
    path = invocation.operands.first ?? ""
    ids = Array(invocation.operands.dropFirst())
    let address = try BucketOptions.address(invocation.text(BucketOptions.to) ?? "")
    options = try BucketOptions.publishing(invocation, to: address)
    gzips = !invocation.isSet(BucketOptions.noGzip)
    isJSON = invocation.isSet(Options.json)
    settings = try BucketOptions.settings(invocation)
  }

  func run(_ shell: Shell) throws(CommandFailure) -> ExitCode {
    // As a batch's child it ends with the batch; a person's own process follows nobody.
    do throws(ChildSetup.Failure) { try ChildSetup.followParent() } catch {
      guard error == .notStartedByRung else {
        throw CommandFailure(nil, "the batch has ended", exit: .temporary)
      }
    }
    guard FileManager.default.fileExists(atPath: path) else {
      throw CommandFailure(path, "no such folder", advice: "check the name")
    }
    do {
      let ids = try wanted()
      let step = try PublishStep(
        tree: try Tree.open(path), settings: settings, options: options, gzips: gzips, shell: shell)
      return try run(step, ids, shell)
    } catch {
      throw CommandFailure(publishing: error)
    }
  }

  /// Before anything is made or sent: a typing error must not leave a folder.
  private func wanted() throws -> [String] {
    var all: [String] = []
    for id in ids {
      guard try Tree.asset(id, in: path) != nil else {
        throw CommandFailure(
          id, "\(path) has no such asset", advice: "give an id that is a folder in packaged")
      }
      if !all.contains(id) { all.append(id) }
    }
    if ids.isEmpty { all = try Tree.assets(in: path).map(\.id) }
    guard !all.isEmpty else {
      throw CommandFailure(path, "holds no asset", advice: "give a folder that rung packaged into")
    }
    return all
  }

  private func run(_ step: PublishStep, _ ids: [String], _ shell: Shell) throws -> ExitCode {
    var exit = ExitCode.done
    var outcomes: [PublishStep.Outcome] = []
    for id in ids {
      do {
        let outcome = try step.publish(id)
        outcomes.append(outcome)
        report(outcome, shell.log)
        if !isJSON { try StandardOutput.write(outcome.entrance + "\n") }
      } catch {
        let failure = CommandFailure(publishing: error)
        // What is wrong with one asset's files is no reason to keep the others from their viewers.
        guard Self.isOfOneAsset(error) else { throw failure }
        shell.log.failure(failure)
        if exit != .failed { exit = failure.exit }
      }
      try shell.cancellation.check()
    }
    let deleted = try step.sweep()
    if deleted > 0 { shell.log.info("\(Human.count(deleted, "replaced object")) deleted") }
    if isJSON { try StandardOutput.write(document(outcomes, deleted: deleted, retries: step.retries).pretty) }
    return exit
  }

  private static func isOfOneAsset(_ error: any Error) -> Bool {
    switch error {
    case let failure as PublishFailure: failure.isOfOneAsset
    case StoreFailure.busy, StoreFailure.damagedAsset: true
    default: false
    }
  }

  private func report(_ outcome: PublishStep.Outcome, _ log: Log) {
    let summary = outcome.summary
    for key in summary.differing {
      log.info("\(key) was not as it is to be, and was sent again", item: summary.id)
    }
    for key in summary.unknown {
      log.warning(
        "\(options.address.text(key)) lies beside it, and nobody knows what it is", item: summary.id)
    }
    var line = summary.uploaded == 0 && summary.retired == 0 ? "is up to date" : ""
    if summary.uploaded > 0 {
      line =
        "\(Human.count(summary.uploaded, "object")), \(Human.bytes(summary.uploadedBytes)) in "
        + Human.clock(milliseconds: outcome.milliseconds)
      if summary.unchanged > 0 { line += "; \(summary.unchanged) were there" }
    }
    if summary.retired > 0 {
      line += line.isEmpty ? "" : "; "
      line += "\(Human.count(summary.retired, "replaced object")) to go after "
      line += TimeSpan.text(options.graceSeconds)
    }
    if log.format == .text { log.info(line, item: summary.id) }
    log.event(
      "published", outcome.entrance, item: summary.id,
      fields(summary) + [("publish_ms", .integer(outcome.milliseconds))])
  }

  private func fields(_ summary: PublishSummary) -> [(String, JSONText)] {
    [
      ("uploaded", .integer(Int64(summary.uploaded))), ("uploaded_bytes", .integer(summary.uploadedBytes)),
      ("unchanged", .integer(Int64(summary.unchanged))), ("retired", .integer(Int64(summary.retired))),
    ]
  }

  private func document(_ outcomes: [PublishStep.Outcome], deleted: Int, retries: Int) -> JSONText {
    .object([
      ("to", .string(options.address.text)),
      (
        "assets",
        .array(
          outcomes.map { outcome in
            .object(
              [("id", .string(outcome.summary.id)), ("entrance", .string(outcome.entrance))]
                + fields(outcome.summary)
                + [
                  ("differing", .strings(outcome.summary.differing)),
                  ("unknown", .strings(outcome.summary.unknown)),
                ])
          })
      ),
      ("deleted", .integer(Int64(deleted))), ("retries", .integer(Int64(retries))),
    ])
  }
}

extension CommandFailure {
  /// Whatever ended a publishing, in words.
  init(publishing error: any Error) {
    switch error {
    case let error as CommandFailure: self = error
    case let error as PublishFailure: self.init(error)
    case let error as StoreFailure: self.init(error)
    default: self.init(nil, "\(error)")
    }
  }
}
