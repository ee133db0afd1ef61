/// What the ledger remembers of a file in an inbox, with what of its asset decides whether it is to be made.
package struct UploadMemory: Sendable, Equatable {
  /// `arriving`: it may still be growing. `known`: it has an asset. `forgotten`: a person wants none of it.
  package enum State: String, Sendable { case arriving, known, forgotten }

  package var path: String
  package var assetID: String?
  /// Size, time and inode, as one text: while it stands, the bytes are those that were seen.
  package var stamp: String
  /// The same of the sidecar and the subtitles beside it.
  package var beside: String
  package var state: State
  /// On the clock that only goes forward, when this stamp was seen first; means something during the same boot.
  package var seenMilliseconds: Int64?
  package var boot: String?

  package init(
    path: String, assetID: String?, stamp: String, beside: String, state: State,
    seenMilliseconds: Int64? = nil,
    boot: String? = nil
  ) {
    self.path = path
    self.assetID = assetID
    self.stamp = stamp
    self.beside = beside
    self.state = state
    self.seenMilliseconds = seenMilliseconds
    self.boot = boot
  }
}

/// What of an asset decides whether it would come out otherwise today.
package struct AssetGist: Sendable, Equatable {
  package var id: String
  package var status: AssetStatus
  package var isOutdated: Bool
  package var recipe: String?
  package var creator: String?
  package var ladder: String?
  package var maxHeight: Int?
  package var captions: String?
  package var maxBitrate: Int64?
}

/// The memory of the inbox: no file is looked into, or hashed, twice.
extension Ledger {
  /// Every file that is remembered beneath a folder.
  package func uploads(in folder: String) throws(LedgerFailure) -> [UploadMemory] {
    // '0' is the character behind '/'.
    try connection.rows(
      "SELECT path, asset_id, stamp, beside, state, seen_ms, boot FROM uploads WHERE path > ?1 AND path < ?2",
      [.text(folder + "/"), .text(folder + "0")], Self.memory)
  }

  /// What is remembered of one file.
  package func upload(_ path: String) throws(LedgerFailure) -> UploadMemory? {
    try connection.rows(
      "SELECT path, asset_id, stamp, beside, state, seen_ms, boot FROM uploads WHERE path = ?1",
      [.text(path)],
      Self.memory
    ).first
  }

  private static func memory(_ row: inout Statement) throws(LedgerFailure) -> UploadMemory {
    UploadMemory(
      path: row.text() ?? "", assetID: row.text(), stamp: row.text() ?? "", beside: row.text() ?? "",
      state: row.text().flatMap(UploadMemory.State.init(rawValue:)) ?? .arriving,
      seenMilliseconds: row.integer(), boot: row.text())
  }

  /// The assets of the files beneath a folder, by id.
  package func gists(in folder: String) throws(LedgerFailure) -> [String: AssetGist] {
    let gists = try connection.rows(
      """
      SELECT a.id, a.status, a.outdated, a.recipe, a.creator, a.ladder, a.max_height, a.captions, p.max_bitrate
      FROM uploads u JOIN assets a ON a.id = u.asset_id LEFT JOIN policy p ON p.asset_id = a.id
      WHERE u.path > ?1 AND u.path < ?2
      """, [.text(folder + "/"), .text(folder + "0")]
    ) { (row) throws(LedgerFailure) in
      AssetGist(
        id: row.text() ?? "", status: row.text().flatMap(AssetStatus.init(rawValue:)) ?? .failed,
        isOutdated: row.flag(), recipe: row.text(), creator: row.text(), ladder: row.text(),
        maxHeight: row.int(),
        captions: row.text(), maxBitrate: row.integer())
    }
    return Dictionary(gists.map { ($0.id, $0) }) { first, _ in first }
  }

  package func remember(_ upload: UploadMemory) throws(LedgerFailure) {
    try connection.run(
      """
      INSERT INTO uploads VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
      ON CONFLICT DO UPDATE SET asset_id = ?2, stamp = ?3, beside = ?4, state = ?5, seen_ms = ?6, boot = ?7
      """,
      [
        .text(upload.path), LedgerValue(upload.assetID), .text(upload.stamp), .text(upload.beside),
        .text(upload.state.rawValue), LedgerValue(upload.seenMilliseconds), LedgerValue(upload.boot),
      ])
  }

  package func forgetUpload(_ path: String) throws(LedgerFailure) {
    try connection.run("DELETE FROM uploads WHERE path = ?1", [.text(path)])
  }

  /// The asset would come out otherwise today, or not.
  package func setOutdated(_ isOutdated: Bool, _ id: String) throws(LedgerFailure) {
    try connection.run(
      "UPDATE assets SET outdated = ?2 WHERE id = ?1", [.text(id), LedgerValue(isOutdated)])
  }
}
