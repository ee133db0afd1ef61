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
          "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=30:duration=50", "-f",
          "lavfi", "-i", "sine=frequency=440:duration=50", "-c:v", "libx264", "-preset", "ultrafast", "-crf",
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
      let workers = try waitForWork(command)
      let sent = ContinuousClock.now
      command.send(signal, toGroup: toGroup)
      let result = command.wait(timeout: 30)
      // A second is the promise; the other cores of a test machine may be busy.
      #expect(ContinuousClock.now - sent < .seconds(3))
      #expect(result.exit == exit, "\(result)")
      #expect(TreeDump.differences(before, try TreeDump.contents(folder.path)).isEmpty)
      #expect(stillRunning(workers) == [])
      try finishes(folder.path)
    }

    @Test(.enabled(if: Peer.hasFFmpeg, "needs ffmpeg"), arguments: [0.05, 0.4, 1.1, 2.0])
    func aKilledRunIsFollowedByAWholeOne(_ delay: Double) throws {
      let folder = try TemporaryFolder()
      let command = try start(folder.path)
      _ = command.wait(until: { false }, timeout: delay)
      let workers = children(command)
      command.send(SIGKILL)
      let result = command.wait(timeout: 30)
      if result.exit == nil {
        #expect(result.signal == SIGKILL, "\(result)")
        #expect(try TreeDump.contents(folder.path).isEmpty)
      }
      #expect(stillRunning(workers) == [])
      try finishes(folder.path)
    }

    private func start(_ tree: String) throws -> RunningCommand {
      try Shell.start(
        Binary.rung,
        [
          "package", Self.clip.get().path, "--into", tree, "--id", "clip", "--ladder", Rung.tiny, "--workers",
          "1",
        ])
    }

    /// Until a worker has the source, and a little longer. Gives the workers.
    private func waitForWork(_ command: RunningCommand) throws -> [String] {
      let working = command.wait(until: { !self.children(command).isEmpty }, timeout: 20)
      try #require(working, "\(command.errorsSoFar)")
      _ = command.wait(until: { false }, timeout: 0.8)
      try #require(command.isRunning, "the clip is too short for this machine: \(command.errorsSoFar)")
      let workers = children(command)
      try #require(!workers.isEmpty)
      return workers
    }

    /// A plain run makes the whole of it, and the same bytes.
    private func finishes(_ tree: String) throws {
      let result = try Rung.package(Self.clip.get().path, into: tree)
      #expect(result.exit == 0, "\(result)")
      let own = try TreeDump.contents(tree).filter { $0.key.hasPrefix("packaged/clip/") }
      let differences = TreeDump.differences(try Self.undisturbed.get(), own)
      #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
    }

    /// The processes that the command started and that run now.
    private func children(_ command: RunningCommand) -> [String] {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
      return names.filter { $0.allSatisfy(\.isNumber) && status($0)?.parent == "\(command.processID)" }
    }

    /// Those of `processes` that are there two seconds later and are no corpses that wait for their burial.
    private func stillRunning(_ processes: [String]) -> [String] {
      var left = processes
      for _ in 0..<40 {
        left = left.filter { status($0).map { $0.state != "Z" } ?? false }
        if left.isEmpty { break }
        usleep(50_000)
      }
      return left
    }

    /// From `/proc/PID/stat`: `PID (name) STATE PARENT …`; the name may hold anything.
    private func status(_ process: String) -> (state: String, parent: String)? {
      guard let data = FileManager.default.contents(atPath: "/proc/\(process)/stat") else { return nil }
      let fields = String(decoding: data, as: UTF8.self).split(separator: ")").last?.split(separator: " ")
      guard let fields, fields.count > 2 else { return nil }
      return (String(fields[0]), String(fields[1]))
    }
  }
}
