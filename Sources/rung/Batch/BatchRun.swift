internal import Batching
internal import Foundation
internal import Isolating
internal import Storing

/// Somebody who hears what a batch does: `--metrics`, `--notify`. On the batch's own thread, which waits for it.
protocol BatchObserver {
  /// An asset became `ready` or `failed`; retries that are still to come included.
  func changed(_ asset: AssetRecord, _ ledger: Ledger)
  /// Every few seconds, and at the end.
  func tick(_ ledger: Ledger)
}

/// One batch, from taking the lock to the last upload that can be made now: the inbox and the ledger in, assets and an
/// exit code out. One thread does it all: it looks at the inbox, starts children, waits for their lines, and writes
/// down what came of them.
final class BatchRun {
  private static let pollMilliseconds: Int32 = 200
  private static let lookInterval: Int64 = 30_000
  private static let tickInterval: Int64 = 2000

  private let settings: BatchSettings
  private let shell: Shell
  private let tree: Tree
  private let ledger: Ledger
  private let clock: BatchClock
  private let recipes: RecipeBook
  private let inbox: BatchInbox
  private let children: JobStarter
  private let observers: [any BatchObserver]
  private var slots: [JobSlot] = []
  /// Their children are through; what came of it is not yet written down.
  private var finished: [JobSlot] = []
  private var noRoom: String?
  private var ready = 0
  private var failed = 0
  private var lastLook: Int64 = 0
  private var lastTick: Int64 = 0

  /// Waits for, or leaves the work to, whoever has the lock; then runs.
  static func start(
    _ settings: BatchSettings, _ shell: Shell, clock: BatchClock = .system(),
    observers: [any BatchObserver] = []
  ) throws -> ExitCode {
    let recipes = RecipeBook(settings)
    // What is wrong with the batch's own ladder is said before anything is made.
    _ = try recipes.recipe(
      id: "id", creator: "creator", ladder: settings.planning.ladder, maxHeight: nil, maxBitrate: nil,
      beside: "")
    let tree = try Tree.open(settings.tree)
    guard !(settings.inbox + "/").hasPrefix(tree.root + "/") else {
      throw CommandFailure(
        settings.inbox, "lies in the tree", advice: "keep uploads outside of it", exit: .usage)
    }
    guard let lock = try takeLock(tree, settings, shell, clock) else { return .done }
    defer { withExtendedLifetime(lock) {} }
    let ledger = try Ledger.open(inTree: tree.root)
    return try BatchRun(settings, shell, tree, ledger, recipes, clock, observers).run()
  }

  private static func takeLock(
    _ tree: Tree, _ settings: BatchSettings, _ shell: Shell, _ clock: BatchClock
  ) throws -> BatchLock? {
    var isTold = false
    while true {
      let owner = BatchLock.owner(now: clock.now())
      let outcome: BatchLock.Outcome
      do throws(BatchLock.Failure) { outcome = try BatchLock.acquire(inTree: tree.root, owner: owner) } catch
      {
        guard case .cannotOpen(let path, let code) = error else { throw error }
        throw CommandFailure.system(path, "cannot be locked", errno: code)
      }
      switch outcome {
      case .acquired(let lock): return lock
      case .held(let by):
        let then = settings.waits ? "waiting for it" : "leaving the work to it"
        if !isTold { shell.log.info("a batch is at work already (\(by)); \(then)", item: tree.root) }
        isTold = true
        guard settings.waits else { return nil }
        try shell.cancellation.check()
        Thread.sleep(forTimeInterval: 0.2)
      }
    }
  }

  private init(
    _ settings: BatchSettings, _ shell: Shell, _ tree: Tree, _ ledger: Ledger, _ recipes: RecipeBook,
    _ clock: BatchClock, _ observers: [any BatchObserver]
  ) {
    self.settings = settings
    self.shell = shell
    self.tree = tree
    self.ledger = ledger
    self.clock = clock
    self.recipes = recipes
    self.observers = observers
    inbox = BatchInbox(settings, tree, ledger, recipes, clock, shell.log)
    children = JobStarter(settings, tree, shell, recipes)
  }

