internal import Foundation
internal import TestKit
internal import Testing

extension EndToEnd {
  /// What protects the machine from the worker, as the command says it; and a worker that stops.
  @Suite struct IsolationTests {
    private func protection(_ errors: String) throws -> [String: Any]? {
      try errors.split(separator: "\n").map { try JSON.object(String($0)) }
        .first { $0["event"] as? String == "protection" }
    }

    @Test func theLogSaysWhatHolds() throws {
      let clip = Fixture.path("single-picture.mp4")
      let json = try Rung.run(["probe", clip, "--log", "json"])
      let found = try #require(try protection(json.errors), "\(json)")
      #expect(found["no_new_privs"] as? Bool == true && found["rlimits"] as? Bool == true, "\(found)")
      let missing = try #require(found["missing"] as? [String])
      // Where the kernel has it, it holds, and was tried.
      if found["landlock"] as? Int != 0 { #expect(found["files_refused"] as? Bool == true, "\(found)") }
      if found["seccomp"] as? Bool == true { #expect(found["network_refused"] as? Bool == true, "\(found)") }
      let asked = try Rung.run(["probe", clip, "--log", "text"])
      #expect(asked.errors.contains("rlimits") && asked.errors.contains("no_new_privs"), "\(asked)")
      let plain = try Rung.run(["probe", clip])
      #expect(plain.errors.isEmpty == missing.isEmpty, "\(plain)")
      #expect(try Rung.run(["probe", clip, "--quiet"]).errors.isEmpty)
    }

    @Test func aWorkerThatIsNobodysChildDoesNothing() throws {
      let result = try Rung.run(["worker"])
      #expect(result.exit == 64 && result.errors.contains("started by rung itself"), "\(result)")
    }

    /// In a batch a job's workers are copies of it and not started anew: they are held as any other.
    @Test func aWorkerMadeAheadIsHeldAsAnyOther() throws {
      let folder = try TemporaryFolder()
      let clip = Fixture.path("single-picture.mp4")
      let arguments = [
        "job", clip, "--into", folder.file("tree"), "--id", "clip", "--inbox", Checkout.path("Fixtures"),
        "--workers",
        "2",
        "--ladder", Rung.tiny, "--log", "json",
      ]
      let script = "echo '{}' | RUNG_PARENT=$$ \"$@\"; exit $?"
      let job = try Shell.run("/bin/sh", ["-c", script, "sh", Binary.rung] + arguments)
      #expect(job.exit == 0, "\(job)")
      let made = try #require(try protection(job.errors), "\(job)")
      let probe = try Rung.run(["probe", clip, "--log", "json"])
      let started = try #require(try protection(probe.errors), "\(probe)")
      #expect(NSDictionary(dictionary: made) == NSDictionary(dictionary: started))
      #expect(try Asset(tree: folder.file("tree"), id: "clip").renditions().isEmpty == false)
    }

    /// A container that refuses Landlock and seccomp: the work is done all the same, and the log says without what.
    @Test(.enabled(if: Shell.find("python3") != nil, "needs python3"))
    func withoutLandlockAndSeccompTheWorkIsDone() throws {
      let folder = try TemporaryFolder()
      let arguments = [
        "package", Fixture.path("single-picture.mp4"), "--into", folder.file("tree"), "--id", "clip",
        "--ladder",
        Rung.tiny, "--log", "json",
      ]
      let result = try Shell.run("python3", ["-c", Self.refusing, Binary.rung] + arguments)
      // Where no filter can be made at all, there is nothing to try.
      guard result.exit != 99 else { return }
      #expect(result.exit == 0, "\(result)")
      let found = try #require(try protection(result.errors), "\(result)")
      #expect(found["landlock"] as? Int == 0 && found["seccomp"] as? Bool == false, "\(found)")
      let missing = try #require(found["missing"] as? [String])
      #expect(
        missing.contains { $0.hasPrefix("Landlock: ") } && missing.contains { $0.hasPrefix("seccomp: ") })
      let said = try Shell.run("python3", ["-c", Self.refusing, Binary.rung, "probe", arguments[1]])
      #expect(said.exit == 0 && said.errors.contains("missing: Landlock"), "\(said)")
    }

    /// Runs a program under a filter that refuses both ways to seccomp, and Landlock's calls, with EPERM.
    private static let refusing = """
      from ctypes import CDLL, Structure, addressof, byref, c_ushort, c_void_p, create_string_buffer
      os, struct, sys = map(__import__, ["os", "struct", "sys"])
      libc = CDLL(None, use_errno=True)
      def rule(code, yes, no, value): return struct.pack("HBBI", code, yes, no, value)
      seccomp, prctl = (317, 157) if os.uname().machine == "x86_64" else (277, 167)
      program = rule(0x20, 0, 0, 0)
      for place, number in enumerate([seccomp, 444, 445, 446]): program += rule(0x15, 7 - place, 0, number)
      program += rule(0x15, 0, 2, prctl) + rule(0x20, 0, 0, 16) + rule(0x15, 1, 0, 22)
      program += rule(0x06, 0, 0, 0x7fff0000) + rule(0x06, 0, 0, 0x00050001)
      held = create_string_buffer(program)
      class Program(Structure): _fields_ = [("count", c_ushort), ("rules", c_void_p)]
      wanted = Program(len(program) // 8, addressof(held))
      if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, byref(wanted), 0, 0): sys.exit(99)
      os.execv(sys.argv[1], sys.argv[1:])
      """

    /// Stopped in mid-work, as by a decoder that never comes back: the run ends by itself, says what to do, leaves
    /// nothing, and the next one does the work.
    @Test(.enabled(if: Peer.hasFFmpeg, "needs ffmpeg"))
    func aWorkerThatStopsIsEnded() throws {
      let folder = try TemporaryFolder()
      let clip = folder.file("long.mp4")
      let made = try Shell.run(
        "ffmpeg",
        [
          "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=30:duration=40", "-c:v",
          "libx264", "-preset", "ultrafast", "-crf", "30", "-g", "60", clip,
        ])
      try #require(made.succeeded, "\(made)")
      let arguments = ["package", clip, "--into", folder.file("tree"), "--id", "clip", "--ladder", Rung.tiny]
      let command = try Shell.start(Binary.rung, arguments + ["--workers", "1", "--stall-seconds", "2"])
      let isWorking = command.wait(
        until: { !self.chunks(folder.file("tree/.rung/chunks")).isEmpty }, timeout: 60)
      try #require(isWorking, "\(command.errorsSoFar)")
      let workers = workers(of: command)
      try #require(!workers.isEmpty)
      for worker in workers { kill(worker, SIGSTOP) }
      let result = command.wait(timeout: 60)
      #expect(result.exit == 75, "\(result)")
      let line = result.errors.split(separator: "\n").last ?? ""
      #expect(
        line.contains("long.mp4") && line.contains("2 s") && line.contains("--stall-seconds"), "\(result)")
      #expect(TreeDump.files(folder.file("tree")).isEmpty)
      let again = try Rung.run(arguments, timeout: 180)
      #expect(again.exit == 0, "\(again)")
    }

    private func chunks(_ folder: String) -> [String] {
      TreeDump.files(folder).filter { $0.contains("analysis-") }
    }

    private func workers(of command: RunningCommand) -> [Int32] {
      let path = "/proc/\(command.processID)/task"
      let threads = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
      return threads.flatMap { thread -> [Int32] in
        let text = (try? String(contentsOfFile: "\(path)/\(thread)/children", encoding: .utf8)) ?? ""
        return text.split(separator: " ").compactMap { Int32($0) }
      }
    }
  }
}
