internal import Foundation
internal import Publishing

/// The options of all commands that speak to a bucket, declared once, and what they come to.
enum BucketOptions {
  static let endpoint = OptionDeclaration(
    name: "--endpoint", value: .text("URL"),
    help: "the store's server: R2, Ceph and others (default: Amazon's, or AWS_ENDPOINT_URL)")
  static let region = OptionDeclaration(
    name: "--region", value: .text("NAME"), help: "the bucket's region (default: AWS_REGION, or us-east-1)")
  static let to = OptionDeclaration(
    name: "--to", value: .text("s3://BUCKET/PREFIX"), isRequired: true, help: "where the tree goes")
  static let parallel = OptionDeclaration(
    name: "--parallel", value: .number("N", 1...64), help: "requests at a time (default: 8)")
  static let partSize = OptionDeclaration(
    name: "--part-size", value: .bytes("SIZE", 5 << 20...5 << 30),
    help: "larger objects go up in parts of this size (default: 32MiB)")
  static let gzip = OptionDeclaration(
    name: "--gzip", value: .flag, help: "store playlists, manifests and subtitles gzipped (the default)")
  static let noGzip = OptionDeclaration(
    name: "--no-gzip", value: .flag, help: "store them as they are")
  static let grace = OptionDeclaration(
    name: "--grace", value: .text("TIME"),
    help: "how long replaced media stays for those who watch it (default: 1h)")
  static let check = OptionDeclaration(
    name: "--check", value: .flag, help: "ask the bucket about every object instead of believing the ledger")
  static let retries = OptionDeclaration(
    name: "--retries", value: .number("N", 0...100),
    help: "how often a request that failed for now is sent again (default: 3)")
  static let stallSeconds = OptionDeclaration(
    name: "--stall-seconds", value: .number("N", 1...86_400),
    help: "a request on which nothing moves for so long is broken off (default: 60)")

  static let store = [endpoint, region]
  static let sending = [parallel, partSize, gzip, noGzip, grace, retries, stallSeconds]

  static func settings(_ invocation: Invocation) throws(CommandFailure) -> StoreSettings {
    do throws(PublishFailure) {
      return try StoreSettings(
        endpoint: invocation.text(endpoint), region: invocation.text(region),
        environment: ProcessInfo.processInfo.environment)
    } catch {
      throw CommandFailure(error)
    }
  }

  static func address(_ text: String) throws(CommandFailure) -> BucketAddress {
    do throws(PublishFailure) { return try BucketAddress(text) } catch { throw CommandFailure(error) }
  }

  static func publishing(
    _ invocation: Invocation, to address: BucketAddress
  ) throws(CommandFailure) -> PublishOptions {
    if invocation.isSet(gzip), invocation.isSet(noGzip) {
      throw CommandFailure(nil, "--gzip and --no-gzip exclude one another", exit: .usage)
    }
    var options = PublishOptions(address: address)
    options.parallel = invocation.number(parallel) ?? options.parallel
    options.partBytes = invocation.bytes(partSize) ?? options.partBytes
    options.graceSeconds = try invocation.span(grace, usual: options.graceSeconds, in: 0...366 * 86_400)
    options.checks = invocation.isSet(check)
    options.retry.retries = invocation.number(retries) ?? options.retry.retries
    options.stallSeconds = invocation.number(stallSeconds) ?? options.stallSeconds
    return options
  }
}
