internal import Foundation

/// `rung man DIR`: the manual, `rung.1` and a page for each command, written into a folder.
struct ManCommand: Command {
  static let declaration = CommandDeclaration(
    name: "man", summary: "writes the manual's pages into a folder",
    discussion: ["SOURCE_DATE_EPOCH gives them their date."],
    operand: OperandDeclaration(name: "DIR", count: .one, help: "a folder that is there"),
    isHidden: true)

  private let folder: String

  init(_ invocation: Invocation) { folder = invocation.operands.first ?? "" }

  func run(_ shell: Shell) throws(CommandFailure) -> ExitCode {
    let declarations = commands.map { $0.declaration }
    let date = ManCommand.date(ProcessInfo.processInfo.environment["SOURCE_DATE_EPOCH"])
    try write(ManPage.overview(declarations, date: date), "rung.1")
    for declaration in declarations where !declaration.isHidden {
      try write(ManPage.page(declaration, date: date), "rung-\(declaration.name).1")
    }
    return .done
  }

  private func write(_ text: String, _ name: String) throws(CommandFailure) {
    let path = "\(folder)/\(name)"
    do { try text.write(toFile: path, atomically: false, encoding: .utf8) } catch {
      throw CommandFailure(
        path, "cannot be written", advice: "make the folder first, and check its permissions")
    }
  }

  /// `2026-01-31`; empty without a time, so that the same build always writes the same pages.
  static func date(_ epoch: String?) -> String {
    guard let seconds = epoch.flatMap({ Int64($0) }), (0...253_402_300_799).contains(seconds) else {
      return ""
    }
    return Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601.year().month().day())
  }
}
