internal import Batching
internal import Foundation
internal import Media
internal import Storing
internal import TestKit
internal import Testing

@testable internal import rung

@Suite struct ForgetTests {
  private func put(_ id: String, _ tree: String) throws {
    let tree = try Tree.open(tree)
    let layout = Layout(
      templates: [.asset: "packaged/{id}/asset.json", .master: "packaged/{id}/hls/master.m3u8"], id: id)
    let staging = try tree.begin(try tree.lock(id), layout: layout)
    try staging.put(
      Array("#EXTM3U\n".utf8), key: "packaged/\(id)/hls/master.m3u8", type: .playlist, cache: .short)
    try staging.put(
      AssetDocument(
        id: id, source: SourceReport(name: "\(id).mov", bytes: 1, format: "mp4"),
        sourceSHA256: String(repeating: "a", count: 64), ladder: "{}", renditions: [],
        objects: staging.inventory(), madeBy: MadeBy(tool: "rung", version: "1", libraries: [:])))
    try staging.commit(replacing: false)
  }

  private func files(_ tree: String) -> [String] {
    TreeDump.files(tree).filter { !$0.hasPrefix(".rung/") }
  }

  @Test func objectsAndRowsGo() throws {
    let sample = try LedgerSample.full()
    let tree = sample.folder.path
    for id in ["holiday", "concert", "alone"] { try put(id, tree) }
    let shell = LoggedShell()
    // One that has no objects, one that the ledger does not know, one of both.
    #expect(try shell.run(["forget", tree, "notes", "alone", "holiday"]) == .done)
    #expect(shell.written.contains("notes: forgotten; it had no objects\n"))
    #expect(shell.written.contains("alone: 2 objects deleted, "))
    #expect(files(tree) == ["packaged/concert/asset.json", "packaged/concert/hls/master.m3u8"])
    #expect(try sample.ledger.asset("holiday") == nil && sample.ledger.asset("notes") == nil)
    #expect(try sample.ledger.asset("concert")?.status == .ready)
    #expect(try sample.ledger.renditions(of: "holiday") == [] && sample.ledger.jobs(of: "holiday") == [])
  }

  @Test func whatIsBeingMadeOrUnknownIsRefused() throws {
    let sample = try LedgerSample.full()
    let tree = sample.folder.path
    try sample.ledger.putBack(try #require(try sample.ledger.runningJobs().first).job)
    let job = try #require(try sample.ledger.nextJob()).job
    try sample.ledger.start(job, pid: Int(getpid()), now: LedgerSample.now)
    let shell = LoggedShell()
    #expect(try shell.run(["forget", tree, "running"]) == .temporary)
    #expect(shell.written.contains("running: is being made; try again when that is done\n"))
    #expect(try sample.ledger.asset("running") != nil)
    #expect(try LoggedShell().run(["forget", tree, "nobody"]) == .failed)
    // An id is no path.
    #expect(try LoggedShell().run(["forget", tree, "../x", "notes"]) == .usage)
    #expect(try sample.ledger.asset("notes") == nil)
    try put("busy", tree)
    let lock = try Tree.open(tree).lock("busy")
    #expect(try LoggedShell().run(["forget", tree, "busy"]) == .temporary)
    withExtendedLifetime(lock) {}
    #expect(files(tree).count == 2)
  }

  @Test func cleaningSaysWhatItRemoves() throws {
    let folder = try TemporaryFolder()
    try put("kept", folder.path)
    try folder.write("12345", "packaged/kept/old.ts")
    try folder.write("x", ".rung/staging/dead/x")
    let key = String(repeating: "b", count: 64)
    try folder.write("123", ".rung/chunks/\(key)/used")
    let dry = LoggedShell()
    #expect(try dry.run(["clean", folder.path, "--dry-run", "--max-work-bytes", "0"]) == .done)
    #expect(dry.written.contains("1 leftover, 1 unfinished encoding, 1 orphan, 8 bytes would be removed"))
    #expect(files(folder.path).contains("packaged/kept/old.ts"))
    let real = LoggedShell()
    #expect(try real.run(["clean", folder.path, "--max-work-bytes", "0"]) == .done)
    #expect(real.written.contains("1 leftover, 1 unfinished encoding, 1 orphan, 8 bytes removed"))
    #expect(files(folder.path) == ["packaged/kept/asset.json", "packaged/kept/hls/master.m3u8"])
    let rest = TreeDump.files(folder.path).filter { $0.hasPrefix(".rung/") }
    #expect(rest == [])
    let failure = #expect(throws: rung.CommandFailure.self) {
      try LoggedShell().run(["clean", folder.file("none")])
    }
    #expect(failure?.line.contains("no such folder") == true)
  }
}
