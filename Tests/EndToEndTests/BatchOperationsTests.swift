internal import Foundation
internal import TestKit
internal import Testing

extension EndToEnd {
  /// What a person who runs batches sees of them: status, metrics, notifications; and what is forgotten stays so.
  @Suite struct BatchOperationsTests {
    @Test func fromUploadToForgetting() throws {
      let folder = try TemporaryFolder()
      let (inbox, tree) = (folder.file("inbox"), folder.file("tree"))
      for name in ["no-audio.mkv", "text-named.mp4"] {
        try folder.write(try Fixture.bytes(name), "inbox/\(name)")
      }
      let options = [
        "--into", tree, "--ladder", Rung.tiny, "--settle", "0s", "--metrics", folder.file("rung.prom"),
        "--notify",
        "cat >> '\(folder.file("told"))'",
      ]
      let batch = try Rung.run(["batch", inbox] + options)
      try #require(batch.exit == 0, "\(batch)")

      let status = try JSON.object(try Rung.run(["status", tree, "--json"]).output)
      let counts = try #require(status["assets"] as? [String: Int])
      #expect(counts == ["queued": 0, "processing": 0, "ready": 1, "failed": 1, "outdated": 0])
      let latencies = try #require(status["latency_ms"] as? [String: [String: Int]])
      #expect(latencies["encode"]?["jobs"] == 1 && latencies["total"]?["jobs"] == 1, "\(latencies)")
      let text = try Rung.run(["status", tree])
      #expect(text.exit == 0 && text.output.hasPrefix("1 ready, 0 queued, 0 processing, 1 failed"), "\(text)")

      let told = try String(contentsOfFile: folder.file("told"), encoding: .utf8)
      let messages = try told.split(separator: "\n").map { try JSON.object(String($0)) }
      let ready = try #require(messages.first { $0["event"] as? String == "ready" })
      let failed = try #require(messages.first { $0["event"] as? String == "failed" })
      #expect(messages.count == 2 && failed["retryable"] as? Bool == false && failed["reason"] is String)
      let id = try #require(ready["id"] as? String)
      let manifest = try #require(ready["manifest"] as? String)
      #expect(FileManager.default.fileExists(atPath: "\(tree)/\(manifest)"))
      let polled = try JSON.object(try Rung.run(["status", tree, id, "--json"]).output)
      #expect(polled["status"] as? String == "ready" && polled["manifest"] as? String == manifest)

      let metrics = try String(contentsOfFile: folder.file("rung.prom"), encoding: .utf8)
      for line in [
        "rung_assets{state=\"ready\"} 1", "rung_assets{state=\"failed\"} 1",
        "rung_jobs_total{result=\"done\"} 1",
        "rung_bytes_in_total \(try Fixture.bytes("no-audio.mkv").count)", "rung_queue_age_seconds 0",
      ] { #expect(metrics.split(separator: "\n").contains(Substring(line)), "\(line)\n\(metrics)") }

      let forgotten = try Rung.run(["forget", tree, id])
      #expect(forgotten.exit == 0, "\(forgotten)")
      #expect(TreeDump.files(tree).allSatisfy { $0.hasPrefix(".rung/") }, "\(TreeDump.files(tree))")
      let again = try Rung.run(["batch", inbox] + options)
      #expect(again.exit == 0, "\(again)")
      #expect(TreeDump.files(tree).allSatisfy { $0.hasPrefix(".rung/") }, "what was forgotten came back")
      let unknown = try Rung.run(["status", tree, id])
      #expect(unknown.exit == 1 && unknown.errors.contains("no such asset"), "\(unknown)")
    }
  }
}
