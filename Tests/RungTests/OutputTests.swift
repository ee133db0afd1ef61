internal import Media
internal import Synchronization
internal import Testing

internal import struct Foundation.Data
internal import class Foundation.JSONSerialization

@testable internal import rung

/// What was written, and a clock that the test moves.
private final class Recorder: Sendable {
  private let text = Mutex("")
  private let nanoseconds = Mutex<UInt64>(0)

  var written: String { text.withLock { $0 } }
  func clear() { text.withLock { $0 = "" } }
  func pass(milliseconds: UInt64) { nanoseconds.withLock { $0 += milliseconds * 1_000_000 } }

  func console(isTerminal: Bool = false, columns: Int = 80) -> Console {
    Console(isTerminal: isTerminal, columns: { columns }, sink: { new in self.text.withLock { $0 += new } })
  }

  func log(_ format: Log.Format = .text, isQuiet: Bool = false, isTerminal: Bool = false) -> Log {
    Log(format: format, isQuiet: isQuiet, console: console(isTerminal: isTerminal))
  }

  var clock: StepTimes.Clock { { self.nanoseconds.withLock { $0 } } }
}

@Suite struct LogTests {
  @Test func textIsOneLineARecord() {
    let recorder = Recorder()
    let log = recorder.log()
    log.info("hello")
    log.warning("two\nlines\u{1b}[31m", item: "a.mov")
    log.failure(CommandFailure("b.mov", "no such file", advice: "check the name"))
    log.event("step", "encode", [("encode_ms", .integer(3))])
    #expect(
      recorder.written == """
        rung: hello
        rung: warning: a.mov: two\\u{a}lines\\u{1b}[31m
        rung: b.mov: no such file; check the name

        """)
  }

  @Test func jsonHasItsKeysInOrder() {
    let recorder = Recorder()
    let log = recorder.log(.json)
    log.warning("odd \"name\"\n", item: "a.mov")
    log.failure(CommandFailure("b.mov", "is empty", advice: "copy it again"))
    log.event("step", "encode", [("encode_ms", .integer(3))])
    #expect(
      recorder.written == #"""
        {"level":"warning","event":"warning","message":"odd \"name\"\n","item":"a.mov"}
        {"level":"error","event":"failure","message":"is empty","item":"b.mov","advice":"copy it again","exit":1}
        {"level":"info","event":"step","message":"encode","encode_ms":3}

        """#)
  }

  @Test func quietLeavesWarningsAndErrors() {
    let recorder = Recorder()
    let log = recorder.log(isQuiet: true)
    log.info("hello")
    log.warning("odd")
    #expect(recorder.written == "rung: warning: odd\n")
  }

  @Test func aLineWipesTheBarAndDrawsItAgain() {
    let recorder = Recorder()
    let console = recorder.console(isTerminal: true, columns: 6)
    console.draw("bar that is long")
    console.line("text")
    console.clear()
    console.line("after")
    #expect(recorder.written == "\r\u{1b}[Kbar t" + "\r\u{1b}[Ktext\nbar t" + "\r\u{1b}[K" + "after\n")
  }

  @Test func stepsAddUpAndEndWithTheWhole() {
    let recorder = Recorder()
    let times = StepTimes(log: recorder.log(.json), now: recorder.clock)
    times.measure("probe") { recorder.pass(milliseconds: 20) }
    times.measure("encode") { recorder.pass(milliseconds: 100) }
    times.measure("encode") { recorder.pass(milliseconds: 50) }
    recorder.clear()
    times.finish(item: "a")
    #expect(
      recorder.written
        == #"{"level":"info","event":"done","message":"ready","item":"a","probe_ms":20,"encode_ms":150,"source_to_ready_ms":170}"#
        + "\n")
  }
}

@Suite struct ProgressTests {
  private func progress(_ recorder: Recorder, _ log: Log, total: Int = 300) -> Progress {
    let progress = Progress(total: total, frameRate: Rational(30, 1), log: log, now: recorder.clock)
    progress.step("encode")
    return progress
  }

  @Test func aTerminalShowsOneBarTenTimesASecond() {
    let recorder = Recorder()
    let progress = progress(recorder, recorder.log(isTerminal: true))
    recorder.clear()
    recorder.pass(milliseconds: 50)
    progress.advance(frames: 30)
    #expect(recorder.written == "")
    recorder.pass(milliseconds: 50)
    progress.advance(frames: 30)
    #expect(
      recorder.written
        == "\r\u{1b}[Kencode [#######-------------------------------]  20 %  60/300  20.0x  0:00 left")
    recorder.clear()
    progress.finish()
    #expect(recorder.written == "\r\u{1b}[K")
    recorder.clear()
    recorder.pass(milliseconds: 5000)
    progress.advance(frames: 30)
    progress.step("package")
    #expect(recorder.written == "")
  }

  @Test func elsewhereALineComesNowAndThen() {
    let recorder = Recorder()
    let progress = progress(recorder, recorder.log(), total: 3000)
    for _ in 0..<25 {
      recorder.pass(milliseconds: 1000)
      progress.advance(frames: 60)
    }
    progress.finish()
    #expect(
      recorder.written == """
        rung: encode 4 % (120 of 3000 frames), 2.0x, 0:48 left
        rung: encode 24 % (720 of 3000 frames), 2.0x, 0:38 left
        rung: encode 44 % (1320 of 3000 frames), 2.0x, 0:28 left

        """)
  }

  @Test func machinesGetOneRecordASecond() {
    let recorder = Recorder()
    let progress = progress(recorder, recorder.log(.json))
    for _ in 0..<4 {
      recorder.pass(milliseconds: 500)
      progress.advance(frames: 15)
    }
    let expected = [(30, "9000"), (60, "8000")].map { frames, left in
      #"{"level":"info","event":"progress","message":"encode","step":"encode","frames":\#(frames),"#
        + #""total":300,"speed":1.00,"remaining_ms":\#(left)}"# + "\n"
    }
    #expect(recorder.written == expected.joined())
  }

  @Test(arguments: [(false, true), (true, true), (true, false)])
  func quietShowsNothing(isTerminal: Bool, isQuiet: Bool) {
    let recorder = Recorder()
    let progress = progress(recorder, recorder.log(isQuiet: isQuiet, isTerminal: isTerminal), total: 0)
    recorder.clear()
    recorder.pass(milliseconds: 20_000)
    progress.advance(frames: 1)
    #expect(recorder.written.isEmpty == isQuiet)
  }

  @Test func moreFramesThanThereAreStayAtTheTotal() {
    var snapshot = ProgressSnapshot(
      step: "encode", frames: 10, total: 10, done: 10, elapsed: 0, frameRate: Rational(0, 0))
    let first = ProgressSnapshot(
      step: "encode", frames: 8, total: 360, done: 8, elapsed: 300, frameRate: Rational(30, 1))
    #expect(first.speed == nil && first.remainingMilliseconds == nil)
    #expect(snapshot.percent == 100 && snapshot.speed == nil && snapshot.remainingMilliseconds == nil)
    snapshot.total = 0
    #expect(snapshot.percent == 0 && snapshot.bar(width: 80) == "encode")
  }
}

@Suite struct TableTests {
  @Test(arguments: [
    (Int64(0), "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1000, "1.0 kB"), (12_345, "12.3 kB"),
    (123_456, "123 kB"), (999_499, "999 kB"), (999_949, "1.0 MB"), (5_242_880, "5.2 MB"),
    (268_435_456, "268 MB"),
    (9_876_543_210, "9.9 GB"), (Int64.max, "9223 PB"),
  ])
  func bytes(count: Int64, expected: String) {
    #expect(Human.bytes(count) == expected)
  }

  @Test func timesAndRates() {
    #expect(Human.duration(MediaTime(3_723_450, Rational(1, 1000))) == "1:02:03.450")
    #expect(Human.duration(MediaTime(-21, Rational(1, 1000))) == "-0:00.021")
    #expect(Human.clock(milliseconds: 59_600) == "1:00")
    #expect(Human.frameRate(Rational(30000, 1001)) == "29.970" && Human.frameRate(Rational(25, 1)) == "25")
    #expect(Human.number(23) == "23" && Human.number(1.5) == "1.5" && Human.number(.nan) == "?")
  }

  @Test func theSummaryIsAligned() {
    var video = RenditionRecord(
      name: "720p", kind: .video, codecs: "avc1.64001f", playlist: "p", version: "v",
      duration: MediaTime(12, Rational(1, 1)))
    (video.size, video.frameRate) = (PictureSize(1280, 720), Rational(30000, 1001))
    (video.plannedBitrate, video.averageBitrate, video.peakBitrate) = (2_800_000, 1_234_567, 2_000_400)
    (video.segments, video.bytes) = (2, 1_851_850)
    var audio = RenditionRecord(
      name: "audio-aac-2-en", kind: .audio, codecs: "mp4a.40.2", playlist: "p", version: "v",
      duration: MediaTime(12, Rational(1, 1)))
    (audio.channels, audio.sampleRate, audio.segments, audio.bytes) = (2, 48000, 2, 192_000)
    #expect(
      SummaryTable.render([video, audio], milliseconds: 65_000) == """
        rendition       codecs       picture              planned  average  peak  segments    size
        720p            avc1.64001f  1280x720 29.970 fps     2800     1235  2000         2  1.9 MB
        audio-aac-2-en  mp4a.40.2    2 ch 48000 Hz                       0     0         2  192 kB
        0:12.000 of media, 2.0 MB in 1:05; rates in kbit/s

        """)
  }

  @Test func jsonIsEscapedAndOrdered() throws {
    let value = JSONText.object([
      ("z", .string("\u{1}\"\\é\u{7f}")), ("a", .array([.integer(1), .null])), ("e", .array([])),
      ("o", .object([("d", .decimal("29.970")), ("b", .bool(true))])), ("l", .array([.object([])])),
    ])
    #expect(
      value.compact
        == #"{"z":"\u0001\"\\é\u007f","a":[1,null],"e":[],"o":{"d":29.970,"b":true},"l":[{}]}"#)
    let parsed = try JSONSerialization.jsonObject(with: Data(value.pretty.utf8)) as? [String: Any]
    #expect(parsed?["z"] as? String == "\u{1}\"\\é\u{7f}")
    #expect(parsed?.count == 5)
  }

  @Test func namesCannotSteerATerminal() {
    #expect(Printable.line("plain é 日本") == "plain é 日本")
    #expect(Printable.line("a\u{202e}b\u{9b}c\r") == "a\\u{202e}b\\u{9b}c\\u{d}")
  }
}
