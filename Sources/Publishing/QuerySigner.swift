internal import Foundation

/// Presigned addresses: AWS Signature Version 4 in the query. A key, a time and how long it is good for in; a URL that
/// needs no further credentials out.
package struct QuerySigner: Sendable {
  private let credentials: Credentials
  private let endpoint: Endpoint

  /// What S3 signs for at most: seven days.
  package static let longest = 604_800

  package init(_ credentials: Credentials, _ endpoint: Endpoint) {
    self.credentials = credentials
    self.endpoint = endpoint
  }

  /// `now` in seconds since 1970.
  package func url(
    bucket: String, key: String, method: String = "GET", now: Int64, expires seconds: Int
  ) throws(PublishFailure) -> String {
    let time = SigningTime(now)
    let scope = "\(time.date)/\(endpoint.region)/s3/aws4_request"
    var items = [
      ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
      ("X-Amz-Credential", "\(credentials.accessKey)/\(scope)"),
      ("X-Amz-Date", time.text),
      ("X-Amz-Expires", String(seconds)),
      ("X-Amz-SignedHeaders", "host"),
    ]
    if let token = credentials.sessionToken { items.append(("X-Amz-Security-Token", token)) }
    let query = PercentEncoding.query(items)
    let canonical = [
      method, endpoint.path(bucket, key), query, "host:\(endpoint.host(of: bucket))", "", "host",
      "UNSIGNED-PAYLOAD",
    ].joined(separator: "\n")
    let digest = try ContentDigest.of(Array(canonical.utf8)).sha256
    let toSign = ["AWS4-HMAC-SHA256", time.text, scope, digest].joined(separator: "\n")
    var signature = Array("AWS4\(credentials.secret)".utf8)
    for part in [time.date, endpoint.region, "s3", "aws4_request", toSign] {
      signature = try MessageCode.sha256(key: signature, part)
    }
    return endpoint.url(
      bucket, key, query: "\(query)&X-Amz-Signature=\(Hexadecimal.text(signature))")
  }
}

/// A moment as signatures write it: `20130524T000000Z`.
private struct SigningTime {
  let text: String
  var date: String { String(text.prefix(8)) }

  init(_ seconds: Int64) {
    var time = time_t(seconds)
    var parts = unsafe tm()
    unsafe gmtime_r(&time, &parts)
    func digits(_ value: Int32, _ width: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, width - text.count)) + text
    }
    text =
      unsafe digits(parts.tm_year &+ 1900, 4) + digits(parts.tm_mon &+ 1, 2) + digits(parts.tm_mday, 2) + "T"
      + digits(parts.tm_hour, 2) + digits(parts.tm_min, 2) + digits(parts.tm_sec, 2) + "Z"
  }
}
