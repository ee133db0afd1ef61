internal import CSQLite

/// A value that goes into a statement.
enum LedgerValue: Sendable, Equatable {
  case text(String)
  case integer(Int64)
  case null

  init(_ text: String?) { self = text.map { .text($0) } ?? .null }
  init(_ number: Int64?) { self = number.map { .integer($0) } ?? .null }
  init(_ number: Int?) { self = number.map { .integer(Int64($0)) } ?? .null }
  init(_ flag: Bool) { self = .integer(flag ? 1 : 0) }
}

/// An open SQLite file; sole owner of one `sqlite3`. SQL in, rows out. For one thread at a time.
@safe struct Connection: ~Copyable {
  /// How long another process may hold the file before it counts as busy.
  private static let busyMilliseconds: Int32 = 10_000

  let path: String
  private let handle: OpaquePointer

  private init(path: String, handle: OpaquePointer) {
    self.path = path
    unsafe self.handle = handle
  }

  deinit { unsafe sqlite3_close_v2(handle) }

  /// `creates`: a file is made where there is none.
  static func open(_ path: String, creates: Bool) throws(LedgerFailure) -> Connection {
    var handle: OpaquePointer?
    // One thread uses it: SQLite needs no locks of its own.
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (creates ? SQLITE_OPEN_CREATE : 0)
    let code = unsafe sqlite3_open_v2(path, &handle, flags, nil)
    guard let opened = unsafe handle else { throw .cannotOpen(path: path, reason: "out of memory") }
    guard code == SQLITE_OK else {
      let reason = unsafe String(cString: sqlite3_errmsg(opened))
      unsafe sqlite3_close_v2(opened)
      throw .cannotOpen(path: path, reason: reason)
    }
    unsafe sqlite3_extended_result_codes(opened, 1)
    unsafe sqlite3_busy_timeout(opened, busyMilliseconds)
    return unsafe Connection(path: path, handle: opened)
  }

  /// Any number of statements that give no rows and take no values.
  func execute(_ sql: String) throws(LedgerFailure) {
    try check(unsafe sqlite3_exec(handle, sql, nil, nil, nil), sql)
  }

  func prepare(_ sql: String) throws(LedgerFailure) -> Statement {
    var statement: OpaquePointer?
    try check(unsafe sqlite3_prepare_v2(handle, sql, -1, &statement, nil), sql)
    guard let prepared = unsafe statement else {
      throw .failed(path: path, doing: sql, reason: "there is no statement in it")
    }
    return unsafe Statement(owning: prepared, connection: self)
  }

  /// One statement that gives no rows; how many rows it changed.
  @discardableResult
  func run(_ sql: String, _ values: [LedgerValue] = []) throws(LedgerFailure) -> Int {
    var statement = try prepare(sql)
    try statement.bind(values)
    _ = try statement.step()
    return unsafe Int(sqlite3_changes(handle))
  }

  /// Every row of a query, each as `read` makes it: columns are taken from left to right.
  func rows<Row>(
    _ sql: String, _ values: [LedgerValue] = [], _ read: (inout Statement) throws(LedgerFailure) -> Row
  ) throws(LedgerFailure) -> [Row] {
    var statement = try prepare(sql)
    try statement.bind(values)
    var rows: [Row] = []
    while try statement.step() { rows.append(try read(&statement)) }
    return rows
  }

  /// The first column of the first row, if that is a number.
  func number(_ sql: String, _ values: [LedgerValue] = []) throws(LedgerFailure) -> Int64? {
    try rows(sql, values) { (row) throws(LedgerFailure) in row.integer() }.first ?? nil
  }

  /// The first column of the first row, if that is text.
  func text(_ sql: String, _ values: [LedgerValue] = []) throws(LedgerFailure) -> String? {
    try rows(sql, values) { (row) throws(LedgerFailure) in row.text() }.first ?? nil
  }

  var lastRow: Int64 { unsafe sqlite3_last_insert_rowid(handle) }

  fileprivate func check(_ code: Int32, _ doing: @autoclosure () -> String) throws(LedgerFailure) {
    guard code != SQLITE_OK, code != SQLITE_DONE, code != SQLITE_ROW else { return }
    let reason = unsafe String(cString: sqlite3_errmsg(handle))
    throw Self.failure(code, path, doing(), reason)
  }

  static func failure(_ code: Int32, _ path: String, _ doing: String, _ reason: String) -> LedgerFailure {
    switch code & 0xff {
    case SQLITE_FULL: .full(path: path)
    case SQLITE_BUSY, SQLITE_LOCKED: .busy(path: path)
    case SQLITE_CORRUPT, SQLITE_NOTADB: .damaged(path: path, what: reason)
    case SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM: .cannotOpen(path: path, reason: reason)
    default: .failed(path: path, doing: String(doing.prefix(60)), reason: reason)
    }
  }
}

/// A prepared statement; sole owner of one `sqlite3_stmt`, which must end before its connection does (SQLite keeps
/// the connection until then). Values in, rows out, their columns read from left to right.
@safe struct Statement: ~Copyable {
  private let handle: OpaquePointer
  private let path: String
  private var column: Int32 = 0

  fileprivate init(owning handle: OpaquePointer, connection: borrowing Connection) {
    unsafe self.handle = handle
    path = connection.path
  }

  deinit { unsafe sqlite3_finalize(handle) }

  /// Binds to the places `?1`, `?2` …, and begins anew.
  mutating func bind(_ values: [LedgerValue]) throws(LedgerFailure) {
    unsafe sqlite3_reset(handle)
    for (index, value) in values.enumerated() {
      let place = Int32(index + 1)
      let code =
        switch value {
        case .text(let text): unsafe rung_bind_text(handle, place, text, Int32(clamping: text.utf8.count))
        case .integer(let number): unsafe sqlite3_bind_int64(handle, place, number)
        case .null: unsafe sqlite3_bind_null(handle, place)
        }
      guard code == SQLITE_OK else { throw failure(code) }
    }
  }

  /// Goes to the next row; false when there is none.
  mutating func step() throws(LedgerFailure) -> Bool {
    column = 0
    let code = unsafe sqlite3_step(handle)
    switch code {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    default: throw failure(code)
    }
  }

  /// The next column; nil when it is NULL.
  mutating func text() -> String? {
    defer { column += 1 }
    guard let text = unsafe sqlite3_column_text(handle, column) else { return nil }
    return unsafe String(cString: text)
  }

  mutating func integer() -> Int64? {
    defer { column += 1 }
    guard unsafe sqlite3_column_type(handle, column) != SQLITE_NULL else { return nil }
    return unsafe sqlite3_column_int64(handle, column)
  }

  mutating func int() -> Int? { integer().flatMap { Int(exactly: $0) } }
  mutating func flag() -> Bool { integer() ?? 0 != 0 }

  private func failure(_ code: Int32) -> LedgerFailure {
    let sql = unsafe sqlite3_sql(handle).map { unsafe String(cString: $0) } ?? "a statement"
    guard let connection = unsafe sqlite3_db_handle(handle) else {
      return Connection.failure(code, path, sql, "error \(code)")
    }
    return Connection.failure(code, path, sql, unsafe String(cString: sqlite3_errmsg(connection)))
  }
}
