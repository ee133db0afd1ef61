internal import Foundation

/// Whether a file in the inbox may be taken: what is known of it and the clocks in, one of three answers out.
package struct Settling: Sendable {
  package enum Answer: Sendable, Equatable {
    /// As it was when it was taken before.
    case unchanged
    /// It may still be growing: looked at again in so many milliseconds.
    case waits(Int64)
    /// Nobody has touched it for long enough.
    case settled
  }

  package var milliseconds: Int64
  package var clock: ClockReading
  /// The wall clock was set forward since the last run: how long ago a file changed cannot be told by it.
  package var clockIsDoubtful: Bool

  package init(milliseconds: Int64, clock: ClockReading, last: ClockReading?) {
    self.milliseconds = max(0, milliseconds)
    self.clock = clock
    clockIsDoubtful = last.map { clock.lead(since: $0) > 1 } ?? false
  }

  /// `memory`: what the ledger has of this path.
  package func answer(_ file: InboxFile, _ memory: UploadMemory?) -> Answer {
    if let memory, memory.stamp == file.stamp.text, memory.beside == file.beside {
      if memory.state != .arriving { return .unchanged }
      // Seen before, in this boot: then the steady clock says how long it has been left alone.
      if memory.boot == clock.boot, let seen = memory.seenMilliseconds, clock.steady >= seen {
        let left = milliseconds - (clock.steady - seen)
        return left > 0 ? .waits(left) : .settled
      }
    }
    return settled(file)
  }

  /// Seen for the first time: it says itself when it was last touched.
  private func settled(_ file: InboxFile) -> Answer {
    guard !clockIsDoubtful else { return .waits(milliseconds) }
    let changed = file.changedNanoseconds / 1_000_000
    let (now, _) = clock.now.multipliedReportingOverflow(by: 1000)
    // A second is the wall clock's grain here.
    let age = now &- changed
    return milliseconds == 0 || age >= milliseconds &+ 1000 ? .settled : .waits(milliseconds)
  }

  /// What to keep of a file that waits, so that the next look knows since when.
  package func remembered(_ file: InboxFile, _ memory: UploadMemory?) -> UploadMemory {
    let isSame = memory.map { $0.stamp == file.stamp.text && $0.beside == file.beside } ?? false
    let isSeen = isSame && memory?.state == .arriving && memory?.boot == clock.boot
    return UploadMemory(
      path: file.path, assetID: memory?.assetID, stamp: file.stamp.text, beside: file.beside,
      state: .arriving,
      seenMilliseconds: isSeen ? memory?.seenMilliseconds : clock.steady, boot: clock.boot)
  }
}

/// Whether somebody has a file open for writing. Nothing is read.
package enum OpenWriters {
  // As fcntl(2) has it; GNU's headers hide them.
  private static let setLease: Int32 = 1024
  private static let readLease: Int32 = 0
  private static let noLease: Int32 = 2

  /// The kernel gives a read lease only while nobody writes. Where it gives none for another reason (another owner, a
  /// network disk) `/proc` is asked, which shows this user's processes.
  package static func has(_ path: String) -> Bool {
    // Who opens the file for writing while the lease lasts would end this process by SIGIO.
    _ = signal(SIGIO, SIG_IGN)
    let descriptor = unsafe open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    if fcntl(descriptor, setLease, readLease) == 0 {
      _ = fcntl(descriptor, setLease, noLease)
      return false
    }
    if errno == EAGAIN { return true }
    return isInProc(path)
  }

  static func isInProc(_ path: String) -> Bool {
    guard let wanted = FileStamp.of(path) else { return false }
    let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    for process in processes where process.utf8.allSatisfy({ (48...57).contains($0) }) {
      let folder = "/proc/\(process)/fd"
      for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
        var status = stat()
        guard unsafe stat("\(folder)/\(name)", &status) == 0, UInt64(status.st_ino) == wanted.inode,
          UInt64(status.st_dev) == wanted.device,
          unsafe lstat("\(folder)/\(name)", &status) == 0
        else { continue }
        // The link's own rights say how it was opened.
        if status.st_mode & S_IWUSR != 0 { return true }
      }
    }
    return false
  }
}
