internal import Foundation
internal import TestKit
internal import Testing

extension EndToEnd {
  /// `rung publish` and its kin against servers on this machine.
  @Suite struct PublishTests {
    /// A packaged tree of the test's own, and a bucket.
    private struct Place {
      let folder: TemporaryFolder
      let server: BucketServer
      let bucket = "b-\(UUID().uuidString.lowercased().prefix(13))"
      var tree: String { folder.file("tree") }

      init(server: BucketServer? = nil) throws {
        self.server = try server ?? BucketServer.shared.get()
        folder = try TemporaryFolder()
        try self.server.makeBucket(bucket)
        let asset = try Packaged.asset("holiday.mp4")
        try FileManager.default.copyItem(atPath: asset.tree, toPath: tree)
      }

      func run(_ arguments: [String], _ more: [String: String] = [:]) throws -> CommandResult {
        try Shell.run(Binary.rung, arguments, environment: server.environment.merging(more) { $1 })
      }

      func publish(_ more: [String] = [], prefix: String = "p") throws -> CommandResult {
        try run(["publish", tree, "--to", "s3://\(bucket)/\(prefix)"] + more)
      }

      func puts() throws -> [String] {
        try server.log(bucket).filter { $0.method == "PUT" && $0.status == 200 }.map {
          $0.key + ($0.query["partNumber"] ?? "")
        }
      }

      /// Keys of the tree.
      var keys: [String] { TreeDump.files(tree).filter { !$0.hasPrefix(".") } }
    }

    @Test func aTreeGoesUp() throws {
      let place = try Place()
      let first = try place.publish()
      #expect(first.exit == 0, "\(first)")
      #expect(first.output == "s3://\(place.bucket)/p/packaged/clip/hls/master.m3u8\n")
      let objects = try place.server.contents(place.bucket).objects
      #expect(objects.keys.sorted() == place.keys.map { "p/\($0)" }.sorted())
      #expect(try place.puts().last == "p/packaged/clip/asset.json")
      for key in place.keys where key.hasSuffix(".m4s") {
        let object = try #require(objects["p/\(key)"])
        #expect(object.headers["content-type"] == "video/iso.segment")
        #expect(object.headers["cache-control"] == "public, max-age=31536000, immutable")
        #expect(object.bytes == FileManager.default.contents(atPath: "\(place.tree)/\(key)")?.count)
      }
      let requests = try place.server.log(place.bucket).count
      let second = try place.publish(["--json"])
      #expect(second.exit == 0, "\(second)")
      #expect(try place.server.log(place.bucket).count == requests)
      let document = try JSON.object(second.output)
      let assets = try #require(document["assets"] as? [[String: Any]])
      #expect(assets.count == 1 && assets[0]["unchanged"] as? Int == place.keys.count)
      let checked = try place.publish(["--check", "clip"])
      #expect(checked.exit == 0 && checked.errors.contains("up to date"), "\(checked)")
    }

    @Test func aForgottenAssetLeavesTheBucket() throws {
      let place = try Place()
      #expect(try place.publish().exit == 0)
      let away = try place.run(
        ["forget", place.tree, "clip", "--published"], ["AWS_SECRET_ACCESS_KEY": "another-secret"])
      #expect(away.exit == 1 && place.keys.count > 5, "\(away)")
      let forgotten = try place.run(["forget", place.tree, "clip", "--published"])
      #expect(forgotten.exit == 0, "\(forgotten)")
      #expect(try place.server.contents(place.bucket).objects.isEmpty)
      #expect(place.keys.isEmpty)
      let gone = try place.server.log(place.bucket).filter { $0.method == "DELETE" && $0.status == 204 }
      #expect(gone.first?.key == "p/packaged/clip/asset.json")
    }

