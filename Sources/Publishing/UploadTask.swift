internal import Synchronization

/// What is read of an object before it is sent: its body as it is stored, and the hashes of that.
struct PreparedBody {
  var body: HTTPRequest.Body
  var digest: ContentDigest

  /// Text is held in memory to be compressed; nothing that Rung writes comes near this.
  private static let longestText: Int64 = 256 << 20

  /// Reads the whole file once: it must be what asset.json says. Hashes come before sending, since the signature has
  /// one of them.
  init(_ object: PublishObject, _ stop: StopFlag) throws(PublishFailure) {
    let file = try OpenFile.open(object.path)
    guard file.bytes == object.bytes else { throw .fileChanged(path: object.path) }
    let range = FileRange(file)
    digest = try ContentDigest.of(range) { stop.isStopped }
    guard digest.sha256 == object.sha256 else { throw .fileChanged(path: object.path) }
    body = .file(range)
    guard object.isGzipped else { return }
    guard file.bytes <= Self.longestText else { throw .file(path: object.path, call: "gzip", errno: 0) }
    var plain = [UInt8](repeating: 0, count: Int(clamping: file.bytes))
    if !plain.isEmpty {
      guard try range.read(into: &plain, at: 0) == plain.count else { throw .fileChanged(path: object.path) }
    }
    let compressed = try Gzip.compress(plain)
    digest = try ContentDigest.of(compressed)
    body = .bytes(compressed)
  }
}

/// Sends one object: whole, or in parts where it is large.
struct UploadTask: CrewTask {
  let object: PublishObject
  /// In the scribe's list.
  let index: Int
  let scribe: Scribe
  let context: PublishContext
  /// As it was remembered, with an upload that may be gone on with.
  let known: RememberedObject?

  func perform(_ crew: Crew) throws(PublishFailure) {
    try scribe.begin(index)
    let prepared = try PreparedBody(object, context.stop)
    if case .file(let range) = prepared.body, range.bytes > context.options.partBytes {
      let upload = try MultipartUpload(object, range, scribe, context, known: known)
      crew.add(upload.tasks)
      return
    }
    try context.observer.before(.send(object.key))
    try context.client.put(context.key(object.key), prepared.body, prepared.digest, object.headers)
    try scribe.done(object.remembered(of: context.id, .there))
    context.observer.advanced(object.bytes)
    context.observer.arrived(object.key, true)
  }
}

/// An upload in parts (S3's multipart upload): begun, or taken up where an earlier run stopped; its parts are tasks, and
/// the last of them ends it.
final class MultipartUpload: Sendable {
  /// S3's most.
  private static let mostParts: Int64 = 10_000
  private static let partUnit: Int64 = 1 << 20

  let object: PublishObject
  let uploadID: String
  private let range: FileRange
  private let partBytes: Int64
  private let scribe: Scribe
  private let context: PublishContext
  /// What an earlier run left, by number.
  private let stored: [Int: StoredPart]
  private let tags: Mutex<[Int: String]> = Mutex([:])

  init(
    _ object: PublishObject, _ range: FileRange, _ scribe: Scribe, _ context: PublishContext,
    known: RememberedObject?
  ) throws(PublishFailure) {
    (self.object, self.range, self.scribe, self.context) = (object, range, scribe, context)
    let key = context.key(object.key)
    let fitting = (range.bytes / Self.mostParts / Self.partUnit + 1) * Self.partUnit
    let partBytes = max(
      context.options.partBytes, range.bytes > context.options.partBytes * Self.mostParts ? fitting : 0)
    var resumed: (id: String, parts: [StoredPart])?
    if let known, known.has(contentOf: object), let ticket = known.upload.flatMap(Ticket.init),
      ticket.partBytes == partBytes, let parts = try context.client.parts(key, ticket.id)
    {
      resumed = (ticket.id, parts)
    }
    // Uploads that a run began and did not live to write down.
    for id in try context.client.uploads(of: key) where id != resumed?.id {
      try context.client.abortUpload(key, id)
    }
    self.partBytes = partBytes
    if let resumed {
      uploadID = resumed.id
    } else {
      uploadID = try context.client.beginUpload(key, object.headers)
    }
    stored = Dictionary((resumed?.parts ?? []).map { ($0.number, $0) }) { first, _ in first }
    context.open.withLock { $0.append(self) }
    if resumed == nil {
      let ticket = Ticket(id: uploadID, partBytes: partBytes).text
      try scribe.note(object.remembered(of: context.id, .sending, upload: ticket))
    }
  }

  private var count: Int { Int(clamping: (range.bytes + partBytes - 1) / partBytes) }

  var tasks: [any CrewTask] { (1...count).map { PartTask(upload: self, number: $0) } }

  fileprivate func send(_ number: Int) throws(PublishFailure) {
    let start = Int64(number - 1) * partBytes
    let part = FileRange(
      range.file, offset: range.offset + start, bytes: min(partBytes, range.bytes - start))
    let digest = try ContentDigest.of(part) { [stop = context.stop] in stop.isStopped }
    var tag = digest.md5Text
    if stored[number].map({ $0.bytes != part.bytes || $0.etag != tag }) ?? true {
      try context.observer.before(.sendPart(object.key, number))
      tag = try context.client.putPart(context.key(object.key), uploadID, number: number, part, digest)
    }
    context.observer.advanced(part.bytes)
    let tags = tags.withLock { tags in
      tags[number] = tag
      return tags
    }
    if tags.count == count { try finish(tags) }
  }

  private func finish(_ tags: [Int: String]) throws(PublishFailure) {
    let key = context.key(object.key)
    try context.observer.before(.finishUpload(object.key))
    try context.client.finishUpload(key, uploadID, tags.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    context.open.withLock { $0.removeAll { $0 === self } }
    // The parts' tags were right; that all of them are in it, its size says.
    guard try context.client.head(key)?.bytes == object.bytes else {
      throw .storedDifferently(key: object.key)
    }
    try scribe.done(object.remembered(of: context.id, .there))
    context.observer.arrived(object.key, true)
  }

  /// Gives it up: the store keeps, and bills, parts that nobody ends.
  func abort() throws(PublishFailure) {
    try context.client.abortUpload(context.key(object.key), uploadID)
    try scribe.note(object.remembered(of: context.id, .sending))
  }

  /// What is remembered of an upload: `SIZE:ID`.
  struct Ticket {
    var id: String
    var partBytes: Int64

    init(id: String, partBytes: Int64) { (self.id, self.partBytes) = (id, partBytes) }

    init?(_ text: String) {
      let parts = text.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, let bytes = Int64(parts[0]) else { return nil }
      self.init(id: String(parts[1]), partBytes: bytes)
    }

    var text: String { "\(partBytes):\(id)" }
  }
}

private struct PartTask: CrewTask {
  let upload: MultipartUpload
  let number: Int
  func perform(_ crew: Crew) throws(PublishFailure) { try upload.send(number) }
}
