internal import Foundation

/// The ledger of a tree: every upload, every attempt, in `.rung/ledger.sqlite`. Questions and changes in, rows out;
/// each change is one transaction. Sole owner of its connection, for one thread; any number of processes may have the
/// same ledger open. It knows no clock: who calls says what time it is.
package final class Ledger {
  let connection: Connection
  private var depth = 0

  private init(_ connection: consuming Connection) { self.connection = connection }

  /// Where a tree's ledger is.
  package static func path(inTree root: String) -> String { "\(root)/.rung/ledger.sqlite" }

  /// Opens a tree's ledger for who only asks or makes small changes; nil when there is none yet.
  package static func openExisting(inTree root: String) throws(LedgerFailure) -> Ledger? {
    let path = path(inTree: root)
    var status = stat()
    guard unsafe stat(path, &status) == 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw .cannotOpen(path: path, reason: "it cannot be looked at (error \(errno))")
    }
    let ledger = Ledger(try Connection.open(path, creates: false))
    try ledger.prepare()
    return ledger
  }

  /// Opens a tree's ledger, or makes it; the tree's `.rung` folder is there.
  package static func open(inTree root: String) throws(LedgerFailure) -> Ledger {
    let ledger = Ledger(try Connection.open(path(inTree: root), creates: true))
    try ledger.prepare()
    return ledger
  }

  private func prepare() throws(LedgerFailure) {
    // NORMAL: after a power cut the last changes may be missing, never half there; what is missing is found again in
    // the tree and the inbox.
    try connection.execute("PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;")
    try checkHeader()
    if try connection.text("PRAGMA journal_mode") != "wal" {
      _ = try connection.text("PRAGMA journal_mode = WAL")
    }
    // A batch that dies leaves its journal to be read by every command: it stays short.
    try connection.execute("PRAGMA wal_autocheckpoint = 500; PRAGMA journal_size_limit = 16777216;")
    try migrate()
  }

  /// What costs nothing and finds a file that was cut short or is something else.
  private func checkHeader() throws(LedgerFailure) {
    let version = try version()
    guard version <= Migrations.all.count else {
      throw .newer(path: connection.path, version: version, known: Migrations.all.count)
    }
    guard version > 0 else { return }
    let tables = try connection.number("SELECT count(*) FROM sqlite_schema WHERE name IN ('assets', 'jobs')")
    guard tables == 2 else { throw .damaged(path: connection.path, what: "it has no assets or no jobs") }
  }

  package func version() throws(LedgerFailure) -> Int64 { try connection.number("PRAGMA user_version") ?? 0 }

  private func migrate() throws(LedgerFailure) {
    guard try version() < Migrations.all.count else { return }
    try transaction { () throws(LedgerFailure) in
      // Another process may have done it meanwhile.
      let version = try version()
      for (index, step) in Migrations.all.enumerated() where index >= Int(version) {
        try connection.execute(step)
        try connection.execute("PRAGMA user_version = \(index + 1)")
      }
    }
  }

  /// Does all of `work` or nothing. One inside another is part of the outer one.
  package func transaction<Value>(_ work: () throws(LedgerFailure) -> Value) throws(LedgerFailure) -> Value {
    if depth > 0 { return try work() }
    // IMMEDIATE: what is read here is not changed by another process before it is written.
    try connection.execute("BEGIN IMMEDIATE")
    depth += 1
    defer { depth -= 1 }
    do throws(LedgerFailure) {
      let value = try work()
      try connection.execute("COMMIT")
      return value
    } catch {
      // Some failures (a full disk) have rolled back by themselves; then there is nothing to do.
      try? connection.execute("ROLLBACK")
      throw error
    }
  }

  // MARK: Integrity

  /// A week: a disk that rots is noticed while the uploads may still be there.
  private static let checkInterval: Int64 = 7 * 24 * 3600

  /// Called by the one batch that has the tree's lock, before it begins. A ledger that was left in order is believed,
  /// as it may hold millions of rows; after an unclean end, and once a week, everything is checked.
  package func beginBatch(now: Int64) throws(LedgerFailure) {
    let checked = try fact("checked_at").flatMap { Int64($0) }
    let isFresh = checked.map { now >= $0 && now - $0 < Self.checkInterval } ?? false
    if try fact("in_use") != nil || !isFresh {
      try check()
      try setFact("checked_at", String(now))
    }
    try setFact("in_use", "1")
  }

  /// The batch has ended in order.
  package func endBatch() throws(LedgerFailure) { try setFact("in_use", nil) }

  /// Reads the whole ledger: pages, indices, constraints, references, and whether the kept counts are right.
  package func check() throws(LedgerFailure) {
    let faults = try connection.rows("PRAGMA quick_check(1)") { (row) throws(LedgerFailure) in
      row.text() ?? ""
    }
    if let fault = faults.first, fault != "ok" { throw .damaged(path: connection.path, what: fault) }
    let orphans = try connection.rows("PRAGMA foreign_key_check") { (row) throws(LedgerFailure) in
      row.text() ?? ""
    }
    if let table = orphans.first {
      throw .damaged(path: connection.path, what: "a row of \(table) names an asset that there is not")
    }
    try recount()
  }

  /// Sets the counts that triggers keep to what is there: somebody may have changed rows without the triggers.
  private func recount() throws(LedgerFailure) {
    try transaction { () throws(LedgerFailure) in
      try connection.execute(
        """
        DELETE FROM totals WHERE name IN ('assets', 'outdated', 'failed');
        INSERT INTO totals SELECT 'assets', status, count(*) FROM assets GROUP BY status;
        INSERT INTO totals SELECT 'outdated', '', count(*) FROM assets WHERE outdated;
        INSERT INTO totals SELECT 'failed', coalesce(failure_code, ''), count(*) FROM assets WHERE status = 'failed'
          GROUP BY 2;
        """)
    }
  }

  // MARK: Facts

  /// A value that the batch keeps for its next run, by name.
  package func fact(_ name: String) throws(LedgerFailure) -> String? {
    try connection.text("SELECT value FROM facts WHERE name = ?1", [.text(name)])
  }

  package func setFact(_ name: String, _ value: String?) throws(LedgerFailure) {
    guard let value else {
      try connection.run("DELETE FROM facts WHERE name = ?1", [.text(name)])
      return
    }
    try connection.run(
      "INSERT INTO facts VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2", [.text(name), .text(value)])
  }

  func add(_ amount: Int64, to name: String, _ label: String = "") throws(LedgerFailure) {
    guard amount != 0 else { return }
    try connection.run(
      "INSERT INTO totals VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET value = value + ?3",
      [.text(name), .text(label), .integer(amount)])
  }
}
