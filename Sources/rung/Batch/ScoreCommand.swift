internal import Batching
internal import Foundation

/// `--score-command`: new uploads go to a command of the person's as JSON, one a line, and it answers each with one
/// line, in order: a number, which is the priority, or an object with any of `priority`, `max_bitrate`, `ladder` and
/// `cache_hint`; an empty line leaves what the sidecar says.
struct UploadScore: Decodable, Equatable {
  var priority: Int?
  var max_bitrate: Int64?
  var ladder: String?
  var cache_hint: String?

  /// nil for what is neither a number, nor such an object.
  static func parse(_ line: String) -> UploadScore? {
    let text = line.trimmingCharacters(in: .whitespaces)
    if text.isEmpty { return UploadScore() }
    if let number = Double(text), number.magnitude < 1e15 { return UploadScore(priority: Int(number)) }
    return try? JSONDecoder().decode(UploadScore.self, from: Data(text.utf8))
  }

  func apply(to upload: inout Upload) {
    if let priority { upload.policy.priority = min(1_000_000, max(-1_000_000, priority)) }
    if let max_bitrate, max_bitrate >= 1000 { upload.policy.maxBitrate = max_bitrate }
    if let ladder { upload.ladder = ladder }
    if let cache_hint { upload.policy.cacheHint = cache_hint }
  }
}

enum ScoreCommand {
  private static let seconds = 60.0

  /// nil for uploads that got no answer, which is said once; they go by their sidecars.
  static func run(_ command: String, _ uploads: [Upload], _ log: Log) -> [UploadScore?] {
    let none = [UploadScore?](repeating: nil, count: uploads.count)
    let lines = uploads.map { upload in
      JSONText.object([
        ("id", .string(upload.id)), ("path", .string(upload.source)), ("bytes", .integer(upload.bytes)),
        ("creator", .optional(upload.creator)), ("title", .optional(upload.title)),
        ("priority", .integer(Int64(upload.policy.priority))), ("ladder", .optional(upload.ladder)),
      ]).compact
    }
    let folder = FileManager.default.temporaryDirectory.path + "/rung-score-\(getpid())"
    let (question, answer) = ("\(folder)/uploads", "\(folder)/scores")
    defer { try? FileManager.default.removeItem(atPath: folder) }
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: question))
    } catch {
      log.warning("the score command was not asked: \(folder) cannot be written")
      return none
    }
    guard shell(command, question, answer),
      let data = FileManager.default.contents(atPath: answer)
    else {
      log.warning(
        "the score command failed, or took longer than \(Int(seconds)) s; priorities are the sidecars'")
      return none
    }
    let answers = String(decoding: data, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
    var result = none
    var isBad = answers.count < uploads.count
    for index in uploads.indices where index < answers.count {
      result[index] = UploadScore.parse(String(answers[index]))
      isBad = isBad || result[index] == nil
    }
    if isBad { log.warning("the score command did not answer every upload with a number or an object") }
    return result
  }

  /// Runs a line of the shell; false when it fails or takes too long.
  private static func shell(_ line: String, _ input: String, _ output: String) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "exec <\"$0\" >\"$1\"\n\(line)", input, output]
    process.standardInput = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    let end = Date().addingTimeInterval(seconds)
    while process.isRunning {
      guard Date() < end else {
        process.terminate()
        return false
      }
      Thread.sleep(forTimeInterval: 0.005)
    }
    return process.terminationStatus == 0
  }
}
