import TestKit
import Testing

@testable import Batching

/// What the ledger remembers of buckets.
@Suite struct PublishedTests {
  private func row(
    _ key: String, of asset: String = "a", state: String = "there", removeAfter: Int64? = nil,
    upload: String? = nil
  ) -> PublishedRow {
    PublishedRow(
      assetID: asset, key: key, stage: 2, sha256: "5e", bytes: 7, form: "t|c|gzip", state: state,
      removeAfter: removeAfter, upload: upload)
  }

  @Test func rowsAreKeptByTargetAndKey() throws {
    let fixture = try LedgerFixture()
    let ledger = fixture.ledger
    try ledger.remember(published: [row("k/2"), row("k/1", upload: "5:x:y"), row("k/3", of: "b")], at: "t")
    try ledger.remember(published: [row("k/1", of: "other")], at: "u")
    #expect(try ledger.published(asset: "a", at: "t") == [row("k/1", upload: "5:x:y"), row("k/2")])
    // Another asset takes a place over.
    try ledger.remember(published: [row("k/2", of: "b", state: "sending")], at: "t")
    #expect(try ledger.published(keys: ["k/2", "k/9"], at: "t") == [row("k/2", of: "b", state: "sending")])
    #expect(try ledger.targets(of: "b") == ["t"])
    try ledger.forget(published: ["k/1", "k/2"], at: "t")
    #expect(try ledger.published(asset: "a", at: "t").isEmpty)
    #expect(try ledger.published(asset: "other", at: "u").count == 1)
  }

  @Test func whatIsToGoIsFound() throws {
    let fixture = try LedgerFixture()
    let ledger = fixture.ledger
    try ledger.remember(
      published: [
        row("1", of: "due", state: "retired", removeAfter: 10),
        row("2", of: "later", state: "retired", removeAfter: 11),
        row("3", of: "begun", state: "removing", removeAfter: 99), row("4", of: "here"),
      ], at: "t")
    #expect(try ledger.assetsToSweep(at: "t", now: 10) == ["begun", "due"])
    #expect(try ledger.assetsToSweep(at: "u", now: 99) == [])
    #expect(throws: LedgerFailure.self) {
      try ledger.remember(published: [row("5", state: "elsewhere")], at: "t")
    }
  }
}