  private func run() throws -> ExitCode {
    let now = clock.now()
    try ledger.beginBatch(now: now)
    // Whoever ran these is dead, or the lock were not ours.
    for stopped in try ledger.runningJobs() { try ledger.putBack(stopped.job) }
    try ledger.releaseWaiting(for: nil)
    try tree.recover()
    do {
      try work()
    } catch {
      shell.workers.close()
      slots = []
      throw error
    }
    try stop()
    try sweep()
    try ledger.endBatch()
    for observer in observers { observer.tick(ledger) }
    return try end()
  }

  // MARK: The loop

  private func work() throws {
    var look = try lookAround()
    var isLastWait = false
    var hasWorked = false
    while !shell.cancellation.isCancelled {
      try fill()
      hasWorked = hasWorked || !slots.isEmpty
      if slots.isEmpty {
        if noRoom != nil || !hasWorked && look.waitMilliseconds == nil { return }
        // Files may have come, or settled, since the last look.
        look = try lookAround()
        let next = try ledger.nextJob()
        if look.queued > 0 || next != nil { isLastWait = false; continue }
        // Uploads that somebody writes to for hours are left to the next batch.
        guard let wait = look.waitMilliseconds, !isLastWait else { return }
        isLastWait = true
        pause(wait)
        continue
      }
      try listen()
      if clock.steady() - lastLook > Self.lookInterval { look = try lookAround() }
      try tick()
    }
  }

  private func lookAround() throws -> BatchInbox.Look {
    let look = try inbox.look(busy: Set(slots.map(\.work.asset.id)))
    lastLook = clock.steady()
    return look
  }

  private func pause(_ milliseconds: Int64) {
    let end = clock.steady() &+ min(milliseconds &+ 10, 3_600_000)
    while !shell.cancellation.isCancelled, clock.steady() < end { Thread.sleep(forTimeInterval: 0.05) }
  }

  private func fill() throws {
    if let due = try ledger.nextDue() {
      let now = clock.now()
      if due <= now || due > now &+ RetryPolicy.longestDelay {
        try ledger.releaseDue(now: now, longestBackoff: RetryPolicy.longestDelay)
      }
    }
    let rules = SlotRules(jobs: children.share.jobs, ledger: ledger)
    if noRoom == nil, let lent = try rules.lent(of: slots) {
      lent.child.terminate()
      slots.removeAll { $0 === lent }
      try ledger.putBack(lent.work.job)
      shell.log.info("goes on later: shorter uploads come first", item: name(lent.work.asset))
    }
    while slots.count < children.share.jobs, noRoom == nil, !shell.cancellation.isCancelled,
      let next = try rules.next(beside: slots)
    {
      switch try children.start(
        next, policy: ledger.policy(of: next.asset.id), memory: ledger.upload(next.asset.source),
        now: clock.steady())
      {
      case .started(let slot):
        try ledger.start(next.job, pid: Int(slot.child.pid), now: clock.now())
        if slot.stage == .publish { try ledger.advance(next.job, stage: .publish, progress: 0) }
        slots.append(slot)
      case .refused(let failure):
        try ledger.start(next.job, pid: 0, now: clock.now())
        try fail(next, failure)
      }
    }
  }

  private func listen() throws {
    var polled = slots.map {
      pollfd(fd: $0.child.isSilent ? -1 : $0.child.descriptor, events: Int16(POLLIN), revents: 0)
    }
    // One that is silent has ended, or is about to.
    let wait = slots.contains { $0.child.isSilent } ? 1 : Self.pollMilliseconds
    _ = unsafe poll(&polled, nfds_t(polled.count), wait)
    guard !shell.cancellation.isCancelled else { return }
    for slot in slots {
      let before = (slot.stage, slot.progress)
      for line in slot.child.readLines() {
        if let event = slot.take(line, now: clock.steady()) { try handle(event, slot) }
      }
      slot.watch(now: clock.steady())
      if before.0 != slot.stage {
        try ledger.advance(slot.work.job, stage: slot.stage, progress: slot.progress)
      }
      if slot.verdict != nil || slot.child.isSilent { try settle(slot) }
    }
    try finishAll()
  }

