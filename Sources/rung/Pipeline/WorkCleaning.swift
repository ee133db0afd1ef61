internal import Foundation
internal import Storing

/// Keeps the chunks of runs that were interrupted from filling the disk: a tree and a limit in, old and superfluous
/// stores gone, with a line in the log. Nothing here fails a run, since what was asked for does not depend on it.
struct WorkCleaning {
  /// Somebody who has not come back to it in a week will not.
  static let oldest: Int64 = 7 * 24 * 3600
  /// A few hours of 1080p ladders; `--max-work-bytes` says otherwise.
  static let usualBytes: Int64 = 20 << 30

  private let tree: Tree
  private let maxBytes: Int64
  private let log: Log

  init(tree: Tree, maxBytes: Int64?, log: Log) {
    self.tree = tree
    self.maxBytes = maxBytes ?? Self.usualBytes
    self.log = log
  }

  /// Removes what is unused for a week and, the longest unused first, what is beyond the limit. What any run uses,
  /// this one or another, stays.
  func run(now: Int64 = Int64(Date().timeIntervalSince1970)) {
    let cleaning = ChunkStore.clean(tree, olderThan: Self.oldest, maxBytes: maxBytes, now: now)
    if !cleaning.removed.isEmpty {
      let count = Human.count(cleaning.removed.count, "unfinished encoding")
      log.info("\(count) removed from the tree's .rung folder (\(Human.bytes(cleaning.bytes)))")
    }
    for failure in cleaning.failures { warn(failure) }
  }

  /// Removes the chunks of what is done.
  func remove(_ store: ChunkStore) {
    do throws(StoreFailure) { _ = try store.remove() } catch { warn(error) }
  }

  private func warn(_ failure: StoreFailure) {
    log.warning("old work was not removed: \(failure)")
  }
}
