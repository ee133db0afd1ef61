internal import Batching
internal import Testing

/// Sidecars: what they may say, and how what they may not say is refused.
@Suite struct UploadSidecarTests {
  private func parse(_ text: String) throws(UploadSidecar.Failure) -> UploadSidecar {
    try UploadSidecar.parse(Array(text.utf8)) { !$0.isEmpty && !$0.contains("/") }
  }

  @Test func everyKey() throws {
    let sidecar = try parse(
      """
      {"id": "film", "creator": "anna", "title": "Ein Film", "ladder": "reels", "priority": -3, "max_height": 720,
       "captions": {"en": "film.srt", "de": "film deutsch.vtt"}}
      """)
    #expect(sidecar.id == "film" && sidecar.creator == "anna" && sidecar.title == "Ein Film")
    #expect(sidecar.ladder == "reels" && sidecar.priority == -3 && sidecar.maxHeight == 720)
    #expect(sidecar.captionsText == "de=film deutsch.vtt,en=film.srt")
    #expect(try parse("{}") == UploadSidecar())
  }

  @Test(arguments: [
    ("", "no valid JSON"), ("[]", "no JSON object"), ("{", "no valid JSON"), ("{\"prio\": 1}", "'prio'"),
    ("{\"id\": \"a/b\"}", "'id'"), ("{\"id\": 7}", "'id' is of the wrong type"),
    ("{\"creator\": \"\"}", "'creator'"), ("{\"priority\": 1.5}", "'priority'"),
    ("{\"priority\": \"1\"}", "'priority' is of the wrong type"), ("{\"priority\": 99999999}", "'priority'"),
    ("{\"max_height\": 0}", "'max_height'"), ("{\"max_height\": true}", "'max_height'"),
    ("{\"ladder\": \"../evil.json\"}", "'ladder'"), ("{\"ladder\": \"-x\"}", "'ladder'"),
    ("{\"title\": \"a\\nb\"}", "'title'"), ("{\"captions\": {\"en\": \"../x.srt\"}}", "'captions'"),
    ("{\"captions\": {\"en\": \"film.mp4\"}}", "'captions'"),
    ("{\"captions\": {\"e n\": \"x.srt\"}}", "language"),
    ("{\"captions\": {\"en\": \"a,b.srt\"}}", "'captions'"), ("{\"captions\": [\"x.srt\"]}", "'captions'"),
  ])
  func isRefused(_ text: String, _ why: String) {
    do throws(UploadSidecar.Failure) {
      _ = try parse(text)
      Issue.record("\(text) was taken")
    } catch {
      #expect(error.message.contains(why), "\(text): \(error.message)")
    }
  }

  @Test func aSidecarOfASensibleSize() {
    let long = "{\"title\": \"" + String(repeating: "x", count: 100_000) + "\"}"
    #expect(throws: UploadSidecar.Failure(message: "it has more than 64 KiB")) { try parse(long) }
  }
}
