internal import Foundation
internal import Synchronization

/// Standard error, owned by one: whole lines, and on a terminal one live line below them that is wiped before a line
/// is printed and drawn again after it. The cursor is never hidden, so there is nothing to restore after Ctrl-C.
final class Console: Sendable {
  let isTerminal: Bool
  private let columns: @Sendable () -> Int
  private let sink: @Sendable (String) -> Void
  private let live = Mutex<String?>(nil)
  private static let wipe = "\r\u{1b}[K"

  init(
    isTerminal: Bool, columns: @escaping @Sendable () -> Int = { 80 },
    sink: @escaping @Sendable (String) -> Void
  ) {
    self.isTerminal = isTerminal
    self.columns = columns
    self.sink = sink
  }

  static func standardError() -> Console {
    let isDumb = ProcessInfo.processInfo.environment["TERM"].map { $0 == "dumb" } ?? true
    return Console(isTerminal: isatty(STDERR_FILENO) == 1 && !isDumb, columns: terminalColumns) { text in
      // Nobody to tell that standard error is gone.
      _ = writeAll(STDERR_FILENO, Array(text.utf8))
    }
  }

  var width: Int { columns() }

  func line(_ text: String) {
    live.withLock { live in
      if let bar = live { sink("\(Self.wipe)\(text)\n\(bar)") } else { sink("\(text)\n") }
    }
  }

  /// Shows `text` as the live line, cut to the terminal's width.
  func draw(_ text: String) {
    guard isTerminal else { return }
    let bar = String(text.prefix(max(1, width - 1)))
    live.withLock { live in
      live = bar
      sink(Self.wipe + bar)
    }
  }

  func clear() {
    live.withLock { live in
      if live != nil { sink(Self.wipe) }
      live = nil
    }
  }

  private static func terminalColumns() -> Int {
    var size = winsize()
    guard unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}

/// Writes everything, or gives the errno of what went wrong.
func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) -> Int32? {
  var done = 0
  while done < bytes.count {
    let count = unsafe bytes.withUnsafeBytes { buffer in
      unsafe write(descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done)
    }
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { return errno }
    done += count
  }
  return nil
}

/// Standard output: results only.
enum StandardOutput {
  /// A terminal that understands colours, and a person who has not said NO_COLOR.
  static var isColoured: Bool {
    let environment = ProcessInfo.processInfo.environment
    let isDumb = environment["TERM"].map { $0 == "dumb" } ?? true
    return isatty(STDOUT_FILENO) == 1 && !isDumb && (environment["NO_COLOR"] ?? "").isEmpty
  }

  static func write(_ text: String) throws(CommandFailure) {
    guard let code = writeAll(STDOUT_FILENO, Array(text.utf8)) else { return }
    // The reader has seen enough, as in `rung probe x | head`.
    if code == EPIPE { throw CommandFailure(nil, "") }
    throw .system("standard output", "cannot write", errno: code)
  }
}
