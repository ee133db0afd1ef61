internal import Isolating
internal import LibAV

/// Every command, in the order in which help lists them. A command is added here.
let commands: [any Command.Type] = [
  ProbeCommand.self, PlanCommand.self, PackageCommand.self, SplitCommand.self, VerifyCommand.self,
  BatchCommand.self, StatusCommand.self, RetryCommand.self, ForgetCommand.self, CleanCommand.self,
  PublishCommand.self, PresignCommand.self, CacheRulesCommand.self,
  LaddersCommand.self,
  WorkerCommand.self, JobCommand.self,
  HelpCommand.self, CompletionsCommand.self, ManCommand.self,
]

/// The arguments behind the program's name in, the exit code out. Whatever goes wrong is one line on standard error.
func run(_ arguments: [String]) -> Int32 {
  let console = Console.standardError()
  do throws(CommandFailure) {
    return try execute(arguments, console).rawValue
  } catch {
    Log(format: .text, isQuiet: false, console: console).failure(error)
    return error.exit.rawValue
  }
}

private func execute(_ arguments: [String], _ console: Console) throws(CommandFailure) -> ExitCode {
  let outcome: Parser.Outcome
  do throws(UsageFailure) {
    outcome = try Parser.parse(arguments, commands.map { $0.declaration })
  } catch {
    throw CommandFailure(nil, error.message, exit: .usage)
  }
  switch outcome {
  case .help(let command):
    try StandardOutput.write(command.map(Help.command) ?? Help.overview(commands.map { $0.declaration }))
    return .done
  case .version:
    try StandardOutput.write(Version.text + "\n")
    return .done
  case .run(let invocation):
    guard let type = commands.first(where: { $0.declaration.name == invocation.command }) else {
      throw CommandFailure(
        nil, UsageFailure.unknownCommand(invocation.command, meant: nil).message, exit: .usage)
    }
    return try perform(type, invocation, console)
  }
}

/// Runs a command under the signals, with the log that it asked for.
private func perform(
  _ type: any Command.Type, _ invocation: Invocation, _ console: Console
) throws(CommandFailure) -> ExitCode {
  let log = Log(
    format: invocation.choice(Options.log) ?? .text, isQuiet: invocation.isSet(Options.quiet),
    isAsked: invocation.isSet(Options.log), console: console)
  let shell = Shell(log: log, rules: WorkerRules(invocation))
  // What the muxers say in this process; the libraries' warnings about streams that Rung itself made are noise.
  AVLog.capture(level: .error) { _, item, line in log.warning(line, item: item.isEmpty ? nil : item) }
  // A worker keeps the default actions: its parent decides about its end.
  if !type.declaration.isHidden { Signals.install(shell.cancellation, console: console) }
  do throws(CommandFailure) {
    let code = try type.init(invocation).run(shell)
    try shell.cancellation.check()
    return code
  } catch {
    console.clear()
    // What fails because the workers were stopped was not what went wrong.
    let failure = shell.cancellation.signal.map(CommandFailure.interrupted) ?? error
    log.failure(failure)
    return failure.exit
  }
}
