internal import Synchronization

/// Asks the bucket whether it has an object as it is to be.
struct AskTask: CrewTask {
  enum Answer: Sendable { case same, other, missing }

  let object: PublishObject
  /// Whether headers must be right too.
  let isStrict: Bool
  let context: PublishContext
  let found: Findings

  func perform(_ crew: Crew) throws(PublishFailure) {
    guard let head = try context.client.head(context.key(object.key)) else {
      return found.add(object.key, .missing)
    }
    found.add(object.key, try isSame(head) ? .same : .other)
  }

  private func isSame(_ head: StoredHead) throws(PublishFailure) -> Bool {
    if let hash = head.sha256 {
      // The store keeps what it is told about an object, so headers count as well.
      guard hash == object.sha256, object.isGzipped || head.bytes == object.bytes else { return false }
      return !isStrict
        || (head.contentType == object.contentType && head.cacheControl == object.cacheControl
          && head.contentEncoding == (object.isGzipped ? "gzip" : ""))
    }
    let prepared = try PreparedBody(object, context.stop)
    return head.bytes == prepared.digest.bytes && head.etag == prepared.digest.md5Text
  }
}

/// Answers by key, from any thread.
final class Findings: Sendable {
  private let answers = Mutex<[String: AskTask.Answer]>([:])
  func add(_ key: String, _ answer: AskTask.Answer) { answers.withLock { $0[key] = answer } }
  subscript(_ key: String) -> AskTask.Answer { answers.withLock { $0[key] } ?? .missing }
}

/// Deletes one object; that it is gone already is as good.
struct DeleteTask: CrewTask {
  let row: RememberedObject
  let context: PublishContext

  func perform(_ crew: Crew) throws(PublishFailure) {
    try context.observer.before(.delete(row.key))
    let key = context.key(row.key)
    if let ticket = row.upload.flatMap(MultipartUpload.Ticket.init) {
      try context.client.abortUpload(key, ticket.id)
    }
    try context.client.delete(key)
  }
}
