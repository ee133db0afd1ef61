import Foundation
import Media
import Synchronization
import TestKit
import Testing

@testable import Publishing

/// A fresh bucket of the tests' server, a tree beside it, and a memory between runs.
final class TestBucket: Sendable {
  let server: BucketServer
  let name: String
  let settings: StoreSettings
  let folder: TemporaryFolder
  let memory = ListMemory()
  let clock = Mutex<Int64>(1_000_000)

  init(server: BucketServer? = nil) throws {
    self.server = try server ?? BucketServer.shared.get()
    name = "b-\(UUID().uuidString.lowercased().prefix(13))"
    settings = try StoreSettings(environment: self.server.environment)
    folder = try TemporaryFolder()
    try self.server.makeBucket(name)
  }

  static func now() -> Int64 { Int64(Date().timeIntervalSince1970) }

  static let quick = RetryRule(retries: 3, firstSeconds: 0.01, longestSeconds: 0.05)

  func client(secret: String? = nil, rule: RetryRule = quick, stallSeconds: Int = 60) throws -> S3Client {
    var variables = server.environment
    if let secret { variables["AWS_SECRET_ACCESS_KEY"] = secret }
    return try S3Client(
      bucket: name, settings: StoreSettings(environment: variables), connections: 4,
      stallSeconds: stallSeconds,
      rule: rule,
      stop: StopFlag())
  }

  /// `memory` nil is the bucket's own.
  func publisher(
    prefix: String = "p", memory: (any PublishMemory)? = nil, observer: PublishObserver = PublishObserver(),
    parallel: Int = 3, partBytes: Int64 = 1000, grace: Int64 = 3600, checks: Bool = false,
    rule: RetryRule = quick
  ) throws -> Publisher {
    try Publisher(
      settings: settings,
      options: PublishOptions(
        address: BucketAddress("s3://\(name)/\(prefix)"), parallel: parallel, partBytes: partBytes,
        graceSeconds: grace, checks: checks, retry: rule, stallSeconds: 60),
      memory: memory ?? self.memory, observer: observer, now: { [self] in clock.withLock { $0 } })
  }

  /// An asset of three segments of `version`, one of them larger than a part, its playlists and asset.json.
  func asset(_ id: String = "clip", version: String = "aaaa") throws -> PublishAsset {
    var objects: [PublishObject] = []
    func add(_ key: String, _ text: String, _ type: ContentType, _ cache: CachePolicy, _ stage: PublishStage)
      throws
    {
      let bytes = Array(text.utf8)
      let path = try folder.write(bytes, "tree/\(version)/\(key)")
      objects.append(
        PublishObject(
          key: key, path: path, bytes: Int64(bytes.count), sha256: try ContentDigest.of(bytes).sha256,
          contentType: type.rawValue, cacheControl: cache.rawValue, stage: stage,
          isGzipped: PublishAsset.isText(type)))
    }
    let home = "packaged/\(id)"
    for (number, bytes) in [(1, 300), (2, 2500), (3, 40)] {
      let text = String(repeating: "\(id)\(version)\(number)|", count: bytes / 10 + 1)
      try add(
        "\(home)/hls/720p/seg-\(version)-\(number).m4s", String(text.prefix(bytes)), .segment, .immutable,
        .media)
    }
    let lines = String(repeating: "#EXTINF:6.0,\nseg-\(version)\n", count: 40)
    try add("\(home)/hls/720p/index.m3u8", "#EXTM3U\n" + lines, .playlist, .short, .playlists)
    try add(
      "\(home)/hls/master.m3u8",
      "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n720p/index.m3u8?\(version)\n" + lines,
      .playlist, .short, .entrance)
    try add("\(home)/asset.json", "{\"v\": \"\(version)\"}" + lines, .json, .short, .inventory)
    return PublishAsset(id: id, objects: objects)
  }

  func contents() throws -> BucketServer.Contents { try server.contents(name) }

  /// What was put, in order: keys without the prefix, parts as `KEY#N`.
  func puts() throws -> [String] {
    try server.log(name).filter { $0.method == "PUT" && $0.status == 200 }.map {
      $0.key + ($0.query["partNumber"].map { "#\($0)" } ?? "")
    }
  }

