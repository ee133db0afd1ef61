internal import Planning
internal import Publishing

/// `rung cache-rules --for cloudflare|nginx|s3-cors`
struct CacheRulesCommand: Command {
  static let declaration = CommandDeclaration(
    name: "cache-rules", summary: "the rules of a cache or a server that go with a ladder's layout",
    discussion: [
      "nginx: a file to include in a server whose root is the tree. cloudflare: cache rules as its API takes them.",
      "s3-cors: a bucket's CORS configuration as 'aws s3api put-bucket-cors' takes it.",
    ],
    options: [target, Options.ladder, prefix, origin])

  private static let target = OptionDeclaration(
    name: "--for", value: .choice(CacheRules.Dialect.allCases.map(\.rawValue)), isRequired: true,
    help: "what reads them")
  private static let prefix = OptionDeclaration(
    name: "--prefix", value: .text("PREFIX"), help: "what stands before the tree's keys in an address's path")
  private static let origin = OptionDeclaration(
    name: "--origin", value: .text("URL"), help: "the one site whose pages may fetch (default: *, all)")

  private let dialect: CacheRules.Dialect
  private let ladder: String
  private let prefix: String
  private let origin: String

  init(_ invocation: Invocation) throws(CommandFailure) {
    dialect = invocation.choice(Self.target) ?? .nginx
    ladder = invocation.text(Options.ladder) ?? "default"
    let path = invocation.text(Self.prefix) ?? ""
    prefix = String(path.drop { $0 == "/" }.reversed().drop { $0 == "/" }.reversed())
    origin = invocation.text(Self.origin) ?? "*"
    // Both stand in quotes in what is printed.
    for (option, text) in [(Self.prefix, prefix), (Self.origin, origin)] {
      let isPlain = text.utf8.allSatisfy { byte in
        (0x21...0x7e).contains(byte) && !"\"\\'$;{}<>".utf8.contains(byte)
      }
      guard isPlain else {
        throw CommandFailure(
          option.name, "'\(text)' holds characters that such a rule cannot",
          advice: "write it percent-encoded",
          exit: .usage)
      }
    }
  }

  func run(_ shell: Shell) throws(CommandFailure) -> ExitCode {
    let ladder = try PlanningSteps.ladder(ladder)
    let rules = CacheRules(
      name: ladder.name, templates: ladder.templates(), isTransport: ladder.segments == .ts, prefix: prefix,
      origin: origin)
    try StandardOutput.write(rules.text(dialect))
    return .done
  }
}
