/// What Rung asks of a bucket, as calls of an `S3Client`.
extension S3Client {
  typealias Headers = [(name: String, value: String)]

  /// Puts a whole object; the tag that comes back must be of the bytes sent.
  func put(
    _ key: String, _ body: HTTPRequest.Body, _ digest: ContentDigest, _ headers: Headers
  ) throws(PublishFailure) {
    _ = try send(
      Call(method: "PUT", key: key, headers: headers, body: body, sha256: digest.sha256),
      isGood: { !ETag.contradicts($0, md5: digest.md5Text) })
  }

  /// nil when there is no such object.
  func head(_ key: String) throws(PublishFailure) -> StoredHead? {
    let answer = try send(Call(method: "HEAD", key: key, accepted: [404]))
    if answer.status == 404 { return nil }
    guard let head = StoredHead(answer) else { throw .strangeAnswer(what: "HEAD \(key)") }
    return head
  }

  /// Whether the bucket was there to be asked.
  func delete(_ key: String) throws(PublishFailure) {
    _ = try send(Call(method: "DELETE", key: key, accepted: [404]))
  }

  /// Every object whose key begins with `prefix`.
  func list(_ prefix: String) throws(PublishFailure) -> [StoredObject] {
    var objects: [StoredObject] = []
    var next: String?
    repeat {
      var query = [("list-type", "2"), ("prefix", prefix)]
      if let next { query.append(("continuation-token", next)) }
      let answer = try send(Call(method: "GET", key: "", query: query))
      guard let page = S3Document.list(answer.body), page.next == nil || page.next != next else {
        throw .strangeAnswer(what: "the list of \(prefix)")
      }
      objects += page.objects
      next = page.next
    } while next != nil
    return objects
  }

  // MARK: Uploads in parts

  func beginUpload(_ key: String, _ headers: Headers) throws(PublishFailure) -> String {
    let answer = try send(Call(method: "POST", key: key, query: [("uploads", "")], headers: headers))
    guard let id = S3Document.uploadID(answer.body) else {
      throw .strangeAnswer(what: "the upload in parts of \(key)")
    }
    return id
  }

  /// Uploads of exactly this key that nobody finished; none where the store does not list them.
  func uploads(of key: String) throws(PublishFailure) -> [String] {
    let answer = try send(
      Call(
        method: "GET", key: "", query: [("prefix", key), ("uploads", "")],
        accepted: [400, 403, 404, 405, 501]))
    return S3Document.uploads(answer.body, key: key) ?? []
  }

  /// The parts that an upload has; nil when there is no such upload any more.
  func parts(_ key: String, _ upload: String) throws(PublishFailure) -> [StoredPart]? {
    var parts: [StoredPart] = []
    var next: String?
    repeat {
      var query = [("uploadId", upload)]
      if let next { query.append(("part-number-marker", next)) }
      let answer = try send(Call(method: "GET", key: key, query: query, accepted: [404]))
      if answer.status == 404 { return nil }
      guard let page = S3Document.parts(answer.body), page.next == nil || page.next != next else {
        throw .strangeAnswer(what: "the parts of \(key)")
      }
      parts += page.parts
      next = page.next
    } while next != nil
    return parts
  }

  /// Gives the part's tag, which ends the upload.
  func putPart(
    _ key: String, _ upload: String, number: Int, _ range: FileRange, _ digest: ContentDigest
  ) throws(PublishFailure) -> String {
    let answer = try send(
      Call(
        method: "PUT", key: key, query: [("partNumber", String(number)), ("uploadId", upload)],
        body: .file(range), sha256: digest.sha256),
      isGood: { !ETag.contradicts($0, md5: digest.md5Text) })
    guard let tag = answer.headers["etag"] else { throw .strangeAnswer(what: "part \(number) of \(key)") }
    return ETag.plain(tag)
  }

  func finishUpload(
    _ key: String, _ upload: String, _ parts: [(number: Int, etag: String)]
  ) throws(PublishFailure) {
    let body = S3Document.completion(parts)
    let digest = try ContentDigest.of(body)
    let call = Call(
      method: "POST", key: key, query: [("uploadId", upload)], headers: [("Content-Type", "application/xml")],
      body: .bytes(body), sha256: digest.sha256, accepted: [404])
    // A repeated call after an answer that was lost finds no such upload: then the object is there.
    let answer = try send(call)
    guard answer.status == 404 else { return }
    guard try head(key) != nil else {
      throw .refused(what: call.what, status: 404, code: "NoSuchUpload", message: "")
    }
  }

  func abortUpload(_ key: String, _ upload: String) throws(PublishFailure) {
    _ = try send(Call(method: "DELETE", key: key, query: [("uploadId", upload)], accepted: [404]))
  }
}
