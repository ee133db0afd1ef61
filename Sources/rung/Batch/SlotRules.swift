internal import Batching

/// Who gets a slot: the queue and the jobs that run in, the job to start, or the one to put back, out.
///
/// Of several slots one is for short uploads. While there is none it is lent to a long one, which goes back into the
/// queue as soon as a short one comes: what it has encoded stays in the chunk store, so that little is lost. Priority
/// comes first: nothing waits, or goes back, for an upload of a lower one.
struct SlotRules {
  let jobs: Int
  let ledger: Ledger

  /// The job for a free slot; nil: nothing is queued.
  func next(beside slots: [JobSlot]) throws(LedgerFailure) -> LedgerJob? {
    guard let first = try ledger.nextJob() else { return nil }
    let isLong = LongUploads.holds(bytes: first.asset.bytes, milliseconds: first.asset.durationMilliseconds)
    guard jobs > 1, isLong, slots.count(where: \.isLong) >= jobs - 1 else { return first }
    return try ledger.nextShortJob(priority: first.job.priority) ?? first
  }

  /// The job that makes room for a short upload: the one that was started last, where long ones have all slots.
  func lent(of slots: [JobSlot]) throws(LedgerFailure) -> JobSlot? {
    guard jobs > 1, slots.count >= jobs, slots.allSatisfy(\.isLong), let first = try ledger.nextJob(),
      let short = try ledger.nextShortJob(priority: first.job.priority)
    else { return nil }
    // What is past encoding is soon done.
    return slots.last {
      $0.work.job.priority <= short.job.priority && [.probe, .plan, .encode].contains($0.stage)
    }
  }
}
