import Foundation
import Media
import Testing

@testable import Storing

/// Media is put on the disk and read back beside the packaging.
@Suite struct EarlyReadBackTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func path(_ token: Int) -> String { "\(folder.path)/media-\(token)" }

  private func mark(_ text: String) throws -> FileMark {
    let print = try Fingerprint()
    try print.update(Array(text.utf8))
    return FileMark(bytes: Int64(text.utf8.count), fingerprint: try print.finish())
  }

  /// What `check` says of each object: the disk has `found` where `meant` was written.
  private func verdicts(
    _ prefix: String, _ objects: [(meant: String, found: String?)]
  ) throws -> [StoreFailure?] {
    let early = EarlyReadBack()
    for (token, object) in objects.enumerated() {
      let name = "\(prefix)-\(token)"
      if let found = object.found { try folder.write(found, to: name) }
      try early.begin(token, path: "\(folder.path)/\(name)")
      early.end(token, mark: try mark(object.meant))
    }
    try early.finish { false }
    return objects.indices.map { token in
      do throws(StoreFailure) {
        try early.check(token, key: "key-\(token)")
        return nil
      } catch { return error }
    }
  }

  @Test func eachObjectIsJudgedByItself() throws {
    let long = String(repeating: "many blocks ", count: 300_000)
    #expect(
      try verdicts(
        "media",
        [
          ("one", "one"), ("two", "twO"), ("", ""), ("four", "fou"), (long, long), (long, long + "x"),
        ])
        == [nil, .altered(key: "key-1"), nil, .altered(key: "key-3"), nil, .altered(key: "key-5")])
    #expect(
      try verdicts("gone", [("gone", nil)]) == [
        .io(call: "open", path: "\(folder.path)/gone-0", errno: ENOENT)
      ])
  }

  @Test func anObjectMayBeMovedMeanwhile() throws {
    let early = EarlyReadBack(batch: 1)
    let moved = (0..<50).map { "\(folder.path)/moved-\($0)" }
    for token in moved.indices {
      try folder.write("object \(token)", to: "media-\(token)")
      try early.begin(token, path: path(token))
      early.end(token, mark: try mark("object \(token)"))
      try early.move(token, to: moved[token])
    }
    try early.finish { false }
    for (token, path) in moved.enumerated() {
      try early.check(token, key: "key")
      #expect(FileManager.default.fileExists(atPath: path))
    }
  }

  @Test func whatIsTouchedAfterwardsIsFound() throws {
    let early = EarlyReadBack()
    for token in 0...2 {
      try folder.write("object", to: "media-\(token)")
      try early.begin(token, path: path(token))
      early.end(token, mark: try mark("object"))
    }
    try early.finish { false }
    try folder.write("object, and more", to: "media-0")
    try FileManager.default.removeItem(atPath: path(1))
    for token in 0...1 {
      #expect(throws: StoreFailure.altered(key: "key")) {
        try early.check(token, key: "key")
      }
    }
    try early.check(2, key: "key")
    #expect(throws: StoreFailure.self) { try early.check(3, key: "never added") }
  }

  @Test func aCancelledRunWaitsForNothing() throws {
    let early = EarlyReadBack()
    try early.begin(0, path: path(0))
    early.end(0, mark: try mark("object"))
    #expect(throws: StoreFailure.cancelled) { try early.finish { true } }
    early.stop()
    // Nothing is begun after the end.
    try early.begin(1, path: path(1))
    early.end(1, mark: try mark("object"))
    try early.finish { false }
    #expect(throws: StoreFailure.self) { try early.check(1, key: "key") }
  }

  @Test(arguments: [1, 50_000, 64 << 20] as [Int64])
  func aLargeObjectIsFollowed(batch: Int64) throws {
    let early = EarlyReadBack(batch: batch)
    let pieces = (0..<20).map { String(repeating: "piece \($0) ", count: 5_000) }
    try early.begin(0, path: path(0))
    try early.begin(1, path: path(1))
    try folder.write("", to: "media-0")
    try folder.write("", to: "media-1")
    for token in 0...1 {
      let file = try #require(FileHandle(forWritingAtPath: path(token)))
      for piece in pieces {
        // One of them is not what was meant from its very beginning.
        file.write(Data(token == 0 ? piece.utf8 : piece.uppercased().utf8))
        early.follow(token, written: Int64(try file.offset()))
      }
      early.end(token, mark: try mark(pieces.joined()))
    }
    try early.finish { false }
    try early.check(0, key: "key")
    #expect(throws: StoreFailure.altered(key: "key")) { try early.check(1, key: "key") }
  }

  /// Damage between the writing of a segment and the commit.
  @Test(arguments: [false, true])
  func aDamagedSegmentIsNotCommitted(isTooLate: Bool) throws {
    let tree = try Tree.open(folder.path)
    let staging = try tree.begin(try tree.lock("a"), layout: Layouts.single("a"))
    try SampleAsset(layout: Layouts.single("a"), edition: 1).stage(into: staging)
    let key = try #require(staging.inventory().map(\.key).first { $0.hasSuffix(".m4s") })
    let file = try #require(FileHandle(forWritingAtPath: "\(staging.stagedTree)/\(key)"))
    if isTooLate { try staging.readBack { false } }
    try file.seekToEnd()
    file.write(Data("more".utf8))
    try file.close()
    #expect(throws: StoreFailure.altered(key: key)) { try staging.commit(replacing: false) }
    #expect(try visible(folder.path) == [:])
    #expect(!FileManager.default.fileExists(atPath: staging.stagedTree))
  }
}

@Suite struct FingerprintTests {
  private func fingerprint(_ pieces: [[UInt8]]) throws -> [UInt8] {
    let print = try Fingerprint()
    for piece in pieces { try print.update(piece) }
    return try print.finish()
  }

  @Test func itIsOfTheBytesAndNotOfThePieces() throws {
    let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let whole = try fingerprint([bytes])
    #expect(whole.count == 16)
    #expect(try fingerprint([Array(bytes[..<7]), [], Array(bytes[7...])]) == whole)
    var other = bytes
    other[50_000] ^= 1
    #expect(try fingerprint([other]) != whole)
    #expect(try fingerprint([bytes + [0]]) != whole)
    #expect(try fingerprint([]) != whole)
  }

  /// Directly (where the file system can) in whole pages, and in pieces for which it has to go through the cache.
  @Test(
    arguments: [
      (false, [1_000, 1_500_000, nil]), (true, [4_096, 1 << 20, nil]), (true, [1_000, 1_500_000, nil]),
    ] as [(Bool, [Int64?])])
  func aFileHasTheMarkOfItsBytes(isDirect: Bool, ends: [Int64?]) throws {
    let folder = try TemporaryFolder()
    let text = String(repeating: "abc", count: 700_000)
    try folder.write(text, to: "file")
    let path = "\(folder.path)/file"
    let file = try isDirect ? Descriptor.openDirect(path) : Descriptor.open(path, O_RDONLY)
    if isDirect { try file.sync() }
    let reading = try FileReading()
    for end in ends { try reading.read(file, upTo: end) { false } }
    #expect(
      try reading.finish() == FileMark(bytes: 2_100_000, fingerprint: try fingerprint([Array(text.utf8)])))
    #expect(throws: StoreFailure.cancelled) {
      try FileReading().read(file, upTo: nil) { true }
    }
  }
}
