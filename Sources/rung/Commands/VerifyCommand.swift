internal import Foundation
internal import Storing
internal import Verifying

/// `rung verify TREE|PLAYLIST|MANIFEST`
struct VerifyCommand: Command {
  static let declaration = CommandDeclaration(
    name: "verify", summary: "holds a finished tree, playlist or manifest against the rules",
    discussion: ["Prints one line a finding; ends with 1 if one of them is an error."],
    operand: OperandDeclaration(
      name: "TREE|PLAYLIST|MANIFEST", count: .one, help: "what to check: a folder, an .m3u8 or an asset.json"),
    options: [
      OptionDeclaration(name: "--deep", value: .flag, help: "read every sample of every segment too"),
      Options.json,
    ] + Options.logging)

  private let path: String
  private let isDeep: Bool
  private let isJSON: Bool

  init(_ invocation: Invocation) {
    path = invocation.operands.first ?? ""
    isDeep = invocation.text(Self.declaration.options[0]) != nil
    isJSON = invocation.isSet(Options.json)
  }

  func run(_ shell: Shell) throws(CommandFailure) -> ExitCode {
    guard FileManager.default.fileExists(atPath: path) else {
      throw CommandFailure(path, "no such file or folder", advice: "check the name")
    }
    let report = Verifier.verify(path: path, deep: isDeep) { [cancellation = shell.cancellation] in
      try SHA256.hash(path: $0, isCancelled: { cancellation.isCancelled }).sha256
    }
    try StandardOutput.write(isJSON ? report.json : report.text)
    return report.isClean ? .done : .failed
  }
}
