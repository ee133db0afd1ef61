internal import Foundation
internal import Publishing

/// `rung presign s3://BUCKET/KEY --expires 1h`
struct PresignCommand: Command {
  static let declaration = CommandDeclaration(
    name: "presign",
    summary: "an address under which anybody may get one object of a private bucket for a while",
    discussion: [
      "Signs on this machine and asks nobody. The address is good for one object: what a playlist names is fetched",
      "without a signature. Whoever has the address may use it.",
    ],
    operand: OperandDeclaration(name: "s3://BUCKET/KEY", count: .one, help: "the object"),
    options: [expires] + BucketOptions.store)

  private static let expires = OptionDeclaration(
    name: "--expires", value: .text("TIME"), help: "how long it is good for, at most 7d (default: 1h)")

  private let address: BucketAddress
  private let settings: StoreSettings
  private let seconds: Int64

  init(_ invocation: Invocation) throws(CommandFailure) {
    let text = invocation.operands.first ?? ""
    address = try BucketOptions.address(text)
    guard !address.prefix.isEmpty, !text.hasSuffix("/") else {
      throw CommandFailure(text, "names no object", advice: "write s3://BUCKET/KEY", exit: .usage)
    }
    seconds = try invocation.span(Self.expires, usual: 3600, in: 1...Int64(QuerySigner.longest))
    settings = try BucketOptions.settings(invocation)
  }

  func run(_ shell: Shell) throws(CommandFailure) -> ExitCode {
    let url: String
    do throws(PublishFailure) {
      url = try QuerySigner(settings.credentials, settings.endpoint).url(
        bucket: address.bucket, key: address.prefix, now: Int64(Date().timeIntervalSince1970),
        expires: Int(seconds))
    } catch {
      throw CommandFailure(error)
    }
    try StandardOutput.write(url + "\n")
    return .done
  }
}
