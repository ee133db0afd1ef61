internal import Foundation
internal import Synchronization

/// What a command left behind: its output, its error output, and how it ended.
package struct CommandResult: Sendable, CustomStringConvertible {
  package var output = ""
  package var errors = ""
  /// nil when a signal ended it.
  package var exit: Int32?
  package var signal: Int32?
  package var timedOut = false
  package var seconds = 0.0

  package var succeeded: Bool { exit == 0 }

  package var description: String {
    let end = exit.map { "exit \($0)" } ?? signal.map { "signal \($0)" } ?? "no end"
    return "\(end)\(timedOut ? ", timed out" : "")\n--- output\n\(output)\n--- errors\n\(errors)"
  }
}

/// A command that could not be started.
package struct CommandFailure: Error, CustomStringConvertible {
  package var executable: String
  package var code: Int32
  package var description: String { "\(executable) cannot be started: error \(code)" }
}

/// Runs commands: an executable and its arguments in, a `CommandResult` out. The child gets no standard input and
/// a process group of its own; both its outputs are read as they come, so that no full pipe can block it.
package enum Shell {
  package static func run(
    _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:],
    folder: String? = nil, timeout: Double = 120
  ) throws -> CommandResult {
    let command = try start(executable, arguments, environment: environment, folder: folder)
    return command.wait(timeout: timeout)
  }

  /// `environment` is laid over this process's own; an empty value removes a name.
  package static func start(
    _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:],
    folder: String? = nil
  ) throws -> RunningCommand {
    let path = executable.contains("/") ? executable : find(executable) ?? executable
    var variables = ProcessInfo.processInfo.environment
    for (name, value) in environment { variables[name] = value.isEmpty ? nil : value }
    let values = variables.map { "\($0.key)=\($0.value)" }.sorted()
    guard let folder else {
      return try RunningCommand(path: path, arguments: [executable] + arguments, environment: values)
    }
    return try RunningCommand(
      path: "/bin/sh", arguments: ["sh", "-c", "cd \"$0\" && exec \"$@\"", folder, path] + arguments,
      environment: values)
  }

  /// Where `PATH` has a program of this name.
  package static func find(_ name: String) -> String? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    return path.split(separator: ":").map { "\($0)/\(name)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }
}

