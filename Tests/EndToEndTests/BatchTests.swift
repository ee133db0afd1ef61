internal import Foundation
internal import TestKit
internal import Testing

/// An inbox and a tree of its own, with batches on them.
struct BatchFixture {
  let folder: TemporaryFolder
  var inbox: String { folder.file("inbox") }
  var tree: String

  init(tree: String? = nil) throws {
    folder = try TemporaryFolder("batch")
    self.tree = tree ?? folder.file("tree")
    try FileManager.default.createDirectory(
      atPath: folder.file("inbox"), withIntermediateDirectories: true)
  }

  /// A clip of one picture; `kind` makes other bytes of it, by a box that nobody reads.
  static func clip(_ kind: UInt8) throws -> [UInt8] {
    try Fixture.bytes("single-picture.mp4") + [0, 0, 0, 9] + Array("free".utf8) + [kind]
  }

  func put(_ bytes: [UInt8], _ name: String) throws { try folder.write(bytes, "inbox/\(name)") }
  func put(_ text: String, _ name: String) throws { try folder.write(text, "inbox/\(name)") }

  func arguments(_ more: [String] = []) -> [String] {
    [
      "batch", inbox, "--into", tree, "--ladder", Rung.tiny, "--settle", "0s", "--jobs", "2", "--retry-delay",
      "0s",
    ] + more
  }

  func run(_ more: [String] = []) throws -> CommandResult { try Rung.run(arguments(more), timeout: 120) }
  func start(_ more: [String] = []) throws -> RunningCommand { try Shell.start(Binary.rung, arguments(more)) }

  /// Asks the ledger; a row a line, columns with `|` between them.
  func ask(_ sql: String) throws -> [String] {
    let script =
      "import sqlite3, sys\nfor row in sqlite3.connect(sys.argv[1], timeout=10).execute(sys.argv[2]):"
      + " print('|'.join('' if value is None else str(value) for value in row))"
    let result = try Shell.run("python3", ["-c", script, "\(tree)/.rung/ledger.sqlite", sql])
    try #require(result.succeeded, "\(result)")
    return result.output.split(separator: "\n").map(String.init)
  }

  func statuses() throws -> [String] {
    try ask("SELECT status, count(*) FROM assets GROUP BY status ORDER BY status")
  }
}

