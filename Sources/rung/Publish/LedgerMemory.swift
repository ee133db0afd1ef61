internal import Batching
internal import Publishing
internal import Synchronization

/// A publisher's memory in the tree's ledger, over a connection of its own. That is for one thread at a time: `turn` sees
/// to it, so that the publisher's threads may share it.
final class LedgerMemory: PublishMemory, @unchecked Sendable {
  private let ledger: Ledger
  private let turn = Mutex(())

  /// Makes the ledger where the tree has none.
  init(tree root: String) throws(LedgerFailure) {
    ledger = try Ledger.open(inTree: root)
  }

  private func ask<Value: Sendable>(
    _ body: (Ledger) throws(LedgerFailure) -> Value
  ) throws(PublishFailure) -> Value {
    do throws(LedgerFailure) {
      return try turn.withLock { (_) throws(LedgerFailure) in try body(ledger) }
    } catch {
      throw .memory(what: error.description, passes: error.isTemporary)
    }
  }

  func objects(of id: String, at target: String) throws -> [RememberedObject] {
    try ask { (ledger) throws(LedgerFailure) in try ledger.published(asset: id, at: target) }.compactMap(
      RememberedObject.init)
  }

  func objects(withKeys keys: [String], at target: String) throws -> [RememberedObject] {
    try ask { (ledger) throws(LedgerFailure) in try ledger.published(keys: keys, at: target) }.compactMap(
      RememberedObject.init)
  }

  func assetsToSweep(at target: String, now: Int64) throws -> [String] {
    try ask { (ledger) throws(LedgerFailure) in try ledger.assetsToSweep(at: target, now: now) }
  }

  func targets(of id: String) throws -> [String] {
    try ask { (ledger) throws(LedgerFailure) in try ledger.targets(of: id) }
  }

  func remember(_ objects: [RememberedObject], at target: String) throws {
    try ask { (ledger) throws(LedgerFailure) in
      try ledger.remember(published: objects.map(PublishedRow.init), at: target)
    }
  }

  func forget(_ keys: [String], at target: String) throws {
    try ask { (ledger) throws(LedgerFailure) in try ledger.forget(published: keys, at: target) }
  }
}

extension PublishedRow {
  init(_ object: RememberedObject) {
    self.init(
      assetID: object.id, key: object.key, stage: object.stage.rawValue, sha256: object.sha256,
      bytes: object.bytes, form: object.form, state: object.state.rawValue, removeAfter: object.removeAfter,
      upload: object.upload)
  }
}

extension RememberedObject {
  /// nil for a row that no Rung has written.
  init?(_ row: PublishedRow) {
    guard let stage = PublishStage(rawValue: row.stage), let state = State(rawValue: row.state) else {
      return nil
    }
    self.init(
      id: row.assetID, key: row.key, stage: stage, sha256: row.sha256, bytes: row.bytes, form: row.form,
      state: state, removeAfter: row.removeAfter, upload: row.upload)
  }
}
