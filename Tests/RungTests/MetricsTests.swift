internal import Batching
internal import Foundation
internal import TestKit
internal import Testing

@testable internal import rung

@Suite struct MetricsTests {
  /// The text format, line by line: a family's HELP, its TYPE, its samples, and no family twice.
  private func check(_ text: String) throws {
    #expect(text.hasSuffix("\n"))
    var families: [String] = []
    var kind = ""
    let sample = /([a-z_]+)(\{[a-z]+="(?:[^"\\\n]|\\["\\n])*"\})? ([0-9]+(?:\.[0-9]+)?)/
    var seen: Set<String> = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init) {
      if let match = line.wholeMatch(of: /# HELP (rung_[a-z_]+) ([^\n]+)/) {
        #expect(!families.contains(String(match.1)), "\(line)")
        families.append(String(match.1))
        kind = ""
      } else if let match = line.wholeMatch(of: /# TYPE (rung_[a-z_]+) (gauge|counter)/) {
        #expect(String(match.1) == families.last && kind.isEmpty, "\(line)")
        kind = String(match.2)
        #expect((kind == "counter") == match.1.hasSuffix("_total"), "\(line)")
      } else {
        let match = try #require(line.wholeMatch(of: sample), "\(line)")
        #expect(String(match.1) == families.last && !kind.isEmpty, "\(line)")
        #expect(seen.insert("\(match.1)\(match.2 ?? "")").inserted, "\(line)")
      }
    }
    #expect(families.count == 12)
  }

  @Test func everyLineFollowsTheFormat() throws {
    let text = Metrics.text(try LedgerSample.full().snapshot())
    try check(text)
    Golden.expect(text, "metrics.prom")
    try check(Metrics.text(try LedgerSample().snapshot()))
  }

  @Test func reasonsAreEscaped() throws {
    let sample = try LedgerSample()
    try sample.fail("odd", JobFailure(reason: "x", code: "a\"b\\c\nd", isRetryable: false), nil)
    let text = Metrics.text(try sample.snapshot())
    try check(text)
    #expect(text.contains(#"rung_failures_total{reason="a\"b\\c\nd"} 1"#))
  }

  @Test func theFileIsReplacedAsAWhole() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("old", "rung.prom")
    let held = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
    let sample = try LedgerSample.full()
    try Metrics.write(sample.ledger, to: file, now: LedgerSample.now)
    // Who has opened the old one reads the old one.
    #expect(try held.readToEnd() == Data("old".utf8))
    try check(try String(contentsOfFile: file, encoding: .utf8))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["rung.prom"])
    let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
    #expect(mode == 0o644)
    let failure = #expect(throws: rung.CommandFailure.self) {
      try Metrics.write("x\n", to: folder.file("no/rung.prom"))
    }
    #expect(failure?.line.contains("the metrics cannot be written") == true)
  }
}

@Suite struct NotificationTests {
  private func queue(_ command: String, _ shell: LoggedShell) throws -> NotifyQueue {
    NotifyQueue(try NotifyCommand(command), shell.shell)
  }

  @Test func theCommandReadsAnObjectAnAsset() throws {
    let sample = try LedgerSample.full()
    let shell = LoggedShell()
    let out = sample.folder.file("it's told")
    let queue = try queue("cat >> '\(out.replacing("'", with: "'\\''"))'", shell)
    for id in ["holiday", "notes", "next"] {
      queue.changed(try #require(try sample.ledger.asset(id)), sample.ledger)
    }
    queue.finish()
    #expect(shell.written == "")
    let lines = try String(contentsOfFile: out, encoding: .utf8).split(separator: "\n")
    let told = try lines.map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    // What is neither ready nor failed is nobody's business yet.
    #expect(told.map { $0["event"] as? String } == ["ready", "failed"])
    #expect(told.map { $0["id"] as? String } == ["holiday", "notes"])
    #expect(told.first?["manifest"] as? String == "packaged/holiday/hls/master.m3u8")
    #expect(told.last?["reason"] as? String == "no format was \"recognised\"")
  }

  @Test(arguments: [
    ("exit 3", "the command ended with code 3"), ("kill -9 $$", "the command was ended by signal 9"),
    ("exec /no/such/command 2>/dev/null", "the command ended with code 127"),
  ])
  func whatGoesWrongIsAWarning(command: String, expected: String) throws {
    let sample = try LedgerSample.full()
    let shell = LoggedShell()
    let queue = try queue(command, shell)
    queue.changed(try #require(try sample.ledger.asset("holiday")), sample.ledger)
    queue.finish()
    #expect(shell.written == "rung: warning: holiday: --notify was not told of it: \(expected)\n")
  }

  /// A batch that is told to end waits for no command that hangs, and says whom it did not tell.
  @Test func anInterruptionAbandonsTheRest() throws {
    let sample = try LedgerSample.full()
    let logged = LoggedShell()
    let shell = logged.shell
    let mark = sample.folder.file("began")
    let queue = NotifyQueue(try NotifyCommand("touch '\(mark)'; sleep 600"), shell)
    for id in ["holiday", "notes"] {
      queue.changed(try #require(try sample.ledger.asset(id)), sample.ledger)
    }
    for _ in 0..<3000 where !FileManager.default.fileExists(atPath: mark) { usleep(10_000) }
    shell.cancellation.cancel(signal: SIGTERM)
    queue.finish()
    #expect(
      logged.written == """
        rung: warning: holiday: --notify was not told of it: the batch was interrupted
        rung: warning: --notify was not told of 1 asset: the batch was interrupted

        """)
  }

  @Test func aCommandMayLeaveTheMessageUnread() throws {
    #expect(throws: Never.self) { try NotifyCommand("exec true").run("{}\n") }
  }

  /// With all that it has started.
  @Test func aCommandThatHangsIsEnded() throws {
    let folder = try TemporaryFolder()
    var command = try NotifyCommand("sleep 600 & echo $! > '\(folder.file("pid"))'; wait")
    command.seconds = 0.5
    let failure = #expect(throws: rung.CommandFailure.self) { try command.run("{}\n") }
    #expect(failure?.line == "the command took longer than 0.5 s and was ended")
    // A busy machine may not have got so far.
    guard let pid = try? String(contentsOfFile: folder.file("pid"), encoding: .utf8),
      let child = Int32(pid.trimmingCharacters(in: .whitespacesAndNewlines))
    else { return }
    // Gone, or dead and not yet buried by whoever buries orphans here.
    var isDead = false
    for _ in 0..<500 where !isDead {
      let text = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)
      isDead = text.map { $0.contains(") Z ") } ?? true
      if !isDead { usleep(10_000) }
    }
    #expect(isDead)
  }

  @Test func anAddressIsToldToBeGivenToCurl() throws {
    for address in ["http://127.0.0.1/x", "HTTPS://example.com"] {
      let failure = #expect(throws: rung.CommandFailure.self) { try NotifyCommand(address) }
      #expect(failure?.exit == .usage && failure?.advice?.contains("curl") == true)
    }
  }
}
