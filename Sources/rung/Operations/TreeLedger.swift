internal import Batching
internal import Foundation

/// How the commands beside `rung batch` get at a tree's ledger: a path in; the ledger, or what is wrong with it in
/// words, out.
enum TreeLedger {
  /// The ledger of a tree over which a batch has run.
  static func open(_ tree: String) throws(CommandFailure) -> Ledger {
    guard let ledger = try find(tree) else {
      throw CommandFailure(
        tree, "no batch has run over this tree", advice: "run 'rung batch INBOX --into \(tree)' first")
    }
    return ledger
  }

  /// nil for a tree that only `rung package` has written.
  static func find(_ tree: String) throws(CommandFailure) -> Ledger? {
    var isFolder: ObjCBool = false
    let isThere = unsafe FileManager.default.fileExists(atPath: tree, isDirectory: &isFolder)
    guard isThere, isFolder.boolValue else {
      throw CommandFailure(
        tree, isThere ? "is no folder" : "no such folder", advice: "name the tree of a batch")
    }
    return try asking { () throws(LedgerFailure) in try Ledger.openExisting(inTree: tree) }
  }

  /// Does what the ledger is asked for, with its failures in words.
  static func asking<Value>(_ work: () throws(LedgerFailure) -> Value) throws(CommandFailure) -> Value {
    do throws(LedgerFailure) { return try work() } catch {
      throw CommandFailure(nil, error.description, exit: error.isTemporary ? .temporary : .failed)
    }
  }

  static var now: Int64 { Int64(Date().timeIntervalSince1970) }

  /// `2026-03-01T12:00:05Z`
  static func instant(_ seconds: Int64) -> String {
    Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
  }

  /// Whether the process that works on a job is there: after a crash the ledger says so until the next batch.
  static func isAlive(_ pid: Int?) -> Bool {
    guard let pid = pid.flatMap({ Int32(exactly: $0) }), pid > 0 else { return false }
    return kill(pid, 0) == 0 || errno == EPERM
  }
}
