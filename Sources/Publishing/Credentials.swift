internal import Foundation

/// The keys that sign requests. They never show: a credential's description holds none of them.
package struct Credentials: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
  let accessKey: String
  let secret: String
  /// Of keys that were lent for a while.
  let sessionToken: String?

  package init(accessKey: String, secret: String, sessionToken: String? = nil) {
    self.accessKey = accessKey
    self.secret = secret
    self.sessionToken = sessionToken
  }

  package var description: String { "credentials" }
  package var debugDescription: String { description }
}

extension Credentials: CustomReflectable {
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// What a store is reached with, from the places where other tools look too: options, `AWS_*` variables, and a profile
/// of `~/.aws/config` and `~/.aws/credentials`, in this order for each value.
package struct StoreSettings: Sendable {
  package let credentials: Credentials
  package let endpoint: Endpoint
  /// A file of certificates to trust instead of the system's.
  package let authorities: String?

  package init(
    endpoint: String? = nil, region: String? = nil, environment: [String: String],
    read: (String) -> [UInt8]? = { path in
      (try? Data(contentsOf: URL(fileURLWithPath: path))).map { [UInt8]($0) }
    }
  ) throws(PublishFailure) {
    let variables = environment.filter { !$0.value.isEmpty }
    let profile = try Profile(variables, read: read)
    credentials = try Self.credentials(variables, profile)
    self.endpoint = try Endpoint(
      endpoint ?? variables["AWS_ENDPOINT_URL_S3"] ?? variables["AWS_ENDPOINT_URL"]
        ?? profile.values["endpoint_url"],
      region: region ?? variables["AWS_REGION"] ?? variables["AWS_DEFAULT_REGION"]
        ?? profile.values["region"] ?? "us-east-1")
    authorities = variables["AWS_CA_BUNDLE"] ?? profile.values["ca_bundle"]
  }

  private static func credentials(
    _ variables: [String: String], _ profile: Profile
  ) throws(PublishFailure) -> Credentials {
    // A profile that was asked for by name goes before keys that lie in the environment for other reasons.
    if variables["AWS_PROFILE"] == nil, let key = variables["AWS_ACCESS_KEY_ID"] {
      guard let secret = variables["AWS_SECRET_ACCESS_KEY"] else {
        throw .noCredentials(what: "AWS_SECRET_ACCESS_KEY is not set beside AWS_ACCESS_KEY_ID")
      }
      return try checked(key, secret, variables["AWS_SESSION_TOKEN"])
    }
    guard let key = profile.values["aws_access_key_id"] else { throw .noCredentials(what: profile.lack) }
    guard let secret = profile.values["aws_secret_access_key"] else {
      throw .noCredentials(what: "the profile \(profile.name) has no aws_secret_access_key")
    }
    return try checked(key, secret, profile.values["aws_session_token"])
  }

  /// Keys go into headers: a line feed in one would begin another header.
  private static func checked(
    _ key: String, _ secret: String, _ token: String?
  ) throws(PublishFailure) -> Credentials {
    let isPlain = [key, secret, token ?? ""].allSatisfy { $0.utf8.allSatisfy { (0x21...0x7e).contains($0) } }
    guard isPlain, !key.contains("/"), !key.contains(":") else {
      throw .noCredentials(what: "the access key, the secret or the token holds characters that none has")
    }
    return Credentials(accessKey: key, secret: secret, sessionToken: token)
  }
}

/// One profile of the files that the AWS command line keeps.
private struct Profile {
  let name: String
  private(set) var values: [String: String] = [:]
  /// Why there are no keys.
  private(set) var lack: String

  init(_ variables: [String: String], read: (String) -> [UInt8]?) throws(PublishFailure) {
    name = variables["AWS_PROFILE"] ?? "default"
    let home = variables["HOME"] ?? ""
    let config = variables["AWS_CONFIG_FILE"] ?? "\(home)/.aws/config"
    let shared = variables["AWS_SHARED_CREDENTIALS_FILE"] ?? "\(home)/.aws/credentials"
    var isKnown = false
    for (path, section) in [(config, name == "default" ? "default" : "profile \(name)"), (shared, name)] {
      guard let bytes = read(path) else { continue }
      guard let found = ProfileFile.section(section, in: String(decoding: bytes, as: UTF8.self)) else {
        continue
      }
      isKnown = true
      // Keys in the credentials file come as a set: half of one and half of another sign nothing.
      if found["aws_access_key_id"] != nil {
        for part in ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"] { values[part] = nil }
      }
      values.merge(found) { _, later in later }
    }
    if !isKnown {
      guard variables["AWS_PROFILE"] == nil else {
        throw .noCredentials(what: "there is no profile \(name) in \(config) or \(shared)")
      }
      lack = "no access key was found"
    } else if values.keys.contains(where: {
      $0.hasPrefix("sso_") || $0 == "role_arn" || $0 == "credential_process"
    }) {
      lack =
        "the profile \(name) lends its keys, which rung does not ask for "
        + "('aws configure export-credentials --format env' prints them)"
    } else {
      lack = "the profile \(name) has no aws_access_key_id"
    }
  }
}

/// The form of `~/.aws/config`: `[sections]` of `name = value`, comments, and indented lines that belong to a value.
enum ProfileFile {
  /// The values of a section; nil where there is none of this name.
  static func section(_ name: String, in text: String) -> [String: String]? {
    var values: [String: String]?
    var isInside = false
    for line in text.split(whereSeparator: \.isNewline) {
      guard let first = line.first, first != "#", first != ";" else { continue }
      let trimmed = line.trimmingCharacters(in: .whitespaces)
      if first == "[", let close = trimmed.firstIndex(of: "]") {
        let title = trimmed[trimmed.index(after: trimmed.startIndex)..<close]
        let words = title.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        isInside = words == name
        if isInside, values == nil { values = [:] }
        continue
      }
      // An indented line is part of the value before it (`s3 =` with settings below); none of those is used here.
      guard isInside, !first.isWhitespace, let equals = trimmed.firstIndex(of: "=") else { continue }
      let key = trimmed[..<equals].trimmingCharacters(in: .whitespaces).lowercased()
      var value = trimmed[trimmed.index(after: equals)...].trimmingCharacters(in: .whitespaces)
      if let comment = value.range(of: " #") ?? value.range(of: " ;") {
        value = value[..<comment.lowerBound].trimmingCharacters(in: .whitespaces)
      }
      if !key.isEmpty, !value.isEmpty { values?[key] = value }
    }
    return values
  }
}
