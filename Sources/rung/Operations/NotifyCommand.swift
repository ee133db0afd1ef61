internal import Foundation

/// A command of the person's that hears of uploads: one JSON object in, on its standard input; whether it took it, out.
struct NotifyCommand: Sendable, Equatable {
  /// What the shell runs.
  let command: String
  /// A command that takes longer is ended.
  var seconds = 30.0

  /// An address would need a client of our own; curl is one.
  init(_ command: String) throws(CommandFailure) {
    let isAddress = ["http://", "https://"].contains { command.lowercased().hasPrefix($0) }
    guard !isAddress || command.contains(" ") else {
      throw CommandFailure(
        "--notify", "takes a command, not an address",
        advice: "give --notify 'curl -fsS --json @- \(command)'", exit: .usage)
    }
    self.command = command
  }

  /// The poller's document, with what happened.
  static func message(_ report: AssetStatusReport) -> JSONText {
    let event = report.asset.status == .ready ? "ready" : "failed"
    guard case .object(let members) = report.json else { return report.json }
    return .object([("event", .string(event))] + members)
  }

  /// Runs the command with `input` on its standard input; its output goes to standard error. Once `isAbandoned` says so,
  /// it is ended.
  func run(_ input: String, isAbandoned: () -> Bool = { false }) throws(CommandFailure) {
    let input = try Self.file(of: input)
    defer { close(input) }
    var actions = unsafe posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    unsafe posix_spawn_file_actions_init(&actions)
    unsafe posix_spawnattr_init(&attributes)
    defer {
      unsafe posix_spawn_file_actions_destroy(&actions)
      unsafe posix_spawnattr_destroy(&attributes)
    }
    unsafe posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    unsafe posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO)
    // A group of its own, so that what it starts ends with it; and signals as a shell expects them.
    var (none, all) = (sigset_t(), sigset_t())
    unsafe sigemptyset(&none)
    unsafe sigfillset(&all)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setsigdefault(&attributes, &all)
    unsafe posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    let line = ["sh", "-c", command]
    let words = unsafe line.map { unsafe strdup($0) } + [nil]
    defer { for index in unsafe words.indices { unsafe free(words[index]) } }
    var child: pid_t = 0
    let code = unsafe posix_spawn(&child, "/bin/sh", &actions, &attributes, words, environ)
    guard code == 0 else { throw .system("/bin/sh", "cannot be started", errno: code) }
    try wait(for: child, isAbandoned)
  }

  /// A file without a name that holds the message: unlike a pipe, it does not mind that nobody reads it.
  private static func file(of text: String) throws(CommandFailure) -> Int32 {
    let folder = FileManager.default.temporaryDirectory.path
    let path = "\(folder)/rung-notify-\(getpid())-\(String(UInt64.random(in: .min ... .max), radix: 16))"
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .system(folder, "cannot hold a message", errno: errno) }
    unsafe unlink(path)
    if let code = writeAll(descriptor, Array(text.utf8)) {
      close(descriptor)
      throw .system(folder, "cannot hold a message", errno: code)
    }
    lseek(descriptor, 0, SEEK_SET)
    return descriptor
  }

  private func wait(for child: pid_t, _ isAbandoned: () -> Bool) throws(CommandFailure) {
    let end = ContinuousClock.now + .seconds(seconds)
    var status: Int32 = 0
    while true {
      let reaped = unsafe waitpid(child, &status, WNOHANG)
      if reaped == child { break }
      if reaped < 0, errno != EINTR { return }
      let isLate = ContinuousClock.now >= end
      if isLate || isAbandoned() {
        kill(-child, SIGKILL)
        _ = unsafe waitpid(child, &status, 0)
        guard isLate else { throw CommandFailure(nil, "the batch was interrupted") }
        throw CommandFailure(nil, "the command took longer than \(Human.number(seconds)) s and was ended")
      }
      Thread.sleep(forTimeInterval: 0.005)
    }
    if status & 0x7f != 0 { throw CommandFailure(nil, "the command was ended by signal \(status & 0x7f)") }
    let code = (status >> 8) & 0xff
    if code != 0 { throw CommandFailure(nil, "the command ended with code \(code)") }
  }
}
