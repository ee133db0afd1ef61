internal import Foundation
internal import Media
internal import TestKit
internal import Testing

@testable import Encoding

/// Cues out of whole files.
@Suite struct SubtitleReaderTests {
  private func lines(_ track: SubtitleTrack?) -> [String] {
    (track?.cues ?? []).map { "\($0.start)-\($0.end) \($0.text.replacing("\n", with: "|")) \($0.settings)" }
  }

  private func reading<Result>(_ path: String, _ body: (Int32) throws -> Result) throws -> Result {
    let file = try #require(FileHandle(forReadingAtPath: path))
    return try body(file.fileDescriptor)
  }

  private let sixSeconds = MediaTime(6, Rational(1, 1))

  @Test func streamsOfASource() throws {
    let job = SubtitleJob(streams: [3, 2, 4], start: MediaTime(21, Rational(1, 1000)), duration: sixSeconds)
    let result = try reading(Fixture.path("subtitled.mkv")) {
      try SubtitleReader.read(job, descriptor: $0, name: "subtitled.mkv")
    }
    #expect(
      lines(result.tracks[0]) == [
        "1000-2500 <b>Fett</b> und normal|in zwei Zeilen ", "3000-3900 <i>Spät </i>und <i>oben</i> line:0",
      ])
    #expect(
      lines(result.tracks[1]) == [
        "500-1500 Fish <i>&amp;</i> <b>chips</b> {to go} ",
        "1800-4200 Across two boundaries --&gt;|in two lines line:0", "5900-6000 beyond the end ",
      ])
    // Pictures have no text.
    #expect(result.tracks[2].cues.isEmpty && result.tracks[2].fault != nil)
  }

  /// Edit lists let everything begin at 1.28 s, which is the asset's 0.
  @Test func timesAreTheAssets() throws {
    let job = SubtitleJob(
      streams: [2], start: MediaTime(128, Rational(1, 100)), duration: MediaTime(4, Rational(1, 1)))
    let result = try reading(Fixture.path("subtitled-late.mp4")) {
      try SubtitleReader.read(job, descriptor: $0, name: "subtitled-late.mp4")
    }
    #expect(
      lines(result.tracks.first) == [
        "500-1500 Fish <i>&amp;</i> <b>chips</b> {to go} ",
        "1800-4000 Across two boundaries --&gt;|in two lines ",
      ])
  }

  private func sidecar(_ bytes: [UInt8]) throws -> SubtitleTrack {
    let folder = try TemporaryFolder()
    let path = try folder.write(bytes, "a.srt")
    let result = try reading(path) {
      try SubtitleReader.read(SidecarJob(duration: sixSeconds), descriptor: $0)
    }
    return try #require(result.tracks.first)
  }

  @Test func sidecars() throws {
    let webVTT = """
      WEBVTT - with a title

      STYLE
      ::cue { color: red }

      NOTE nothing

      00:04.000 --> 00:05.000 line:10% align:start region:r
      <v Bob>Hi &lt;you&gt; &amp; <i>me</i> {x} \\

      one
      00:01.000 --> 00:02.000
      <c.big>first</c>
      """
    #expect(
      lines(try sidecar(Array(webVTT.utf8))) == [
        "1000-2000 first ", "4000-5000 Hi &lt;you&gt; &amp; <i>me</i> {x} \\ line:10% align:start",
      ])
    let ass =
      "[Script Info]\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    #expect(
      lines(try sidecar(Array((ass + "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,Hallo\n").utf8)))
        == ["1000-2000 Hallo "])
  }

  @Test func tracksTogetherAreBounded() {
    let track = SubtitleTrack(cues: [Cue(start: 0, end: 1, text: "four")])
    let result = SubtitleReader.within(300, [track, track, SubtitleTrack(fault: "x"), track])
    #expect(result.tracks.map { $0.cues.count } == [1, 1, 0, 0])
    #expect(result.tracks[2].fault == "x" && result.tracks[3].fault?.contains("together") == true)
  }

  @Test func brokenSidecarsAreFaultsAndNothingElse() throws {
    let none = "there is no text in it within the 6.000 s of the asset"
    #expect(try sidecar(Array("no subtitles at all\n".utf8)).fault == none)
    #expect(try sidecar(Array("1\n00:00:09,000 --> 00:00:10,000\nlate\n".utf8)).fault == none)
    #expect(try sidecar([0, 1, 2, 3]).fault == "it holds NUL bytes, so it is no text; save it as UTF-8")
    #expect(try sidecar([]).fault == "there is nothing in it")
    var random = SeededRandom(seed: 7)
    let good = Array("1\n00:00:01,000 --> 00:00:02,000\n{\\i1}<b>a</b>\n\n".utf8)
    for _ in 0..<200 {
      var bytes = good + good
      for _ in 0..<8 {
        bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      let track = try sidecar(bytes)
      #expect(track.cues.allSatisfy { $0.start < $0.end && $0.end <= 6000 && !$0.text.contains("\n\n") })
    }
    let long = Array(repeating: String(repeating: "x", count: 700), count: 30).joined(separator: "\n")
    #expect(
      try sidecar(Array("1\n00:00:01,000 --> 00:00:02,000\n\(long)\n".utf8)).fault
        == "there is more text in it than any subtitles have")
  }
}
