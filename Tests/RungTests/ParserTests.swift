internal import Testing

@testable internal import rung

private let speed = OptionDeclaration(name: "--speed", value: .choice(["fast", "best"]), help: "how")
private let into = OptionDeclaration(name: "--into", value: .text("TREE"), isRequired: true, help: "where")
private let room = OptionDeclaration(name: "--room", value: .bytes("SIZE", 0...1 << 20), help: "how much")
private let workers = OptionDeclaration(name: "--workers", value: .number("N", 1...8), help: "how many")
private let force = OptionDeclaration(name: "--force", value: .flag, help: "replace")
private let make = CommandDeclaration(
  name: "make", summary: "makes it", operand: OperandDeclaration(name: "SOURCE", count: .one, help: "a file"),
  options: [into, speed, workers, force, room])
private let look = CommandDeclaration(
  name: "look", summary: "looks at it",
  operand: OperandDeclaration(name: "SOURCE", count: .several, help: "files"))
private let tend = CommandDeclaration(
  name: "tend", summary: "tends to some",
  operand: OperandDeclaration(name: "TREE", count: .one, help: "where"),
  further: OperandDeclaration(name: "ID", count: .any, help: "which"))
private let peek = CommandDeclaration(
  name: "peek", summary: "peeks at one",
  operand: OperandDeclaration(name: "TREE", count: .one, help: "where"),
  further: OperandDeclaration(name: "ID", count: .optional, help: "which"))
private let hidden = CommandDeclaration(name: "looks", summary: "not listed", isHidden: true)

@Suite struct ParserTests {
  /// The operands and the values, or the message of what is wrong.
  private func parse(_ line: String) -> String {
    let arguments = line.split(separator: " ").map(String.init)
    do throws(UsageFailure) {
      switch try Parser.parse(arguments, [make, look, tend, peek, hidden]) {
      case .help(let command): return "help \(command?.name ?? "all")"
      case .version: return "version"
      case .run(let invocation):
        let values = invocation.values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return ([invocation.command] + invocation.operands + values).joined(separator: " ")
      }
    } catch {
      return error.message
    }
  }

  @Test(arguments: [
    ("make a.mov --into t", "make a.mov --into=t"),
    ("make --into=t a.mov --force", "make a.mov --force= --into=t"),
    ("make --into t --speed best --workers=3 a", "make a --into=t --speed=best --workers=3"),
    ("make --into t -- --odd", "make --odd --into=t"),
    ("make --into=--odd a", "make a --into=--odd"),
    ("make --into a=b=c x", "make x --into=a=b=c"),
    ("make - --into t", "make - --into=t"),
    ("look a b c", "look a b c"),
    ("tend t", "tend t"), ("tend t a b", "tend t a b"), ("peek t", "peek t"), ("peek t a", "peek t a"),
    ("look -- -a --help", "look -a --help"),
    ("--help", "help all"), ("-h", "help all"), ("--version", "version"),
    ("make --help", "help make"), ("make --into t -h", "help make"),
  ])
  func whatIsUnderstood(line: String, expected: String) {
    #expect(parse(line) == expected)
  }

  @Test(arguments: [
    ("", "no command was given; see 'rung help'"),
    ("mkae a", "there is no command 'mkae' (did you mean make?); see 'rung help'"),
    ("transmogrify", "there is no command 'transmogrify'; see 'rung help'"),
    ("--verion", "rung has no option '--verion' (did you mean --version?); see 'rung help'"),
    ("tend", "TREE is missing; see 'rung help tend'"),
    ("peek t a b", "'b' is one argument too many; see 'rung help peek'"),
    ("make --into t", "SOURCE is missing; see 'rung help make'"),
    ("make a", "--into TREE is missing; see 'rung help make'"),
    ("make a b --into t", "'b' is one argument too many; see 'rung help make'"),
    ("make a --into", "--into needs a value: --into TREE; see 'rung help make'"),
    ("make a --into --force", "--into needs a value: --into TREE; see 'rung help make'"),
    ("make a --into=", "--into needs a value: --into TREE; see 'rung help make'"),
    (
      "make a --into t --sped best",
      "make has no option '--sped' (did you mean --speed?); see 'rung help make'"
    ),
    ("make a --into t -x", "make has no option '-x'; see 'rung help make'"),
    ("make a --into t --force=yes", "--force takes no value; see 'rung help make'"),
    ("make a --into t --into u", "--into is given twice; see 'rung help make'"),
    ("make a --into t --speed fats", "--speed cannot be 'fats' (did you mean fast?); see 'rung help make'"),
    (
      "make a --into t --speed slow",
      "--speed cannot be 'slow' (it can be fast or best); see 'rung help make'"
    ),
    (
      "make a --into t --room much",
      "--room has to be a size from 0 to 1MiB, like 256MiB, 100MB or 1GB, not 'much'; see 'rung help make'"
    ),
    (
      "make a --into t --room 2MiB",
      "--room has to be a size from 0 to 1MiB, like 256MiB, 100MB or 1GB, not '2MiB'; see 'rung help make'"
    ),
    (
      "make a --into t --workers 9",
      "--workers has to be a whole number from 1 to 8, not '9'; see 'rung help make'"
    ),
    (
      "make a --into t --workers two",
      "--workers has to be a whole number from 1 to 8, not 'two'; see 'rung help make'"
    ),
    ("look", "SOURCE is missing; see 'rung help look'"),
  ])
  func whatIsWrong(line: String, expected: String) {
    #expect(parse(line) == expected)
  }

