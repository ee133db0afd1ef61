internal import Batching
internal import Foundation
internal import TestKit
internal import Testing

/// What lies in an inbox, and what of it counts.
@Suite struct InboxScanTests {
  @Test func filesOfEveryNameButThoseThatWait() throws {
    let folder = try TemporaryFolder("inbox")
    let names = [
      "film.mp4", "notes", "deep/er/clip.MOV", "x.mp4.part", "x.TMP", "y.crdownload", ".hidden.mp4",
      ".git/clip.mp4",
      "film.mp4.rung.json",
    ]
    for name in names { try folder.write("x", name) }
    let scan = InboxScan.of(try resolved(folder))
    #expect(scan.files.map(\.name) == ["film.mp4", "notes", "deep/er/clip.MOV"])
    #expect(scan.passedOver.isEmpty)
    #expect(scan.files[0].sidecar?.hasSuffix("/film.mp4.rung.json") == true)
    #expect(scan.files[1].sidecar == nil && scan.files[1].beside.isEmpty)
  }

  @Test func linksThatLeadOutAreNotFollowed() throws {
    let folder = try TemporaryFolder("inbox")
    let outside = try TemporaryFolder("outside")
    try outside.write("secret", "film.mp4")
    try folder.write("x", "own.mp4")
    let manager = FileManager.default
    for (name, target) in [
      ("file.mp4", outside.file("film.mp4")), ("folder", outside.path), ("up.mp4", "../../../etc/passwd"),
      ("broken.mp4", "nowhere"), ("inside.mp4", "own.mp4"), ("loop", "."),
    ] {
      try manager.createSymbolicLink(atPath: folder.file(name), withDestinationPath: target)
    }
    let scan = InboxScan.of(try resolved(folder))
    #expect(scan.files.map(\.name) == ["inside.mp4", "own.mp4"])
    #expect(Set(scan.passedOver.map(\.name)) == ["file.mp4", "folder", "up.mp4", "broken.mp4", "loop"])
  }

  @Test func otherFoldersAreLeftOut() throws {
    let folder = try TemporaryFolder("inbox")
    for name in ["a.mp4", "tree/packaged/b.mp4", "done/c.mp4", "done2/d.mp4"] { try folder.write("x", name) }
    let root = try resolved(folder)
    let scan = InboxScan.of(root, excluding: ["\(root)/tree", "\(root)/done"])
    #expect(scan.files.map(\.name) == ["a.mp4", "done2/d.mp4"])
  }

  /// Subtitles belong to the upload whose name they begin with, and are none themselves.
  @Test func whatLiesBesideAnUpload() throws {
    let folder = try TemporaryFolder("inbox")
    for name in ["film.mp4", "film.en.srt", "film2.mp4", "other.vtt", "film2.rung.json"] {
      try folder.write("x", name)
    }
    let scan = InboxScan.of(try resolved(folder))
    #expect(scan.files.map(\.name) == ["film.mp4", "film2.mp4"])
    #expect(lines(scan.files[0]) == ["film.en.srt"])
    // With a sidecar, which may name any of them as its captions.
    #expect(lines(scan.files[1]) == ["film2.rung.json", "film.en.srt", "other.vtt"])
    let before = scan.files[0].beside
    try folder.write("longer", "film.en.srt")
    #expect(InboxScan.of(try resolved(folder)).files[0].beside != before)
  }

  @Test func aFolderThatCannotBeListedIsSaid() {
    let scan = InboxScan.of("/no/such/inbox")
    #expect(scan.files.isEmpty)
    #expect(scan.passedOver.map(\.name) == ["."] && !scan.isComplete)
  }

  private func lines(_ file: InboxFile) -> [String] {
    file.beside.split(separator: "\n").map { String($0.prefix { $0 != " " }) }
  }

  private func resolved(_ folder: TemporaryFolder) throws -> String {
    try #require(Shell.run("realpath", [folder.path]).output.split(separator: "\n").first.map(String.init))
  }
}

/// When a file may be taken, whatever the clocks do.
@Suite struct SettlingTests {
  private static let hour: Int64 = 3600

  /// A file that last changed at `changed`, in seconds.
  private func file(_ changed: Int64, bytes: Int64 = 10, beside: String = "") -> InboxFile {
    let time = changed * 1_000_000_000
    return InboxFile(
      name: "a", path: "/inbox/a",
      stamp: FileStamp(
        bytes: bytes, modifiedNanoseconds: time, inode: 7, device: 1, changedNanoseconds: time),
      sidecar: nil, beside: beside, changedNanoseconds: time)
  }

