/// A store's server and how a bucket is addressed there: `--endpoint`, `--region` and a bucket in; URLs out.
///
/// At Amazon the bucket is part of the host's name (path-style addresses are on their way out there), unless the name
/// has a dot, which no certificate covers. With an endpoint of one's own it is the first part of the path, which R2,
/// Ceph, MinIO and others all take.
package struct Endpoint: Equatable, Sendable {
  /// `https` or `http`.
  let scheme: String
  /// With the port, if it was given: what the Host header says.
  let host: String
  package let region: String
  private let isAmazon: Bool

  package init(_ text: String?, region: String) throws(PublishFailure) {
    guard !region.isEmpty, region.utf8.allSatisfy(PercentEncoding.isUnreserved) else {
      throw .badEndpoint(region, rule: "a region holds letters, digits and \"-\"")
    }
    self.region = region
    guard let text else {
      let ending = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
      (scheme, host, isAmazon) = ("https", "s3.\(region).\(ending)", true)
      return
    }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count >= 3, parts[0] == "https:" || parts[0] == "http:", parts[1].isEmpty else {
      throw .badEndpoint(Endpoint.withoutUser(text), rule: "it begins with https:// or http://")
    }
    guard !parts[2].contains("@") else {
      throw .badEndpoint(Endpoint.withoutUser(text), rule: "it holds no user and no password")
    }
    guard parts.dropFirst(3).allSatisfy(\.isEmpty), !parts[2].isEmpty,
      parts[2].utf8.allSatisfy({ PercentEncoding.isUnreserved($0) || ":[]".utf8.contains($0) })
    else { throw .badEndpoint(text, rule: "it is a host, and a port where needed, without a path") }
    (scheme, host) = (parts[0] == "https:" ? "https" : "http", parts[2].lowercased())
    isAmazon = Endpoint.isAmazon(host)
  }

  private static func isAmazon(_ host: String) -> Bool {
    host.hasPrefix("s3.") && (host.hasSuffix(".amazonaws.com") || host.hasSuffix(".amazonaws.com.cn"))
  }

  /// What was typed, without what may be a password.
  private static func withoutUser(_ text: String) -> String {
    guard let at = text.lastIndex(of: "@") else { return text }
    return "…" + text[at...]
  }

  func host(of bucket: String) -> String {
    isAmazon && !bucket.contains(".") ? "\(bucket).\(host)" : host
  }

  /// The path of a key, encoded as it is signed; of the bucket itself for an empty key.
  func path(_ bucket: String, _ key: String) -> String {
    let inside = PercentEncoding.path(key)
    return isAmazon && !bucket.contains(".") ? "/\(inside)" : "/\(bucket)\(key.isEmpty ? "" : "/\(inside)")"
  }

  func url(_ bucket: String, _ key: String, query: String = "") -> String {
    let address = "\(scheme)://\(host(of: bucket))\(path(bucket, key))"
    return query.isEmpty ? address : "\(address)?\(query)"
  }

  /// What a target is remembered under: the server, the bucket and the prefix, without anything secret.
  package func name(_ address: BucketAddress) -> String {
    "\(scheme)://\(host)/\(address.bucket)/\(address.prefix)"
  }
}

/// A target that is remembered, taken apart again: the name that `Endpoint.name` gives in; what reaches it out.
package struct PublishTarget: Equatable, Sendable {
  package let endpoint: String
  /// At Amazon the server's name says it.
  package let region: String?
  package let address: BucketAddress

  package init?(_ name: String) {
    let parts = name.split(separator: "/", maxSplits: 4, omittingEmptySubsequences: false)
    guard parts.count == 5, parts[1].isEmpty,
      let address = try? BucketAddress("s3://\(parts[3])/\(parts[4])")
    else { return nil }
    endpoint = "\(parts[0])//\(parts[2])"
    let words = parts[2].split(separator: ".")
    region = parts[2].hasPrefix("s3.") && words.dropFirst(2).first == "amazonaws" ? String(words[1]) : nil
    self.address = address
  }
}
