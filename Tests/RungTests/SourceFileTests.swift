internal import Foundation
internal import Isolating
internal import Testing

@testable internal import rung

@Suite struct SourceFileTests {
  private let folder: URL

  init() throws {
    folder = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent("rung-source-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  /// What the error says behind the path; nil when it opens.
  private func complaint(_ path: String) -> String? {
    do throws(CommandFailure) {
      _ = try SourceFile.open(path)
      return nil
    } catch {
      #expect(error.subject == path && error.exit == .failed)
      return "\(error.message); \(error.advice ?? "")"
    }
  }

  @Test func aFileOpensWithItsNameAndSize() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.path + "/a b.mov"
    try Data("12345".utf8).write(to: URL(fileURLWithPath: path))
    let source = try SourceFile.open(path)
    #expect(source.name == "a b.mov" && source.bytes == 5 && source.path == path)
    #expect(fcntl(source.descriptor, F_GETFD) & FD_CLOEXEC != 0)
  }

  @Test func whatIsNoSourceIsSaidInOneLine() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data().write(to: folder.appendingPathComponent("empty.mp4"))
    unsafe mkfifo(folder.path + "/pipe", 0o600)
    unsafe symlink("loop", folder.path + "/loop")
    #expect(complaint(folder.path + "/none") == "no such file; check the name")
    #expect(complaint(folder.path + "/empty.mp4/x") == "no such file; check the name")
    #expect(complaint(folder.path) == "is a folder, not a media file; name a file in it")
    #expect(complaint(folder.path + "/empty.mp4") == "is empty (0 bytes); copy or upload it again")
    #expect(
      complaint(folder.path + "/pipe")
        == "is not a regular file (a pipe or a device); save it to a file first")
    #expect(
      complaint(folder.path + "/loop") == "its symbolic links lead in a circle; name the file itself")
  }

  @Test func aFullDiskIsTemporaryAndAMissingRightIsNot() {
    #expect(CommandFailure.system("t", "cannot write", errno: ENOSPC).exit == .temporary)
    let denied = CommandFailure.system("t", "cannot write", errno: EACCES)
    #expect(denied.exit == .failed)
    #expect(denied.line == "t: cannot write: Permission denied; check the permissions")
  }
}

@Suite struct WorkerWordingTests {
  @Test(arguments: [
    (
      WorkerFailure.died(signal: SIGSEGV, doing: "reading it", lastWords: "oops"),
      "a.mov: the worker died of SIGSEGV while reading it ('oops'); "
        + "the file is probably damaged: convert or export it again", ExitCode.failed
    ),
    (
      .died(signal: SIGKILL, doing: "encoding", lastWords: nil),
      "a.mov: the worker died of SIGKILL while encoding; if memory was short, try again with fewer --workers",
      .temporary
    ),
    (
      .exited(code: 3, doing: "reading it", lastWords: nil),
      "a.mov: the worker ended with code 3 while reading it; "
        + "the file is probably damaged: convert or export it again", .failed
    ),
    (
      .garbled(line: "\u{1b}[2J", doing: "reading it"),
      "a.mov: the worker answered with something else while reading it ('\\u{1b}[2J'); "
        + "check that the binary was not replaced meanwhile, and run it again", .failed
    ),
    (
      .failed(
        WorkerError(code: "no-streams", message: "nothing in it", advice: "check it", isTemporary: true)),
      "a.mov: nothing in it; check it", .temporary
    ),
    (.cancelled, "a.mov: interrupted", .interrupted),
  ])
  func everyEndHasALine(failure: WorkerFailure, line: String, exit: ExitCode) {
    let worded = CommandFailure(failure, source: "a.mov")
    #expect(worded.line == line)
    #expect(worded.exit == exit)
  }

  @Test func signalsAreNamed() {
    #expect(CommandFailure.name(ofSignal: SIGABRT) == "SIGABRT")
    #expect(CommandFailure.name(ofSignal: 50) == "signal 50")
  }
}

@Suite struct CancellationTests {
  @Test func handlersRunOnceAndLateOnesAtOnce() {
    let cancellation = Cancellation()
    let counter = LockedCounter()
    cancellation.onCancel { counter.add() }
    #expect(throws: Never.self) { try cancellation.check() }
    cancellation.cancel(signal: SIGTERM)
    cancellation.cancel(signal: SIGINT)
    cancellation.onCancel { counter.add() }
    #expect(counter.value == 2)
    #expect(throws: CommandFailure.interrupted(SIGTERM)) { try cancellation.check() }
    #expect(CommandFailure.interrupted(SIGTERM).exit == .terminated)
    #expect(CommandFailure.interrupted(SIGINT).exit == .interrupted)
  }

  @Test func theShellEndsItsWorkers() {
    let shell = Shell(log: Log(format: .text, isQuiet: true, console: Console(isTerminal: false) { _ in }))
    #expect(!shell.workers.isClosed)
    shell.cancellation.cancel(signal: SIGINT)
    #expect(shell.workers.isClosed)
  }
}

private final class LockedCounter: @unchecked Sendable {
  private let lock = NSLock()
  private var count = 0
  func add() { lock.withLock { count += 1 } }
  var value: Int { lock.withLock { count } }
}
