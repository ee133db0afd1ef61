import Foundation
import Storing
import Testing

@Suite struct StoreFailureTests {
  struct Row: Sendable {
    var failure: StoreFailure
    var message: String
    var isTemporary = false
  }

  static let table = [
    Row(
      failure: .parentMissing(path: "/a/b"),
      message: "/a/b: the folder above it does not exist; make that folder first, or give another --into"),
    Row(
      failure: .notAFolder(path: "/a"),
      message: "/a: is a file where a folder is needed; move it away, or give another --into"),
    Row(
      failure: .noPermission(path: "/a"),
      message: "/a: no permission to write there; change its owner or mode, or give another --into"),
    Row(
      failure: .readOnly(path: "/a"),
      message: "/a: the file system is mounted read-only; mount it writable, or give another --into"),
    Row(
      failure: .diskFull(path: "/a"),
      message: "/a: the disk is full or the quota is used up; free some space and run the same command again",
      isTemporary: true),
    Row(
      failure: .fileTooLarge(path: "/a"),
      message: "/a: larger than the file system or the process's limit allows; raise the limit (ulimit -f)"),
    Row(
      failure: .tooManyOpenFiles(path: "/a"),
      message:
        "/a: too many open files; raise the limit (ulimit -n) or run fewer jobs at once, and try again",
      isTemporary: true),
    Row(
      failure: .crossesFileSystems(path: "/a"),
      message:
        "/a: lies on another file system than the tree's .rung folder; keep a tree on one file system"),
    Row(
      failure: .io(call: "read", path: "/a", errno: EIO),
      message: "/a: read failed: Input/output error; check the disk, then run the same command again"),
    Row(
      failure: .hashing(call: "EVP_MD_CTX_new"),
      message: "libcrypto could not hash: EVP_MD_CTX_new failed; check its installation (openssl version)"),
    Row(
      failure: .cancelled,
      message: "interrupted; the tree is as it was, run the same command again to go on"),
    Row(
      failure: .invalidID("a\nb", rule: "RULE"),
      message: "\"a?b\": not an id: RULE; give one with --id"),
    Row(
      failure: .invalidKey("../a", rule: "RULE"),
      message: "\"../a\": not a key: RULE; change the ladder's layout"),
    Row(
      failure: .duplicateKey("a/b"),
      message:
        "a/b: two objects have this key; put what tells them apart ({rendition}, {n}) into the ladder's layout"
    ),
    Row(
      failure: .keyIsAlsoFolder("a"),
      message: "a: is an object and a folder at once; give one of them another name in the ladder's layout"),
    Row(
      failure: .busy(id: "a"),
      message: "a: another rung is working on this id; wait until it is done and run the same command again",
      isTemporary: true),
    Row(
      failure: .exists(id: "a", path: "/t/a"),
      message: "a: /t/a is already there; use --force to replace it, or give another --id"),
    Row(
      failure: .otherSource(id: "a", name: "b.mov"),
      message:
        "a: this id already holds another source (\"b.mov\"); give another --id, or --force to replace it"),
    Row(
      failure: .damagedAsset(id: "a", path: "/t/a", what: "no JSON value at byte 3"),
      message: "a: /t/a is damaged: no JSON value at byte 3; use --force to make the asset again"),
    Row(
      failure: .damagedJournal(id: "a", path: "/t/a", what: "cut short"),
      message:
        "a: /t/a is damaged: cut short; delete that file and package the source again with --force"),
    Row(
      failure: .altered(key: "a/b"),
      message:
        "a/b: reads back differently from what was written; check the disk and the memory, then run again"),
    Row(
      failure: .outOfOrder(what: "WHAT"),
      message: "storing was used out of order: WHAT; this is a fault in rung, report it"),
  ]

  @Test(arguments: table)
  func messages(_ row: Row) {
    #expect(row.failure.description == row.message)
    #expect(row.failure.isTemporary == row.isTemporary)
    #expect(!row.message.contains("\n"))
  }
}
