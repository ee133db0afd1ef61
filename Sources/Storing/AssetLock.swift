internal import Foundation

/// The right to work on one asset of a tree: an id in, held from `Tree.lock` until the owner is gone. Whoever stages,
/// commits, rolls forward or cleans an asset holds it; the kernel frees it when a process dies, so there is no stale
/// lock and no process number to compare.
package final class AssetLock: Sendable {
  package let id: String
  private let path: String
  private let descriptor: Int32

  private init(id: String, path: String, descriptor: Int32) {
    self.id = id
    self.path = path
    self.descriptor = descriptor
  }

  /// The file goes while the lock is still held: who opened it before sees another inode (or none) behind the path
  /// and tries again. If somebody removed it by hand, the path may be another run's lock by now and stays.
  deinit {
    if AssetLock.isNamed(descriptor, path) { unsafe unlink(path) }
    close(descriptor)
  }

  static func acquire(_ id: String, in folder: String) throws(StoreFailure) -> AssetLock {
    try NameRule.check(id: id)
    let path = "\(folder)/\(id).lock"
    while true {
      let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
      guard descriptor >= 0 else {
        if errno == EINTR { continue }
        throw .from(errno, "open", path)
      }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        let code = errno
        close(descriptor)
        if code == EINTR { continue }
        if code == EWOULDBLOCK { throw .busy(id: id) }
        throw .from(code, "flock", path)
      }
      if isNamed(descriptor, path) { return AssetLock(id: id, path: path, descriptor: descriptor) }
      close(descriptor)
    }
  }

  /// Whether the open file is the one that `path` names.
  private static func isNamed(_ descriptor: Int32, _ path: String) -> Bool {
    var (opened, named) = (stat(), stat())
    return unsafe fstat(descriptor, &opened) == 0 && lstat(path, &named) == 0
      && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev
  }
}
