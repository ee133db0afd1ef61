/// Manual pages of section 1 from the declarations: a command in, the source of its page in the macros of man(7) out.
enum ManPage {
  /// `rung.1`. `date` is that of the build, as `2026-01-31`, or empty.
  static func overview(_ commands: [CommandDeclaration], date: String) -> String {
    let listed = commands.filter { !$0.isHidden }
    var lines = head("rung", "turns uploads into streams", date)
    lines += [".SH SYNOPSIS", ".B rung", ".I COMMAND", "[\\fIARGUMENT\\fR...]", ".SH DESCRIPTION"]
    lines += [
      line(
        "Rung probes a video, plans an adaptive-bitrate ladder, encodes it, and packages it as HLS over CMAF or"
      ),
      line("MPEG-TS into a folder shaped like an object-store bucket. It runs offline."), ".PP",
      line("Results go to standard output, progress and log lines to standard error."), ".SH COMMANDS",
    ]
    for command in listed {
      lines += [".TP", "\\fBrung\\-\(word(command.name))\\fR(1)", line(command.summary)]
    }
    lines += [
      ".SH OPTIONS", ".TP", "\\fB\\-h\\fR, \\fB\\-\\-help\\fR",
      "what commands there are; behind a command: its help",
    ]
    lines += [".TP", "\\fB\\-\\-version\\fR", "the name of this build"]
    lines += exitStatus
    lines += [
      ".SH FILES", ".TP", ".I /usr/share/rung/Ladders", "the presets, where Rung is installed in /usr",
      ".TP", ".I TREE/.rung", "work of Rung's own in an output folder; never to be published",
      ".SH SEE ALSO",
      listed.map { "\\fBrung\\-\(word($0.name))\\fR(1)" }.joined(separator: ",\n"),
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  /// `rung-package.1`
  static func page(_ command: CommandDeclaration, date: String) -> String {
    var lines = head("rung-\(command.name)", command.summary, date)
    lines += [".SH SYNOPSIS", ".B rung \(word(command.name))"]
    lines += command.operands.map { $0.isRequired ? emphasised($0.usage) : optional($0.usage) }
    lines += command.options.map { option in
      option.isRequired ? name(option) : "[\(name(option))]"
    }
    if !command.discussion.isEmpty { lines += [".SH DESCRIPTION"] + command.discussion.map(line) }
    if !command.operands.isEmpty { lines.append(".SH OPERANDS") }
    for operand in command.operands { lines += [".TP", emphasised(operand.name), line(operand.help)] }
    lines.append(".SH OPTIONS")
    for option in command.options { lines += [".TP", name(option), line(option.help)] }
    lines += [".TP", "\\fB\\-h\\fR, \\fB\\-\\-help\\fR", "all about this command"]
    lines += exitStatus + [".SH SEE ALSO", "\\fBrung\\fR(1)"]
    return lines.joined(separator: "\n") + "\n"
  }

  private static func head(_ name: String, _ summary: String, _ date: String) -> [String] {
    [
      ".TH \(word(name.uppercased())) 1 \"\(date)\" \"\(word(Version.text))\" \"User Commands\"", ".SH NAME",
      "\(word(name)) \\- \(line(summary))",
    ]
  }

  private static var exitStatus: [String] {
    [".SH EXIT STATUS"]
      + ExitCode.allCases.flatMap { [".TP", ".B \($0.rawValue)", line($0.meaning)] }
  }

  /// `--speed fast|best`: the name in bold, what stands for a value in italics.
  private static func name(_ option: OptionDeclaration) -> String {
    let name = "\\fB\(word(option.name))\\fR"
    return switch option.value {
    case .flag: name
    case .flagOrChoice: "\(name)[=\(emphasised(option.placeholder))]"
    case .text, .list, .choice, .number, .bytes: "\(name) \(emphasised(option.placeholder))"
    }
  }

  private static func emphasised(_ text: String) -> String { "\\fI\(word(text))\\fR" }

  private static func optional(_ usage: String) -> String {
    "[" + emphasised(String(usage.dropFirst().dropLast())) + "]"
  }

  /// A line of text: one that begins with a control character begins with nothing of width zero before it.
  private static func line(_ text: String) -> String {
    let text = word(text)
    return text.hasPrefix(".") || text.hasPrefix("\\(aq") ? "\\&" + text : text
  }

  /// Text as roff takes it literally.
  private static func word(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case "\\": result += "\\e"
      case "-": result += "\\-"
      case "'": result += "\\(aq"
      case "`": result += "\\(ga"
      case "^": result += "\\(ha"
      case "~": result += "\\(ti"
      case "\"": result += "\\(dq"
      default:
        if scalar.isASCII {
          result.unicodeScalars.append(scalar)
        } else {
          let digits = String(scalar.value, radix: 16, uppercase: true)
          result += "\\[u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "]"
        }
      }
    }
  }
}