    /// The address that is printed gives the object to somebody without keys; text unpacks to what the tree has.
    @Test func aPresignedAddressWorks() throws {
      let place = try Place()
      #expect(try place.publish(prefix: "ü +%").exit == 0)
      let key = "s3://\(place.bucket)/ü +%/packaged/clip/hls/master.m3u8"
      let signed = try place.run(["presign", key, "--expires", "10m"])
      #expect(signed.exit == 0 && signed.output.hasPrefix(place.server.endpoint), "\(signed)")
      #expect(!signed.output.contains(BucketServer.secret))
      let target = signed.output.dropFirst(place.server.endpoint.count).trimmingCharacters(in: .newlines)
      let answer = try SmallHTTP.send("GET", place.server.port, target)
      #expect(answer.status == 200)
      #expect(answer.headers["content-encoding"] == "gzip")
      let packed = try place.folder.write(answer.body, "master.gz")
      let plain = try Shell.run("gzip", ["-dc", packed]).output
      #expect(
        plain == (try String(contentsOfFile: "\(place.tree)/packaged/clip/hls/master.m3u8", encoding: .utf8)))
      #expect(try SmallHTTP.send("GET", place.server.port, target + "0").status == 403)
    }

    @Test func aKilledRunIsTakenUp() throws {
      let place = try Place()
      // Slow enough to be caught in the middle of a segment.
      try place.server.inject([["match": "PUT /\(place.bucket).*seg-.*00002", "do": "slow", "rate": 2_000]])
      let running = try Shell.start(
        Binary.rung, ["publish", place.tree, "--to", "s3://\(place.bucket)/p", "--parallel", "2"],
        environment: place.server.environment)
      let isUnderWay = running.wait(until: { (try? place.puts().count) ?? 0 >= 2 }, timeout: 60)
      #expect(isUnderWay)
      running.send(SIGKILL)
      #expect(running.wait().signal == SIGKILL)
      #expect(try place.server.contents(place.bucket).objects["p/packaged/clip/asset.json"] == nil)
      let again = try place.publish()
      #expect(again.exit == 0, "\(again)")
      let contents = try place.server.contents(place.bucket)
      #expect(contents.objects.keys.sorted() == place.keys.map { "p/\($0)" }.sorted())
      #expect(contents.uploads.isEmpty)
      let puts = try place.puts()
      #expect(puts.count == Set(puts).count, "\(puts)")
    }

