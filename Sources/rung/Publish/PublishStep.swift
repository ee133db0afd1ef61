internal import Batching
internal import Foundation
internal import Media
internal import Publishing
internal import Storing

/// Publishes assets of one tree, each under its lock: ids in, what became of each out. Composes what `Storing` knows of
/// the tree, the ledger and the publisher; `rung publish` and a batch's `publish` stage share it.
final class PublishStep: Sendable {
  private let tree: Tree
  private let publisher: Publisher
  private let gzips: Bool
  private let log: Log
  let address: BucketAddress
  private let progress: ByteProgress

  init(
    tree: Tree, settings: StoreSettings, options: PublishOptions, gzips: Bool, shell: Shell
  ) throws(CommandFailure) {
    self.tree = tree
    self.gzips = gzips
    address = options.address
    log = shell.log
    let memory: LedgerMemory
    do { memory = try LedgerMemory(tree: tree.root) } catch { throw CommandFailure(ledger: error) }
    let progress = ByteProgress(log: shell.log)
    self.progress = progress
    let log = shell.log
    do throws(PublishFailure) {
      publisher = try Publisher(
        settings: settings, options: options, memory: memory,
        observer: PublishObserver(
          planned: { _, bytes in progress.expect(bytes) }, advanced: { progress.advance($0) },
          arrived: { key, wasSent in
            log.event(wasSent ? "uploaded" : "found", key)
          }),
        now: { Int64(Date().timeIntervalSince1970) })
    } catch {
      throw CommandFailure(error)
    }
    shell.cancellation.onCancel { [publisher] in publisher.interrupt() }
  }

  var retries: Int { publisher.retries }

  /// One asset and where a player finds it in the bucket.
  struct Outcome: Sendable {
    var summary: PublishSummary
    var entrance: String
    var milliseconds: Int64
  }

  func publish(_ id: String) throws -> Outcome {
    let began = StepTimes.monotonic()
    let lock = try tree.lock(id)
    defer { withExtendedLifetime(lock) {} }
    guard let listed = try Tree.asset(id, in: tree.root) else {
      throw CommandFailure(id, "the tree has no such asset", advice: "package it first")
    }
    guard case .whole(let summary) = listed.asset else {
      guard case .damaged(let path, let what) = listed.asset else {
        throw CommandFailure(id, "the tree has no such asset", advice: "package it first")
      }
      throw StoreFailure.damagedAsset(id: id, path: path, what: what)
    }
    progress.begin(id)
    defer { progress.finish() }
    let asset = try PublishAsset(
      id: id, root: tree.root, entries: summary.objects, document: listed.key, gzips: gzips)
    let done = try publisher.publish(asset) { [tree] other in
      (try? Tree.asset(other, in: tree.root)) ?? nil != nil
    }
    return Outcome(
      summary: done, entrance: address.text(Self.entrance(asset)),
      milliseconds: Int64(clamping: (StepTimes.monotonic() &- began) / 1_000_000))
  }

  /// What a player opens first: the multivariant playlist, or what stands for it where none is made.
  private static func entrance(_ asset: PublishAsset) -> String {
    let leading = asset.objects.filter { $0.stage == .playlists }
    let first =
      asset.objects.first { $0.stage == .entrance }
      ?? leading.first {
        $0.contentType == ContentType.playlist.rawValue && !$0.key.hasSuffix("iframes.m3u8")
      }
      ?? leading.first { $0.contentType == ContentType.dash.rawValue }
      ?? leading.first { $0.contentType == ContentType.json.rawValue }
    return (first ?? asset.objects.last)?.key ?? ""
  }

  /// Deletes what was replaced and whose grace is over, of every asset that nobody else works on. How many objects.
  func sweep() throws -> Int {
    var count = 0
    for id in try publisher.assetsToSweep() {
      do {
        let lock = try tree.lock(id)
        defer { withExtendedLifetime(lock) {} }
        count += try publisher.sweep(id)
      } catch StoreFailure.busy {
        continue
      }
    }
    return count
  }

  /// Takes an asset out of every bucket that the tree's ledger knows it to be in; keys come from the usual places. The
  /// master goes first and the media last. How many objects.
  static func withdraw(_ lock: AssetLock, from tree: Tree, shell: Shell) throws -> Int {
    let targets: [String]
    do throws(LedgerFailure) {
      targets = try Ledger.openExisting(inTree: tree.root)?.targets(of: lock.id) ?? []
    } catch {
      throw CommandFailure(ledger: error)
    }
    var count = 0
    for name in targets {
      guard let target = PublishTarget(name) else { continue }
      let settings = try StoreSettings(
        endpoint: target.endpoint, region: target.region, environment: ProcessInfo.processInfo.environment)
      let step = try PublishStep(
        tree: tree, settings: settings, options: PublishOptions(address: target.address), gzips: true,
        shell: shell)
      count += try step.publisher.withdraw(lock.id)
    }
    return count
  }
}
