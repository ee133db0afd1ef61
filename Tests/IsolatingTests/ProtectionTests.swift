internal import Foundation
internal import Testing

@testable internal import Isolating

/// Each attack in a process of its own that has entered the sandbox as a worker does. The exit code is the number of
/// the first attempt that did not end as it should; what is not there on this machine is not tried.
@Suite struct ProtectionTests {
  private static func folder() throws -> String {
    let path = NSTemporaryDirectory() + "/rung-sandbox-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  @Test func filesOutsideTheWorkFolderAreOutOfReach() async throws {
    let root = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: root) }
    try FileManager.default.createDirectory(atPath: root + "/own", withIntermediateDirectories: true)
    try Data("secret".utf8).write(to: URL(fileURLWithPath: root + "/secret"))
    await #expect(processExitsWith: .exitCode(0)) { [root = root as String] in
      let source = unsafe open(root + "/secret", O_RDONLY)
      let found = Protection.enter(WorkerRules(folder: root + "/own"), source: source)
      guard found.landlock > 0 else { _exit(0) }
      attempt(1, refused: EACCES) { unsafe open(root + "/secret", O_RDONLY) }
      attempt(2, refused: EACCES) { unsafe open("/etc/passwd", O_RDONLY) }
      attempt(3, refused: EACCES) { unsafe open(root + "/new", O_WRONLY | O_CREAT, 0o600) }
      attempt(4, refused: EACCES) { unsafe open("/proc/self/mem", O_RDWR) }
      attempt(5, refused: EACCES) { unsafe open("/proc/\(getppid())/mem", O_RDWR) }
      attempt(6, refused: EACCES) { unsafe unlink(root + "/secret") }
      attempt(7, refused: EACCES) { unsafe open(root + "/own/../secret", O_RDONLY) }
      // A way out of the folder is none.
      attempt(8, refused: EACCES) { unsafe symlink("../secret", root + "/own/link") }
      attempt(9, refused: EACCES) { unsafe mkfifo(root + "/own/pipe", 0o600) }
      // What it is there for still goes.
      attempt(20, refused: nil) { unsafe open(root + "/own/new", O_RDWR | O_CREAT, 0o600) }
      attempt(21, refused: nil) { unsafe rename(root + "/own/new", root + "/own/old") }
      attempt(22, refused: nil) { unsafe unlink(root + "/own/old") }
      attempt(23, refused: nil) { unsafe open("/dev/urandom", O_RDONLY) }
      var byte: UInt8 = 0
      attempt(24, refused: nil) { unsafe pread(source, &byte, 1, 0) == 1 ? 0 : -1 }
      _exit(found.filesRefused ? 0 : 25)
    }
  }

  @Test func theNetworkAndOtherProcessesAreOutOfReach() async {
    await #expect(processExitsWith: .exitCode(0)) {
      let found = Protection.enter(WorkerRules(), source: -1)
      guard found.seccomp else { _exit(0) }
      attempt(1, refused: EPERM) { socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
      attempt(2, refused: EPERM) { socket(AF_INET6, Int32(SOCK_DGRAM.rawValue), 0) }
      attempt(3, refused: EPERM) { socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0) }
      attempt(4, refused: EPERM) { kill(getppid(), 0) }
      attempt(5, refused: EPERM) { kill(-1, 0) }
      attempt(6, refused: EPERM) {
        let page = unsafe mmap(nil, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        return unsafe page == MAP_FAILED ? -1 : 0
      }
      attempt(7, refused: EPERM) { unsafe chmod("/tmp", 0o777) }
      attempt(8, refused: EPERM) {
        var pid: pid_t = 0
        let code = unsafe posix_spawn(&pid, "/bin/true", nil, nil, [nil], [nil])
        errno = code
        return code == 0 ? 0 : -1
      }
      attempt(20, refused: nil) { kill(getpid(), 0) }
      _exit(found.networkRefused ? 0 : 21)
    }
  }

  /// Encoders start threads of their own: these are bound as well.
  @Test func threadsCanBeMadeAndAreBoundToo() async {
    await #expect(processExitsWith: .exitCode(0)) {
      let found = Protection.enter(WorkerRules(), source: -1)
      let done = DispatchSemaphore(value: 0)
      let thread = Thread {
        if found.seccomp { attempt(1, refused: EPERM) { socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) } }
        if found.landlock > 0 { attempt(2, refused: EACCES) { unsafe open("/etc/passwd", O_RDONLY) } }
        done.signal()
      }
      thread.start()
      done.wait()
      _exit(0)
    }
  }

  @Test(.enabled(if: ProtectionTests.hasSeccomp, "this kernel has no seccomp"))
  func startingAProgramEndsTheProcess() async {
    await #expect(processExitsWith: .signal(SIGSYS)) {
      _ = Protection.enter(WorkerRules(), source: -1)
      _ = unsafe execve("/bin/true", [nil], [nil])
    }
  }

  private static let hasSeccomp = FileManager.default.fileExists(atPath: "/proc/sys/kernel/seccomp")

  @Test func limitsBite() async throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    await #expect(processExitsWith: .exitCode(0)) { [folder = folder as String] in
      let found = Protection.enter(WorkerRules(folder: folder, memory: 1 << 30), source: -1)
      guard found.limits else { _exit(1) }
      attempt(2, refused: ENOMEM) { unsafe malloc(2 << 30) == nil ? -1 : 0 }
      attempt(3, refused: nil) { unsafe malloc(100 << 20) == nil ? -1 : 0 }
      let file = unsafe open(folder + "/large", O_RDWR | O_CREAT, 0o600)
      attempt(4, refused: EFBIG) { ftruncate(file, 17 << 30) }
      attempt(5, refused: nil) { ftruncate(file, 1 << 30) }
      unsafe unlink(folder + "/large")
      attempt(6, refused: EMFILE) {
        for _ in 0..<300 where dup(file) < 0 { return -1 }
        return 0
      }
      if found.seccomp {
        attempt(7, refused: EPERM) {
          var limit = rlimit(rlim_cur: .max, rlim_max: .max)
          return unsafe setrlimit(__rlimit_resource_t(9), &limit)
        }
      }
      _exit(0)
    }
  }

  /// In a container that refuses all of it, as the second time does, the report says so and nothing fails.
  @Test func whatIsRefusedIsSaid() async {
    await #expect(processExitsWith: .exitCode(0)) {
      let first = Protection.enter(WorkerRules(), source: -1)
      guard first.seccomp else { _exit(0) }
      let second = Protection.enter(WorkerRules(), source: -1)
      guard second.landlock == 0, !second.seccomp, second.noNewPrivileges else { _exit(1) }
      guard second.missing.contains(where: { $0.hasPrefix("Landlock: ") }) else { _exit(2) }
      guard second.missing.contains(where: { $0.hasPrefix("seccomp: ") }) else { _exit(3) }
      _exit(second.isWhole ? 4 : 0)
    }
  }

  @Test func rulesCrossTheEnvironment() {
    var rules = WorkerRules(folder: "/tmp/a \"b\"\nc", memory: 5, pixels: 6, streams: 7, stallSeconds: 8)
    rules.processorSeconds = 9
    #expect(WorkerRules(text: rules.text) == rules)
    #expect(WorkerRules(text: "{}") == nil && WorkerRules(text: "") == nil)
  }
}

/// Ends this process with `number` unless the call fails with `refused`, or goes well where that is nil.
private func attempt(_ number: Int32, refused: Int32?, _ call: () -> Int32) {
  errno = 0
  let result = call()
  let code = errno
  // Where Landlock and seccomp both refuse, either may be first.
  let same = code == EPERM ? EACCES : code
  let isRight = refused.map { result < 0 && (code == $0 || same == $0) } ?? (result >= 0)
  if !isRight { _exit(number) }
}
