internal import Foundation
internal import TestKit
internal import Testing

extension EndToEnd {
  /// What an interrupted run leaves in `.rung/chunks`: gone on from, not believed when it was damaged, and cleaned.
  @Suite(.enabled(if: Peer.hasFFmpeg, "needs ffmpeg")) struct ResumeTests {
    let folder: TemporaryFolder
    let clip: String
    let tree: String
    private var chunks: String { "\(tree)/.rung/chunks" }

    /// Twelve chunks of two seconds, so that there is something to interrupt.
    init() throws {
      folder = try TemporaryFolder()
      clip = folder.file("long.mp4")
      tree = folder.file("tree")
      let result = try Shell.run(
        "ffmpeg",
        [
          "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30:duration=24", "-f",
          "lavfi", "-i", "sine=frequency=440:duration=24", "-c:v", "libx264", "-preset", "ultrafast", "-crf",
          "30", "-pix_fmt", "yuv420p", "-g", "60", "-c:a", "aac", clip,
        ])
      try #require(result.succeeded, "\(result)")
    }

    // MARK: Damage

    private enum Damage: CaseIterable { case altered, cut, emptied, gone, folder, link }

    @Test func whatWasDamagedIsMadeAgain() throws {
      try interrupt(after: 8)
      let key = try #require(try keys().first)
      let made = try names(in: key)
      var untouched = made
      // Files of every kind: statistics, trees, results, trials, sound, pictures of either rung.
      for (index, damage) in Damage.allCases.enumerated() {
        for kind in ["analysis-", "90p-", "180p-"] {
          let own = made.filter { $0.hasPrefix(kind) }
          guard own.count > index else { continue }
          untouched.removeAll { $0 == own[index] }
          try apply(damage, to: "\(chunks)/\(key)/\(own[index])")
        }
      }
      #expect(made.count - untouched.count >= 12, "\(made)")
      let before = try untouched.map { try inode("\(chunks)/\(key)/\($0)") }
      let command = try start()
      let isBack = command.wait(
        until: {
          let now = (try? names(in: key)) ?? []
          return made.allSatisfy { now.contains($0) && isFile("\(chunks)/\(key)/\($0)") }
        }, timeout: 60)
      command.send(SIGSTOP)
      #expect(isBack)
      // What was whole is the file of before; what was damaged has its old name, and so its old bytes, again.
      #expect(try untouched.map { try inode("\(chunks)/\(key)/\($0)") } == before)
      command.send(SIGCONT)
      let result = command.wait(timeout: 120)
      #expect(result.exit == 0, "\(result)")
      let alone = folder.file("alone")
      let undisturbed = try Rung.package(clip, into: alone)
      try #require(undisturbed.exit == 0, "\(undisturbed)")
      let differences = TreeDump.differences(try TreeDump.contents(alone), try TreeDump.contents(tree))
      #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
      #expect(try keys() == [])
    }

    private func apply(_ damage: Damage, to path: String) throws {
      let manager = FileManager.default
      var bytes = try #require(manager.contents(atPath: path))
      switch damage {
      case .altered: bytes[bytes.count / 2] ^= 1
      case .cut: bytes.removeLast()
      case .emptied: bytes.removeAll()
      case .gone, .folder, .link: break
      }
      try manager.removeItem(atPath: path)
      switch damage {
      case .altered, .cut, .emptied: try bytes.write(to: URL(fileURLWithPath: path))
      case .gone: break
      case .folder: try manager.createDirectory(atPath: path + "/inside", withIntermediateDirectories: true)
      case .link:
        let elsewhere = folder.file("elsewhere")
        try bytes.write(to: URL(fileURLWithPath: elsewhere))
        try manager.createSymbolicLink(atPath: path, withDestinationPath: elsewhere)
      }
    }

    // MARK: Cleaning

    @Test func oldAndTooMuchGoesTheLongestUnusedFirst() throws {
      let hour: TimeInterval = 3600
      let old = try seed("a", bytes: 10, age: 8 * 24 * hour)
      let early = try seed("b", bytes: 1_500_000, age: 30 * hour)
      let late = try seed("c", bytes: 1_500_000, age: 2 * hour)
      let busy = try seed("d", bytes: 400_000, age: 9 * 24 * hour)
      let descriptor = unsafe open("\(chunks)/\(busy)", O_RDONLY | O_DIRECTORY)
      defer { close(descriptor) }
      try #require(flock(descriptor, LOCK_SH) == 0)
      let source = Fixture.path("single-picture.mp4")
      let result = try Rung.package(source, into: tree, ["--max-work-bytes", "2MB"])
      #expect(result.exit == 0, "\(result)")
      #expect(result.errors.contains("2 unfinished encodings removed"), "\(result)")
      #expect(try keys() == [late, busy].sorted())
      // An asset that is up to date cleans too, and nothing but what others use is left with no room at all.
      let again = try Rung.package(source, into: tree, ["--max-work-bytes", "0", "--quiet"])
      #expect(again.exit == 0, "\(again)")
      #expect(again.errors.isEmpty, "\(again)")
      #expect(try keys() == [busy])
      #expect(![old, early].contains(busy))
    }

    @Test func aRunIsNotCleanedByAnother() throws {
      let command = try start()
      try #require(
        command.wait(
          until: { ((try? keys()) ?? []).contains { ((try? names(in: $0)) ?? []).count > 3 } }, timeout: 30)
      )
      let own = try keys()
      let other = try Rung.package(
        Fixture.path("single-picture.mp4"), into: tree, id: "other", ["--max-work-bytes", "0"])
      #expect(other.exit == 0, "\(other)")
      try #require(command.isRunning, "the clip is too short for this machine")
      #expect(try keys() == own)
      command.send(SIGTERM)
      #expect(command.wait(timeout: 30).exit == 143)
      #expect(try keys() == own)
      // Nobody's any more.
      let third = try Rung.package(
        Fixture.path("single-picture.mp4"), into: tree, id: "other", ["--max-work-bytes", "0"])
      #expect(third.exit == 0, "\(third)")
      #expect(try keys() == [])
    }

