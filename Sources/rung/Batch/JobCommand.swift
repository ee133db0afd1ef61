internal import Isolating

/// `rung job SOURCE`: `package` as the child of a batch, which gave it its share of the machine. Log lines as JSON on
/// standard error, the batch's word on standard input.
struct JobCommand: Command {
  static let declaration = CommandDeclaration(
    name: "job", summary: "packages one upload of a batch",
    operand: PackageCommand.declaration.operand,
    options: PackageCommand.declaration.options + [inbox, replace, renew, maxBitrate, captions],
    isHidden: true)

  static let inbox = OptionDeclaration(
    name: "--inbox", value: .text("FOLDER"), isRequired: true, help: "where the source has to lie")
  static let replace = OptionDeclaration(
    name: "--replace", value: .flag, help: "an asset of other bytes under the id is replaced")
  static let renew = OptionDeclaration(
    name: "--renew", value: .flag, help: "what another version of rung made is made again")
  static let maxBitrate = OptionDeclaration(
    name: "--max-bitrate", value: .number("N", 1000...1_000_000_000), help: "no rung whose peak is above")
  static let captions = OptionDeclaration(
    name: "--captions", value: .text("TAG=FILE,…"), help: "subtitle files beside the source, by language")

  private let invocation: Invocation

  init(_ invocation: Invocation) { self.invocation = invocation }

  func run(_ shell: Shell) throws(CommandFailure) -> ExitCode {
    do throws(ChildSetup.Failure) { try ChildSetup.followParent() } catch {
      throw CommandFailure(
        nil, "job is started by rung itself", advice: "use 'rung batch' or 'rung package'", exit: .usage)
    }
    prepareWorkers(shell)
    defer { shell.workers.dismissWaiting() }
    var package = PackageCommand(invocation)
    package.planning.overrides.maxBitrate = invocation.number(Self.maxBitrate)
    package.planning.captions = Self.captions(invocation.text(Self.captions) ?? "")
    package.job = JobTerms(
      inbox: invocation.text(Self.inbox) ?? "", replaces: invocation.isSet(Self.replace),
      renews: invocation.isSet(Self.renew), log: shell.log)
    return try package.run(shell)
  }

  /// The one that examines the source and those that encode it: with short clips, starting them takes longer than some of
  /// what they do.
  private func prepareWorkers(_ shell: Shell) {
    let encoding = min(invocation.number(Options.workers) ?? 1, Self.mostPrepared)
    shell.workers.prepare(1 + encoding) { rules, protection in
      do throws(CommandFailure) { return try WorkerCommand.serve(rules, protection).rawValue } catch {
        shell.log.failure(error)
        return error.exit.rawValue
      }
    }
  }

  /// A source that keeps more of them busy lasts.
  private static let mostPrepared = 4

  /// `de=film-de.srt,en=film.srt`, as a checked sidecar gives it.
  static func captions(_ text: String) -> [(language: String, file: String)] {
    text.split(separator: ",").compactMap { pair in
      guard let equals = pair.firstIndex(of: "=") else { return nil }
      return (String(pair[..<equals]), String(pair[equals...].dropFirst()))
    }
  }
}
