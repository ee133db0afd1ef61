internal import Foundation

/// Why something could not be published: a case for each thing that a person would do something else about. The
/// description is one line that says what is wrong and what to do; none holds a secret.
package enum PublishFailure: Error, Equatable, Sendable {
  // What was asked for
  case badAddress(String, rule: String)
  case badEndpoint(String, rule: String)
  case noCredentials(what: String)
  // The way to the bucket
  case unreachable(host: String, what: String)
  case notTrusted(host: String, what: String)
  // What the bucket said
  /// It answered that it cannot now, as often as it was asked.
  case overloaded(what: String, status: Int, code: String)
  case refused(what: String, status: Int, code: String, message: String)
  case otherRegion(bucket: String, region: String)
  case strangeAnswer(what: String)
  /// What the bucket says it holds is not what was sent, as often as it was sent.
  case storedDifferently(key: String)
  // This side
  case fileChanged(path: String)
  case file(path: String, call: String, errno: Int32)
  case library(call: String)
  /// The memory's own words.
  case memory(what: String, passes: Bool)
  case cancelled
}

extension PublishFailure {
  /// The same command can succeed later without a change to it: exit code 75.
  package var isTemporary: Bool {
    switch self {
    case .unreachable, .overloaded: true
    case .memory(_, let passes): passes
    case .file(_, _, let code): code == EMFILE || code == ENFILE
    default: false
    }
  }

  /// It is about one asset's files: the next asset may go through.
  package var isOfOneAsset: Bool {
    switch self {
    case .fileChanged, .file: true
    default: false
    }
  }
}

extension PublishFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .badAddress(let text, let rule):
      "\(text): no address of a bucket: \(rule); write s3://BUCKET/PREFIX"
    case .badEndpoint(let text, let rule):
      "\(text): no address of a server: \(rule); write https://HOST, as the store's console names it"
    case .noCredentials(let what):
      "\(what); set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE and ~/.aws/credentials"
    case .unreachable(let host, let what):
      "\(host) cannot be reached: \(what); what is there already stays, run the same command again to go on"
    case .notTrusted(let host, let what):
      "\(host) is not trusted: \(what); check the address, or name its authority's certificate in AWS_CA_BUNDLE"
    case .overloaded(let what, let status, let code):
      "\(what): the bucket says \(Self.answer(status, code)); run the same command again later to go on"
    case .refused(let what, let status, let code, let message):
      "\(what): the bucket says \(Self.answer(status, code))\(message.isEmpty ? "" : " (\(message))"); "
        + Self.advice(status, code)
    case .otherRegion(let bucket, let region):
      region.isEmpty
        ? "\(bucket): the bucket is in another region; give it with --region"
        : "\(bucket): the bucket is in the region \(region); give --region \(region)"
    case .strangeAnswer(let what):
      "\(what): the answer is none of S3's; check --endpoint"
    case .storedDifferently(let key):
      "\(key): the bucket holds other bytes than were sent; check the network and the store, then run it again"
    case .fileChanged(let path):
      "\(path): is not what asset.json says; check the disk, and package the source again with --force"
    case .file(let path, let call, let code):
      "\(path): \(call) failed: \(Self.words(code)); check the tree with rung verify"
    case .library(let call):
      "\(call) failed; check the installation of libcurl and libcrypto, and the free memory"
    case .memory(let what, _):
      what
    case .cancelled:
      "interrupted; run the same command again to go on"
    }
  }

  private static func answer(_ status: Int, _ code: String) -> String {
    code.isEmpty ? "HTTP \(status)" : "HTTP \(status) \(code)"
  }

  private static func advice(_ status: Int, _ code: String) -> String {
    switch code {
    case "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidSecurity":
      return "check the access key and the secret (AWS_ACCESS_KEY_ID, AWS_PROFILE)"
    case "ExpiredToken", "InvalidToken", "TokenRefreshRequired":
      return "the session token is over; log in again"
    case "RequestTimeTooSkewed": return "set this machine's clock"
    case "NoSuchBucket": return "make the bucket, or check its name and --endpoint"
    case "EntityTooLarge", "InvalidPart", "EntityTooSmall": return "give another --part-size"
    default: break
    }
    switch status {
    case 401, 403: return "check that the key may write there (s3:PutObject, s3:GetObject, s3:DeleteObject)"
    case 404: return "check the bucket's name and --endpoint"
    default: return "check --endpoint and --region"
    }
  }

  /// The C library's words for an error number.
  static func words(_ code: Int32) -> String {
    guard let text = unsafe strerror(code) else { return "error \(code)" }
    return unsafe String(cString: text)
  }
}
