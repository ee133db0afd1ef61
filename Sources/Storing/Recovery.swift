internal import Foundation

/// What recovery found of one asset and did about it.
package enum Recovery: Equatable, Sendable {
  /// A commit that was cut short is finished.
  case rolledForward(id: String)
  /// Staged objects of a commit were gone; what it had brought is removed.
  case rolledBack(id: String)
  /// What an unfinished run left in staging or work is removed.
  case cleaned(id: String)
  /// Something is in the way; the rest of the tree is not touched by it.
  case failed(id: String, StoreFailure)
}

extension Tree {
  /// Finishes or undoes what earlier runs left, for every asset that nobody is working on. Every command that writes
  /// calls it once after `open`, before it takes a lock of its own.
  @discardableResult
  package func recover() throws(StoreFailure) -> [Recovery] {
    var ids = Set(try Disk.names(in: stagingFolder))
    ids.formUnion(try Disk.names(in: workFolder))
    for name in try Disk.names(in: commitFolder) where name.hasSuffix(".json") {
      ids.insert(String(name.dropLast(5)))
    }
    // A process that dies leaves the file of its lock, which goes with the next owner.
    for name in try Disk.names(in: locksFolder) where name.hasSuffix(".lock") {
      ids.insert(String(name.dropLast(5)))
    }
    var done: [Recovery] = []
    for id in ids.sorted() where (try? NameRule.check(id: id)) != nil {
      do throws(StoreFailure) {
        if let recovery = try recover(id) { done.append(recovery) }
      } catch {
        // A busy asset is somebody's work in progress.
        if error != .busy(id: id) { done.append(.failed(id: id, error)) }
      }
    }
    return done
  }

  /// What `recover` would find of runs that are dead: paths in the tree.
  package func leftovers() throws(StoreFailure) -> [String] {
    var found: [String] = []
    for (folder, name) in [(stagingFolder, "staging"), (workFolder, "work")] {
      for id in try Disk.names(in: folder) where (try? NameRule.check(id: id)) != nil {
        do throws(StoreFailure) {
          _ = try lock(id)
          found.append(".rung/\(name)/\(id)")
        } catch {
          guard error == .busy(id: id) else { throw error }
        }
      }
    }
    return found
  }

  private func recover(_ id: String) throws(StoreFailure) -> Recovery? {
    let lock = try lock(id)
    defer { withExtendedLifetime(lock) {} }
    let finished = try finishJournal(of: lock)
    let leftovers = ["\(stagingFolder)/\(id)", "\(workFolder)/\(id)"]
    var found = false
    for path in leftovers where try Disk.entry(path) != nil {
      found = true
      try Disk.removeAll(path)
    }
    return finished ?? (found ? .cleaned(id: id) : nil)
  }
}