    /// A store of one file, last used some seconds ago.
    private func seed(_ letter: String, bytes: Int, age: TimeInterval) throws -> String {
      let key = String(repeating: letter, count: 64)
      let manager = FileManager.default
      try manager.createDirectory(atPath: "\(chunks)/\(key)", withIntermediateDirectories: true)
      let file = "\(chunks)/\(key)/90p-0.\(String(repeating: "0", count: 64))"
      try Data(count: bytes).write(to: URL(fileURLWithPath: file))
      let mark = "\(chunks)/\(key)/used"
      try Data().write(to: URL(fileURLWithPath: mark))
      try manager.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: mark)
      return key
    }

    // MARK: Runs and stores

    private func start() throws -> RunningCommand {
      try Shell.start(
        Binary.rung,
        ["package", clip, "--into", tree, "--id", "clip", "--ladder", Rung.tiny, "--workers", "1"])
    }

    /// Starts a run and kills it once it has so many files of each rung.
    private func interrupt(after count: Int) throws {
      let command = try start()
      let isFar = command.wait(
        until: {
          let made = ((try? keys()) ?? []).flatMap { (try? names(in: $0)) ?? [] }
          return made.count { $0.hasPrefix("90p-") } >= count
        }, timeout: 90)
      command.send(SIGKILL)
      let result = command.wait(timeout: 30)
      try #require(isFar && result.signal == SIGKILL, "\(result)")
    }

    private func keys() throws -> [String] {
      guard FileManager.default.fileExists(atPath: chunks) else { return [] }
      return try FileManager.default.contentsOfDirectory(atPath: chunks).sorted()
    }

    /// Finished files of a store: `{name}.{sha256}`.
    private func names(in key: String) throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: "\(chunks)/\(key)")
        .filter { $0.split(separator: ".").last?.count == 64 }.sorted()
    }

    private func inode(_ path: String) throws -> UInt64 {
      try #require(
        try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? UInt64)
    }

    private func isFile(_ path: String) -> Bool {
      let type = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
      return type == .typeRegular
    }
  }
}
