/// Which uploads are long: what is known of one in, yes or no out. Of several jobs at a time one is for short uploads
/// as long as there are any, so that a clip of ten seconds does not wait for films.
package enum LongUploads {
  /// Of the media, once it was probed.
  package static let milliseconds: Int64 = 600_000
  /// Of a file that nobody has looked into.
  package static let bytes: Int64 = 500_000_000

  package static func holds(bytes: Int64, milliseconds: Int64?) -> Bool {
    milliseconds.map { $0 >= Self.milliseconds } ?? (bytes >= Self.bytes)
  }
}

extension Ledger {
  /// The short upload that is next, of at least `priority`. Only the head of the queue is looked at, so that a long
  /// queue costs no time.
  package func nextShortJob(priority: Int) throws(LedgerFailure) -> LedgerJob? {
    try jobs(
      """
      WHERE j.number IN (
        SELECT number FROM jobs WHERE status = 'queued' ORDER BY priority DESC, number LIMIT 1000)
      AND j.priority >= ?1
      AND CASE WHEN a.duration_ms IS NULL THEN a.bytes < ?2 ELSE a.duration_ms < ?3 END
      ORDER BY j.priority DESC, j.number LIMIT 1
      """,
      [LedgerValue(priority), .integer(LongUploads.bytes), .integer(LongUploads.milliseconds)]
    ).first
  }

  /// What the first look into an upload says of its length.
  package func setDuration(_ milliseconds: Int64, of id: String) throws(LedgerFailure) {
    try connection.run(
      "UPDATE assets SET duration_ms = ?2 WHERE id = ?1", [.text(id), .integer(milliseconds)])
  }
}
