internal import Foundation

/// Why something could not be stored: a case for each thing that a person would do something else about. The
/// description is one line that says what is wrong and what to do.
package enum StoreFailure: Error, Equatable, Sendable {
  // The tree and the disk
  case parentMissing(path: String)
  case notAFolder(path: String)
  case noPermission(path: String)
  case readOnly(path: String)
  case diskFull(path: String)
  case fileTooLarge(path: String)
  case tooManyOpenFiles(path: String)
  case crossesFileSystems(path: String)
  /// A call that failed in no way that has a case of its own.
  case io(call: String, path: String, errno: Int32)
  case hashing(call: String)
  case cancelled
  // Names
  case invalidID(String, rule: String)
  case invalidKey(String, rule: String)
  case duplicateKey(String)
  /// A key that is a file for one object and a folder for another.
  case keyIsAlsoFolder(String)
  // The asset
  case busy(id: String)
  case exists(id: String, path: String)
  case otherSource(id: String, name: String)
  case damagedAsset(id: String, path: String, what: String)
  case damagedJournal(id: String, path: String, what: String)
  /// What was read back from the disk is not what was written.
  case altered(key: String)
  /// Steps called in an order that cannot give a whole asset.
  case outOfOrder(what: String)
}

extension StoreFailure {
  /// The same command can succeed later without a change to it: exit code 75.
  package var isTemporary: Bool {
    switch self {
    case .diskFull, .busy, .tooManyOpenFiles: true
    default: false
    }
  }

  /// The case for what a system call left in `errno`.
  static func from(_ code: Int32, _ call: String, _ path: String) -> StoreFailure {
    switch code {
    case ENOSPC, EDQUOT: .diskFull(path: path)
    case EACCES, EPERM: .noPermission(path: path)
    case EROFS: .readOnly(path: path)
    case EFBIG: .fileTooLarge(path: path)
    case EMFILE, ENFILE: .tooManyOpenFiles(path: path)
    case EXDEV: .crossesFileSystems(path: path)
    case ENOTDIR: .notAFolder(path: path)
    default: .io(call: call, path: path, errno: code)
    }
  }
}

extension StoreFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .parentMissing(let path):
      "\(path): the folder above it does not exist; make that folder first, or give another --into"
    case .notAFolder(let path):
      "\(path): is a file where a folder is needed; move it away, or give another --into"
    case .noPermission(let path):
      "\(path): no permission to write there; change its owner or mode, or give another --into"
    case .readOnly(let path):
      "\(path): the file system is mounted read-only; mount it writable, or give another --into"
    case .diskFull(let path):
      "\(path): the disk is full or the quota is used up; free some space and run the same command again"
    case .fileTooLarge(let path):
      "\(path): larger than the file system or the process's limit allows; raise the limit (ulimit -f)"
    case .tooManyOpenFiles(let path):
      "\(path): too many open files; raise the limit (ulimit -n) or run fewer jobs at once, and try again"
    case .crossesFileSystems(let path):
      "\(path): lies on another file system than the tree's .rung folder; keep a tree on one file system"
    case .io(let call, let path, let code):
      "\(path): \(call) failed: \(StoreFailure.words(code)); check the disk, then run the same command again"
    case .hashing(let call):
      "libcrypto could not hash: \(call) failed; check its installation (openssl version)"
    case .cancelled:
      "interrupted; the tree is as it was, run the same command again to go on"
    case .invalidID(let id, let rule):
      "\(id.quoted): not an id: \(rule); give one with --id"
    case .invalidKey(let key, let rule):
      "\(key.quoted): not a key: \(rule); change the ladder's layout"
    case .duplicateKey(let key):
      "\(key): two objects have this key; put what tells them apart ({rendition}, {n}) into the ladder's layout"
    case .keyIsAlsoFolder(let key):
      "\(key): is an object and a folder at once; give one of them another name in the ladder's layout"
    case .busy(let id):
      "\(id): another rung is working on this id; wait until it is done and run the same command again"
    case .exists(let id, let path):
      "\(id): \(path) is already there; use --force to replace it, or give another --id"
    case .otherSource(let id, let name):
      "\(id): this id already holds another source (\(name.quoted)); give another --id, or --force to replace it"
    case .damagedAsset(let id, let path, let what):
      "\(id): \(path) is damaged: \(what); use --force to make the asset again"
    case .damagedJournal(let id, let path, let what):
      "\(id): \(path) is damaged: \(what); delete that file and package the source again with --force"
    case .altered(let key):
      "\(key): reads back differently from what was written; check the disk and the memory, then run again"
    case .outOfOrder(let what):
      "storing was used out of order: \(what); this is a fault in rung, report it"
    }
  }

  /// The C library's words for an error number: `No such file or directory`.
  private static func words(_ code: Int32) -> String {
    guard let text = unsafe strerror(code) else { return "error \(code)" }
    return unsafe String(cString: text)
  }
}

extension String {
  /// In quotes and on one line, since it came from outside: control characters become `?`.
  fileprivate var quoted: String {
    "\""
      + String(
        String.UnicodeScalarView(unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? "?" : $0 }))
      + "\""
  }
}
