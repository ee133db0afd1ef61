internal import Foundation
internal import Storing
internal import Verifying

/// The last look before an asset becomes visible: what `rung verify` would say of it. A staged folder in; nothing out,
/// or the error that keeps it from being committed, and then the folder is kept for a person to look at.
struct VerifyStep {
  let command: PackageCommand
  let shell: Shell

  func run(_ folder: String, _ staging: Staging) throws {
    var options = VerifyOptions()
    // Every object is read back and held against what was hashed before it becomes visible: once is enough.
    options.knownHashes = Dictionary(staging.inventory().map { ("\(folder)/\($0.key)", $0.sha256) }) {
      first, _ in
      first
    }
    options.isCancelled = { [cancellation = shell.cancellation] in cancellation.isCancelled }
    let report = Verifier.verify(path: "\(folder)/\(staging.assetKey)", options: options)
    try shell.cancellation.check()
    guard let first = report.firstError else { return }
    let kept = Self.keep(staging)
    let more = report.count(.error) > 1 ? ", and \(report.count(.error) - 1) more" : ""
    throw CommandFailure(
      command.source,
      "the packaged result failed verification: \(first.code.rawValue) \(first.location): \(first.message)\(more)",
      advice: kept.map {
        "nothing was published, and what was made is kept in \($0); please report this source"
      }
        ?? "nothing was published; please report this source")
  }

  private static func folder(_ staging: Staging) -> URL {
    URL(fileURLWithPath: staging.stagedTree).deletingLastPathComponent()
  }

  /// Where a failed asset is kept: one an id, outside of what a later run clears away.
  private static func place(_ staging: Staging) -> URL {
    folder(staging).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("failed").appendingPathComponent(staging.id)
  }

  private static func keep(_ staging: Staging) -> String? {
    let place = place(staging)
    let files = FileManager.default
    try? files.removeItem(at: place)
    do {
      try files.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
      try files.moveItem(at: folder(staging), to: place)
      return place.path
    } catch {
      return nil
    }
  }

  /// Removes what an earlier run of the same asset left.
  static func forget(_ staging: Staging) {
    try? FileManager.default.removeItem(at: place(staging))
  }
}
