internal import CPosix
internal import Foundation
internal import Synchronization

/// A worker made ahead of its work, seen from the parent: a copy of this process, which waits until it is given the
/// descriptors and the rules of a worker, enters limits and sandbox as any other does, and only then reads a byte of the
/// source. What that saves is a start of the program: to load FFmpeg's 190 libraries takes 55 ms of processor time, a
/// copy 2 ms.
///
/// A copy knows what this process knew, and its code lies where it lies here. So only a process makes one that was
/// itself started for one source, with a worker's environment, and makes it before it has read anything; workers of
/// different sources have nothing in common. Sole owner of the copy until it is woken: letting go of it ends it.
final class WaitingWorker: Sendable {
  /// The text of the rules: one path is the longest part.
  private static let mostBytes = 64 << 10

  private let pid: pid_t
  private let socket: Descriptor
  private let isAtWork = Atomic<Bool>(false)

  private init(_ pid: pid_t, _ socket: consuming Descriptor) {
    self.pid = pid
    self.socket = socket
  }

  /// nil where no copy can be made: a process with threads would copy what they hold at that moment, but not them.
  static func make(_ serve: (WorkerRules, Protection) -> Int32) -> WaitingWorker? {
    guard Protection.threadCount() == 1, let (own, other) = sockets() else { return nil }
    let parent = getpid()
    let pid = rung_fork()
    if pid == 0 {
      close(own)
      exit(live(parent: parent, socket: other, serve))
    }
    close(other)
    let socket = Descriptor(owning: own)
    guard pid > 0 else { return nil }
    // Whoever comes first: its group is there before anybody sends a signal to it.
    setpgid(pid, pid)
    return WaitingWorker(pid, socket)
  }

  /// Makes it a worker with these as its descriptors 0, 1, 2 …; from then on the caller ends and reaps it. nil when it
  /// is not there any more.
  func wake(_ descriptors: [Int32], _ rules: WorkerRules) -> pid_t? {
    let text = Array(rules.text.utf8)
    guard text.count <= Self.mostBytes else { return nil }
    let isTaken = unsafe rung_send_descriptors(
      socket.raw, descriptors, Int32(clamping: descriptors.count), text, UInt(text.count))
    guard isTaken != 0 else { return nil }
    isAtWork.store(true, ordering: .relaxed)
    return pid
  }

  deinit {
    guard !isAtWork.load(ordering: .relaxed) else { return }
    kill(-pid, SIGKILL)
    var status: Int32 = 0
    while unsafe waitpid(pid, &status, 0) < 0, errno == EINTR {}
  }

  /// Both ends out of the children's way and closed on exec.
  private static func sockets() -> (Int32, Int32)? {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    return unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 ? (ends[0], ends[1]) : nil
  }

  // MARK: In the copy

  private static func live(
    parent: pid_t, socket: Int32, _ serve: (WorkerRules, Protection) -> Int32
  ) -> Int32 {
    _ = rung_set_parent_death_signal(SIGKILL)
    // The parent may have ended before the line above took effect.
    guard getppid() == parent else { return 1 }
    setpgid(0, 0)
    showAsWorker()
    var descriptors = [Int32](repeating: -1, count: Int(rung_most_descriptors()))
    var count: Int32 = 0
    var text = [UInt8](repeating: 0, count: mostBytes)
    let length = unsafe rung_receive_descriptors(socket, &descriptors, &count, &text, UInt(text.count))
    guard length > 0, take(Array(descriptors.prefix(Int(count)))),
      let rules = WorkerRules(text: String(decoding: text.prefix(length), as: UTF8.self))
    else { return 1 }
    return serve(rules, ChildSetup.enterSandbox(rules))
  }

  /// Makes the received descriptors 0, 1, 2 … and closes all others.
  private static func take(_ descriptors: [Int32]) -> Bool {
    // First out of the way of those numbers.
    let apart = descriptors.map { fcntl($0, F_DUPFD_CLOEXEC, rung_most_descriptors()) }
    for (number, descriptor) in apart.enumerated() {
      guard descriptor >= 0, dup2(descriptor, Int32(number)) >= 0 else { return false }
    }
    return close_range(UInt32(apart.count), UInt32.max, 0) == 0
  }

  /// In lists of processes it stands as what it is: the arguments of the copied process are of no use in it.
  private static func showAsWorker() {
    unsafe rung_set_name("rung-worker")
    let arguments = unsafe CommandLine.unsafeArgv
    guard let first = unsafe arguments[0] else { return }
    var room = 0
    for index in 0..<Int(CommandLine.argc) {
      // One lies behind the other, or they are not what the kernel shows.
      guard let argument = unsafe arguments[index], unsafe argument == first + room else { break }
      unsafe room += strlen(argument) + 1
    }
    let name = WorkerProgram.rung.arguments.map { Array($0.utf8) + [0] }.reduce([], +)
    guard room >= name.count else { return }
    unsafe memset(first, 0, room)
    unsafe memcpy(first, name, name.count)
  }
}
