import Foundation
import TestKit
import Testing

@testable import Publishing

/// The store of `StrictStoreTests`: `make test-s3` starts one, `RUNG_TEST_S3` names another (with AWS_ACCESS_KEY_ID and
/// AWS_SECRET_ACCESS_KEY, and the right to make buckets).
enum StrictStore {
  static let endpoint = ProcessInfo.processInfo.environment["RUNG_TEST_S3"].flatMap { $0.isEmpty ? nil : $0 }
}

/// A store that others wrote and that is strict, such as Ceph's.
@Suite(.enabled(if: StrictStore.endpoint != nil, "no strict store here (make test-s3)"))
struct StrictStoreTests {
  private static let prefix = "pre fix+100%/ü日本&='(x)"

  private struct Store {
    let settings: StoreSettings
    let bucket = "rung-\(UUID().uuidString.lowercased().prefix(13))"
    let folder: TemporaryFolder
    let memory = ListMemory()

    init() throws {
      settings = try StoreSettings(
        endpoint: StrictStore.endpoint, region: nil,
        environment: ProcessInfo.processInfo.environment)
      folder = try TemporaryFolder()
      _ = try client().send(S3Client.Call(method: "PUT", key: ""))
    }

    func client(_ settings: StoreSettings? = nil) throws -> S3Client {
      try S3Client(
        bucket: bucket, settings: settings ?? self.settings, connections: 4, stallSeconds: 60,
        rule: TestBucket.quick, stop: StopFlag())
    }

    func publisher(
      _ memory: (any PublishMemory)? = nil, observer: PublishObserver = PublishObserver(),
      checks: Bool = false
    ) throws -> Publisher {
      try Publisher(
        settings: settings,
        options: PublishOptions(
          address: BucketAddress("s3://\(bucket)/\(StrictStoreTests.prefix)"), parallel: 3,
          partBytes: 5 << 20,
          graceSeconds: 0, checks: checks, retry: TestBucket.quick),
        memory: memory ?? self.memory, observer: observer, now: { 1_000_000 })
    }

    /// Media of 11 MiB and of a few bytes, a playlist, asset.json.
    func asset(_ version: String) throws -> PublishAsset {
      var random = SeededRandom(seed: version == "a" ? 1 : 2)
      let large = (0..<(11 << 20)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      let text = Array(String(repeating: "#EXTINF:6.0,\nseg-\(version)\n", count: 99).utf8)
      let files: [(String, [UInt8], PublishStage, Bool)] = [
        ("packaged/c/seg-\(version)-1.m4s", large, .media, false),
        ("packaged/c/seg-\(version)-2.m4s", [1, 2, 3], .media, false),
        ("packaged/c/empty-\(version).m4s", [], .media, false),
        ("packaged/c/index.m3u8", text, .playlists, true), ("packaged/c/asset.json", text, .inventory, true),
      ]
      let objects = try files.map { key, bytes, stage, isText in
        PublishObject(
          key: key, path: try folder.write(bytes, "\(version)/\(key)"), bytes: Int64(bytes.count),
          sha256: try ContentDigest.of(bytes).sha256,
          contentType: isText ? "text/plain" : "video/iso.segment",
          cacheControl: "public, max-age=60, s-maxage=300", stage: stage, isGzipped: isText)
      }
      return PublishAsset(id: "c", objects: objects)
    }

    var held: [String] {
      get throws {
        try client().list(StrictStoreTests.prefix).map {
          String($0.key.dropFirst(StrictStoreTests.prefix.count + 1))
        }
      }
    }
  }

  @Test func aTreeGoesUpIsReplacedAndGoes() throws {
    let store = try Store()
    let (old, new) = (try store.asset("a"), try store.asset("b"))
    #expect(try store.publisher().publish(old).uploaded == 5)
    #expect(try store.held == old.objects.map(\.key).sorted())
    for object in old.objects {
      let head = try #require(try store.client().head("\(Self.prefix)/\(object.key)"))
      #expect(head.contentType == object.contentType && head.cacheControl == object.cacheControl)
      #expect(head.contentEncoding == (object.isGzipped ? "gzip" : "") && head.sha256 == object.sha256)
    }
    #expect(try store.publisher(ListMemory(), checks: true).publish(old).uploaded == 0)
    #expect(try store.publisher().publish(new).retired == 3)
    #expect(try store.publisher().sweep("c") == 3)
    #expect(try store.held == new.objects.map(\.key).sorted())
    #expect(try store.publisher().withdraw("c") == 5)
    #expect(try store.held == [])
  }

  @Test func aPresignedAddressWorks() throws {
    let store = try Store()
    let asset = try store.asset("a")
    _ = try store.publisher().publish(asset)
    let signer = QuerySigner(store.settings.credentials, store.settings.endpoint)
    let url = try signer.url(
      bucket: store.bucket, key: "\(Self.prefix)/packaged/c/seg-a-2.m4s",
      now: Int64(Date().timeIntervalSince1970), expires: 60)
    let endpoint = try #require(StrictStore.endpoint)
    guard let port = endpoint.split(separator: ":").last.flatMap({ Int($0) }), endpoint.contains("127.0.0.1")
    else {
      return
    }
    let target = String(url.dropFirst(endpoint.count))
    let part = try SmallHTTP.send("GET", port, target, headers: ["Range": "bytes=1-2"])
    #expect(part.status == 206 && part.body == [2, 3])
    #expect(try SmallHTTP.send("GET", port, target + "0").status == 403)
  }

  @Test func whatIsWrongIsRefused() throws {
    let store = try Store()
    let bytes = Array("hello".utf8)
    let right = try ContentDigest.of(bytes)
    var other = right
    other.sha256 = try ContentDigest.of([1]).sha256
    #expect { try store.client().put("k", .bytes(bytes), other, []) } throws: { "\($0)".contains("400") }
    var variables = ProcessInfo.processInfo.environment
    variables["AWS_SECRET_ACCESS_KEY"] = "wrong"
    let stranger = try store.client(StoreSettings(endpoint: StrictStore.endpoint, environment: variables))
    #expect { try stranger.put("k", .bytes(bytes), right, []) } throws: { "\($0)".contains("403") }
    #expect(try store.client().head("k") == nil)
  }

  /// Ends at every step of an upload in parts; the next run goes on, and leaves no part behind.
  @Test func anInterruptedUploadIsTakenUp() throws {
    for steps in [2, 3, 5, 7] {
      let store = try Store()
      let asset = try store.asset("a")
      let dying = DyingRun(store.memory, after: steps)
      _ = try? store.publisher(dying, observer: dying.observer).publish(asset)
      _ = try store.publisher().publish(asset)
      #expect(try store.held == asset.objects.map(\.key).sorted())
      #expect(try store.client().uploads(of: "\(Self.prefix)/\(asset.objects[0].key)").isEmpty)
      #expect(try store.publisher(ListMemory(), checks: true).publish(asset).uploaded == 0)
    }
  }
}
