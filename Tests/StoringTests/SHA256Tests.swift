import Foundation
import Storing
import Testing

@Suite struct SHA256Tests {
  /// FIPS 180-4's examples.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func knownVectors(_ text: String, _ expected: String) throws {
    #expect(try SHA256.hash(Array(text.utf8)) == expected)
    let folder = try TemporaryFolder()
    try folder.write(text, to: "file")
    #expect(
      try SHA256.hash(path: folder.path + "/file")
        == FileHash(bytes: Int64(text.utf8.count), sha256: expected))
  }

  @Test func aMillionLettersInPiecesAndAsAFile() throws {
    let expected = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    let hash = try SHA256()
    for count in [1, 999, 200_000, 799_000] { try hash.update([UInt8](repeating: 97, count: count)) }
    #expect(try hash.finish() == expected)
    let folder = try TemporaryFolder()
    try folder.write(String(repeating: "a", count: 3_000_000), to: "file")
    let file = try SHA256.hash(path: folder.path + "/file")
    #expect(file.bytes == 3_000_000)
    #expect(try file.sha256 == SHA256.hash([UInt8](repeating: 97, count: 3_000_000)))
  }

  @Test func aDigestInBetweenLeavesTheHashAsItIs() throws {
    let hash = try SHA256()
    try hash.update(Array("a".utf8))
    #expect(try hash.digest() == SHA256.hash(Array("a".utf8)))
    let other = try hash.copy()
    try hash.update(Array("bc".utf8))
    try other.update(Array("z".utf8))
    #expect(try hash.finish() == SHA256.hash(Array("abc".utf8)))
    #expect(try other.finish() == SHA256.hash(Array("az".utf8)))
  }

  @Test func cancelling() throws {
    let folder = try TemporaryFolder()
    try folder.write("text", to: "file")
    #expect(throws: StoreFailure.cancelled) {
      try SHA256.hash(path: folder.path + "/file", isCancelled: { true })
    }
    #expect(throws: StoreFailure.io(call: "open", path: folder.path + "/none", errno: ENOENT)) {
      try SHA256.hash(path: folder.path + "/none")
    }
  }

  @Test func hexDigits() {
    #expect(SHA256.isHex(String(repeating: "0af9", count: 16)))
    #expect(!SHA256.isHex(String(repeating: "0AF9", count: 16)))
    #expect(!SHA256.isHex(String(repeating: "0", count: 63)))
  }
}