extension EndToEnd {
  /// `rung batch`: what becomes of the files of an inbox.
  @Suite(.enabled(if: Shell.find("python3") != nil, "needs python3 to ask the ledger")) struct BatchTests {
    @Test func poisonHarmsNobody() throws {
      let fixture = try BatchFixture()
      for kind in 1...5 { try fixture.put(try BatchFixture.clip(UInt8(kind)), "good \(kind).mp4") }
      // The same bytes once more, under a name that says nothing.
      try fixture.put(try BatchFixture.clip(1), "deep/no-ending")
      try fixture.put("{\"id\": \"mine\", \"creator\": \"anna\", \"priority\": 9}", "good 5.mp4.rung.json")
      for name in ["empty.mp4", "text-named.mp4", "playlist-named.mp4", "truncated.mov"] {
        try fixture.put(try Fixture.bytes(name), name)
      }
      try fixture.put(try BatchFixture.clip(8), "sidecar.mp4")
      try fixture.put("{\"prio\": 9}", "sidecar.mp4.rung.json")
      let result = try fixture.run()
      #expect(result.exit == 0, "\(result)")
      #expect(try fixture.statuses() == ["failed|5", "ready|6"], "\(result)")
      let reasons = try fixture.ask(
        "SELECT failure_code, length(failure_reason) > 20, retryable FROM assets WHERE status = 'failed' ORDER BY 1"
      )
      #expect(reasons == ["input|1|0", "input|1|0", "input|1|0", "input|1|0", "sidecar|1|0"])
      #expect(try fixture.ask("SELECT id, creator FROM assets WHERE id = 'mine'") == ["mine|anna"])
      // What was asked for first was made first.
      #expect(try fixture.ask("SELECT asset_id FROM jobs ORDER BY started_at, number LIMIT 1").count == 1)
      try sharesBytes(fixture)
      try isQuietWhenNothingChanged(fixture)
    }

    /// The second asset of the same bytes is the first one's files, and what `rung package` would have made.
    private func sharesBytes(_ fixture: BatchFixture) throws {
      let ids = try fixture.ask(
        "SELECT id FROM assets WHERE status = 'ready' AND sha256 = (SELECT sha256 FROM assets WHERE id LIKE 'deep-%')"
      )
      try #require(ids.count == 2)
      let inodes = try ids.map { id in
        let folder = "\(fixture.tree)/packaged/\(id)"
        let segment = try #require(TreeDump.files(folder).first { $0.hasSuffix(".m4s") })
        return try FileManager.default.attributesOfItem(atPath: "\(folder)/\(segment)")[.systemFileNumber]
          as? Int
      }
      #expect(inodes[0] != nil && inodes[0] == inodes[1])
      let deep = try #require(ids.first { $0.hasPrefix("deep-") })
      let other = try TemporaryFolder()
      let alone = try Rung.package("\(fixture.inbox)/deep/no-ending", into: other.path, id: deep)
      try #require(alone.exit == 0, "\(alone)")
      let linked = try TreeDump.contents(fixture.tree).filter { $0.key.hasPrefix("packaged/\(deep)/") }
      let differences = TreeDump.differences(try TreeDump.contents(other.path), linked)
      #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
    }

    private func isQuietWhenNothingChanged(_ fixture: BatchFixture) throws {
      let before = try fixture.ask("SELECT count(*), max(number) FROM jobs")
      let again = try fixture.run()
      #expect(again.exit == 0 && again.errors.isEmpty && again.output.isEmpty, "\(again)")
      #expect(try fixture.ask("SELECT count(*), max(number) FROM jobs") == before)
    }

    @Test func changesAreSeen() throws {
      let fixture = try BatchFixture()
      try fixture.put(try BatchFixture.clip(1), "clip.mp4")
      try #require(try fixture.run().exit == 0)
      let first = try fixture.ask("SELECT sha256 FROM assets")
      try fixture.put(try BatchFixture.clip(2), "clip.mp4")
      try #require(try fixture.run().exit == 0)
      #expect(try fixture.ask("SELECT status, version FROM assets") == ["ready|2"])
      #expect(try fixture.ask("SELECT sha256 FROM assets") != first)
      // A sidecar that comes later changes what would be made.
      try fixture.put("{\"max_height\": 90, \"title\": \"A clip\"}", "clip.rung.json")
      try #require(try fixture.run().exit == 0)
      #expect(try fixture.ask("SELECT status, outdated, title FROM assets") == ["ready|1|A clip"])
      try #require(try fixture.run(["--refresh"]).exit == 0)
      #expect(try fixture.ask("SELECT status, outdated, version FROM assets") == ["ready|0|2"])
      #expect(try fixture.ask("SELECT profile FROM renditions WHERE kind = 'video'") == ["90p"])
      // Another ladder of the batch outdates it, and the first one makes it right again.
      try #require(try fixture.run(["--speed", "fast"]).exit == 0)
      #expect(try fixture.ask("SELECT outdated FROM assets") == ["1"])
      try #require(try fixture.run().exit == 0)
      #expect(try fixture.ask("SELECT outdated FROM assets") == ["0"])
      // What is ready is moved away, with its sidecar; the failed stays.
      try fixture.put("no video", "broken.mp4")
      let done = fixture.folder.file("done")
      try #require(try fixture.run(["--done", "move:\(done)"]).exit == 0)
      #expect(TreeDump.files(done) == ["clip.mp4", "clip.rung.json"])
      #expect(TreeDump.files(fixture.inbox) == ["broken.mp4"])
      #expect(try fixture.statuses() == ["failed|1", "ready|1"])
    }

    @Test func whoWritesIsWaitedForAndWhoComesLaterIsTaken() throws {
      let fixture = try BatchFixture()
      try fixture.put(try BatchFixture.clip(1), "growing.mp4")
      let writer = try #require(FileHandle(forWritingAtPath: "\(fixture.inbox)/growing.mp4"))
      try #require(try fixture.run().exit == 0)
      #expect(try fixture.statuses().isEmpty)
      try writer.close()
      try fixture.put(try Fixture.bytes("odd-size.mp4"), "first.mp4")
      let command = try fixture.start()
      _ = command.wait(until: { command.errorsSoFar.contains("ready as") }, timeout: 60)
      try fixture.put(try BatchFixture.clip(2), "later.mp4")
      let result = command.wait(timeout: 60)
      #expect(result.exit == 0, "\(result)")
      #expect(
        try fixture.ask("SELECT count(*) FROM assets WHERE status = 'ready' AND source LIKE '%growing%'") == [
          "1"
        ])
      // The end of the first batch may have been before it came.
      if try fixture.statuses() != ["ready|3"] { try #require(try fixture.run().exit == 0) }
      #expect(try fixture.statuses() == ["ready|3"])
    }

    @Test func aSecondBatchLeavesTheWorkToTheFirst() throws {
      let fixture = try BatchFixture()
      for kind in 1...4 { try fixture.put(try BatchFixture.clip(UInt8(kind)), "\(kind).mp4") }
      let first = try fixture.start()
      let lock = "\(fixture.tree)/.rung/batch.lock"
      let isHeld = first.wait(
        until: { (try? String(contentsOfFile: lock, encoding: .utf8))?.hasSuffix("\n") == true }, timeout: 30)
      try #require(isHeld, "\(first.errorsSoFar)")
      first.send(SIGSTOP)
      let second = try fixture.run()
      let third = try fixture.start(["--wait"])
      first.send(SIGCONT)
      #expect(second.exit == 0 && second.errors.contains("process \(first.processID) on"), "\(second)")
      #expect(first.wait().exit == 0)
      #expect(third.wait().exit == 0)
      #expect(try fixture.statuses() == ["ready|4"])
      #expect(try fixture.ask("SELECT count(*) FROM jobs") == ["4"])
    }

    /// Films of half a gigabyte, most of it nothing; to hash them takes a while.
    @Test func filmsLeaveRoomForClips() throws {
      let fixture = try BatchFixture()
      for name in ["film 1.mp4", "film 2.mp4", "film 3.mp4"] {
        let size = 500_000_000 + name.utf8.reduce(0) { $0 + Int($1) }
        let start = try Fixture.bytes("single-picture.mp4")
        let rest = UInt32(size - start.count)
        let head = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: rest >> $0) } + Array("free".utf8)
        try fixture.put(start + head, name)
        let file = try FileHandle(
          forWritingTo: URL(fileURLWithPath: "\(fixture.inbox)/\(name)", isDirectory: false))
        try file.truncate(atOffset: UInt64(size))
        try file.close()
      }
      try fixture.put(try BatchFixture.clip(1), "clip.mp4")
      // The oldest comes first, but for the rule.
      for (index, name) in ["film 1.mp4", "film 2.mp4", "film 3.mp4", "clip.mp4"].enumerated() {
        let time = Date(timeIntervalSince1970: 1_700_000_000 + Double(index))
        try FileManager.default.setAttributes(
          [.modificationDate: time], ofItemAtPath: fixture.inbox + "/" + name)
      }
      let result = try fixture.run()
      #expect(result.exit == 0, "\(result)")
      let order = result.errors.split(separator: "\n").filter { $0.contains("ready as") }
      let place = order.firstIndex { $0.contains("clip.mp4") }
      #expect(order.count == 4 && place ?? 3 < 2, "\(order)")
      #expect(try fixture.statuses() == ["ready|4"])
    }

    @Test(arguments: ["watchparty"]) func aLayoutWithOnePlaceForAll(_ ladder: String) throws {
      let fixture = try BatchFixture()
      let result = try Rung.run(["batch", fixture.inbox, "--into", fixture.tree, "--ladder", ladder])
      #expect(result.exit == 64 && result.errors.contains("{id}"), "\(result)")
      let misuse = try Rung.run(["batch", fixture.inbox, "--into", fixture.tree, "--settle", "soon"])
      #expect(misuse.exit == 64 && misuse.errors.contains("--settle"), "\(misuse)")
      let alone = try Rung.run(["job", "x", "--into", fixture.tree, "--inbox", fixture.inbox])
      #expect(alone.exit == 64, "\(alone)")
    }

    @Test(.enabled(if: Machine.canMount, "cannot mount a small tmpfs here"))
    func aFullDiskLosesNothing() throws {
      let folder = try TemporaryFolder()
      let disk = folder.file("disk")
      try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: false)
      let mounted = try Shell.run("mount", ["-t", "tmpfs", "-o", "size=600k", "tmpfs", disk])
      try #require(mounted.succeeded, "\(mounted)")
      defer { _ = try? Shell.run("umount", ["-l", disk]) }
      let fixture = try BatchFixture(tree: "\(disk)/tree")
      for kind in 1...3 { try fixture.put(try BatchFixture.clip(UInt8(kind)), "\(kind).mp4") }
      try fixture.put(try Fixture.bytes("holiday.mp4"), "long.mp4")
      let full = try fixture.run()
      #expect(full.exit == 75, "\(full)")
      #expect(full.errors.contains("space"), "\(full)")
      let enlarged = try Shell.run("mount", ["-o", "remount,size=40m", disk])
      try #require(enlarged.succeeded, "\(enlarged)")
      let result = try fixture.run()
      #expect(result.exit == 0, "\(result)")
      #expect(try fixture.statuses() == ["ready|4"])
      #expect(try fixture.ask("SELECT max(attempt) FROM jobs") == ["1"])
    }

    /// SIGKILL to the batch, to a child and to both, SIGTERM to the batch: the tree comes out as if nothing had been.
    @Test func killsLoseNothingAndMakeNothingTwice() throws {
      let calm = try BatchFixture()
      let wild = try BatchFixture()
      for fixture in [calm, wild] {
        for kind in 1...3 { try fixture.put(try BatchFixture.clip(UInt8(kind)), "\(kind).mp4") }
        try fixture.put(try Fixture.bytes("odd-size.mp4"), "odd.mp4")
        try fixture.put(try BatchFixture.clip(1), "twin.mp4")
      }
      try #require(try calm.run().exit == 0)
      for (round, target) in [(0, "parent"), (1, "child"), (2, "both"), (3, "term")] {
        let command = try wild.start()
        _ = command.wait(until: { self.running(wild).count > 0 }, timeout: 30)
        _ = command.wait(until: { false }, timeout: 0.15 * Double(round + 1))
        let children = running(wild)
        if target == "child" || target == "both" { for pid in children { kill(pid, SIGKILL) } }
        if target == "term" { command.send(SIGTERM) } else if target != "child" { command.send(SIGKILL) }
        let sent = ContinuousClock.now
        let result = command.wait(timeout: 60)
        if target == "term" {
          #expect(ContinuousClock.now - sent < .seconds(5))
          #expect(result.exit == 143 || result.exit == 0, "\(result)")
        }
      }
      let last = try wild.run()
      #expect(last.exit == 0, "\(last)")
      #expect(try wild.statuses() == ["ready|5"], "\(last)")
      let differences = TreeDump.differences(
        try TreeDump.contents(calm.tree), try TreeDump.contents(wild.tree))
      #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
      #expect(
        try wild.ask(
          "SELECT max(n) FROM (SELECT count(*) n FROM jobs WHERE status = 'done' GROUP BY asset_id)") == ["1"]
      )
    }

    /// The children of the batch on this tree, from the command lines of all processes.
    private func running(_ fixture: BatchFixture) -> [pid_t] {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
      return names.compactMap { pid_t($0) }.filter { pid in
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return false }
        let words = data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        return words.dropFirst().first == "job" && words.contains("--inbox=\(fixture.inbox)")
      }
    }
  }
}
