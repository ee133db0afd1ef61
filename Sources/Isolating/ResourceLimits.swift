internal import CPosix
internal import Foundation

/// The kernel's limits on a worker: memory, the size of a file, descriptors, no core dump. Processor time is not among
/// them: a worker takes many jobs, so the parent sets that limit anew for each.
enum ResourceLimits {
  private static let descriptors: UInt64 = 256
  /// What a worker writes beside copied bytes: half a minute of one rung, or the sound of a long title.
  private static let fileBytes: Int64 = 16 << 30

  /// nil when all are set; else what is not.
  static func enter(_ rules: WorkerRules, source: Int32) -> String? {
    // Then a write beyond the limit fails with EFBIG, and the job can say so.
    _ = signal(SIGXFSZ, SIG_IGN)
    var limits: [(name: String, which: Int32, value: UInt64)] = [
      ("RLIMIT_CORE", rung_limit_core(), 0),
      ("RLIMIT_NOFILE", rung_limit_descriptors(), descriptors),
      ("RLIMIT_FSIZE", rung_limit_file(), UInt64(clamping: fileBytes(source))),
    ]
    if let own = ownMemory() {
      let (most, overflow) = own.addingReportingOverflow(max(0, rules.memory))
      limits.append(("RLIMIT_AS", rung_limit_memory(), UInt64(clamping: overflow ? Int64.max : most)))
    }
    let refused = limits.filter { rung_set_limit($0.which, $0.value) != 0 }.map(\.name)
    if limits.count < 4 { return "RLIMIT_AS: /proc/self/statm cannot be read" }
    return refused.isEmpty ? nil : "\(refused.joined(separator: ", ")) refused"
  }

  /// A copied stream takes no more than the source has, and its times.
  private static func fileBytes(_ source: Int32) -> Int64 {
    var status = stat()
    guard unsafe fstat(source, &status) == 0 else { return fileBytes }
    let (twice, overflow) = Int64(status.st_size).multipliedReportingOverflow(by: 2)
    let (sum, tooMuch) = twice.addingReportingOverflow(fileBytes)
    return overflow || tooMuch ? Int64.max : sum
  }

  /// The address space of the process as it is now: libraries, and with a sanitizer terabytes that nobody uses.
  private static func ownMemory() -> Int64? {
    guard let data = FileManager.default.contents(atPath: "/proc/self/statm") else { return nil }
    let pages = String(decoding: data, as: UTF8.self).split(separator: " ").first.flatMap { Int64($0) }
    guard let pages else { return nil }
    let (bytes, overflow) = pages.multipliedReportingOverflow(by: Int64(sysconf(Int32(_SC_PAGESIZE))))
    return overflow ? nil : bytes
  }
}