  /// The bucket holds exactly these assets, byte for byte (text as gunzipped), and nothing is under way.
  func expectHolds(
    _ assets: [PublishAsset], prefix: String = "p/", sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let contents = try contents()
    let wanted = assets.flatMap(\.objects)
    #expect(Set(contents.objects.keys) == Set(wanted.map { prefix + $0.key }), sourceLocation: sourceLocation)
    #expect(contents.uploads.isEmpty, sourceLocation: sourceLocation)
    for object in wanted {
      let stored = contents.objects[prefix + object.key]
      let prepared = try PreparedBody(object, StopFlag())
      #expect(stored?.sha256 == prepared.digest.sha256, "\(object.key)", sourceLocation: sourceLocation)
      #expect(stored?.headers["content-type"] == object.contentType, sourceLocation: sourceLocation)
      #expect(stored?.headers["cache-control"] == object.cacheControl, sourceLocation: sourceLocation)
      #expect(stored?.headers["x-amz-meta-sha256"] == object.sha256, sourceLocation: sourceLocation)
      #expect(
        stored?.headers["content-encoding"] == (object.isGzipped ? "gzip" : nil),
        sourceLocation: sourceLocation)
    }
  }

  /// A GET of an address on the server.
  func fetch(_ url: String) throws -> SmallHTTP.Answer {
    try SmallHTTP.send("GET", server.port, String(url.dropFirst(server.endpoint.count)))
  }
}

/// A memory in memory.
final class ListMemory: PublishMemory {
  private let rows = Mutex<[String: [String: RememberedObject]]>([:])

  func all(_ target: String) -> [RememberedObject] {
    rows.withLock { ($0[target] ?? [:]).values.sorted { $0.key < $1.key } }
  }
  func objects(of id: String, at target: String) -> [RememberedObject] { all(target).filter { $0.id == id } }
  func objects(withKeys keys: [String], at target: String) -> [RememberedObject] {
    all(target).filter { Set(keys).contains($0.key) }
  }
  func assetsToSweep(at target: String, now: Int64) -> [String] {
    Set(
      all(target).filter { $0.state == .removing || ($0.state == .retired && $0.removeAfter ?? 0 <= now) }
        .map(\.id)
    ).sorted()
  }
  func targets(of id: String) -> [String] {
    rows.withLock { rows in rows.filter { $0.value.values.contains { $0.id == id } }.keys.sorted() }
  }
  func remember(_ objects: [RememberedObject], at target: String) {
    rows.withLock { rows in for object in objects { rows[target, default: [:]][object.key] = object } }
  }
  func forget(_ keys: [String], at target: String) {
    rows.withLock { rows in for key in keys { rows[target]?[key] = nil } }
  }
}

/// A memory and an observer of a run that dies at its `last`-th step: from then on nothing it does has an effect.
final class DyingRun: PublishMemory {
  private let memory: ListMemory
  private let left: Mutex<Int>

  init(_ memory: ListMemory, after steps: Int) {
    self.memory = memory
    left = Mutex(steps)
  }

  var isDead: Bool { left.withLock { $0 <= 0 } }

  func step() throws(PublishFailure) {
    let isDead = left.withLock { left in
      left -= 1
      return left <= 0
    }
    if isDead { throw .cancelled }
  }

  var observer: PublishObserver {
    PublishObserver(before: { [self] (_) throws(PublishFailure) in try step() })
  }

  func objects(of id: String, at target: String) throws -> [RememberedObject] {
    memory.objects(of: id, at: target)
  }
  func objects(withKeys keys: [String], at target: String) throws -> [RememberedObject] {
    memory.objects(withKeys: keys, at: target)
  }
  func assetsToSweep(at target: String, now: Int64) throws -> [String] {
    memory.assetsToSweep(at: target, now: now)
  }
  func targets(of id: String) throws -> [String] { memory.targets(of: id) }
  func remember(_ objects: [RememberedObject], at target: String) throws {
    try step()
    memory.remember(objects, at: target)
  }
  func forget(_ keys: [String], at target: String) throws {
    try step()
    memory.forget(keys, at: target)
  }
}
