internal import Synchronization

/// Brings assets of a tree into a bucket, and out of it again. Media goes up first, then what leads to it, the master
/// and asset.json last, each stage when the one before it is all there; what a replaced asset had and the new one has
/// not is deleted once the grace is over. At every moment in between a viewer finds the old asset or the new one.
///
/// Whoever calls holds the tree's lock of the asset.
package final class Publisher: Sendable {
  private let options: PublishOptions
  private let client: S3Client
  private let memory: any PublishMemory
  private let observer: PublishObserver
  private let stop: StopFlag
  /// Seconds since 1970.
  private let now: @Sendable () -> Int64
  package let target: String

  package init(
    settings: StoreSettings, options: PublishOptions, memory: any PublishMemory,
    observer: PublishObserver = PublishObserver(), stop: StopFlag = StopFlag(),
    now: @escaping @Sendable () -> Int64
  ) throws(PublishFailure) {
    self.options = options
    self.memory = memory
    self.observer = observer
    self.stop = stop
    self.now = now
    target = settings.endpoint.name(options.address)
    client = try S3Client(
      bucket: options.address.bucket, settings: settings, connections: options.parallel,
      stallSeconds: options.stallSeconds, rule: options.retry, stop: stop)
  }

  /// Breaks off what is on its way; from any thread.
  package func interrupt() {
    stop.stop()
    client.close()
  }

  /// Requests that had to be sent again.
  package var retries: Int { client.retries }

  private func context(_ id: String) -> PublishContext {
    PublishContext(
      id: id, client: client, options: options, target: target, memory: memory, observer: observer, stop: stop
    )
  }

  /// Makes the bucket hold `asset`. `isInTree` tells of other assets' ids whether they are still there: one whose
  /// places this asset took (`media/current/…`) and that is gone goes from the bucket too.
  package func publish(
    _ asset: PublishAsset, isInTree: (String) -> Bool = { _ in true }
  ) throws(PublishFailure) -> PublishSummary {
    let context = context(asset.id)
    var summary = PublishSummary(id: asset.id)
    var remembered = try remember { try memory.objects(of: asset.id, at: target) }
    let taken = try takenOver(asset, remembered, isInTree)
    if options.checks { remembered = try check(asset, remembered, context, &summary) }
    var plan = PublishPlan(asset, remembered: remembered)
    plan.left += taken
    for row in plan.abandoned { try abandon(row, context) }
    if !plan.revived.isEmpty { try remember { try memory.remember(plan.revived, at: target) } }
    try settle(&plan, context)
    summary.unchanged = plan.unchanged + plan.revived.count
    summary.uploaded = plan.uploads.count
    summary.uploadedBytes = plan.uploads.reduce(0) { $0 &+ $1.bytes }
    observer.planned(plan.uploads.count, summary.uploadedBytes)
    try upload(plan, remembered, context)
    summary.retired = plan.left.count
    try retire(plan.left)
    return summary
  }

  private func remember<Value>(_ body: () throws -> Value) throws(PublishFailure) -> Value {
    do { return try body() } catch { throw .remembering(error) }
  }

  // MARK: What is there already

  /// Objects of other assets, gone from the tree, at whose keys this asset's stand now.
  private func takenOver(
    _ asset: PublishAsset, _ remembered: [RememberedObject], _ isInTree: (String) -> Bool
  ) throws(PublishFailure) -> [RememberedObject] {
    let known = Set(remembered.map(\.key))
    let wanted = asset.objects.map(\.key)
    let new = wanted.filter { !known.contains($0) }
    guard !new.isEmpty else { return [] }
    let others = try remember { try memory.objects(withKeys: new, at: target) }
    let keys = Set(wanted)
    var left: [RememberedObject] = []
    for id in Set(others.map(\.id)).sorted() where id != asset.id && !isInTree(id) {
      left += try remember { try memory.objects(of: id, at: target) }
        .filter { !keys.contains($0.key) && ($0.state == .there || $0.state == .sending) }
    }
    return left
  }

  /// Asks about every object, and gives what is to be remembered after that.
  private func check(
    _ asset: PublishAsset, _ remembered: [RememberedObject], _ context: PublishContext,
    _ summary: inout PublishSummary
  ) throws(PublishFailure) -> [RememberedObject] {
    let found = Findings()
    try context.run(
      asset.objects.map { AskTask(object: $0, isStrict: true, context: context, found: found) })
    let same = asset.objects.filter { found[$0.key] == .same }.map { $0.remembered(of: asset.id, .there) }
    summary.differing = asset.objects.map(\.key).filter { found[$0] != .same }
    if !same.isEmpty { try remember { try memory.remember(same, at: target) } }
    let settled = Set(same.map(\.key))
    let wanted = Set(asset.objects.map(\.key))
    let rest = remembered.filter { row in
      // An upload in parts may still be gone on with.
      !settled.contains(row.key) && (!wanted.contains(row.key) || row.upload != nil)
    }
    let known = Set(remembered.map(\.key)).union(wanted)
    if let folder = asset.objects.last?.key.split(separator: "/").dropLast().joined(separator: "/"),
      !folder.isEmpty
    {
      let inside = context.key(folder) + "/"
      summary.unknown = try client.list(inside)
        .map {
          options.address.prefix.isEmpty ? $0.key : String($0.key.dropFirst(options.address.prefix.count + 1))
        }
        .filter { !known.contains($0) }
    }
    return same + rest
  }

  /// Asks about what an earlier run sent and did not live to write down.
  private func settle(_ plan: inout PublishPlan, _ context: PublishContext) throws(PublishFailure) {
    guard !plan.unsure.isEmpty else { return }
    let found = Findings()
    try context.run(
      plan.unsure.map { AskTask(object: $0, isStrict: true, context: context, found: found) })
    let same = plan.unsure.filter { found[$0.key] == .same }
    try remember { try memory.remember(same.map { $0.remembered(of: context.id, .there) }, at: target) }
    for object in same { observer.arrived(object.key, false) }
    plan.unchanged += same.count
    plan.uploads += plan.unsure.filter { found[$0.key] != .same }
    plan.unsure = []
  }

  private func abandon(_ row: RememberedObject, _ context: PublishContext) throws(PublishFailure) {
    guard let ticket = row.upload.flatMap(MultipartUpload.Ticket.init) else { return }
    try client.abortUpload(context.key(row.key), ticket.id)
    var row = row
    row.upload = nil
    try remember { [row] in try memory.remember([row], at: target) }
  }

  // MARK: Up

  private func upload(
    _ plan: PublishPlan, _ remembered: [RememberedObject], _ context: PublishContext
  ) throws(PublishFailure) {
    let known = Dictionary(remembered.map { ($0.key, $0) }) { first, _ in first }
    for stage in PublishStage.allCases {
      let objects = plan.uploads.filter { $0.stage == stage }
      guard !objects.isEmpty else { continue }
      try observer.before(.stage(stage))
      let upcoming = objects.map { object in
        let row = known[object.key].flatMap { $0.has(contentOf: object) ? $0 : nil }
        return object.remembered(of: context.id, .sending, upload: row?.upload)
      }
      let scribe = Scribe(memory, target: target, upcoming: upcoming)
      let tasks = objects.enumerated().map { index, object in
        UploadTask(object: object, index: index, scribe: scribe, context: context, known: known[object.key])
      }
      do throws(PublishFailure) {
        try context.run(tasks)
        try scribe.finish()
      } catch {
        // What arrived did arrive; the failure to be told is the first.
        try? scribe.finish()
        if !error.isTemporary, error != .cancelled {
          for upload in context.open.withLock({ $0 }) { try? upload.abort() }
        }
        throw error
      }
    }
  }

  // MARK: Away

  private func retire(_ rows: [RememberedObject]) throws(PublishFailure) {
    guard !rows.isEmpty else { return }
    try observer.before(.retire)
    let time = now() &+ options.graceSeconds
    let retired = rows.map { row in
      var row = row
      (row.state, row.removeAfter, row.upload) = (.retired, time, nil)
      return row
    }
    try remember { try memory.remember(retired, at: target) }
  }

  /// The assets that have objects whose time is over: `sweep` each, under its lock.
  package func assetsToSweep() throws(PublishFailure) -> [String] {
    try remember { try memory.assetsToSweep(at: target, now: now()) }
  }

  /// Deletes an asset's objects whose time is over, and gives how many.
  package func sweep(_ id: String) throws(PublishFailure) -> Int {
    let time = now()
    let due = try remember { try memory.objects(of: id, at: target) }.filter {
      $0.state == .removing || ($0.state == .retired && ($0.removeAfter ?? 0) <= time)
    }
    try delete(due, context(id))
    return due.count
  }

  /// Takes an asset out of the bucket: `asset.json` and the master first, the media last. How many objects went.
  package func withdraw(_ id: String) throws(PublishFailure) -> Int {
    let rows = try remember { try memory.objects(of: id, at: target) }
    for stage in PublishStage.allCases.reversed() {
      try delete(rows.filter { $0.stage == stage }, context(id))
    }
    return rows.count
  }

  /// What is being deleted is not counted on any more, even if the run ends in between.
  private func delete(_ rows: [RememberedObject], _ context: PublishContext) throws(PublishFailure) {
    guard !rows.isEmpty else { return }
    let removing = rows.map { row in
      var row = row
      row.state = .removing
      return row
    }
    try remember { try memory.remember(removing, at: target) }
    try context.run(removing.map { DeleteTask(row: $0, context: context) })
    try observer.before(.forget)
    try remember { try memory.forget(removing.map(\.key), at: target) }
  }
}
