internal import Foundation
internal import Synchronization
internal import TestKit
internal import Testing

extension EndToEnd {
  /// Ctrl-C, SIGTERM and SIGKILL in mid-work: the tree stays as it was, nobody is left running, and a plain run
  /// afterwards gives what an undisturbed one gives.
  @Suite struct InterruptTests {
    /// A clip that takes some seconds: made by ffmpeg, since git is no place for it.
    private static let clip: Result<(folder: TemporaryFolder, path: String), any Error> = Result {
      let folder = try TemporaryFolder()
      let result = try Shell.run(
        "ffmpeg",
        [
          "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=30:duration=40", "-f",
          "lavfi", "-i", "sine=frequency=440:duration=40", "-c:v", "libx264", "-preset", "ultrafast", "-crf",
          "30", "-pix_fmt", "yuv420p", "-g", "60", "-c:a", "aac", folder.file("long.mp4"),
        ])
      try #require(result.succeeded, "\(result)")
      return (folder, folder.file("long.mp4"))
    }

    private static let undisturbed: Result<[String: [UInt8]], any Error> = Result {
      let folder = try TemporaryFolder()
      let result = try Rung.package(clip.get().path, into: folder.path)
      try #require(result.exit == 0, "\(result)")
      return try TreeDump.contents(folder.path)
    }

    @Test(
      .enabled(if: Peer.hasFFmpeg, "needs ffmpeg"),
      arguments: [(SIGINT, Int32(130), false), (SIGTERM, 143, false), (SIGINT, 130, true)])
    func stopsWithinASecondAndLeavesTheTree(_ signal: Int32, _ exit: Int32, _ toGroup: Bool) throws {
      let folder = try TemporaryFolder()
      let other = try Rung.package(Fixture.path("single-picture.mp4"), into: folder.path, id: "other")
      try #require(other.exit == 0, "\(other)")
      let before = try TreeDump.contents(folder.path)
      let command = try start(folder.path)
      try waitForWork(command, folder.path)
      let sent = ContinuousClock.now
      command.send(signal, toGroup: toGroup)
      let result = command.wait(timeout: 30)
      // A second is the promise; the other cores of a test machine may be busy.
      #expect(ContinuousClock.now - sent < .seconds(3))
      #expect(result.exit == exit, "\(result)")
      #expect(TreeDump.differences(before, try TreeDump.contents(folder.path)).isEmpty)
      #expect(leftRunning(folder.path) == [])
      try finishes(folder.path)
    }

    @Test(.enabled(if: Peer.hasFFmpeg, "needs ffmpeg"), arguments: [0.05, 0.4, 1.1, 2.0])
    func aKilledRunIsFollowedByAWholeOne(_ delay: Double) throws {
      let folder = try TemporaryFolder()
      let command = try start(folder.path)
      _ = command.wait(until: { false }, timeout: delay)
      command.send(SIGKILL)
      let result = command.wait(timeout: 30)
      if result.exit == nil {
        #expect(result.signal == SIGKILL, "\(result)")
        #expect(try TreeDump.contents(folder.path).isEmpty)
      }
      #expect(leftRunning(folder.path) == [])
      try finishes(folder.path)
    }

    private func start(_ tree: String) throws -> RunningCommand {
      try Shell.start(
        Binary.rung,
        ["package", Self.clip.get().path, "--into", tree, "--id", "clip", "--ladder", Rung.tiny],
        environment: ["RUNG_TEST_TREE": tree])
    }

    /// Until encoding has begun: a worker runs and something lies in the work folder.
    private func waitForWork(_ command: RunningCommand, _ tree: String) throws {
      let working = command.wait(
        until: {
          self.processes(tree).count > 1
            && !TreeDump.files("\(tree)/.rung", skipping: []).filter { !$0.hasSuffix(".lock") }.isEmpty
        }, timeout: 20)
      try #require(working, "\(command.errorsSoFar)")
      _ = command.wait(until: { false }, timeout: 0.3)
      try #require(command.isRunning, "the clip is too short for this machine: \(command.errorsSoFar)")
    }

    /// A plain run makes the whole of it, and the same bytes.
    private func finishes(_ tree: String) throws {
      let result = try Rung.package(Self.clip.get().path, into: tree)
      #expect(result.exit == 0, "\(result)")
      let own = try TreeDump.contents(tree).filter { $0.key.hasPrefix("packaged/clip/") }
      let differences = TreeDump.differences(try Self.undisturbed.get(), own)
      #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
    }

    /// Processes that inherited this test's mark and are still there two seconds later.
    private func leftRunning(_ tree: String) -> [String] {
      for _ in 0..<40 {
        if processes(tree).isEmpty { return [] }
        usleep(50_000)
      }
      return processes(tree)
    }

    private func processes(_ tree: String) -> [String] {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
      return names.filter { $0.allSatisfy(\.isNumber) }.filter { name in
        guard let data = FileManager.default.contents(atPath: "/proc/\(name)/environ") else { return false }
        return String(decoding: data, as: UTF8.self).contains("RUNG_TEST_TREE=\(tree)\0")
      }
    }
  }
}
