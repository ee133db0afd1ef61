internal import CPosix
internal import Foundation

/// What stands between a worker and the machine: entered by the worker on itself, as much as the kernel has, then tried.
/// Goes to the parent, which says it in the log. Nothing that is missing keeps a job from being done.
package struct Protection: Codable, Sendable, Equatable {
  /// The version of Landlock that is in force; 0: none.
  package var landlock = 0
  package var seccomp = false
  package var noNewPrivileges = false
  /// All resource limits are set.
  package var limits = false
  /// Found by trying: a file outside the work folder could not be opened, a socket could not be made.
  package var filesRefused = false
  package var networkRefused = false
  /// Why something of this does not hold, for a person.
  package var missing: [String] = []

  package init() {}

  package var isWhole: Bool { missing.isEmpty }

  /// Enters everything, in the order that lets each step still do what it needs. For a process with one thread: only
  /// this one and those that it starts later are bound.
  static func enter(_ rules: WorkerRules, source: Int32) -> Protection {
    var result = Protection()
    let threads = threadCount()
    if let missing = ResourceLimits.enter(rules, source: source) {
      result.missing.append(missing)
    } else {
      result.limits = true
    }
    _ = rung_give_up_new_privileges()
    result.noNewPrivileges = rung_has_no_new_privileges() == 1
    if !result.noNewPrivileges { result.missing.append("no_new_privs is refused") }
    do throws(Refusal) { result.landlock = try Landlock.enter(folder: rules.folder) } catch {
      result.missing.append("Landlock: \(error.reason)")
    }
    do throws(Refusal) {
      try SystemCallFilter.enter()
      result.seccomp = true
    } catch {
      result.missing.append("seccomp: \(error.reason)")
    }
    if threads > 1 { result.missing.append("\(threads) threads were there before, which nothing binds") }
    result.tryOut()
    return result
  }

  /// What was set up is one thing, what holds another.
  private mutating func tryOut() {
    let folder = unsafe open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    filesRefused = folder < 0
    if folder >= 0 { close(folder) }
    let socket = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    networkRefused = socket < 0
    if socket >= 0 { close(socket) }
    if landlock > 0, !filesRefused {
      missing.append("files outside the work folder can be opened all the same")
    }
    if seccomp, !networkRefused { missing.append("sockets can be made all the same") }
  }

  static func threadCount() -> Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) ?? 1
  }
}

/// Why a protection cannot be had here.
struct Refusal: Error {
  var reason: String

  init(_ reason: String) { self.reason = reason }

  init(call: String, errno code: Int32) {
    let text = unsafe strerror(code).flatMap { unsafe String(validatingCString: $0) } ?? "error \(code)"
    reason = "\(call): \(text)"
  }
}
