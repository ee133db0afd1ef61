internal import CPosix
internal import Foundation

/// The program that a worker runs, and with what: by default this very binary as `rung worker`.
package struct WorkerProgram: Sendable, Equatable {
  package var path: String
  package var arguments: [String]
  /// Of this process's own variables, those that begin so: nothing for a worker.
  package var keeps: [String] = []

  package init(path: String, arguments: [String], keeps: [String] = []) {
    self.path = path
    self.arguments = arguments
    self.keeps = keeps
  }

  package static let rung = WorkerProgram(path: "/proc/self/exe", arguments: ["rung", "worker"])

  /// What a child gets to see of the environment: nothing of the person's, but what the loader needs to find the
  /// same libraries. A crash is to end it at once, with its signal, and not in Swift's backtracer.
  func environment(_ rules: WorkerRules) -> [String] {
    var result = [
      "LANG=C", "PATH=/usr/bin:/bin", "\(WorkerProtocol.parentVariable)=\(getpid())",
      "\(WorkerProtocol.rulesVariable)=\(rules.text)",
      // SVT-AV1 prints its settings to standard error unless it is told to keep to errors.
      "SWIFT_BACKTRACE=enable=no", "SVT_LOG=1",
    ]
    for name in ["LD_LIBRARY_PATH", "LLVM_PROFILE_FILE"] {
      if let value = ProcessInfo.processInfo.environment[name] { result.append("\(name)=\(value)") }
    }
    for (name, value) in ProcessInfo.processInfo.environment where keeps.contains(where: name.hasPrefix) {
      result.append("\(name)=\(value)")
    }
    return result
  }

  /// Starts the program in a process group of its own with `descriptors` as its 0, 1, 2 … and nothing else open, no
  /// signal blocked and each with its default action.
  func spawn(_ descriptors: [Int32], _ rules: WorkerRules = WorkerRules()) throws(WorkerFailure) -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    try check("posix_spawn_file_actions_init", unsafe posix_spawn_file_actions_init(&actions))
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    try check("posix_spawnattr_init", unsafe posix_spawnattr_init(&attributes))
    defer { unsafe posix_spawnattr_destroy(&attributes) }

    for (number, descriptor) in descriptors.enumerated() {
      try check(
        "posix_spawn_file_actions_adddup2",
        unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number)))
    }
    try check(
      "posix_spawn_file_actions_addclosefrom_np",
      unsafe posix_spawn_file_actions_addclosefrom_np(&actions, Int32(descriptors.count)))

    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    try check("posix_spawnattr_setsigmask", unsafe posix_spawnattr_setsigmask(&attributes, &signals))
    unsafe sigfillset(&signals)
    try check("posix_spawnattr_setsigdefault", unsafe posix_spawnattr_setsigdefault(&attributes, &signals))
    try check("posix_spawnattr_setpgroup", unsafe posix_spawnattr_setpgroup(&attributes, 0))
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    try check("posix_spawnattr_setflags", unsafe posix_spawnattr_setflags(&attributes, Int16(flags)))

    var pid: pid_t = 0
    let code = unsafe withCStrings(arguments) { arguments in
      unsafe withCStrings(environment(rules)) { environment in
        unsafe posix_spawn(&pid, path, &actions, &attributes, arguments, environment)
      }
    }
    try check("posix_spawn", code)
    return pid
  }

  /// The spawn functions give the error instead of setting it.
  private func check(_ call: String, _ code: Int32) throws(WorkerFailure) {
    guard code == 0 else { throw .cannotStart(call: call, errno: code) }
  }
}

/// `strings` as the null-terminated list of C strings that `exec` wants, valid during the call.
private func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var text: [CChar] = []
  var offsets: [Int] = []
  for string in strings {
    offsets.append(text.count)
    text.append(contentsOf: string.utf8.lazy.filter { $0 != 0 }.map { CChar(bitPattern: $0) })
    text.append(0)
  }
  return unsafe text.withUnsafeMutableBufferPointer { text in
    let pointers: [UnsafeMutablePointer<CChar>?] =
      unsafe offsets.map { unsafe text.baseAddress?.advanced(by: $0) } + [nil]
    return unsafe pointers.withUnsafeBufferPointer { pointers in
      // An array with the terminator in it is never empty, so it has a base address.
      guard let base = pointers.baseAddress else {
        var none: UnsafeMutablePointer<CChar>? = nil
        return unsafe body(&none)
      }
      return unsafe body(base)
    }
  }
}