/// A command that runs: signals in, output so far and at last a `CommandResult` out.
package final class RunningCommand: Sendable {
  private struct State {
    var output: [UInt8] = []
    var errors: [UInt8] = []
    var status: Int32?
    var isOver = false
  }

  package let processID: Int32
  private let state = Mutex(State())
  private let over = DispatchSemaphore(value: 0)
  private let begin = ContinuousClock.now

  fileprivate init(path: String, arguments: [String], environment: [String]) throws {
    let ((readOutput, readErrors), child) = try Self.starting.withLock { _ in
      try Self.spawn(path, arguments, environment)
    }
    processID = child
    let thread = Thread { [self] in drain(readOutput, readErrors) }
    thread.start()
  }

  /// One start at a time: between a pipe's making and its close-on-exec mark no other child may be spawned.
  private static let starting = Mutex(())

  private static func spawn(_ path: String, _ arguments: [String], _ environment: [String]) throws
    -> ((Int32, Int32), pid_t)
  {
    let (readOutput, writeOutput) = try pipe(path)
    let (readErrors, writeErrors) = try pipe(path)
    defer {
      close(writeOutput)
      close(writeErrors)
    }
    var actions = unsafe posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    unsafe posix_spawn_file_actions_init(&actions)
    unsafe posix_spawnattr_init(&attributes)
    defer {
      unsafe posix_spawn_file_actions_destroy(&actions)
      unsafe posix_spawnattr_destroy(&attributes)
    }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, writeOutput, 1)
    unsafe posix_spawn_file_actions_adddup2(&actions, writeErrors, 2)
    // The test runner may ignore or block signals; the child must not inherit that.
    var none = sigset_t()
    var all = sigset_t()
    unsafe sigemptyset(&none)
    unsafe sigemptyset(&all)
    for number in [SIGINT, SIGTERM, SIGPIPE, SIGHUP, SIGQUIT] { unsafe sigaddset(&all, number) }
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setsigdefault(&attributes, &all)
    unsafe posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var child: pid_t = 0
    let code = unsafe withPointers(arguments) { argv in
      unsafe withPointers(environment) { envp in
        unsafe posix_spawn(&child, path, &actions, &attributes, argv, envp)
      }
    }
    guard code == 0 else {
      close(readOutput)
      close(readErrors)
      throw CommandFailure(executable: path, code: code)
    }
    return ((readOutput, readErrors), child)
  }

  package var outputSoFar: String { state.withLock { String(decoding: $0.output, as: UTF8.self) } }
  package var errorsSoFar: String { state.withLock { String(decoding: $0.errors, as: UTF8.self) } }
  package var isRunning: Bool { state.withLock { $0.status == nil } }

  /// Sends a signal to the child, or as a terminal would to its whole process group.
  package func send(_ signal: Int32, toGroup: Bool = false) {
    state.withLock { state in
      if state.status == nil { _ = kill(toGroup ? -processID : processID, signal) }
    }
  }

  /// Waits until `condition` holds; false when the time is up or the command ended before.
  package func wait(until condition: () -> Bool, timeout: Double) -> Bool {
    let deadline = ContinuousClock.now + .seconds(timeout)
    while ContinuousClock.now < deadline {
      if condition() { return true }
      if !isRunning { return condition() }
      usleep(5_000)
    }
    return false
  }

  /// Waits for the end; when the time is up, the whole process group is killed.
  package func wait(timeout: Double = 120) -> CommandResult {
    var result = CommandResult()
    if over.wait(timeout: .now() + timeout) == .timedOut {
      result.timedOut = true
      kill(-processID, SIGKILL)
      over.wait()
    }
    let elapsed = (ContinuousClock.now - begin).components
    result.seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
    state.withLock { state in
      result.output = String(decoding: state.output, as: UTF8.self)
      result.errors = String(decoding: state.errors, as: UTF8.self)
      let status = state.status ?? 0
      if status & 0x7f == 0 {
        result.exit = (status >> 8) & 0xff
      } else {
        result.signal = status & 0x7f
      }
    }
    // So that a second wait returns at once.
    over.signal()
    return result
  }

  /// Reads both pipes to their ends. A grandchild that outlives the child may hold them open: then half a second
  /// of silence after the child's end is the end.
  private func drain(_ output: Int32, _ errors: Int32) {
    var open = [output, errors]
    var silent = 0
    while !open.isEmpty {
      var polled = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      let ready = unsafe poll(&polled, nfds_t(polled.count), 50)
      reap(options: WNOHANG)
      if ready <= 0 {
        silent += 1
        if silent >= 10, !isRunning { break }
        continue
      }
      silent = 0
      for entry in polled where entry.revents != 0 {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe read(entry.fd, &bytes, bytes.count)
        if count < 0, errno == EINTR || errno == EAGAIN { continue }
        if count <= 0 {
          open.removeAll { $0 == entry.fd }
          continue
        }
        state.withLock { state in
          if entry.fd == output {
            state.output += bytes[..<count]
          } else {
            state.errors += bytes[..<count]
          }
        }
      }
    }
    while isRunning { reap(options: 0) }
    close(output)
    close(errors)
    over.signal()
  }

  /// With the lock held only around a call that does not block, so that `send` never meets a reaped process.
  private func reap(options: Int32) {
    if options == 0 {
      // Waits without taking the status away; the call below takes it.
      var information = unsafe siginfo_t()
      _ = unsafe waitid(P_PID, id_t(processID), &information, WEXITED | WNOWAIT)
    }
    state.withLock { state in
      guard state.status == nil else { return }
      var status: Int32 = 0
      let got = unsafe waitpid(processID, &status, WNOHANG)
      if got == processID { state.status = status }
      if got < 0, errno == ECHILD { state.status = 0 }
    }
  }

  private static func pipe(_ path: String) throws -> (Int32, Int32) {
    var ends: [Int32] = [0, 0]
    guard unsafe Foundation.pipe(&ends) == 0 else { throw CommandFailure(executable: path, code: errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  private static func withPointers<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let copies = unsafe strings.map { unsafe strdup($0) }
    defer { for index in unsafe copies.indices { unsafe free(copies[index]) } }
    return unsafe body(copies + [nil])
  }
}
