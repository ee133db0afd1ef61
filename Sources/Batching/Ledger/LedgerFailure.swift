/// Why the ledger could not be opened, read or written: SQLite's result in, one line with what to do out.
package enum LedgerFailure: Error, Equatable, Sendable {
  case cannotOpen(path: String, reason: String)
  /// It was opened, and what is in it does not hold together.
  case damaged(path: String, what: String)
  /// A newer Rung has written it.
  case newer(path: String, version: Int64, known: Int)
  case full(path: String)
  /// Another process held it for longer than the busy timeout.
  case busy(path: String)
  case failed(path: String, doing: String, reason: String)
  /// No asset has this id.
  case unknown(id: String)

  /// Waiting or making room helps.
  package var isTemporary: Bool {
    switch self {
    case .full, .busy: true
    case .cannotOpen, .damaged, .newer, .failed, .unknown: false
    }
  }

  package var description: String {
    switch self {
    case .cannotOpen(let path, let reason):
      "\(path): the ledger cannot be opened: \(reason); check the path and its permissions"
    case .damaged(let path, let what):
      "\(path): the ledger is damaged: \(what); move it and its -wal and -shm files away: the next batch builds one "
        + "anew from the inbox and the tree, and makes nothing twice"
    case .newer(let path, let version, let known):
      "\(path): the ledger has schema \(version), and this rung knows up to \(known); install the newer rung"
    case .full(let path): "\(path): no space left for the ledger; make room and try again"
    case .busy(let path): "\(path): the ledger is in use for too long; try again"
    case .failed(let path, let doing, let reason): "\(path): \(doing) failed: \(reason); report this as a bug"
    case .unknown(let id): "\(id): the ledger has no such asset; 'rung status' lists those that it has"
    }
  }
}