  /// The next uploads are at work while the ledger, the observers and the inbox hear of the last ones.
  private func finishAll() throws {
    guard !finished.isEmpty else { return }
    let filling = Result { try fill() }
    let done = finished
    finished = []
    for slot in done { try finish(slot) }
    try filling.get()
  }

  private func tick() throws {
    let now = clock.steady()
    guard now - lastTick >= Self.tickInterval else { return }
    lastTick = now
    for slot in slots where slot.progress > 0 {
      try ledger.advance(slot.work.job, stage: slot.stage, progress: slot.progress)
    }
    for observer in observers { observer.tick(ledger) }
  }

  // MARK: What children say

  private func handle(_ line: JobLine, _ slot: JobSlot) throws {
    let id = slot.work.asset.id
    switch line.event {
    case JobEvent.source:
      guard let sha256 = line.sha256, slots.contains(where: { $0 === slot }) else { return }
      try ledger.setHash(sha256, of: id)
      if let length = line.duration_ms { try ledger.setDuration(length, of: id) }
      let same = try ledger.assets(sha256: sha256).filter { $0.id != id }
      let busy = slots.first { other in
        other !== slot && other.sha256 == sha256 && other.recipe.media == slot.recipe.media
      }
      if let busy {
        // It is being made this moment: its objects will do for this one.
        slot.child.terminate()
        slots.removeAll { $0 === slot }
        try ledger.putBack(slot.work.job, waitingFor: busy.work.asset.id)
        return
      }
      let twin = same.first { $0.status == .ready && $0.recipe?.hasPrefix(slot.recipe.media) == true }
      _ = slot.child.send(
        JobAnswer.line(twin.map { TwinOffer(id: $0.id, creator: $0.creator ?? settings.planning.creator) }))
    // What FFmpeg has to say of a damaged upload; its failure, if it is one, is said in any case.
    case "warning" where shell.log.isAsked:
      shell.log.warning(line.message ?? "", item: line.item ?? slot.work.asset.source)
    default: break
    }
  }

  /// The child has said all that it will say.
  private func settle(_ slot: JobSlot) throws {
    guard slots.contains(where: { $0 === slot }) else { return }
    let outcome: JobOutcome
    if let verdict = slot.verdict {
      outcome = .failed(verdict)
    } else if let end = slot.child.ended() {
      outcome =
        slot.stage == .publish
        ? .publishing(end, failure: slot.failure, lastWords: slot.lastWords)
        : JobOutcome(end, failure: slot.failure, lastWords: slot.lastWords)
    } else {
      return
    }
    if outcome == .done, slot.stage != .publish, let publishing = settings.publishing,
      !shell.cancellation.isCancelled
    {
      return try publish(slot, publishing)
    }
    slots.removeAll { $0 === slot }
    // Ended together with this process.
    guard !shell.cancellation.isCancelled else { return try ledger.putBack(slot.work.job) }
    switch outcome {
    case .done: finished.append(slot)
    case .failed(let failure): try fail(slot.work, failure)
    case .noRoom(let reason):
      try ledger.putBack(slot.work.job)
      noRoom = reason
    }
  }

  /// The asset stands in the tree, and is ready once the bucket has all of it too.
  private func publish(_ slot: JobSlot, _ publishing: BatchPublishing) throws {
    do throws(WorkerFailure) {
      slot.publish(with: try publishing.start(slot.work.asset.id, tree, shell), now: clock.steady())
    } catch {
      throw CommandFailure(error, source: slot.work.asset.source)
    }
    try ledger.advance(slot.work.job, stage: .publish, progress: 0)
  }

