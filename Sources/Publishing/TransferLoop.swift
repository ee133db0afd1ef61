internal import CCurl
internal import Foundation
internal import Synchronization

/// A request that somebody waits for.
final class TransferJob: Sendable {
  let request: HTTPRequest
  private let result = Mutex<Result<HTTPAnswer, HTTPFailure>?>(nil)
  private let done = DispatchSemaphore(value: 0)

  init(_ request: HTTPRequest) { self.request = request }

  func finish(_ outcome: Result<HTTPAnswer, HTTPFailure>) {
    result.withLock { $0 = outcome }
    done.signal()
  }

  func wait() -> Result<HTTPAnswer, HTTPFailure> {
    done.wait()
    return result.withLock { $0 } ?? .failure(TransferLoop.cancelled)
  }
}

/// The one thread that talks to the store: requests from any thread in, each of which waits for its answer. All of them
/// share one multi handle, and so its connections: kept open from one request to the next, several at once, HTTP/2
/// where the server has it. Bodies are read from the disk as they are sent.
final class TransferLoop: Sendable {
  struct Settings: Sendable {
    var credentials: Credentials
    var region: String
    var authorities: String?
    var connections: Int
    var connectSeconds = 10.0
    /// A transfer on which nothing moved for so long is broken off.
    var stallSeconds: Int
  }

  private struct Mailbox {
    var waiting: [TransferJob] = []
    var isClosed = false
  }

  static let cancelled = HTTPFailure(kind: .cancelled, words: "interrupted")

  private let multi: MultiHandle
  private let settings: Settings
  private let mailbox = Mutex(Mailbox())

  init(_ settings: Settings) throws(PublishFailure) {
    guard let multi = MultiHandle(connections: settings.connections) else {
      throw .library(call: "curl_multi_init")
    }
    self.multi = multi
    self.settings = settings
    let thread = Thread { [self] in run() }
    thread.stackSize = 1 << 20
    thread.name = "rung-transfers"
    thread.start()
  }

  /// Sends a request and waits for its answer.
  func perform(_ request: HTTPRequest) -> Result<HTTPAnswer, HTTPFailure> {
    let job = TransferJob(request)
    let isClosed = mailbox.withLock { box in
      if !box.isClosed { box.waiting.append(job) }
      return box.isClosed
    }
    if isClosed { return .failure(Self.cancelled) }
    multi.wake()
    return job.wait()
  }

  /// Breaks off what is on its way and ends the thread. Requests from now on are refused.
  func close() {
    mailbox.withLock { $0.isClosed = true }
    multi.wake()
  }

  private func run() {
    var idle: [EasyHandle] = []
    var running: [UInt: Transfer] = [:]
    while true {
      let (jobs, isClosed) = mailbox.withLock { box in
        defer { box.waiting = [] }
        return (box.waiting, box.isClosed)
      }
      guard !isClosed else {
        for job in jobs { job.finish(.failure(Self.cancelled)) }
        break
      }
      for job in jobs { start(job, &idle, &running) }
      guard multi.perform() else { break }
      while let (handle, code) = multi.finished() {
        guard let transfer = running.removeValue(forKey: handle) else { continue }
        multi.remove(transfer.easy)
        idle.append(transfer.easy)
        transfer.finish(code)
      }
      multi.wait(milliseconds: 10_000)
    }
    for transfer in running.values {
      multi.remove(transfer.easy)
      transfer.job.finish(.failure(Self.cancelled))
    }
    let late = mailbox.withLock { box in
      box.isClosed = true
      defer { box.waiting = [] }
      return box.waiting
    }
    for job in late { job.finish(.failure(Self.cancelled)) }
  }

  private func start(_ job: TransferJob, _ idle: inout [EasyHandle], _ running: inout [UInt: Transfer]) {
    guard let easy = idle.popLast() ?? EasyHandle() else {
      return job.finish(.failure(HTTPFailure(kind: .library, words: "curl_easy_init failed")))
    }
    do throws(HTTPFailure) {
      let transfer = try Transfer(job, on: easy, settings)
      guard multi.add(easy) else { throw HTTPFailure(kind: .library, words: "curl_multi_add_handle failed") }
      running[UInt(bitPattern: unsafe easy.raw)] = transfer
    } catch {
      job.finish(.failure(error))
    }
  }
}