  @Test func everyOptionOfPackageIsUnderstood() throws {
    let line =
      "package s.mov --into t --id a --creator c --ladder l --segments ts --rate-control fixed --speed best "
      + "--max-height 720 --workers 2 --base-url https://x/ --force --log json --quiet"
    let arguments = line.split(separator: " ").map(String.init)
    guard case .run(let invocation) = try Parser.parse(arguments, [PackageCommand.declaration]) else {
      Issue.record("not a command to run")
      return
    }
    let command = PackageCommand(invocation)
    #expect(command.source == "s.mov" && command.tree == "t" && command.isForced)
    #expect(command.workers == 2 && command.baseURL == "https://x/")
    #expect(command.planning.id == "a" && command.planning.creator == "c" && command.planning.ladder == "l")
    #expect(command.planning.overrides.segments == .ts && command.planning.overrides.rateControl == .fixed)
    #expect(command.planning.overrides.speed == .best && command.planning.overrides.maxHeight == 720)
    #expect(invocation.choice(Options.log) == Log.Format.json && invocation.isSet(Options.quiet))
  }

  @Test func namesOfCommandsAndOptionsAreUnique() {
    let declarations = commands.map { $0.declaration } + [PackageCommand.declaration]
    #expect(Set(declarations.map(\.name)).count >= commands.count)
    for declaration in declarations {
      #expect(Set(declaration.options.map(\.name)).count == declaration.options.count)
      #expect(declaration.options.allSatisfy { $0.name.hasPrefix("--") && !$0.help.isEmpty })
    }
  }

  @Test func distanceCountsSwappedNeighboursOnce() {
    #expect(Suggestion.distance(Array("fats".utf8), Array("fast".utf8)) == 1)
    #expect(Suggestion.distance(Array("".utf8), Array("abc".utf8)) == 3)
    #expect(Suggestion.distance(Array("kitten".utf8), Array("sitting".utf8)) == 3)
  }
}

@Suite struct HelpTests {
  @Test func aCommandTellsItsUsageAndOptions() {
    #expect(
      Help.command(make) == """
        usage: rung make SOURCE --into TREE [--speed fast|best] [--workers N] [--force] [--room SIZE]

        Makes it.

          SOURCE                    a file

        Options:
          --into TREE               where
          --speed fast|best         how
          --workers N               how many
          --force                   replace
          --room SIZE               how much

        """)
  }

  @Test func twoOperandsAreListedInOrder() {
    #expect(tend.usage == ["TREE", "[ID…]"] && peek.usage == ["TREE", "[ID]"] && look.usage == ["SOURCE…"])
    #expect(
      Help.command(tend).contains("  TREE                      where\n  ID                        which\n"))
  }

  @Test func theOverviewLeavesOutWhatIsHidden() {
    let text = Help.overview([make, look, hidden])
    #expect(text.contains("  make  makes it\n  look  looks at it\n"))
    #expect(!text.contains("not listed"))
    #expect(text.contains("75 failed for now"))
  }

  @Test func noLineIsWiderThanATerminal() {
    for declaration in commands.map({ $0.declaration }) + [PackageCommand.declaration] {
      for line in Help.command(declaration).split(separator: "\n") { #expect(line.count <= 108, "\(line)") }
    }
  }
}