  private func finish(_ slot: JobSlot) throws {
    let work = slot.work
    guard var made = try FinishedAsset.read(tree, slot.recipe) else {
      return try fail(
        work,
        JobFailure(
          reason: "the asset is not in the tree; look at the disk", code: "missing", isRetryable: true))
    }
    made.milliseconds = slot.times
    made.totalMilliseconds = slot.totalMilliseconds
    try ledger.finish(work.job, made, now: clock.now())
    ready += 1
    let took = slot.totalMilliseconds.map { " in \(Human.clock(milliseconds: $0))" } ?? ""
    shell.log.info("ready as \(work.asset.id)\(took)", item: name(work.asset))
    try tell(work.asset.id)
    try inbox.putAway(work.asset)
  }

  private func fail(_ work: LedgerJob, _ failure: JobFailure) throws {
    let crashes = work.asset.crashes + (failure.code == JobFailure.crash ? 1 : 0)
    let verdict = settings.retries.verdict(
      failure, attempt: work.job.attempt, crashes: crashes, now: clock.now())
    try ledger.fail(work.job, verdict.failure, retryAt: verdict.retryAt, now: clock.now())
    if verdict.retryAt == nil { failed += 1 }
    let next = verdict.retryAt.map {
      "; tried again in \(Human.clock(milliseconds: max(0, $0 - clock.now()) * 1000))"
    }
    shell.log.warning(verdict.failure.reason + (next ?? ""), item: name(work.asset))
    try tell(work.asset.id)
  }

  private func tell(_ id: String) throws {
    guard !observers.isEmpty, let asset = try ledger.asset(id) else { return }
    for observer in observers { observer.changed(asset, ledger) }
  }

  private func name(_ asset: AssetRecord) -> String {
    let prefix = settings.inbox + "/"
    return asset.source.hasPrefix(prefix) ? String(asset.source.dropFirst(prefix.count)) : asset.source
  }

  // MARK: The end

  /// Whatever still runs is ended and goes back into the queue; what it has encoded stays.
  private func stop() throws {
    for slot in slots { slot.child.terminate() }
    for slot in slots { try ledger.putBack(slot.work.job) }
    slots = []
  }

  /// What was replaced in the bucket and has had its grace. A bucket that is away is no failure of the batch: the next
  /// one does it.
  private func sweep() throws {
    guard let publishing = settings.publishing, !shell.cancellation.isCancelled else { return }
    do {
      let count = try publishing.sweep(tree, shell)
      if count > 0 { shell.log.info("\(Human.count(count, "replaced object")) deleted from the bucket") }
    } catch {
      shell.log.warning(CommandFailure(publishing: error).line)
    }
  }

  private func end() throws -> ExitCode {
    try shell.cancellation.check()
    let counts = try ledger.counts()
    let left = counts.queued + counts.processing
    var parts = ["\(ready) ready", "\(failed) failed"]
    if left > 0 { parts.append("\(left) still to do") }
    let waiting = try ledger.waiting(limit: 1).isEmpty ? "" : "; some are tried again later"
    shell.log.event(
      "batch", parts.joined(separator: ", "), item: nil,
      [
        ("ready", .integer(Int64(ready))), ("failed", .integer(Int64(failed))), ("queued", .integer(left)),
        ("all_ready", .integer(counts.ready)), ("all_failed", .integer(counts.failed)),
        ("outdated", .integer(counts.outdated)),
      ])
    if shell.log.showsSummary, ready + failed > 0 || left > 0 {
      shell.log.console.line("rung: " + parts.joined(separator: ", ") + waiting)
    }
    if let noRoom {
      throw CommandFailure(
        nil, "the batch stopped: \(noRoom)", advice: "nothing is lost: the next batch goes on from here",
        exit: .temporary, cause: .disk)
    }
    return .done
  }
}