    @Test func refusalsAndAbsence() throws {
      let place = try Place()
      let to = ["--to", "s3://\(place.bucket)/p"]
      let wrong = try place.run(
        ["publish", place.tree, "--log", "json"] + to, ["AWS_SECRET_ACCESS_KEY": "another-secret"])
      #expect(wrong.exit == 1, "\(wrong)")
      #expect(
        !wrong.errors.contains("another-secret") && wrong.errors.contains("SignatureDoesNotMatch"), "\(wrong)"
      )
      let ledger = try Data(contentsOf: URL(fileURLWithPath: "\(place.tree)/.rung/ledger.sqlite"))
      #expect(ledger.range(of: Data("another-secret".utf8)) == nil)
      let nobody = try place.run(
        ["publish", place.tree, "--retries", "0"] + to, ["AWS_ENDPOINT_URL": "http://127.0.0.1:9"])
      #expect(nobody.exit == 75 && nobody.errors.contains("cannot be reached"), "\(nobody)")
      let keyless = try place.run(["publish", place.tree] + to, ["AWS_ACCESS_KEY_ID": ""])
      #expect(keyless.exit == 1 && keyless.errors.contains("AWS_ACCESS_KEY_ID"), "\(keyless)")
      let nothing = try place.run(["publish", place.tree, "no-such-id"] + to)
      #expect(nothing.exit == 1 && nothing.errors.contains("no such asset"), "\(nothing)")
      let bare = try TemporaryFolder()
      #expect(try place.run(["publish", bare.path] + to).exit == 1)
      #expect(!FileManager.default.fileExists(atPath: bare.file(".rung")))
      for arguments in [
        [place.tree, "--to", "http://x"], [place.tree, "--to", "s3://"],
        [place.tree] + to + ["--grace", "soon"],
        [place.tree] + to + ["--gzip", "--no-gzip"], [place.tree] + to + ["--part-size", "1MiB"], to,
        [place.tree] + to + ["--endpoint", "ftp://x"],
      ] {
        let result = try place.run(["publish"] + arguments)
        #expect(
          result.exit == 64 && result.errors.split(separator: "\n").count == 1, "\(arguments): \(result)")
      }
    }

    /// A batch's last stage: an asset is ready when the bucket has all of it, and what the bucket refuses is said.
    /// That the upload is taken away in between changes nothing, since the asset was made.
    @Test(.enabled(if: Shell.find("python3") != nil, "needs python3"), arguments: [false, true])
    func aBatchPublishes(_ isTakenAway: Bool) throws {
      let server = try BucketServer.shared.get()
      let folder = try TemporaryFolder()
      let bucket = "b-\(UUID().uuidString.lowercased().prefix(13))"
      try server.makeBucket(bucket)
      let tree = folder.file("tree")
      func batch(_ environment: [String: String] = [:]) throws -> CommandResult {
        try Shell.run(
          Binary.rung,
          [
            "batch", folder.file("inbox"), "--into", tree, "--ladder", Rung.tiny, "--settle", "0s",
            "--publish",
            "s3://\(bucket)/p", "--log", "json", "--parallel", "1", "--retry-delay", "1s",
          ], environment: server.environment.merging(environment) { $1 })
      }
      func ledger(_ columns: String, _ table: String) throws -> [String] {
        let script =
          "import sqlite3, sys\nfor row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]): "
          + "print(*['' if cell is None else cell for cell in row], sep='|')"
        return try Shell.run(
          "python3", ["-c", script, "\(tree)/.rung/ledger.sqlite", "SELECT \(columns) FROM \(table)"]
        )
        .output.split(separator: "\n").map(String.init)
      }
      try FileManager.default.createDirectory(atPath: folder.file("inbox"), withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        atPath: Fixture.path("holiday.mp4"), toPath: folder.file("inbox/one.mp4"))
      // As often as a request is tried: the job fails for now, and is tried again.
      try server.inject([["match": "PUT /\(bucket)/", "do": "status", "status": 503, "times": 4]])
      let first = try batch()
      #expect(first.exit == 0, "\(first)")
      let tried = try ledger("status, stage, error_code", "jobs ORDER BY number").first
      #expect(tried == "failed|publish|publish", "\(first)")
      if isTakenAway { try FileManager.default.removeItem(atPath: folder.file("inbox/one.mp4")) }
      for _ in 0..<20 where try ledger("status", "assets") != ["ready"] {
        Thread.sleep(forTimeInterval: 0.5)
        #expect(try batch().exit == 0)
      }
      // Nothing was encoded again.
      let jobs = try ledger("stage, status, attempt, publish_ms > 0, encode_ms", "jobs ORDER BY number")
      #expect(jobs.last == "publish|done|2|1|")
      let keys = TreeDump.files(tree).filter { !$0.hasPrefix(".") }.map { "p/\($0)" }
      #expect(try server.contents(bucket).objects.keys.sorted() == keys.sorted())

      try FileManager.default.copyItem(
        atPath: Fixture.path("holiday.mp4"), toPath: folder.file("inbox/two.mp4"))
      let refused = try batch(["AWS_SECRET_ACCESS_KEY": "another-secret"])
      #expect(refused.exit == 0 && !refused.errors.contains("another-secret"), "\(refused)")
      let failed = try ledger("failure_code, failure_reason", "assets WHERE status = 'failed'")
      #expect(
        failed.count == 1 && failed[0].hasPrefix("publish|") && failed[0].contains("SignatureDoesNotMatch"))
    }

    /// A server that others wrote, under a key that needs every kind of escaping.
    @Test(.enabled(if: RcloneServer.path != nil, "no rclone to be had (.ci/rclone says why)"))
    func rcloneTakesIt() throws {
      let place = try Place()
      let served = place.folder.file("served")
      try FileManager.default.createDirectory(atPath: "\(served)/videos", withIntermediateDirectories: true)
      let store = try RcloneServer(folder: served)
      let prefix = "pre fix+100%/ü日本"
      let publish = { (more: [String]) throws in
        try place.run(["publish", place.tree, "--to", "s3://videos/\(prefix)"] + more, store.environment)
      }
      let result = try publish(["--no-gzip"])
      #expect(result.exit == 0, "\(result)")
      for key in place.keys {
        let stored = FileManager.default.contents(atPath: "\(served)/videos/\(prefix)/\(key)")
        #expect(stored == FileManager.default.contents(atPath: "\(place.tree)/\(key)"), "\(key)")
      }
      let checked = try publish(["--check", "--no-gzip"])
      #expect(checked.exit == 0 && checked.errors.contains("up to date"), "\(checked)")
      let gzipped = try publish(["--json"])
      let document = try JSON.object(gzipped.output)
      let uploaded = (document["assets"] as? [[String: Any]])?.first?["uploaded"] as? Int
      #expect(
        uploaded == place.keys.filter { $0.hasSuffix(".m3u8") || $0.hasSuffix(".json") }.count, "\(gzipped)")
      let wrong = try place.run(
        ["publish", place.tree, "--to", "s3://videos/q"],
        store.environment.merging(["AWS_SECRET_ACCESS_KEY": "wrong"]) { $1 })
      #expect(wrong.exit == 1, "\(wrong)")
    }

    /// What a browser and a cache would see of a tree behind a real nginx with the printed rules.
    @Test(.enabled(if: NginxServer.path != nil, "no nginx here"))
    func nginxKeepsTheRules() throws {
      let asset = try Packaged.asset("holiday.mp4")
      let rules = try Rung.run(["cache-rules", "--for", "nginx", "--ladder", Rung.tiny])
      #expect(rules.exit == 0, "\(rules)")
      let server = try NginxServer(root: asset.tree, rules: rules.output)
      func get(_ key: String, _ headers: [String: String] = [:], method: String = "GET") throws
        -> SmallHTTP.Answer
      {
        try SmallHTTP.send(method, server.port, "/\(key)", headers: headers)
      }
      let keys = TreeDump.files(asset.tree).filter { !$0.hasPrefix(".") }
      let segment = try #require(keys.first { $0.hasSuffix(".m4s") })
      let media = try get(segment, ["Range": "bytes=4-7"])
      #expect(media.status == 206 && media.body == Array("styp".utf8) || media.body == Array("moof".utf8))
      #expect(media.headers["content-type"] == "video/iso.segment")
      #expect(media.headers["cache-control"] == "public, max-age=31536000, immutable")
      #expect(media.headers["access-control-allow-origin"] == "*")
      let master = try get("packaged/clip/hls/master.m3u8", ["Accept-Encoding": "gzip"])
      #expect(master.status == 200)
      #expect(master.headers["content-type"] == "application/vnd.apple.mpegurl")
      #expect(master.headers["cache-control"] == "public, max-age=60, s-maxage=300")
      #expect(master.headers["content-encoding"] == "gzip")
      let asked = try get(segment, ["Origin": "https://a.example"], method: "OPTIONS")
      #expect(asked.status == 204 && asked.headers["access-control-allow-headers"]?.contains("Range") == true)
      // A miss must not be kept for a year, and what is not published is not served.
      let missing = try get(segment.replacing("00001", with: "09999"))
      #expect(missing.status == 404 && missing.headers["cache-control"] == nil)
      #expect(try get(".rung/locks/").status == 404)
      for key in keys {
        let answer = try get(key)
        #expect(answer.status == 200 && answer.headers["cache-control"] != nil, "\(key)")
      }
    }
  }
}