  private func settling(now: Int64, steady: Int64 = 0, boot: String = "b", last: ClockReading? = nil)
    -> Settling
  {
    Settling(
      milliseconds: 10_000, clock: ClockReading(now: now, steady: steady, boot: boot), last: last)
  }

  @Test func aFileThatWasLeftAloneIsTakenAtOnce() {
    #expect(settling(now: 1012).answer(file(1000), nil) == .settled)
    #expect(settling(now: 1009).answer(file(1000), nil) == .waits(10_000))
  }

  @Test func whatWasTakenIsUnchangedUntilSizeTimeOrInodeDiffer() {
    let taken = file(1000)
    let memory = UploadMemory(
      path: taken.path, assetID: "a", stamp: taken.stamp.text, beside: "", state: .known)
    #expect(settling(now: 1001).answer(taken, memory) == .unchanged)
    #expect(settling(now: 2000).answer(file(1000, bytes: 11), memory) == .settled)
    #expect(settling(now: 2000).answer(file(1001), memory) == .settled)
    #expect(settling(now: 2000).answer(file(1000, beside: "s"), memory) == .settled)
    let forgotten = UploadMemory(
      path: taken.path, assetID: nil, stamp: taken.stamp.text, beside: "", state: .forgotten)
    #expect(settling(now: 2000).answer(taken, forgotten) == .unchanged)
  }

  @Test func aGrowingFileWaitsFromItsLastChangeOn() {
    let first = file(1000)
    let seen = settling(now: 1001, steady: 50_000).remembered(first, nil)
    #expect(seen.seenMilliseconds == 50_000 && seen.state == .arriving)
    #expect(settling(now: 1005, steady: 54_000).answer(first, seen) == .waits(6000))
    #expect(settling(now: 1012, steady: 60_000).answer(first, seen) == .settled)
    // It grew: the wait begins anew.
    let grown = file(1009, bytes: 20)
    #expect(settling(now: 1012, steady: 60_000).answer(grown, seen) == .waits(10_000))
    #expect(settling(now: 1012, steady: 60_000).remembered(grown, seen).seenMilliseconds == 60_000)
    // Seen again as it was: the wait goes on.
    #expect(settling(now: 1003, steady: 52_000).remembered(first, seen).seenMilliseconds == 50_000)
  }

  /// The wall clock is set forward by an hour while a file grows: it is not taken by that.
  @Test func aClockThatJumpsForward() {
    let last = ClockReading(now: 1000, steady: 0, boot: "b")
    let jumped = settling(now: 1000 + Self.hour, steady: 1000, last: last)
    #expect(jumped.clockIsDoubtful)
    #expect(jumped.answer(file(1001), nil) == .waits(10_000))
    let seen = jumped.remembered(file(1001), nil)
    let next = settling(
      now: 1001 + Self.hour, steady: 5000, last: ClockReading(now: 1000 + Self.hour, steady: 1000, boot: "b"))
    #expect(next.answer(file(1001), seen) == .waits(6000))
  }

  /// It is set back: the file seems to be of the future, and is taken by the steady clock all the same.
  @Test func aClockThatJumpsBack() {
    let future = file(1000 + Self.hour)
    let now = settling(now: 1000, steady: 70_000)
    #expect(now.answer(future, nil) == .waits(10_000))
    let seen = now.remembered(future, nil)
    #expect(settling(now: 1010, steady: 80_000).answer(future, seen) == .settled)
  }

  @Test func anotherBootBeginsAnew() {
    let seen = settling(now: 1000, steady: 90_000).remembered(file(999), nil)
    #expect(settling(now: 1005, steady: 100, boot: "c").answer(file(999), seen) == .waits(10_000))
    #expect(settling(now: 1005, steady: 100, boot: "c").remembered(file(999), seen).seenMilliseconds == 100)
    #expect(settling(now: 2000, steady: 100, boot: "c").answer(file(999), seen) == .settled)
  }

  @Test func whoeverWritesHoldsItBack() throws {
    let folder = try TemporaryFolder("inbox")
    let path = try folder.write("x", "clip.mp4")
    #expect(!OpenWriters.has(path))
    let reading = try #require(FileHandle(forReadingAtPath: path))
    #expect(!OpenWriters.has(path))
    let writing = try #require(FileHandle(forWritingAtPath: path))
    #expect(OpenWriters.has(path))
    try writing.close()
    #expect(!OpenWriters.has(path))
    try reading.close()
  }
}
