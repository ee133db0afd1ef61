internal import Foundation
internal import Media

/// One media object on its way into staging: bytes in, a file of them, their hash and their mark (to read them back by)
/// out. Small writes are gathered into blocks, which are hashed in a lane of their own, so that hashing goes on beside
/// the writing.
final class StagedMedia: MediaSink {
  private static let block = 1 << 18
  /// The disk is to be busy from the beginning, not only at the end of a large object.
  private static let startWritingEvery: Int64 = 16 << 20
  /// An object of up to this size (a part of 256 MiB) is read back while the next one is being written; a larger one,
  /// from here on, while it is itself.
  private static let followedFrom: Int64 = 512 << 20
  private let token: Int
  private let file: Descriptor
  private let path: String
  private let hash: HashLane
  private let rendition: RenditionVersion
  private let early: EarlyReadBack
  private let finished: (MediaObject) -> Void
  private var buffer: [UInt8] = []
  private var bytes: Int64 = 0
  private var started: Int64 = 0
  private var isOpen = true

  /// `finished` is told of the object once it is whole.
  init(
    token: Int, path: String, rendition: RenditionVersion, early: EarlyReadBack,
    finished: @escaping (MediaObject) -> Void
  ) throws(StoreFailure) {
    self.token = token
    self.path = path
    self.rendition = rendition
    self.early = early
    self.finished = finished
    hash = try HashLane()
    file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL)
    try early.begin(token, path: path)
    buffer.reserveCapacity(Self.block)
  }

  func write(_ bytes: [UInt8]) throws {
    guard isOpen else { throw StoreFailure.outOfOrder(what: "a write to a finished media object") }
    if bytes.count >= Self.block {
      // Large enough as it is: what waits goes first, and nothing is copied.
      try flush(buffer)
      buffer.removeAll(keepingCapacity: true)
      return try flush(bytes)
    }
    buffer.append(contentsOf: bytes)
    guard buffer.count >= Self.block else { return }
    let full = buffer
    buffer = []
    buffer.reserveCapacity(Self.block)
    try flush(full)
  }

  private func flush(_ block: [UInt8]) throws(StoreFailure) {
    if block.isEmpty { return }
    hash.update(block)
    try file.write(block)
    bytes += Int64(block.count)
    if bytes - started >= Self.startWritingEvery {
      file.startWriting()
      // By now most of what was there the last time is on the disk.
      if started >= Self.followedFrom { early.follow(token, written: started) }
      started = bytes
    }
  }

  func finish() throws -> MediaObject {
    guard isOpen else { throw StoreFailure.outOfOrder(what: "a media object was finished twice") }
    isOpen = false
    try flush(buffer)
    buffer = []
    file.startWriting()
    let object = MediaObject(token: token, bytes: bytes, sha256: try hash.finish())
    try rendition.add(object)
    early.end(token, mark: FileMark(bytes: bytes, fingerprint: try hash.fingerprint()))
    finished(object)
    return object
  }
}

/// The hash and the fingerprint over one media object: blocks in, in order; both out. It works on a queue of its own, a
/// bounded number of blocks behind.
///
/// Unchecked: `hash`, `mark` and `failure` are touched only on `queue`, and after all of it is done.
final class HashLane: @unchecked Sendable {
  private static let mostBlocksWaiting = 8
  private let queue = DispatchQueue(label: "rung.object-hash")
  private let slots = DispatchSemaphore(value: mostBlocksWaiting)
  private let hash: SHA256
  private let mark: Fingerprint
  private var failure: StoreFailure?

  init() throws(StoreFailure) {
    hash = try SHA256()
    mark = try Fingerprint()
  }

  func update(_ block: [UInt8]) {
    slots.wait()
    queue.async { [self] in
      do throws(StoreFailure) {
        try hash.update(block)
        try mark.update(block)
      } catch {
        failure = error
      }
      slots.signal()
    }
  }

  /// After `finish`, once.
  func fingerprint() throws(StoreFailure) -> [UInt8] { try mark.finish() }

  /// The SHA-256 of all blocks.
  func finish() throws(StoreFailure) -> String {
    queue.sync {}
    if let failure { throw failure }
    return try hash.digest()
  }
}

/// What names the bytes of one rendition: its finished media objects in, in order; the version out.
///
/// It is made of the objects' own hashes, so that no byte is hashed twice, and so that whoever has the inventory can
/// work it out again: the first 8 hex digits of the SHA-256 over a text with a line for each object, in order (64
/// lowercase hex digits and a line feed), however many there are.
final class RenditionVersion {
  private static let digits = 8
  private let hash: SHA256
  private var objects = 0

  /// An object is being written, which is not yet in the version.
  var isBusy = false

  init() throws(StoreFailure) { hash = try SHA256() }

  func add(_ object: MediaObject) throws(StoreFailure) {
    try hash.update(Array("\(object.sha256)\n".utf8))
    objects += 1
    isBusy = false
  }

  /// Of all finished objects; nil when there is none.
  func version() throws(StoreFailure) -> String? {
    objects == 0 ? nil : String(try hash.digest().prefix(Self.digits))
  }
}
