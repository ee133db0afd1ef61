internal import CPosix
internal import Foundation

/// Landlock: which files a worker may open (kernel 5.13 and later), whether it may speak TCP (6.7), and whom it may
/// send signals (6.12). What was open before, the source above all, stays open. It binds the calling thread and what
/// that starts.
enum Landlock {
  private static let execute: UInt64 = 1 << 0
  private static let writeFile: UInt64 = 1 << 1
  private static let readFile: UInt64 = 1 << 2
  private static let readFolder: UInt64 = 1 << 3
  private static let removeFolder: UInt64 = 1 << 4
  private static let removeFile: UInt64 = 1 << 5
  private static let makeFolder: UInt64 = 1 << 7
  private static let makeFile: UInt64 = 1 << 8
  private static let truncate: UInt64 = 1 << 14
  private static let everyNetwork: UInt64 = 0b11
  private static let everyScope: UInt64 = 0b11

  /// Every right over files that this version knows of is refused but for what a rule gives.
  private static func everyFile(_ version: Int32) -> UInt64 {
    switch version {
    case 1: (1 << 13) - 1
    case 2: (1 << 14) - 1
    case 3, 4: (1 << 15) - 1
    default: (1 << 16) - 1
    }
  }

  /// What the libraries look at while they work: random numbers, and how many processors there are.
  private static let readable = [
    "/dev/urandom", "/dev/random", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat",
    "/sys/devices/system/cpu", "/sys/devices/system/node",
  ]

  /// Enters it with `folder` as the only one to work in, and gives the version that is in force.
  static func enter(folder: String?) throws(Refusal) -> Int {
    let version = rung_landlock_version()
    guard version > 0 else {
      throw Refusal(errno == EOPNOTSUPP ? "it is turned off in this kernel" : "this kernel has none")
    }
    let every = everyFile(version)
    let raw = rung_landlock_make(version, every, everyNetwork, everyScope)
    guard raw >= 0 else { throw Refusal(call: "landlock_create_ruleset", errno: errno) }
    let rules = Descriptor(owning: raw)
    for path in readable { allow(path, readFile | readFolder, of: every, in: rules.raw) }
    allow("/dev/null", readFile | writeFile, of: every, in: rules.raw)
    if let folder {
      let rights =
        readFile | readFolder | writeFile | removeFile | removeFolder | makeFile | makeFolder | truncate
      allow(folder, rights, of: every, in: rules.raw)
    }
    guard rung_landlock_enter(rules.raw) == 0 else {
      throw Refusal(call: "landlock_restrict_self", errno: errno)
    }
    return Int(version)
  }

  /// A place that is not there gets no rule, and so nobody gets there.
  private static func allow(_ path: String, _ rights: UInt64, of every: UInt64, in rules: Int32) {
    let opened = unsafe open(path, rung_open_place() | O_CLOEXEC)
    guard opened >= 0 else { return }
    let place = Descriptor(owning: opened)
    var status = stat()
    guard unsafe fstat(place.raw, &status) == 0 else { return }
    // Rights over a folder's content make a rule for a file invalid.
    let isFolder = status.st_mode & S_IFMT == S_IFDIR
    let meant = isFolder ? rights : rights & (execute | writeFile | readFile | truncate)
    _ = rung_landlock_allow(rules, place.raw, meant & every)
  }
}
