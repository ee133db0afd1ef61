internal import Batching
internal import Foundation
internal import Planning
internal import Storing

/// Brings the inbox and the ledger together: files that are new or changed go into the queue, what is as it was is left
/// alone. All of one look is one transaction.
final class BatchInbox {
  struct Look {
    /// Put into the queue.
    var queued = 0
    /// Until the first file that is still settling may be taken; nil: none is.
    var waitMilliseconds: Int64?
    var files = 0
  }

  private let settings: BatchSettings
  private let tree: Tree
  private let ledger: Ledger
  private let recipes: RecipeBook
  private let clock: BatchClock
  private let log: Log
  private let done: DoneUploads
  /// Passed over and said so.
  private var named: Set<String> = []
  private static let clockFact = "clock"

  init(
    _ settings: BatchSettings, _ tree: Tree, _ ledger: Ledger, _ recipes: RecipeBook, _ clock: BatchClock,
    _ log: Log
  ) {
    self.settings = settings
    self.tree = tree
    self.ledger = ledger
    self.recipes = recipes
    self.clock = clock
    self.log = log
    done = DoneUploads(settings, log)
  }

  /// `busy`: assets that are being made, whose files are looked at when they are done.
  func look(busy: Set<String>) throws -> Look {
    var excluded = [tree.root]
    if case .move(let folder) = settings.done { excluded.append(folder) }
    let scan = InboxScan.of(settings.inbox, excluding: excluded)
    for (name, reason) in scan.passedOver where named.insert(name).inserted {
      log.info("is passed over: \(reason)", item: name)
    }
    let last = try ledger.fact(Self.clockFact).flatMap { ClockReading(text: $0) }
    let reading = ClockReading(clock)
    let settling = Settling(milliseconds: settings.settleMilliseconds, clock: reading, last: last)
    var memories: [String: UploadMemory] = [:]
    for memory in try ledger.uploads(in: settings.inbox) { memories[memory.path] = memory }
    let assets = try ledger.gists(in: settings.inbox)
    var look = Look(files: scan.files.count)
    var taken: [(file: InboxFile, memory: UploadMemory?)] = []
    try ledger.transaction { () throws(LedgerFailure) in
      try ledger.setFact(Self.clockFact, reading.text)
      for file in scan.files {
        let memory = memories.removeValue(forKey: file.path)
        if let id = memory?.assetID, busy.contains(id) { continue }
        switch settling.answer(file, memory) {
        case .unchanged:
          if let memory, let id = memory.assetID, let gist = assets[id] {
            look.queued += try keep(file, memory, gist) ? 1 : 0
          }
        case .waits(let time):
          look.waitMilliseconds = min(look.waitMilliseconds ?? time, time)
          try ledger.remember(settling.remembered(file, memory))
        case .settled: taken.append((file, memory))
        }
      }
    }
    look.queued += try take(taken, settling, &look)
    // A disk that is not mounted is no reason to give everything up.
    if scan.isComplete { try gone(memories.values.sorted { $0.path < $1.path }, busy) }
    return look
  }

  // MARK: What is as it was

  /// The file is unchanged; its asset may be outdated, or ready and the file not yet put away. True when it was queued.
  private func keep(
    _ file: InboxFile, _ memory: UploadMemory, _ gist: AssetGist
  ) throws(LedgerFailure) -> Bool {
    guard gist.status == .ready, memory.state == .known else { return false }
    let recipe = try? recipes.recipe(
      id: gist.id, creator: gist.creator, ladder: recipes.ladder(gist.ladder, beside: file.path),
      maxHeight: gist.maxHeight, maxBitrate: gist.maxBitrate,
      beside: RecipeBook.beside(captions: gist.captions, files: file.beside))
    let isOutdated = recipe?.full != gist.recipe
    if isOutdated, settings.refreshes { return try ledger.retry(gist.id, now: clock.now()) }
    if isOutdated != gist.isOutdated { try ledger.setOutdated(isOutdated, gist.id) }
    if !isOutdated { done.putAway(file) }
    return false
  }

  /// The upload of an asset that has just come to be ready.
  func putAway(_ asset: AssetRecord) throws {
    guard settings.done != .keep, let memory = try ledger.upload(asset.source), memory.state == .known,
      let stamp = FileStamp.of(asset.source), stamp.text == memory.stamp
    else { return }
    done.putAway(
      InboxFile(
        name: String(asset.source.dropFirst(settings.inbox.count + 1)), path: asset.source, stamp: stamp,
        sidecar: nil, beside: memory.beside, changedNanoseconds: stamp.changedNanoseconds))
  }

