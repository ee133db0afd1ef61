internal import Foundation

/// A file that may be an upload.
package struct InboxFile: Sendable, Equatable {
  /// Below the inbox.
  package var name: String
  package var path: String
  package var stamp: FileStamp
  /// Its `….rung.json`; nil without one.
  package var sidecar: String?
  /// Stamps of the sidecar and of the subtitles that lie beside it, as one text; empty without any.
  package var beside: String
  /// The latest change of any of these.
  package var changedNanoseconds: Int64

  package init(
    name: String, path: String, stamp: FileStamp, sidecar: String?, beside: String, changedNanoseconds: Int64
  ) {
    self.name = name
    self.path = path
    self.stamp = stamp
    self.sidecar = sidecar
    self.beside = beside
    self.changedNanoseconds = changedNanoseconds
  }
}

/// What lies in an inbox: a folder in, its files by path out, and what was passed over with the reason. Looks at names
/// and at what the file system says of them, and opens no file.
package struct InboxScan: Sendable, Equatable {
  package private(set) var files: [InboxFile] = []
  /// Names below the inbox, with the reason.
  package private(set) var passedOver: [(name: String, reason: String)] = []
  /// Every folder could be listed: what is not among the files is not there.
  package private(set) var isComplete = true

  package static func == (left: InboxScan, right: InboxScan) -> Bool {
    left.files == right.files && left.passedOver.map(\.name) == right.passedOver.map(\.name)
  }

  package static let sidecarEnding = ".rung.json"
  private static let partial = [".part", ".tmp", ".crdownload"]
  private static let subtitles = [".srt", ".vtt", ".ass", ".ssa"]
  /// A subtitle file is smaller; what is larger may be a video under an odd name.
  private static let largestSubtitles: Int64 = 16 << 20
  /// Deeper than anybody sorts uploads.
  private static let deepest = 64

  private let root: String
  /// Folders that are none of the inbox's: the tree, and where uploads go that are done.
  private let excluded: Set<String>

  /// `root` and `excluded` are absolute, links resolved.
  package static func of(_ root: String, excluding: [String] = []) -> InboxScan {
    var scan = InboxScan(root: root, excluded: Set(excluding))
    scan.folder("", depth: 0)
    return scan
  }

  private init(root: String, excluded: Set<String>) {
    self.root = root
    self.excluded = excluded
  }

  /// One entry of a folder, as far as it counts.
  private struct Entry {
    var name: String
    var stamp: FileStamp
  }

  private mutating func folder(_ prefix: String, depth: Int) {
    let path = prefix.isEmpty ? root : "\(root)/\(prefix.dropLast())"
    guard depth <= Self.deepest else {
      passedOver.append((prefix, "more than \(Self.deepest) folders deep"))
      return
    }
    guard let stream = unsafe opendir(path) else {
      let reason = unsafe String(cString: strerror(errno))
      isComplete = false
      passedOver.append((prefix.isEmpty ? "." : prefix, "cannot be listed: \(reason)"))
      return
    }
    defer { unsafe closedir(stream) }
    var files: [Entry] = []
    var folders: [String] = []
    while let entry = unsafe readdir(stream) {
      let bytes = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        unsafe Array(bytes.prefix { $0 != 0 })
      }
      let name = String(validating: bytes, as: UTF8.self)
      guard let name else {
        passedOver.append((prefix, "a name in it is not UTF-8; rename it"))
        continue
      }
      guard !name.hasPrefix(".") else { continue }
      let descriptor = unsafe dirfd(stream)
      look(at: name, prefix, descriptor, &files, &folders)
    }
    add(files.sorted { $0.name < $1.name }, prefix)
    for name in folders.sorted() { folder("\(prefix)\(name)/", depth: depth + 1) }
  }

  private mutating func look(
    at name: String, _ prefix: String, _ folder: Int32, _ files: inout [Entry], _ folders: inout [String]
  ) {
    var status = stat()
    guard unsafe fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return }
    switch status.st_mode & S_IFMT {
    case S_IFREG: files.append(Entry(name: name, stamp: FileStamp(status)))
    case S_IFDIR:
      if !excluded.contains("\(root)/\(prefix)\(name)") { folders.append(name) }
    case S_IFLNK:
      // A link to a file of the inbox is one more name for it; one that leads elsewhere could show anybody's files.
      guard leadsInside("\(root)/\(prefix)\(name)"), unsafe fstatat(folder, name, &status, 0) == 0,
        status.st_mode & S_IFMT == S_IFREG
      else {
        passedOver.append((prefix + name, "is a link that leads out of the inbox, or to no file"))
        return
      }
      files.append(Entry(name: name, stamp: FileStamp(status)))
    default: passedOver.append((prefix + name, "is no file"))
    }
  }

  private func leadsInside(_ path: String) -> Bool {
    guard let resolved = unsafe realpath(path, nil) else { return false }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved).hasPrefix(root + "/")
  }

  /// The files of one folder: uploads, and what belongs to them.
  private mutating func add(_ entries: [Entry], _ prefix: String) {
    let sidecars = Dictionary(
      uniqueKeysWithValues: entries.filter { $0.name.hasSuffix(Self.sidecarEnding) }.map {
        ($0.name, $0.stamp)
      })
    let subtitles = entries.filter(Self.isSubtitles)
    for entry in entries
    where !entry.name.hasSuffix(Self.sidecarEnding) && !Self.isPartial(entry.name)
      && !Self.isSubtitles(entry)
    {
      let stem = Self.stem(entry.name)
      let sidecar = [entry.name, stem].map { $0 + Self.sidecarEnding }.first { sidecars[$0] != nil }
      var beside: [(name: String, stamp: FileStamp)] = []
      if let sidecar, let stamp = sidecars[sidecar] { beside.append((sidecar, stamp)) }
      for file in subtitles where sidecar != nil || file.name.hasPrefix(stem + ".") {
        beside.append((file.name, file.stamp))
      }
      files.append(
        InboxFile(
          name: prefix + entry.name, path: "\(root)/\(prefix)\(entry.name)", stamp: entry.stamp,
          sidecar: sidecar.map { "\(root)/\(prefix)\($0)" },
          beside: beside.map { "\($0.name) \($0.stamp.text)" }.joined(separator: "\n"),
          changedNanoseconds: beside.map(\.stamp.changedNanoseconds)
            .reduce(entry.stamp.changedNanoseconds, max)))
    }
  }

  private static func isPartial(_ name: String) -> Bool {
    let lower = name.lowercased()
    return partial.contains { lower.hasSuffix($0) }
  }

  private static func isSubtitles(_ entry: Entry) -> Bool {
    let lower = entry.name.lowercased()
    return entry.stamp.bytes <= largestSubtitles && subtitles.contains { lower.hasSuffix($0) }
  }

  private static func stem(_ name: String) -> String {
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
    return String(name[..<dot])
  }
}
