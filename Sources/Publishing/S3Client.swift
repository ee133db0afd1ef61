internal import Foundation
internal import Synchronization

/// A bucket, spoken to over its REST interface: calls that wait for their answers, from any thread, in; what the bucket
/// said, or why it could not be had, out. Every request is signed, and sent again where the failure passes: broken
/// connections, timeouts, 429 and 5xx.
final class S3Client: Sendable {
  let bucket: String
  let endpoint: Endpoint
  private let loop: TransferLoop
  private let token: String?
  private let rule: RetryRule
  private let stop: StopFlag
  private let repeats = Atomic(0)

  init(
    bucket: String, settings: StoreSettings, connections: Int, stallSeconds: Int, rule: RetryRule,
    stop: StopFlag
  ) throws(PublishFailure) {
    self.bucket = bucket
    self.rule = rule
    self.stop = stop
    endpoint = settings.endpoint
    token = settings.credentials.sessionToken
    loop = try TransferLoop(
      TransferLoop.Settings(
        credentials: settings.credentials, region: settings.endpoint.region,
        authorities: settings.authorities, connections: connections, stallSeconds: stallSeconds))
  }

  deinit { loop.close() }

  /// Breaks off what is on its way.
  func close() { loop.close() }

  /// How many requests were sent again so far.
  var retries: Int { repeats.load(ordering: .relaxed) }

  struct Call {
    var method: String
    var key: String
    var query: [(String, String)] = []
    var headers: [(name: String, value: String)] = []
    var body = HTTPRequest.Body.none
    /// Of the body, in hex.
    var sha256 = ContentDigest.emptySHA256
    /// Statuses beside 2xx that are an answer and not a failure.
    var accepted: Set<Int> = []

    /// For messages.
    var what: String { key.isEmpty ? "\(method) of the bucket" : "\(method) \(key)" }
  }

  /// Sends a call until it is answered; `isGood` looks at an answer's bytes and asks for another try.
  func send(
    _ call: Call, isGood: (HTTPAnswer) -> Bool = { _ in true }
  ) throws(PublishFailure) -> HTTPAnswer {
    var retry = 0
    while true {
      if stop.isStopped { throw .cancelled }
      let verdict = verdict(loop.perform(request(call)), call, isGood)
      switch verdict {
      case .answer(let answer): return answer
      case .failure(let failure): throw failure
      case .again(let failure, let asked):
        guard retry < rule.retries else { throw failure }
        repeats.add(1, ordering: .relaxed)
        try pause(rule.wait(retry, random: Double.random(in: 0...1), asked: asked))
        retry += 1
      }
    }
  }

  private func request(_ call: Call) -> HTTPRequest {
    var headers = call.headers
    headers.append((S3Header.payload, call.sha256))
    if let token { headers.append((S3Header.token, token)) }
    return HTTPRequest(
      method: call.method,
      url: endpoint.url(bucket, call.key, query: PercentEncoding.query(call.query)), headers: headers,
      body: call.body)
  }

  /// Waits in slices, to hear of an interruption.
  private func pause(_ seconds: Double) throws(PublishFailure) {
    var left = seconds
    while left > 0 {
      if stop.isStopped { throw .cancelled }
      Thread.sleep(forTimeInterval: min(left, 0.05))
      left -= 0.05
    }
  }

  private enum Verdict {
    case answer(HTTPAnswer)
    case again(PublishFailure, asked: Double?)
    case failure(PublishFailure)
  }

  private func verdict(
    _ result: Result<HTTPAnswer, HTTPFailure>, _ call: Call, _ isGood: (HTTPAnswer) -> Bool
  ) -> Verdict {
    switch result {
    case .failure(let failure): return verdict(failure, call)
    case .success(let answer):
      let error = S3Document.error(answer.body)
      // The end of an upload in parts may fail under a 200 that was sent before.
      let status = answer.status / 100 == 2 && !error.code.isEmpty ? 500 : answer.status
      if status / 100 == 2 || call.accepted.contains(status) {
        return isGood(answer) ? .answer(answer) : .again(.storedDifferently(key: call.key), asked: nil)
      }
      if let region = otherRegion(answer, error) {
        return .failure(.otherRegion(bucket: bucket, region: region))
      }
      if Self.passes(status, error.code) {
        let asked = answer.headers["retry-after"].flatMap { Double($0) }
        return .again(.overloaded(what: call.what, status: answer.status, code: error.code), asked: asked)
      }
      return .failure(
        .refused(what: call.what, status: answer.status, code: error.code, message: error.message))
    }
  }

  private func verdict(_ failure: HTTPFailure, _ call: Call) -> Verdict {
    switch failure.kind {
    case .connection: return .again(.unreachable(host: endpoint.host, what: failure.words), asked: nil)
    case .trust: return .failure(.notTrusted(host: endpoint.host, what: failure.words))
    case .cancelled: return .failure(.cancelled)
    case .library: return .failure(.library(call: "libcurl (\(failure.words))"))
    case .unreadableFile(let code):
      guard case .file(let range) = call.body else { return .failure(.library(call: "libcurl")) }
      return .failure(
        code == 0
          ? .fileChanged(path: range.file.path) : .file(path: range.file.path, call: "read", errno: code))
    }
  }

  private static func passes(_ status: Int, _ code: String) -> Bool {
    if status == 429 || status == 408 || (status >= 500 && status != 501) { return true }
    // The body was hurt on its way, or came too slowly.
    return ["RequestTimeout", "BadDigest", "IncompleteBody", "XAmzContentSHA256Mismatch"].contains(code)
  }

  /// The region that the bucket is in, where that is what is wrong; empty where it does not say.
  private func otherRegion(
    _ answer: HTTPAnswer, _ error: (code: String, message: String, region: String)
  ) -> String? {
    let header = answer.headers["x-amz-bucket-region"] ?? ""
    switch (answer.status, error.code) {
    case (300..<400, _), (_, "PermanentRedirect"), (_, "AuthorizationHeaderMalformed"):
      return header.isEmpty ? error.region : header
    case (400, ""), (403, ""):
      // A HEAD has no body to say it in.
      return header.isEmpty || header == endpoint.region ? nil : header
    default: return nil
    }
  }
}
