internal import Batching
internal import Foundation
internal import Synchronization

/// Who hears what a batch does: `--metrics` and `--notify`. A command line in; the batch's observers out.
struct BatchListeners {
  static let metrics = OptionDeclaration(
    name: "--metrics", value: .text("FILE"),
    help: "where to write numbers for Prometheus (node_exporter's textfile collector)")
  static let notify = OptionDeclaration(
    name: "--notify", value: .text("COMMAND"),
    help: "gets each asset that is ready or failed as JSON on its standard input")
  static let options = [metrics, notify]

  private let file: MetricsFile?
  private let queue: NotifyQueue?

  init(_ invocation: Invocation, _ shell: Shell) throws(CommandFailure) {
    file = invocation.text(Self.metrics).map { MetricsFile($0, shell.log) }
    if let command = invocation.text(Self.notify) {
      queue = NotifyQueue(try NotifyCommand(command), shell)
    } else {
      queue = nil
    }
  }

  var observers: [any BatchObserver] {
    let all: [(any BatchObserver)?] = [file, queue]
    return all.compactMap { $0 }
  }

  /// Returns when all is told; soon, if the batch was interrupted.
  func finish() { queue?.finish() }
}

/// Writes the metrics again and again, and says once when it cannot.
final class MetricsFile: BatchObserver {
  private let file: String
  private let log: Log
  private var isTold = false

  init(_ file: String, _ log: Log) {
    self.file = file
    self.log = log
  }

  /// The next tick is near.
  func changed(_ asset: AssetRecord, _ ledger: Ledger) {}

  func tick(_ ledger: Ledger) {
    do throws(CommandFailure) { try Metrics.write(ledger, to: file) } catch {
      if !isTold { log.warning(error.line) }
      isTold = true
    }
  }
}

/// Tells a command about assets, one after another on a thread of its own, so that a slow command holds up no upload.
/// Each is told once; what goes wrong is a warning, since the asset is what it is.
final class NotifyQueue: BatchObserver, Sendable {
  private struct State {
    var waiting: [(id: String, message: String)] = []
    var isRunning = false
    var isAbandoned = false
  }

  /// After an interruption the rest has this long: the process is gone within a second.
  private static let grace = 0.3
  private let command: NotifyCommand
  private let log: Log
  private let cancellation: Cancellation
  private let state = Mutex(State())

  init(_ command: NotifyCommand, _ shell: Shell) {
    self.command = command
    log = shell.log
    cancellation = shell.cancellation
  }

  func tick(_ ledger: Ledger) {}

  func changed(_ asset: AssetRecord, _ ledger: Ledger) {
    do throws(LedgerFailure) {
      guard [.ready, .failed].contains(asset.status),
        let report = try AssetStatusReport(ledger, asset.id, now: TreeLedger.now)
      else { return }
      add(asset.id, NotifyCommand.message(report).compact + "\n")
    } catch {
      log.warning("--notify was not told of it: \(error.description)", item: asset.id)
    }
  }

  private func add(_ id: String, _ message: String) {
    let starts = state.withLock { state in
      state.waiting.append((id, message))
      defer { state.isRunning = true }
      return !state.isRunning
    }
    guard starts else { return }
    Thread { self.drain() }.start()
  }

  private func drain() {
    while let next = next() {
      do throws(CommandFailure) {
        try command.run(next.message, isAbandoned: { self.state.withLock { $0.isAbandoned } })
      } catch {
        log.warning("--notify was not told of it: \(error.line)", item: next.id)
      }
    }
  }

  /// nil when there is nothing more to tell: then the thread ends.
  private func next() -> (id: String, message: String)? {
    state.withLock { state in
      guard !state.waiting.isEmpty, !state.isAbandoned else {
        state.isRunning = false
        return nil
      }
      return state.waiting.removeFirst()
    }
  }

  func finish() {
    var end: ContinuousClock.Instant?
    while state.withLock({ $0.isRunning }) {
      if cancellation.isCancelled, end == nil { end = .now + .seconds(Self.grace) }
      if let end, ContinuousClock.now >= end { state.withLock { $0.isAbandoned = true } }
      Thread.sleep(forTimeInterval: 0.01)
    }
    let untold = state.withLock { $0.waiting.map(\.id) }
    if !untold.isEmpty {
      log.warning("--notify was not told of \(Human.count(untold.count, "asset")): the batch was interrupted")
    }
  }
}
