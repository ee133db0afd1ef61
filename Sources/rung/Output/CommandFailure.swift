internal import Foundation

/// Why a command did not do what it was asked: one line that names the file, what is wrong and what to do, and the
/// exit code.
struct CommandFailure: Error, Sendable, Equatable {
  /// The file or option that it is about.
  var subject: String?
  var message: String
  var advice: String?
  var exit: ExitCode
  /// For machines that decide whether to try again; nil where the exit code says enough.
  var cause: Cause?

  enum Cause: String, Sendable {
    /// No room on a disk.
    case disk
    /// Memory or descriptors ran short.
    case resources
    /// Another process works on it.
    case busy
    /// Nothing got done for too long.
    case stalled
    /// The process that read the source died of it.
    case crash
  }

  init(
    _ subject: String?, _ message: String, advice: String? = nil, exit: ExitCode = .failed,
    cause: Cause? = nil
  ) {
    self.cause = cause
    self.subject = subject
    self.message = message
    self.advice = advice
    self.exit = exit
  }

  /// `FILE: what is wrong; what to do`
  var line: String {
    let head = subject.map { "\(Printable.line($0)): " } ?? ""
    let tail = advice.map { $0.isEmpty ? "" : "; \(Printable.line($0))" } ?? ""
    return head + Printable.line(message) + tail
  }

  /// Nothing is said about it: the person asked for it, or has closed the pipe.
  var isSilent: Bool { message.isEmpty }

  static func interrupted(_ signal: Int32) -> CommandFailure {
    CommandFailure(nil, "interrupted", exit: signal == SIGTERM ? .terminated : .interrupted)
  }

  /// A system call on `path` failed. A full disk and its kin pass; what else fails does so again.
  static func system(_ path: String, _ what: String, errno code: Int32) -> CommandFailure {
    let reason = unsafe strerror(code).flatMap { unsafe String(validatingCString: $0) } ?? "error \(code)"
    switch code {
    case ENOSPC, EDQUOT:
      return CommandFailure(
        path, "\(what): \(reason)", advice: "make room and try again", exit: .temporary,
        cause: .disk)
    case EMFILE, ENFILE, ENOMEM, EAGAIN:
      return CommandFailure(
        path, "\(what): \(reason)", advice: "try again when less is running", exit: .temporary,
        cause: .resources)
    case EFBIG:
      return CommandFailure(
        path, "\(what): \(reason)", advice: "the source asks for more than a file may hold")
    case EACCES, EPERM, EROFS:
      return CommandFailure(path, "\(what): \(reason)", advice: "check the permissions")
    default:
      return CommandFailure(path, "\(what): \(reason)", advice: "check the disk and the path")
    }
  }
}
