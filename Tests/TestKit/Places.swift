internal import Foundation

/// The checkout that the tests were built from: its folders and its fixtures.
package enum Checkout {
  package static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  package static func path(_ relative: String) -> String { "\(root)/\(relative)" }
}

/// A clip in `Fixtures/`, by its file name.
package enum Fixture {
  package static func path(_ name: String) -> String { Checkout.path("Fixtures/\(name)") }

  package static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name))))
  }
}

/// The command as it was built beside the tests; `RUNG_BINARY` names another.
package enum Binary {
  package static let rung: String = {
    if let path = ProcessInfo.processInfo.environment["RUNG_BINARY"], !path.isEmpty { return path }
    let runner = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let beside = URL(fileURLWithPath: runner).deletingLastPathComponent().appendingPathComponent("rung").path
    if FileManager.default.isExecutableFile(atPath: beside) { return beside }
    return Checkout.path(".build/debug/rung")
  }()
}

/// A new folder that goes away with its owner.
package final class TemporaryFolder: Sendable {
  package let path: String

  package init(_ name: String = "rung") throws {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("\(name)-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  package func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file, with the folders that it needs, and gives its path.
  @discardableResult
  package func write(_ bytes: [UInt8], _ name: String) throws -> String {
    let url = URL(fileURLWithPath: file(name))
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
    return url.path
  }

  @discardableResult
  package func write(_ text: String, _ name: String) throws -> String {
    try write(Array(text.utf8), name)
  }
}

/// Random numbers that a seed decides (SplitMix64), so that a failing run can be had again.
package struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64
  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}
