internal import Batching
internal import Foundation
internal import TestKit
internal import Testing

@testable internal import rung

@Suite struct StatusTests {
  @Test func aTreeForPeopleAndForMachines() throws {
    let snapshot = try LedgerSample.full().snapshot()
    Golden.expect(StatusText.render(snapshot), "status.txt")
    let json = StatusJSON.document(snapshot).pretty
    Golden.expect(json, "status.json")
    #expect(try JSONSerialization.jsonObject(with: Data(json.utf8)) is [String: Any])
  }

  @Test func anEmptyLedgerIsSaidInALine() throws {
    let snapshot = try LedgerSample().snapshot()
    #expect(StatusText.render(snapshot) == "0 ready, 0 queued, 0 processing, 0 failed\n")
    #expect(
      StatusJSON.document(snapshot).compact.contains(#""running":[],"queue":{"length":0,"age":0,"next":[]}"#))
  }

  @Test func aJobWhoseProcessIsGoneIsSaidToBeStopped() throws {
    let sample = try LedgerSample.full()
    let text = StatusText.render(try sample.snapshot(isAlive: false))
    #expect(text.contains("stopped, goes on with the next batch"))
    #expect(StatusJSON.document(try sample.snapshot(isAlive: false)).compact.contains(#""alive":false"#))
    #expect(TreeLedger.isAlive(Int(getpid())) && !TreeLedger.isAlive(nil) && !TreeLedger.isAlive(0))
    #expect(!TreeLedger.isAlive(Int.max) && !TreeLedger.isAlive(Int(Int32.max)))
  }

  @Test(arguments: ["holiday", "concert", "busy", "notes", "running", "next"])
  func anAssetForPollersAndForPeople(_ id: String) throws {
    let sample = try LedgerSample.full()
    let report = try #require(try AssetStatusReport(sample.ledger, id, now: LedgerSample.now))
    Golden.expect(report.json.pretty, "asset-\(id).json")
    Golden.expect(report.text, "asset-\(id).txt")
    #expect(try JSONSerialization.jsonObject(with: Data(report.json.pretty.utf8)) is [String: Any])
  }

  /// A wait never counts backwards, whatever clock the ledger was written by.
  @Test func timesInThePastAreNow() throws {
    let sample = try LedgerSample.full()
    let report = try #require(try AssetStatusReport(sample.ledger, "busy", now: LedgerSample.now + 999))
    #expect(report.json.compact.contains(#""retry_after":0,"#))
    let early = try LedgerSnapshot(sample.ledger, now: LedgerSample.now - 9999, isAlive: { _ in true })
    #expect(early.queueAge == 0)
  }

  @Test func whatIsWrongIsSaid() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("", "file")
    let sample = try LedgerSample()
    for (arguments, expected) in [
      (["status", folder.file("nothing")], "no such folder"), (["status", file], "is no folder"),
      (["status", folder.path], "no batch has run over this tree"),
      (["status", sample.folder.path, "a"], "a: the ledger has no such asset"),
      (["retry", folder.path], "no batch has run over this tree"),
    ] {
      let failure = #expect(throws: rung.CommandFailure.self) { try LoggedShell().run(arguments) }
      #expect(
        failure?.line.contains(expected) == true && failure?.exit == .failed,
        "\(arguments): \(failure?.line ?? "")")
    }
    let contents = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(contents == ["file"])
  }
}

@Suite struct RetryTests {
  @Test func oneOrAllThatFailed() throws {
    let sample = try LedgerSample.full()
    let tree = sample.folder.path
    let shell = LoggedShell()
    #expect(try shell.run(["retry", tree, "notes", "next"]) == .done)
    #expect(
      shell.written == """
        rung: notes: queued; the next batch makes it
        rung: next: is queued or being made already

        """)
    #expect(try sample.ledger.asset("notes")?.status == .queued)
    #expect(try sample.ledger.asset("busy")?.status == .failed)
    let all = LoggedShell()
    #expect(try all.run(["retry", tree]) == .done && all.run(["retry", tree]) == .done)
    #expect(all.written == "rung: 1 upload queued for the next batch\nrung: nothing is failed\n")
    #expect(try sample.ledger.counts().failed == 0)
  }

  @Test func oneThatCannotDoesNotKeepTheOthers() throws {
    let sample = try LedgerSample.full()
    let shell = LoggedShell()
    #expect(try shell.run(["retry", sample.folder.path, "holiday", "none", "notes"]) == .failed)
    #expect(shell.written.contains("holiday: is ready; 'rung batch --refresh' makes outdated assets again\n"))
    #expect(shell.written.contains("none: the ledger has no such asset"))
    #expect(try sample.ledger.asset("notes")?.status == .queued)
  }
}
