internal import Foundation
internal import Media
internal import Synchronization

/// Puts staged objects on the disk and reads them back: a folder and its inventory in; nothing out, or the first
/// object (by key) that failed. Objects are independent, so several lanes share them. Media was read back while it was
/// made: of it, only what came of that is asked.
struct ReadBack {
  private static let mostLanes = 4
  let folder: String
  let entries: [InventoryEntry]
  /// The tokens of media objects, by key.
  let media: [String: Int]
  let early: EarlyReadBack
  let steps: StepObserver
  let isCancelled: @Sendable () -> Bool

  func run() throws(StoreFailure) {
    let next = Atomic<Int>(0)
    let failed = Mutex<(index: Int, failure: StoreFailure)?>(nil)
    let lanes = max(1, min(Self.mostLanes, ProcessInfo.processInfo.activeProcessorCount, entries.count))
    DispatchQueue.concurrentPerform(iterations: lanes) { _ in
      while failed.withLock({ $0 == nil }) {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < entries.count else { return }
        do throws(StoreFailure) {
          try check(entries[index])
        } catch {
          failed.withLock { if index < $0?.index ?? Int.max { $0 = (index, error) } }
        }
      }
    }
    if let failure = failed.withLock({ $0?.failure }) { throw failure }
  }

  /// Synced first, so that the cache is clean and can be dropped: then the bytes come from the disk where the kernel
  /// and the file system allow it.
  private func check(_ entry: InventoryEntry) throws(StoreFailure) {
    if isCancelled() { throw .cancelled }
    let path = "\(folder)/\(entry.key)"
    try steps.before(.sync(entry.key))
    if let token = media[entry.key] {
      try steps.before(.readBack(entry.key))
      return try early.check(token, key: entry.key)
    }
    let file = try Descriptor.open(path, O_RDONLY)
    try file.sync()
    file.dropCache()
    try steps.before(.readBack(entry.key))
    let found = try SHA256.hash(descriptor: file.raw, path: path, isCancelled: isCancelled)
    guard found.bytes == entry.bytes, found.sha256 == entry.sha256 else { throw .altered(key: entry.key) }
  }
}
