internal import Batching
internal import Foundation

/// What becomes of uploads whose assets are ready: kept, moved or deleted, with the files that belong to them alone.
struct DoneUploads {
  private let settings: BatchSettings
  private let log: Log

  init(_ settings: BatchSettings, _ log: Log) {
    self.settings = settings
    self.log = log
  }

  /// Nothing here fails a batch: what cannot be put away now is tried again at the next look.
  func putAway(_ file: InboxFile) {
    guard settings.done != .keep, FileStamp.of(file.path)?.text == file.stamp.text else { return }
    for path in [file.path] + companions(of: file) {
      switch settings.done {
      case .keep: continue
      case .delete:
        if unsafe unlink(path) != 0, errno != ENOENT { warn(path, "cannot be deleted", errno) }
      case .move(let folder): move(path, to: folder)
      }
    }
  }

  /// The sidecar of the full name, and subtitles under the upload's own; others may serve a neighbour too.
  private func companions(of file: InboxFile) -> [String] {
    let folder = (file.path as NSString).deletingLastPathComponent
    let name = (file.path as NSString).lastPathComponent
    let stem = (name as NSString).deletingPathExtension
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let hasNeighbour = names.contains {
      $0 != name && ($0 as NSString).deletingPathExtension == stem && !$0.hasSuffix(InboxScan.sidecarEnding)
        && !Self.subtitles.contains(($0 as NSString).pathExtension.lowercased())
    }
    return names.filter { other in
      if other == name + InboxScan.sidecarEnding { return true }
      guard !hasNeighbour else { return false }
      return other == stem + InboxScan.sidecarEnding
        || other.hasPrefix(stem + ".")
          && Self.subtitles.contains((other as NSString).pathExtension.lowercased())
    }.sorted().map { "\(folder)/\($0)" }
  }

  private static let subtitles: Set<String> = ["srt", "vtt", "ass", "ssa"]

  private func move(_ path: String, to folder: String) {
    let name = String(path.dropFirst(settings.inbox.count + 1))
    var target = "\(folder)/\(name)"
    try? FileManager.default.createDirectory(
      atPath: (target as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    // Another version of it is there already: both stay.
    var number = 2
    while FileManager.default.fileExists(atPath: target), number < 10_000 {
      let ending = (name as NSString).pathExtension
      let stem = (name as NSString).deletingPathExtension
      target = "\(folder)/\(stem)-\(number)" + (ending.isEmpty ? "" : ".\(ending)")
      number += 1
    }
    if unsafe rename(path, target) != 0, errno != ENOENT { warn(path, "cannot be moved to \(target)", errno) }
  }

  private func warn(_ path: String, _ what: String, _ code: Int32) {
    log.failure(.system(path, what, errno: code))
  }
}
