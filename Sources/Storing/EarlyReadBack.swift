internal import Foundation
internal import Synchronization

/// Puts media objects on the disk and reads them back, while they or others are still being written: objects with their
/// marks in; for each, on asking, that the disk holds the very bytes that were meant, or why not. When the commit comes,
/// most of its waiting is done.
///
/// Objects may be moved meanwhile; what was found out holds as long as a file is not touched, which `check` looks at.
final class EarlyReadBack: Sendable {
  private static let lanes = 2
  private static let page: Int64 = 4096
  /// Every sync makes the file system commit its journal, for which writers wait: it is worth it for so much at a time.
  private static let usualBatch: Int64 = 64 << 20

  private struct Object {
    /// Where it is now.
    var path: String
    let reading: FileReading
    /// As far as it may be read.
    var written: Int64 = 0
    /// Once all is written.
    var mark: FileMark?
    /// In the queue, or with a lane.
    var isWaiting = false
  }

  /// What a lane is to do: to read on up to `written`.
  private struct Task {
    var token: Int
    var reading: FileReading
    var written: Int64
    var mark: FileMark?
  }

  private enum Outcome {
    case whole(Disk.Stamp)
    case altered
    case failed(StoreFailure)
  }

  private struct State {
    var objects: [Int: Object] = [:]
    var waiting: [Int] = []
    /// How many of those that wait make up the batch; others wait for the next one.
    var due = 0
    /// Bytes that were written since lanes last started.
    var unread: Int64 = 0
    var lanes = 0
    var outcomes: [Int: Outcome] = [:]
    var isStopped = false
  }

  private let batch: Int64
  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "rung.read-back", attributes: .concurrent)
  private let group = DispatchGroup()

  /// Reading begins whenever `batch` bytes are there to be read.
  init(batch: Int64 = usualBatch) { self.batch = batch }

  /// The object `token`, as it begins.
  func begin(_ token: Int, path: String) throws(StoreFailure) {
    let object = Object(path: path, reading: try FileReading())
    state.withLock { $0.objects[token] = object }
  }

  /// So much is written, and more to come: what the disk has of a large object is read in the meantime.
  func follow(_ token: Int, written: Int64) {
    // The last page will be written to again.
    enqueue(token) { $0.written = written / Self.page * Self.page }
  }

  /// Nothing more is written to it.
  func end(_ token: Int, mark: FileMark) {
    enqueue(token) {
      $0.written = mark.bytes
      $0.mark = mark
    }
  }

  private func enqueue(_ token: Int, _ change: (inout Object) -> Void) {
    let isWorth = state.withLock { state in
      guard !state.isStopped, var object = state.objects[token] else { return false }
      let before = object.written
      change(&object)
      state.unread += object.written - before
      if !object.isWaiting { state.waiting.append(token) }
      object.isWaiting = true
      state.objects[token] = object
      return state.unread >= batch
    }
    if isWorth { startLanes() }
  }

  private func startLanes() {
    let missing = state.withLock { state in
      state.unread = 0
      state.due = state.waiting.count
      let missing = max(0, min(Self.lanes - state.lanes, state.due))
      state.lanes += missing
      return missing
    }
    for _ in 0..<missing { queue.async(group: group) { [self] in work() } }
  }

  /// Renames an object's file.
  func move(_ token: Int, to path: String) throws(StoreFailure) {
    try state.withLock { (state) throws(StoreFailure) in
      guard let object = state.objects[token] else {
        throw .outOfOrder(what: "\(path) is no media object of this staging")
      }
      try Disk.rename(object.path, path)
      state.objects[token]?.path = path
    }
  }

  /// What waits is begun now, however little it is.
  func hurry() { startLanes() }

  /// Waits until all objects have been read back.
  func finish(isCancelled: () -> Bool) throws(StoreFailure) {
    repeat {
      startLanes()
      while group.wait(timeout: .now() + .milliseconds(100)) == .timedOut {
        if isCancelled() { stop() }
      }
    } while state.withLock { !$0.waiting.isEmpty }
    if isCancelled() { throw .cancelled }
  }

  /// Ends what is being read, so that the files can be removed.
  func stop() {
    state.withLock {
      $0.isStopped = true
      $0.waiting = []
    }
    group.wait()
  }

  /// After `finish`: throws unless the object, which is `key` now, is on the disk as it was meant to be.
  func check(_ token: Int, key: String) throws(StoreFailure) {
    let (outcome, path) = state.withLock { ($0.outcomes[token], $0.objects[token]?.path) }
    switch outcome {
    case .whole(let stamp):
      guard let path, try Disk.stamp(path) == stamp else { throw .altered(key: key) }
    case .failed(let failure): throw failure
    case .altered: throw .altered(key: key)
    case nil: throw .outOfOrder(what: "\(key) was not read back")
    }
  }

  private func work() {
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: FileReading.block, alignment: FileReading.alignment)
    defer { unsafe buffer.deallocate() }
    while let task = next() {
      let outcome = unsafe perform(task, through: buffer)
      state.withLock { state in
        if let outcome { state.outcomes[task.token] = outcome }
        // Something may have been written since.
        let goesOn = state.objects[task.token].map { $0.written > task.written || $0.mark != task.mark }
        if outcome == nil, goesOn == true, !state.isStopped {
          state.waiting.append(task.token)
        } else {
          state.objects[task.token]?.isWaiting = false
        }
      }
    }
  }

  private func next() -> Task? {
    state.withLock { state in
      while state.due > 0, !state.waiting.isEmpty {
        let token = state.waiting.removeFirst()
        state.due -= 1
        // What has failed is not looked at again.
        if state.outcomes[token] != nil { continue }
        guard let object = state.objects[token] else { continue }
        return Task(token: token, reading: object.reading, written: object.written, mark: object.mark)
      }
      state.lanes -= 1
      return nil
    }
  }

  /// nil when all is well so far. Synced first, so that the disk has it all; then the bytes come from there, where the
  /// kernel and the file system allow it. What is still being written is read through the cache: a file system lets
  /// nobody write to a file that is just being read directly.
  private func perform(_ task: Task, through buffer: UnsafeMutableRawBufferPointer) -> Outcome? {
    do throws(StoreFailure) {
      // Under the lock, so that the file is not moved between the look at its path and the opening.
      let file = try state.withLock { (state) throws(StoreFailure) in
        let path = state.objects[task.token]?.path ?? ""
        return try task.mark != nil ? Descriptor.openDirect(path) : Descriptor.open(path, O_RDONLY)
      }
      try file.sync()
      if !file.isDirect { file.dropCache(from: task.reading.bytes) }
      let isWhole = task.mark != nil
      try unsafe task.reading.read(file, upTo: isWhole ? nil : task.written, through: buffer) {
        state.withLock { $0.isStopped }
      }
      guard let mark = task.mark else { return nil }
      return try task.reading.finish() == mark ? .whole(try file.stamp()) : .altered
    } catch {
      return .failed(error)
    }
  }
}
