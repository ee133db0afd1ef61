internal import Foundation

/// The right to run a batch on a tree: held from `acquire` until the owner is gone. The kernel frees it when the process
/// dies, so that there is no stale lock; the text in the file only tells others who has it.
package final class BatchLock {
  private let descriptor: Int32

  private init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  package enum Outcome {
    case acquired(BatchLock)
    /// `process 123 on host, since …`; what it has written there, which may be nothing yet.
    case held(by: String)
  }

  package enum Failure: Error, Equatable { case cannotOpen(path: String, code: Int32) }

  package static func path(inTree root: String) -> String { "\(root)/.rung/batch.lock" }

  /// Takes the lock without waiting.
  package static func acquire(inTree root: String, owner: String) throws(Failure) -> Outcome {
    let path = path(inTree: root)
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .cannotOpen(path: path, code: errno) }
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      if errno == EINTR { continue }
      let code = errno
      defer { close(descriptor) }
      guard code == EWOULDBLOCK else { throw .cannotOpen(path: path, code: code) }
      return .held(by: text(descriptor))
    }
    // The file stays for good: removing it would let two batches lock two files of the same name.
    let bytes = Array("\(owner)\n".utf8)
    _ = ftruncate(descriptor, 0)
    _ = unsafe pwrite(descriptor, bytes, bytes.count, 0)
    return .acquired(BatchLock(descriptor))
  }

  /// `process 4711 on ingest-1, since 2026-03-01T12:00:05Z`
  package static func owner(now: Int64) -> String {
    var name = [CChar](repeating: 0, count: 256)
    let host =
      unsafe gethostname(&name, name.count - 1) == 0
      ? String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      : "this machine"
    return "process \(getpid()) on \(host), since \(instant(now))"
  }

  /// `2026-03-01T12:00:05Z`
  package static func instant(_ seconds: Int64) -> String {
    Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
  }

  private static func text(_ descriptor: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 512)
    let count = unsafe pread(descriptor, &bytes, bytes.count, 0)
    let text = String(decoding: bytes[..<max(0, count)], as: UTF8.self)
    return text.split(separator: "\n").first.map(String.init) ?? "another process"
  }
}
