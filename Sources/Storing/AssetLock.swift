internal import Foundation

/// The right to work on one asset of a tree: an id in, held from `Tree.lock` until the owner is gone. Whoever stages,
/// commits, rolls forward or cleans an asset holds it; the kernel frees it when a process dies, so there is no stale
/// lock and no process number to compare.
package final class AssetLock: Sendable {
  package let id: String
  private let path: String
  private let file: Descriptor

  private init(id: String, path: String, file: consuming Descriptor) {
    self.id = id
    self.path = path
    self.file = file
  }

  /// The file goes while the lock is still held: who opened it before sees another inode (or none) behind the path
  /// and tries again. If somebody removed it by hand, the path may be another run's lock by now and stays.
  deinit {
    if Disk.isNamed(file.raw, path) { unsafe unlink(path) }
  }

  static func acquire(_ id: String, in folder: String) throws(StoreFailure) -> AssetLock {
    try NameRule.check(id: id)
    let path = "\(folder)/\(id).lock"
    while true {
      let file = try Descriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
      guard try file.lock(LOCK_EX | LOCK_NB) else { throw .busy(id: id) }
      if Disk.isNamed(file.raw, path) { return AssetLock(id: id, path: path, file: file) }
    }
  }
}
