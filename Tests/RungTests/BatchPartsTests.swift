internal import Batching
internal import Foundation
internal import Isolating
internal import Media
internal import TestKit
internal import Testing

@testable internal import rung

/// What a batch makes of its children's lines and ends.
@Suite struct JobOutcomeTests {
  private func line(_ cause: String?, _ message: String = "it failed") -> JobLine? {
    JobLine.parse(
      "{\"level\":\"error\",\"event\":\"failure\",\"message\":\"\(message)\",\"advice\":\"do this\",\"exit\":1"
        + (cause.map { ",\"cause\":\"\($0)\"" } ?? "") + "}")
  }

  @Test func codes() {
    #expect(JobOutcome(.code(0), failure: nil, lastWords: nil) == .done)
    #expect(
      JobOutcome(.code(1), failure: line(nil), lastWords: nil)
        == .failed(JobFailure(reason: "it failed; do this", code: "input", isRetryable: false)))
    #expect(
      JobOutcome(.code(64), failure: line(nil), lastWords: nil)
        == .failed(JobFailure(reason: "it failed; do this", code: "options", isRetryable: false)))
    #expect(
      JobOutcome(.code(75), failure: line("stalled"), lastWords: nil)
        == .failed(JobFailure(reason: "it failed; do this", code: "stalled", isRetryable: true)))
    #expect(JobOutcome(.code(75), failure: line("disk"), lastWords: nil) == .noRoom("it failed; do this"))
  }

  /// A worker that died of its source is a crash; so is a child that ends without a word.
  @Test func crashes() {
    #expect(
      JobOutcome(.code(1), failure: line("crash"), lastWords: nil)
        == .failed(JobFailure(reason: "it failed; do this", code: "crash", isRetryable: true)))
    #expect(
      JobOutcome(.code(2), failure: nil, lastWords: "Fatal error")
        == .failed(
          JobFailure(reason: "the child ended with code 2 ('Fatal error')", code: "crash", isRetryable: true))
    )
    #expect(
      JobOutcome(.signal(SIGSEGV), failure: nil, lastWords: nil)
        == .failed(JobFailure(reason: "the child died of SIGSEGV", code: "crash", isRetryable: true)))
    guard case .failed(let killed) = JobOutcome(.signal(SIGKILL), failure: nil, lastWords: nil) else {
      Issue.record("a killed child is no success")
      return
    }
    #expect(killed.code == "killed" && killed.isRetryable)
  }

  @Test func lines() {
    #expect(JobLine.parse("/srv/bucket/master.m3u8") == nil && JobLine.parse("{\"x\":1}") == nil)
    let step = JobLine.parse("{\"event\":\"step\",\"message\":\"copy\",\"copy_ms\":5}")
    #expect(step?.nextStage == .encode)
    let done = JobLine.parse(
      "{\"event\":\"done\",\"message\":\"ready\",\"probe_ms\":1,\"copy_ms\":2,\"encode_ms\":3,\"commit_ms\":4}"
    )
    #expect(done?.times == [.probe: 1, .encode: 5, .commit: 4])
    func progress(_ step: String, _ frames: Int) -> Int? {
      JobLine.parse(
        "{\"event\":\"progress\",\"message\":\"x\",\"step\":\"\(step)\",\"frames\":\(frames),\"total\":100}")?
        .progress
    }
    #expect(progress("analysing a", 50) == 166)
    #expect(progress("encoding a", 0) == 333 && progress("encoding a", 100) == 999)
  }
}

@Suite struct BatchPartsTests {
  @Test func scores() {
    #expect(UploadScore.parse("7") == UploadScore(priority: 7))
    #expect(UploadScore.parse(" -2.9 ") == UploadScore(priority: -2))
    #expect(UploadScore.parse("") == UploadScore())
    #expect(
      UploadScore.parse("{\"priority\": 3, \"max_bitrate\": 900000}")
        == UploadScore(priority: 3, max_bitrate: 900_000))
    #expect(UploadScore.parse("high") == nil && UploadScore.parse("nan") == nil)
    var upload = Upload(id: "a", source: "/a", bytes: 1)
    UploadScore(priority: 99_999_999, max_bitrate: 5).apply(to: &upload)
    #expect(upload.policy == AssetPolicy(maxBitrate: nil, priority: 1_000_000))
  }

  @Test func captionsOfAChild() {
    let captions = JobCommand.captions("de=film-de.srt,en=film.srt")
    #expect(captions.map(\.language) == ["de", "en"] && captions.map(\.file) == ["film-de.srt", "film.srt"])
    #expect(JobCommand.captions("").isEmpty)
  }

  /// Whatever its name is, a file that was named is that language's.
  @Test func namedSubtitles() throws {
    let folder = try TemporaryFolder()
    for name in ["film.mp4", "film.en.srt", "other words.srt"] { try folder.write("1", name) }
    let found = SidecarFiles.find(
      beside: folder.file("film.mp4"),
      named: [("de", "other words.srt"), ("fr", "film.en.srt"), ("it", "gone.srt")])
    #expect(found.sidecars.map(\.name) == ["film.en.srt", "other words.srt"])
    #expect(found.sidecars.map(\.language) == ["fr", "de"])
    #expect(found.notes.map(\.subject) == ["subtitles gone.srt"])
  }

  @Test func durationsWithoutFloatingPoint() {
    #expect(FinishedAsset.milliseconds("2.005333") == 2005)
    #expect(FinishedAsset.milliseconds("3") == 3000 && FinishedAsset.milliseconds("0.5") == 500)
    #expect(FinishedAsset.milliseconds("x") == nil && FinishedAsset.milliseconds("-1.0") == nil)
  }
}
