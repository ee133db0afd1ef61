internal import Foundation
internal import Media
internal import Probing
internal import Testing

/// A folder with clips made at test time by the ffmpeg command; gone when it is released.
final class ClipFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "rung-probing-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Where the command is; nil when the machine has none, and then tests that need clips are skipped and say so.
  static let ffmpeg: String? = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(
    separator: ":"
  )
  .map { $0 + "/ffmpeg" }.first { FileManager.default.isExecutableFile(atPath: $0) }

  /// Runs the command with `arguments` and the clip's path behind them, and gives the path.
  @discardableResult
  func make(_ name: String, _ arguments: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(ClipFolder.ffmpeg))
    let target = path + "/" + name
    process.arguments =
      ["-hide_banner", "-loglevel", "error", "-nostdin", "-y"]
      + arguments.replacingOccurrences(of: "DIR", with: path).split(separator: " ").map(String.init) + [
        target
      ]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "ffmpeg \(arguments)")
    return target
  }

  func write(_ name: String, _ data: Data) throws -> String {
    let target = path + "/" + name
    try data.write(to: URL(fileURLWithPath: target))
    return target
  }
}

func examine(_ path: String) throws -> Examination {
  let handle = try #require(FileHandle(forReadingAtPath: path))
  defer { try? handle.close() }
  return try Prober.examine(descriptor: handle.fileDescriptor, name: (path as NSString).lastPathComponent)
}

/// The failure that examining ends in; nil when there is a report.
func failure(_ path: String) throws -> ProbeFailure? {
  do {
    _ = try examine(path)
    return nil
  } catch let error as ProbeFailure { return error }
}
