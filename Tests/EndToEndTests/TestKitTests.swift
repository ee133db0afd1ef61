internal import Foundation
internal import TestKit
internal import Testing

/// The helpers themselves: a helper that cannot fail would let every test pass.
@Suite struct TestKitTests {
  @Test func aCommandLeavesItsOutputsAndItsEnd() throws {
    let result = try Shell.run("sh", ["-c", "echo out; echo err >&2; exit 7"])
    #expect(result.output == "out\n" && result.errors == "err\n" && result.exit == 7 && result.signal == nil)
    let killed = try Shell.run("sh", ["-c", "kill -9 $$"])
    #expect(killed.exit == nil && killed.signal == SIGKILL)
    #expect(throws: CommandFailure.self) { try Shell.run("/no/such/program") }
  }

  @Test func fullPipesDoNotBlock() throws {
    let result = try Shell.run("sh", ["-c", "head -c 3000000 /dev/zero; head -c 2000000 /dev/zero >&2"])
    #expect(result.output.utf8.count == 3_000_000 && result.errors.utf8.count == 2_000_000)
  }

  @Test func aCommandThatHangsIsKilledWithItsChildren() throws {
    let result = try Shell.run("sh", ["-c", "sleep 60 & sleep 60"], timeout: 0.3)
    #expect(result.timedOut && result.signal == SIGKILL && result.seconds < 20)
  }

  @Test func aGrandchildThatHoldsThePipeDoesNotBlock() throws {
    let result = try Shell.run("sh", ["-c", "sleep 20 & echo done"], timeout: 15)
    #expect(result.output == "done\n" && result.exit == 0 && !result.timedOut && result.seconds < 10)
  }

  @Test func signalsReachACommand() throws {
    let command = try Shell.start(
      "sh", ["-c", "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done"])
    #expect(command.wait(until: { command.outputSoFar == "ready\n" }, timeout: 10))
    command.send(SIGTERM)
    #expect(command.wait(timeout: 10).exit == 9)
    #expect(!command.isRunning)
  }

  @Test func environmentAndFolderAreGiven() throws {
    let folder = try TemporaryFolder("with spaces")
    let result = try Shell.run(
      "sh", ["-c", "pwd; echo $MARK"], environment: ["MARK": "here"], folder: folder.path)
    #expect(result.output == "\(folder.path)\nhere\n")
  }

  @Test func aMissingOrOtherGoldenIsAnIssue() throws {
    guard !Golden.isUpdating else { return }
    let folder = try TemporaryFolder()
    try folder.write("one\ntwo\n", "Goldens/a.txt")
    let caller = folder.file("Test.swift")
    Golden.expect("one\ntwo", "a.txt", filePath: caller)
    withKnownIssue { Golden.expect("one\nthree", "a.txt", filePath: caller) }
    withKnownIssue { Golden.expect("one", "b.txt", filePath: caller) }
    #expect(Golden.firstDifference(golden: "a\nb", now: "a\nc").contains("line 2"))
  }

  @Test func boxesOfAClip() throws {
    let text = BoxDump.text(try Fixture.bytes("vfr-phone.mp4"))
    #expect(text.contains("ftyp ") && text.contains("\n    tkhd ") && text.contains("hdlr 45 vide"))
    #expect(text.contains("matrix=0,65536,0,-65536,0,0,11796480,0,1073741824"))
    #expect(text.contains("timescale=600") && text.contains("avcC ") && !text.contains("damaged"))
  }

  @Test func cutAndAlteredBoxesDoNotCrash() throws {
    let whole = try Fixture.bytes("vfr-phone.mp4")
    let moov = Array(whole.suffix(6000))
    var random = SeededRandom(seed: 11)
    for length in stride(from: 0, to: moov.count, by: 7) {
      #expect(BoxDump.text(Array(moov[..<length])).hasSuffix("\n"))
    }
    for _ in 0..<200 {
      var altered = try Fixture.bytes("single-picture.mp4")
      for _ in 0..<20 {
        altered[Int.random(in: 0..<altered.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      #expect(!BoxDump.text(altered).isEmpty)
    }
  }

  @Test func treesAreCompared() throws {
    let folder = try TemporaryFolder()
    try folder.write("abc", "one/a.txt")
    try folder.write("x", "one/.rung/work")
    try folder.write("abd", "two/a.txt")
    try folder.write("", "two/b.txt")
    let one = try TreeDump.contents(folder.file("one"))
    let two = try TreeDump.contents(folder.file("two"))
    #expect(TreeDump.text(folder.file("one")) == "        3 a.txt\n")
    #expect(TreeDump.differences(one, one).isEmpty)
    #expect(
      TreeDump.differences(one, two) == [
        "a.txt: 3 and 3 bytes, differ from byte 2", "only in the second: b.txt",
      ])
  }

  @Test func aSeedGivesTheSameNumbers() {
    var one = SeededRandom(seed: 5)
    var two = SeededRandom(seed: 5)
    let first = (0..<4).map { _ in one.next() }
    #expect(first == (0..<4).map { _ in two.next() })
    #expect(Set(first).count == 4)
  }

  @Test func everyFixtureIsThere() throws {
    let script = try String(contentsOfFile: Fixture.path("make-fixtures.sh"), encoding: .utf8)
    let named = script.split(separator: "\n").filter { $0.hasPrefix("#   ") }
      .compactMap { $0.split(separator: " ").dropFirst().first.map(String.init) }
    let present = TreeDump.files(Checkout.path("Fixtures")).filter { $0 != "make-fixtures.sh" }
    #expect(named.count > 25)
    #expect(named.sorted() == present)
  }
}
