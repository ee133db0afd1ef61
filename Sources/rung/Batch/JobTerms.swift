internal import Foundation
internal import Media

/// An asset of the same bytes whose objects may serve once more.
struct TwinOffer: Sendable, Equatable, Decodable {
  var id: String
  var creator: String?
}

/// What a batch and its child agree on beside the options of `package`: which sources are in bounds, whether an asset
/// of other bytes under the id is replaced, and the question about assets of the same bytes.
struct JobTerms: Sendable {
  /// The folder that the source has to lie in.
  var inbox: String
  /// The asset under this id is this upload's: other bytes, or another ladder, take its place. What is up to date is
  /// left alone all the same.
  var replaces: Bool
  /// What another version of the tool or its libraries made is made again.
  var renews: Bool
  let log: Log

  /// A link that was put in the file's place since the inbox was looked at leads nowhere.
  func check(_ source: SourceFile) throws(CommandFailure) {
    let link = "/proc/self/fd/\(source.descriptor)"
    let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: link)) ?? ""
    guard path.hasPrefix(inbox.hasSuffix("/") ? inbox : inbox + "/") else {
      throw CommandFailure(source.path, "leads out of the inbox", advice: "put the file itself there")
    }
  }

  /// Tells the batch what the source is, and waits for its word: to go on, from a twin where there is one. A batch that
  /// wants this child to wait for another one ends it here.
  func agree(_ sha256: String, bytes: Int64, _ report: SourceReport) throws(CommandFailure) -> TwinOffer? {
    let milliseconds = report.duration?.ticks(in: Rational(1, 1000))
    log.event(
      JobEvent.source, "examined", item: nil,
      [
        ("sha256", .string(sha256)), ("bytes", .integer(bytes)), ("duration_ms", .optional(milliseconds)),
      ])
    guard let line = readLine(strippingNewline: true) else {
      throw CommandFailure(nil, "the batch has ended", exit: .temporary)
    }
    guard let answer = try? JSONDecoder().decode(JobAnswer.self, from: Data(line.utf8)) else {
      throw CommandFailure(nil, "the batch said '\(line.prefix(80))'", advice: "report this as a bug")
    }
    return answer.twin
  }
}

/// The batch's word to a child that has examined its source.
struct JobAnswer: Decodable, Sendable {
  var twin: TwinOffer?

  static func line(_ twin: TwinOffer?) -> String {
    guard let twin else { return "{}\n" }
    return JSONText.object([
      ("twin", .object([("id", .string(twin.id)), ("creator", .optional(twin.creator))]))
    ]).compact + "\n"
  }
}
