internal import Foundation
package import Testing

/// Compares text with what a file in `Goldens/` beside the calling test holds: text in, a recorded issue with the
/// first difference out. `UPDATE_GOLDENS=1` writes the file instead; a file that is missing fails.
package enum Golden {
  package static var isUpdating: Bool { ProcessInfo.processInfo.environment["UPDATE_GOLDENS"] == "1" }

  package static func expect(
    _ text: String, _ name: String, filePath: String = #filePath,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let folder = URL(fileURLWithPath: filePath).deletingLastPathComponent()
      .appendingPathComponent("Goldens")
    let file = folder.appendingPathComponent(name)
    let wanted = text.hasSuffix("\n") ? text : text + "\n"
    if isUpdating {
      do {
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(wanted.utf8).write(to: file)
      } catch {
        Issue.record("golden \(name) cannot be written: \(error)", sourceLocation: sourceLocation)
      }
      return
    }
    guard let data = try? Data(contentsOf: file) else {
      Issue.record(
        "golden \(name) is missing; `make goldens` writes it, then look at it", sourceLocation: sourceLocation
      )
      return
    }
    let golden = String(decoding: data, as: UTF8.self)
    if golden != wanted {
      Issue.record(
        "golden \(name) differs: \(firstDifference(golden: golden, now: wanted))",
        sourceLocation: sourceLocation)
    }
  }

  /// The first line that differs, with its number.
  package static func firstDifference(golden: String, now: String) -> String {
    let old = golden.split(separator: "\n", omittingEmptySubsequences: false)
    let new = now.split(separator: "\n", omittingEmptySubsequences: false)
    for index in 0..<max(old.count, new.count) {
      let before = index < old.count ? String(old[index]) : "(no such line)"
      let after = index < new.count ? String(new[index]) : "(no such line)"
      if before != after { return "line \(index + 1)\n  golden: \(before)\n  now:    \(after)" }
    }
    return "nothing"
  }
}
