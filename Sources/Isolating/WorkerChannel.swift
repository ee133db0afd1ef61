package import Foundation
internal import Synchronization

/// The parent, seen from the worker: requests in, events out. Descriptor 1 points to standard error from here on, so
/// that what a library prints becomes a log line and cannot garble an event. Events may be sent from any thread.
package final class WorkerChannel: Sendable {
  private let events: Descriptor
  private let lock = Mutex(())
  private let incoming = Mutex(LineBuffer(bound: WorkerProtocol.longestLine))

  private init(_ events: consuming Descriptor) { self.events = events }

  package static func open() throws(WorkerFailure) -> WorkerChannel {
    let events = try Descriptor.duplicate(WorkerProtocol.eventDescriptor)
    guard dup2(WorkerProtocol.logDescriptor, WorkerProtocol.eventDescriptor) >= 0 else {
      throw .cannotStart(call: "dup2", errno: errno)
    }
    return WorkerChannel(events)
  }

  /// The source, opened for this worker alone.
  package var source: Int32 { WorkerProtocol.sourceDescriptor }

  /// The next request's line; nil when the parent has no more and closed its end.
  package func nextRequest() -> Data? {
    incoming.withLock { lines in
      while true {
        if let line = lines.next() { return Data(line) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let got = unsafe read(WorkerProtocol.requestDescriptor, &bytes, bytes.count)
        if got < 0, errno == EINTR { continue }
        guard got > 0 else { return nil }
        lines.append(bytes[..<got])
      }
    }
  }

  /// The job of a request.
  package static func job<Job: Decodable>(_ request: Data, as: Job.Type = Job.self) throws(WorkerError) -> Job
  {
    do {
      return try JSONDecoder().decode(JobRequest<Job>.self, from: request).job
    } catch {
      throw WorkerError(
        code: "bad-request", message: "the worker got a request that it does not understand",
        advice: "report this as a bug")
    }
  }

  package func send(progress: some Encodable) { send(ProgressLine(progress: progress)) }
  package func send(protection: Protection) { send(ProtectionLine(protection: protection)) }

  /// From now on, tells the parent every second how much was done, where it has grown: `total` counts what was read,
  /// decoded and encoded, so that a worker that turns in circles is silent.
  package func reportWork(_ total: @escaping @Sendable () -> Int) {
    let thread = Thread { [self] in
      var last = 0
      while true {
        sleep(1)
        let now = total()
        if now > last { send(WorkLine(work: now)) }
        last = max(last, now)
      }
    }
    thread.stackSize = 512 << 10
    thread.start()
  }

  package func send(log: WorkerLog) { send(LogLine(log: log)) }
  package func succeed(_ result: some Encodable) { send(ResultLine(result: result)) }
  package func fail(_ error: WorkerError) { send(FailureLine(failure: error)) }

  private func send(_ event: some Encodable) {
    let failure = FailureLine(
      failure: WorkerError(
        code: "unsendable", message: "the worker's answer cannot be written as JSON",
        advice: "report this as a bug"))
    guard let line = (try? WorkerProtocol.line(event)) ?? (try? WorkerProtocol.line(failure)) else { return }
    lock.withLock { _ in
      var rest = line[...]
      while !rest.isEmpty {
        // Nobody is left to work for: the work folder is the parent's business.
        guard let count = events.write(rest) else { _exit(1) }
        rest = rest.dropFirst(count)
      }
    }
  }
}
