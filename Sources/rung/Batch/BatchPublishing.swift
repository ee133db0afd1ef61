internal import Isolating
internal import Publishing
internal import Storing

/// The last stage of a batch's jobs, where `--publish` asks for it: a child that runs `rung publish` for one asset, which
/// gets the keys by its environment as this process did. The children that read uploads never see them.
struct BatchPublishing: Sendable {
  private let address: BucketAddress
  private let settings: StoreSettings
  private let options: PublishOptions
  private let arguments: [String]

  /// Keys, and what else the store is reached with.
  private static let variables = [
    "AWS_", "HOME", "http_proxy", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "ALL_PROXY",
    "all_proxy",
    "SSL_CERT_",
  ]

  /// nil when nothing is to be published; what is wrong with address or keys is said before anything is made.
  init?(_ invocation: Invocation) throws(CommandFailure) {
    guard let text = invocation.text(BatchCommand.publish) else {
      for option in BatchCommand.published where invocation.isSet(option) {
        throw CommandFailure(option.name, "means nothing without --publish", exit: .usage)
      }
      return nil
    }
    address = try BucketOptions.address(text)
    options = try BucketOptions.publishing(invocation, to: address)
    settings = try BucketOptions.settings(invocation)
    arguments =
      ["--to=\(text)", "--log=json"]
      + BatchCommand.published.compactMap { option in
        invocation.text(option).map { $0.isEmpty ? option.name : "\(option.name)=\($0)" }
      }
  }

  func start(_ id: String, _ tree: Tree, _ shell: Shell) throws(WorkerFailure) -> ChildCommand {
    try ChildCommand.start(
      ["publish"] + arguments + ["--", tree.root, id], keeping: Self.variables, live: shell.workers)
  }

  /// At the end of a batch: deletes what was replaced and whose grace is over. How many objects.
  func sweep(_ tree: Tree, _ shell: Shell) throws -> Int {
    try PublishStep(tree: tree, settings: settings, options: options, gzips: true, shell: shell).sweep()
  }
}
