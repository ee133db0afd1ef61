/// A row of `published`: one object of an asset in one bucket. What its columns mean is the publisher's affair.
package struct PublishedRow: Sendable, Equatable {
  package var assetID: String
  /// In the tree.
  package var key: String
  package var stage: Int
  package var sha256: String
  package var bytes: Int64
  package var form: String
  package var state: String
  package var removeAfter: Int64?
  package var upload: String?

  package init(
    assetID: String, key: String, stage: Int, sha256: String, bytes: Int64, form: String, state: String,
    removeAfter: Int64? = nil, upload: String? = nil
  ) {
    self.assetID = assetID
    self.key = key
    self.stage = stage
    self.sha256 = sha256
    self.bytes = bytes
    self.form = form
    self.state = state
    self.removeAfter = removeAfter
    self.upload = upload
  }
}

/// What is remembered of buckets: what was put where, and what is to go from there when. An asset's rows outlive the
/// asset's own row: objects stay in a bucket until somebody deletes them there.
extension Ledger {
  private static let columns = "asset_id, key, stage, sha256, bytes, form, state, remove_after, upload"

  package func published(asset: String, at target: String) throws(LedgerFailure) -> [PublishedRow] {
    try connection.rows(
      "SELECT \(Self.columns) FROM published WHERE target = ?1 AND asset_id = ?2 ORDER BY key",
      [.text(target), .text(asset)], Self.published)
  }

  package func published(keys: [String], at target: String) throws(LedgerFailure) -> [PublishedRow] {
    var found: [PublishedRow] = []
    try transaction { () throws(LedgerFailure) in
      for key in keys {
        found += try connection.rows(
          "SELECT \(Self.columns) FROM published WHERE target = ?1 AND key = ?2",
          [.text(target), .text(key)], Self.published)
      }
    }
    return found
  }

  /// Assets with objects that are to go by now.
  package func assetsToSweep(at target: String, now: Int64) throws(LedgerFailure) -> [String] {
    try connection.rows(
      """
      SELECT DISTINCT asset_id FROM published
      WHERE target = ?1 AND (state = 'removing' OR (state = 'retired' AND remove_after <= ?2)) ORDER BY 1
      """, [.text(target), .integer(now)]
    ) { (row) throws(LedgerFailure) in row.text() ?? "" }
  }

  /// Where an asset was published.
  package func targets(of asset: String) throws(LedgerFailure) -> [String] {
    try connection.rows(
      "SELECT DISTINCT target FROM published WHERE asset_id = ?1 ORDER BY 1", [.text(asset)]
    ) { (row) throws(LedgerFailure) in row.text() ?? "" }
  }

  package func remember(published rows: [PublishedRow], at target: String) throws(LedgerFailure) {
    try transaction { () throws(LedgerFailure) in
      for row in rows {
        try connection.run(
          """
          INSERT INTO published (target, \(Self.columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
          ON CONFLICT DO UPDATE SET asset_id = ?2, stage = ?4, sha256 = ?5, bytes = ?6, form = ?7, state = ?8,
            remove_after = ?9, upload = ?10
          """,
          [
            .text(target), .text(row.assetID), .text(row.key), LedgerValue(row.stage), .text(row.sha256),
            LedgerValue(row.bytes), .text(row.form), .text(row.state), LedgerValue(row.removeAfter),
            LedgerValue(row.upload),
          ])
      }
    }
  }

  package func forget(published keys: [String], at target: String) throws(LedgerFailure) {
    try transaction { () throws(LedgerFailure) in
      for key in keys {
        try connection.run(
          "DELETE FROM published WHERE target = ?1 AND key = ?2", [.text(target), .text(key)])
      }
    }
  }

  private static func published(_ row: inout Statement) throws(LedgerFailure) -> PublishedRow {
    PublishedRow(
      assetID: row.text() ?? "", key: row.text() ?? "", stage: row.int() ?? 0, sha256: row.text() ?? "",
      bytes: row.integer() ?? 0, form: row.text() ?? "", state: row.text() ?? "", removeAfter: row.integer(),
      upload: row.text())
  }
}
