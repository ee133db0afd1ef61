/// One object of a target, as Rung remembers it between runs.
package struct RememberedObject: Sendable, Equatable {
  package enum State: String, Sendable {
    /// It may be there, whole or not at all: a run that sent it was not heard of again.
    case sending
    case there
    /// Nothing leads to it any more; it goes when its time has come.
    case retired
    /// Being deleted: it may be gone already.
    case removing
  }

  package var id: String
  /// In the tree; the target's prefix goes before it in the bucket.
  package var key: String
  package var stage: PublishStage
  /// Of the file in the tree.
  package var sha256: String
  package var bytes: Int64
  /// The headers it was stored with.
  package var form: String
  package var state: State
  /// Of retired objects: seconds since 1970.
  package var removeAfter: Int64?
  /// Of an upload in parts that is not finished: its number at the store, and the size of its parts.
  package var upload: String?

  package init(
    id: String, key: String, stage: PublishStage, sha256: String, bytes: Int64, form: String, state: State,
    removeAfter: Int64? = nil, upload: String? = nil
  ) {
    self.id = id
    self.key = key
    self.stage = stage
    self.sha256 = sha256
    self.bytes = bytes
    self.form = form
    self.state = state
    self.removeAfter = removeAfter
    self.upload = upload
  }

  func has(contentOf object: PublishObject) -> Bool { sha256 == object.sha256 && form == object.form }
}

/// What was published where, kept between runs. Every call is one transaction; calls come from several threads, one at a
/// time. `target` is what `Endpoint.name` gives.
package protocol PublishMemory: Sendable {
  func objects(of id: String, at target: String) throws -> [RememberedObject]
  /// Those of these keys that are known, whichever asset they are of.
  func objects(withKeys keys: [String], at target: String) throws -> [RememberedObject]
  /// Assets with objects that were retired until then or are being deleted.
  func assetsToSweep(at target: String, now: Int64) throws -> [String]
  /// Where an asset was published.
  func targets(of id: String) throws -> [String]
  /// Adds or replaces, by key.
  func remember(_ objects: [RememberedObject], at target: String) throws
  func forget(_ keys: [String], at target: String) throws
}