  // MARK: What is new

  private func take(
    _ files: [(file: InboxFile, memory: UploadMemory?)], _ settling: Settling, _ look: inout Look
  ) throws -> Int {
    var found: [Found] = []
    // The oldest first: in this order they stay.
    for (file, memory) in files.sorted(by: {
      ($0.file.stamp.modifiedNanoseconds, $0.file.path) < ($1.file.stamp.modifiedNanoseconds, $1.file.path)
    }) {
      if OpenWriters.has(file.path) {
        look.waitMilliseconds = min(
          look.waitMilliseconds ?? settings.settleMilliseconds, settings.settleMilliseconds)
        try ledger.remember(
          UploadMemory(
            path: file.path, assetID: memory?.assetID, stamp: file.stamp.text, beside: file.beside,
            state: .arriving,
            seenMilliseconds: settling.clock.steady, boot: settling.clock.boot))
      } else {
        found.append(try read(file, memory))
      }
    }
    try score(&found)
    return try ledger.transaction { () throws(LedgerFailure) in
      var queued = 0
      for upload in found { queued += try record(upload) ? 1 : 0 }
      return queued
    }
  }

  /// An upload with what its sidecar says, or what is wrong with it.
  struct Found {
    var file: InboxFile
    var memory: UploadMemory?
    var upload: Upload
    var fault: JobFailure?
  }

  private func read(_ file: InboxFile, _ memory: UploadMemory?) throws -> Found {
    let ownID = AssetID.slug(
      stem: (file.name as NSString).deletingPathExtension, hash: try RecipeBook.hash(file.name))
    var found = Found(
      file: file, memory: memory, upload: Upload(id: ownID, source: file.path, bytes: file.stamp.bytes))
    var sidecar = UploadSidecar()
    if let path = file.sidecar {
      do throws(UploadSidecar.Failure) {
        let data = FileManager.default.contents(atPath: path)
        guard let data else {
          throw UploadSidecar.Failure(message: "it cannot be read; check its permissions")
        }
        sidecar = try UploadSidecar.parse([UInt8](data), isID: AssetID.isValid)
      } catch {
        let name = (path as NSString).lastPathComponent
        found.fault = JobFailure(
          reason: "\(name): \(error.message); correct it", code: "sidecar", isRetryable: false)
        return found
      }
    }
    found.upload.id = sidecar.id ?? ownID
    found.upload.creator = sidecar.creator ?? settings.planning.creator
    found.upload.title = sidecar.title
    found.upload.ladder = sidecar.ladder
    found.upload.maxHeight = sidecar.maxHeight
    found.upload.captions = sidecar.captionsText
    found.upload.policy.priority = sidecar.priority ?? 0
    // A ceiling that somebody set by hand stays.
    if let kept = try ledger.policy(of: found.upload.id) {
      found.upload.policy.maxBitrate = kept.maxBitrate
      found.upload.policy.cacheHint = kept.cacheHint
    }
    return found
  }

  private func score(_ found: inout [Found]) throws {
    guard let command = settings.scoreCommand, !found.isEmpty else { return }
    let scores = ScoreCommand.run(command, found.map(\.upload), log)
    for (index, score) in zip(found.indices, scores) { score?.apply(to: &found[index].upload) }
  }

