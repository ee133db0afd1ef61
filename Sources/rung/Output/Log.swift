/// The log on standard error, one line a record: words for a person, or JSON objects with the keys `level`, `event`,
/// `message`, `item` and what belongs to the event, in this order. No record holds a clock time.
final class Log: Sendable {
  enum Format: String, Sendable, CaseIterable { case text, json }
  enum Level: String, Sendable, CaseIterable, Comparable {
    case debug, info, warning, error
    static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }
    private var rank: Int { Level.allCases.firstIndex(of: self) ?? 0 }
  }

  let format: Format
  let isQuiet: Bool
  /// Somebody has asked for a log by name, and wants to know more.
  let isAsked: Bool
  let console: Console

  init(format: Format, isQuiet: Bool, isAsked: Bool = false, console: Console) {
    self.isAsked = isAsked
    self.format = format
    self.isQuiet = isQuiet
    self.console = console
  }

  /// A person is reading: tables are welcome.
  var showsSummary: Bool { format == .text && !isQuiet }

  func info(_ message: String, item: String? = nil) { record(.info, "note", message, item) }
  func warning(_ message: String, item: String? = nil) { record(.warning, "warning", message, item) }

  func failure(_ failure: CommandFailure) {
    guard !failure.isSilent else { return }
    switch format {
    case .text: console.line("rung: " + failure.line)
    case .json:
      let advice: [(String, JSONText)] = failure.advice.map { [("advice", .string($0))] } ?? []
      record(
        .error, "failure", failure.message, failure.subject,
        advice + [("exit", .integer(Int64(failure.exit.rawValue)))]
          + (failure.cause.map { [("cause", .string($0.rawValue))] } ?? []))
    }
  }

  /// Something for machines: nothing in text, where the bar and the summary say it.
  func event(_ name: String, _ message: String, item: String? = nil, _ fields: [(String, JSONText)] = []) {
    if format == .json { record(.info, name, message, item, fields) }
  }

  private func record(
    _ level: Level, _ event: String, _ message: String, _ item: String?, _ fields: [(String, JSONText)] = []
  ) {
    if isQuiet, level < .warning { return }
    switch format {
    case .text:
      let label = level == .info ? "" : "\(level.rawValue): "
      let subject = item.map { "\(Printable.line($0)): " } ?? ""
      console.line("rung: \(label)\(subject)\(Printable.line(message))")
    case .json:
      var members: [(String, JSONText)] = [
        ("level", .string(level.rawValue)), ("event", .string(event)), ("message", .string(message)),
      ]
      if let item { members.append(("item", .string(item))) }
      console.line(JSONText.object(members + fields).compact)
    }
  }
}
