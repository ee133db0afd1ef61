/// What is wrong with a command line. The cases are data; `message` says them in words.
enum UsageFailure: Error, Equatable, Sendable {
  case noCommand
  case unknownCommand(String, meant: String?)
  /// Without a command it is an option of `rung` itself.
  case unknownOption(String, command: String?, meant: String?)
  case missingValue(OptionDeclaration, command: String)
  case unwantedValue(String, command: String)
  case notAChoice(String, OptionDeclaration, meant: String?, command: String)
  case notANumber(String, OptionDeclaration, command: String)
  case notASize(String, OptionDeclaration, command: String)
  case repeated(String, command: String)
  case missingOption(OptionDeclaration, command: String)
  case missingOperand(String, command: String)
  case tooManyOperands(String, command: String)

  /// The command whose help says how it is done right.
  private var command: String? {
    switch self {
    case .noCommand, .unknownCommand: nil
    case .unknownOption(_, let command, _): command
    case .missingValue(_, let command), .unwantedValue(_, let command),
      .notAChoice(_, _, _, let command), .notANumber(_, _, let command),
      .notASize(_, _, let command), .repeated(_, let command), .missingOption(_, let command),
      .missingOperand(_, let command), .tooManyOperands(_, let command):
      command
    }
  }

  private var fault: String {
    switch self {
    case .noCommand: "no command was given"
    case .unknownCommand(let name, let meant):
      "there is no command '\(Printable.line(name))'" + UsageFailure.hint(meant)
    case .unknownOption(let name, let command, let meant):
      "\(command ?? "rung") has no option '\(Printable.line(name))'" + UsageFailure.hint(meant)
    case .missingValue(let option, _): "\(option.name) needs a value: \(option.usage)"
    case .unwantedValue(let name, _): "\(name) takes no value"
    case .notAChoice(let value, let option, let meant, _):
      "\(option.name) cannot be '\(Printable.line(value))'"
        + (meant == nil
          ? " (it can be \(option.choices.joined(separator: " or ")))" : UsageFailure.hint(meant))
    case .notANumber(let value, let option, _):
      if case .number(_, let range) = option.value {
        "\(option.name) has to be a whole number from \(range.lowerBound) to \(range.upperBound), "
          + "not '\(Printable.line(value))'"
      } else {
        "\(option.name) has to be a number"
      }
    case .notASize(let value, let option, _):
      if case .bytes(_, let range) = option.value {
        "\(option.name) has to be a size from \(ByteSize.text(range.lowerBound)) to "
          + "\(ByteSize.text(range.upperBound)), like 256MiB, 100MB or 1GB, not '\(Printable.line(value))'"
      } else {
        "\(option.name) has to be a size"
      }
    case .repeated(let name, _): "\(name) is given twice"
    case .missingOption(let option, _): "\(option.usage) is missing"
    case .missingOperand(let name, _): "\(name) is missing"
    case .tooManyOperands(let value, _): "'\(Printable.line(value))' is one argument too many"
    }
  }

  var message: String {
    let help = command.map { "'rung help \($0)'" } ?? "'rung help'"
    return "\(fault); see \(help)"
  }

  private static func hint(_ meant: String?) -> String { meant.map { " (did you mean \($0)?)" } ?? "" }
}

/// The word of a list that a misspelled one was meant to be.
enum Suggestion {
  /// The nearest of `words`, if it is near enough: a letter in three may be wrong.
  static func nearest(to word: String, in words: [String]) -> String? {
    guard word.utf8.count <= 64 else { return nil }
    let scored = words.map { (word: $0, distance: distance(Array(word.utf8), Array($0.utf8))) }
    guard let best = scored.min(by: { $0.distance < $1.distance }) else { return nil }
    let letters = word.drop { $0 == "-" }.count
    return best.distance <= max(1, letters / 3) ? best.word : nil
  }

  /// Letters to insert, remove, replace, or swap with their neighbour.
  static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, beforeLast[j - 1] + 1) }
        row.append(best)
      }
      (beforeLast, last) = (last, row)
    }
    return last[b.count]
  }
}
