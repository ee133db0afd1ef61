/// Help from the declarations: a list of commands, or one command with its options.
enum Help {
  static let exitCodes = [
    "Exit codes: 0 done; 1 the input cannot be processed, or errors were found; 64 the command line is",
    "wrong; 75 failed for now, try again; 130 or 143 interrupted.",
  ]

  static func overview(_ commands: [CommandDeclaration]) -> String {
    let listed = commands.filter { !$0.isHidden }
    let width = listed.map(\.name.count).max() ?? 0
    var lines = [
      "rung turns uploads into streams: an adaptive-bitrate ladder as HLS, offline.", "", "Commands:",
    ]
    lines += listed.map { "  " + padded($0.name, width) + "  " + $0.summary }
    lines += ["", "'rung help COMMAND' tells all about one; 'rung --version' names this build.", ""]
    return (lines + exitCodes).joined(separator: "\n") + "\n"
  }

  static func command(_ command: CommandDeclaration) -> String {
    var lines =
      usage(command) + [
        "", command.summary.first.map { $0.uppercased() + command.summary.dropFirst() + "." } ?? "",
      ]
    if !command.discussion.isEmpty { lines += [""] + command.discussion }
    if !command.operands.isEmpty { lines += [""] + entries(command.operands.map { ($0.name, $0.help) }) }
    if !command.options.isEmpty {
      lines += ["", "Options:"] + entries(command.options.map { ($0.usage, $0.help) })
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The usage line, folded at 100 columns.
  private static func usage(_ command: CommandDeclaration) -> [String] {
    let head = "usage: rung \(command.name)"
    let indent = String(repeating: " ", count: head.count)
    var lines = [head]
    for part in command.usage {
      let last = lines[lines.count - 1]
      if last.count + 1 + part.count > 100 {
        lines.append(indent + " " + part)
      } else {
        lines[lines.count - 1] = last + " " + part
      }
    }
    return lines
  }

  private static func entries(_ entries: [(name: String, help: String)]) -> [String] {
    let widest = 24
    return entries.flatMap { entry in
      entry.name.count <= widest
        ? ["  " + padded(entry.name, widest) + "  " + entry.help]
        : ["  " + entry.name, String(repeating: " ", count: widest + 4) + entry.help]
    }
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