  /// One upload into the ledger. True when it was queued.
  private func record(_ found: Found) throws(LedgerFailure) -> Bool {
    var found = found
    let now = clock.now()
    let old = try found.memory?.assetID.flatMap { (id) throws(LedgerFailure) in try ledger.asset(id) }
    if found.fault == nil { found.fault = try conflict(found) }
    if found.fault == nil {
      do throws(CommandFailure) {
        found.upload.assetKey = try recipe(found.upload, found.file.beside).assetKey
      } catch {
        found.fault = JobFailure(reason: error.line, code: "ladder", isRetryable: false)
      }
    }
    let isSameFile = found.memory?.stamp == found.file.stamp.text && found.memory?.assetID == found.upload.id
    var isQueued = true
    if let fault = found.fault {
      if fault.code == "id" {
        // Under a name that is nobody's: of its path in the inbox, or of its whole path.
        found.upload.id = found.ownID
        if try conflict(found) != nil { found.upload.id = found.lastID }
      }
      try ledger.reject(found.upload, fault, isNewVersion: !isSameFile, now: now)
      log.warning("\(fault.reason)", item: found.file.name)
      isQueued = false
    } else if isSameFile, let old, old.status == .ready {
      isQueued = try changeBeside(found, old)
    } else {
      try ledger.enqueue(found.upload, isNewVersion: !isSameFile, now: now)
    }
    try ledger.remember(
      UploadMemory(
        path: found.file.path, assetID: found.upload.id, stamp: found.file.stamp.text,
        beside: found.file.beside,
        state: .known))
    // Its sidecar gives it another id now: what never came to be under the old one goes.
    if let old, old.id != found.upload.id, old.publishedAt == nil, old.status != .processing {
      try ledger.remove(old.id)
    }
    return isQueued
  }

  /// The file is the one that was made; what lies beside it is not.
  private func changeBeside(_ found: Found, _ old: AssetRecord) throws(LedgerFailure) -> Bool {
    try ledger.describe(found.upload)
    let isOutdated = (try? recipe(found.upload, found.file.beside))?.full != old.recipe
    if isOutdated, settings.refreshes { return try ledger.retry(old.id, now: clock.now()) }
    try ledger.setOutdated(isOutdated, old.id)
    return false
  }

  private func recipe(_ upload: Upload, _ beside: String) throws(CommandFailure) -> RecipeBook.Recipe {
    try recipes.recipe(
      id: upload.id, creator: upload.creator, ladder: recipes.ladder(upload.ladder, beside: upload.source),
      maxHeight: upload.maxHeight, maxBitrate: upload.policy.maxBitrate,
      beside: RecipeBook.beside(captions: upload.captions, files: beside))
  }

  /// Another upload that lies there has this id.
  private func conflict(_ found: Found) throws(LedgerFailure) -> JobFailure? {
    guard let other = try ledger.asset(found.upload.id), other.source != found.file.path,
      FileStamp.of(other.source) != nil
    else { return nil }
    return JobFailure(
      reason: "the id \(found.upload.id) belongs to \(other.source); give another one in its sidecar",
      code: "id",
      isRetryable: false)
  }

  // MARK: What is gone

  /// Files that were there and are not any more. What was not made of them cannot be.
  private func gone(_ memories: [UploadMemory], _ busy: Set<String>) throws {
    for memory in memories {
      guard let id = memory.assetID, let asset = try ledger.asset(id) else {
        try ledger.forgetUpload(memory.path)
        continue
      }
      if busy.contains(id) { continue }
      if asset.status != .ready, asset.source == memory.path {
        let made = try standing(asset, memory)
        // What the bucket lacks of it is in the tree: its job goes on with that, and needs no upload.
        if made != nil, settings.publishing != nil { continue }
        if try made.map({ try ledger.adopt(id, $0, now: clock.now()) }) != true {
          try ledger.drop(
            id, JobFailure(reason: "the upload was taken out of the inbox", code: "gone", isRetryable: false))
        }
      }
      try ledger.forgetUpload(memory.path)
    }
  }

  /// The asset stands in the tree: a batch was killed before it wrote that down, or before the bucket had it.
  private func standing(_ asset: AssetRecord, _ memory: UploadMemory) throws -> FinishedJob? {
    guard asset.failureCode == nil || asset.isRetryable || asset.failureCode == JobStage.publish.rawValue,
      let recipe = try? recipes.recipe(
        id: asset.id, creator: asset.creator, ladder: recipes.ladder(asset.ladder, beside: asset.source),
        maxHeight: asset.maxHeight, maxBitrate: try ledger.policy(of: asset.id)?.maxBitrate,
        beside: RecipeBook.beside(captions: asset.captions, files: memory.beside))
    else { return nil }
    return try FinishedAsset.read(tree, recipe, of: asset)
  }
}

extension BatchInbox.Found {
  /// The id that comes from the path alone.
  var ownID: String { id(of: file.name) }
  /// For one of two inboxes that have the same path in them.
  var lastID: String { id(of: file.path) }

  private func id(of path: String) -> String {
    AssetID.slug(
      stem: (file.name as NSString).deletingPathExtension, hash: (try? RecipeBook.hash(path)) ?? "")
  }
}
