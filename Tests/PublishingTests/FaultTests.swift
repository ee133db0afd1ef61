import Foundation
import TestKit
import Testing

@testable import Publishing

/// A server and a network that misbehave.
@Suite struct FaultTests {
  private func body(_ count: Int = 1000) throws -> (HTTPRequest.Body, ContentDigest) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    return (.bytes(bytes), try ContentDigest.of(bytes))
  }

  static let passing: [[String: any Sendable]] = [
    ["do": "status", "status": 503, "times": 3], ["do": "status", "status": 500, "times": 2],
    ["do": "status", "status": 429, "times": 1], ["do": "status", "status": 400, "code": "RequestTimeout"],
    ["do": "cut", "bytes": 500, "times": 3], ["do": "mute", "times": 2], ["do": "lie", "times": 1],
    ["do": "slow", "rate": 2_000],
  ]

  @Test(arguments: passing.indices)
  func whatPassesIsTriedAgain(_ index: Int) throws {
    let bucket = try TestBucket()
    var fault = Self.passing[index]
    fault["match"] = "PUT /\(bucket.name)"
    try bucket.server.inject([fault])
    let (bytes, digest) = try body()
    try bucket.client().put("k", bytes, digest, [])
    #expect(try bucket.contents().objects["k"]?.sha256 == digest.sha256)
  }

  /// Nothing comes for longer than is waited for.
  @Test func aServerThatSaysNothing() throws {
    let bucket = try TestBucket()
    try bucket.server.inject([["match": "PUT /\(bucket.name)", "do": "stall", "seconds": 600]])
    let (bytes, digest) = try body()
    let patient = RetryRule(retries: 30, firstSeconds: 0.01, longestSeconds: 0.05)
    let client = try bucket.client(rule: patient, stallSeconds: 1)
    try client.put("k", bytes, digest, [])
    #expect(client.retries >= 1)
    #expect(try bucket.contents().objects["k"]?.sha256 == digest.sha256)
  }

  @Test func aBurstThatIsTooLongEndsIt() throws {
    let bucket = try TestBucket()
    try bucket.server.inject([["match": "PUT /\(bucket.name)", "do": "status", "status": 503, "times": 4]])
    let client = try bucket.client()
    let (bytes, digest) = try body()
    #expect(throws: PublishFailure.overloaded(what: "PUT k", status: 503, code: "SlowDown")) {
      try client.put("k", bytes, digest, [])
    }
    #expect(client.retries == 3)
    #expect(PublishFailure.overloaded(what: "PUT k", status: 503, code: "SlowDown").isTemporary)
  }

  @Test func bytesThatArriveOtherwiseAreNotTaken() throws {
    let bucket = try TestBucket()
    try bucket.server.inject([["match": "PUT /\(bucket.name)", "do": "lie", "times": 9]])
    let (bytes, digest) = try body()
    let client = try bucket.client()
    #expect(throws: PublishFailure.storedDifferently(key: "k")) { try client.put("k", bytes, digest, []) }
  }

  @Test func refusalsAreFinal() throws {
    let bucket = try TestBucket()
    let (bytes, digest) = try body()
    let wrong = try bucket.client(secret: "wrong-secret")
    #expect {
      try wrong.put("k", bytes, digest, [])
    } throws: { error in
      let text = "\(error)"
      return text.contains("SignatureDoesNotMatch") && text.contains("AWS_ACCESS_KEY_ID")
        && !text.contains("wrong-secret") && (error as? PublishFailure)?.isTemporary == false
    }
    #expect(try bucket.server.log(bucket.name).count == 1)
    #expect(wrong.retries == 0)
    let nowhere = try S3Client(
      bucket: "no-such-bucket", settings: bucket.settings, connections: 1, stallSeconds: 60,
      rule: TestBucket.quick,
      stop: StopFlag())
    #expect { try nowhere.put("k", bytes, digest, []) } throws: { "\($0)".contains("NoSuchBucket") }
    #expect(nowhere.retries == 0)
  }

  @Test func nobodyThere() throws {
    var variables = BucketServer.nobody
    variables["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"
    let client = try S3Client(
      bucket: "b", settings: StoreSettings(environment: variables), connections: 1, stallSeconds: 60,
      rule: TestBucket.quick, stop: StopFlag())
    #expect { try client.delete("k") } throws: { error in
      guard case .unreachable("127.0.0.1:9", _) = error as? PublishFailure else { return false }
      return (error as? PublishFailure)?.isTemporary == true
    }
    #expect(client.retries == 3)
  }

  /// The server ends in the middle of a part; the next run takes the upload up where it stopped.
  @Test func aServerThatDies() throws {
    let folder = try TemporaryFolder()
    let state = folder.file("state")
    let server = try BucketServer(state: state)
    let bucket = try TestBucket(server: server)
    let asset = try bucket.asset()
    try bucket.server.inject([
      ["match": "PUT .*seg-aaaa-2.*partNumber=2", "do": "exit", "bytes": 200]
    ])
    let rule = RetryRule(retries: 1, firstSeconds: 0.01, longestSeconds: 0.01)
    #expect { try bucket.publisher(parallel: 1, rule: rule).publish(asset) } throws: {
      ($0 as? PublishFailure)?.isTemporary == true
    }
    let revived = try BucketServer(port: server.port, state: state)
    let before = try revived.contents(bucket.name)
    #expect(before.uploads == ["p/packaged/clip/hls/720p/seg-aaaa-2.m4s"])
    #expect(before.objects.count < 3)
    let again = try bucket.publisher(parallel: 1).publish(asset)
    #expect(again.uploaded == 6 - before.objects.count)
    // The first part was there.
    let parts = try bucket.puts().filter { $0.contains("#") }
    #expect(parts.map { $0.suffix(2) } == ["#2", "#3"])
    try bucket.expectHolds([asset])
  }

  /// What cannot succeed leaves no parts behind that somebody pays for.
  @Test func aRefusedUploadIsTakenBack() throws {
    let bucket = try TestBucket()
    let asset = try bucket.asset()
    try bucket.server.inject([
      [
        "match": "PUT /\(bucket.name).*partNumber=3", "do": "status", "status": 403, "code": "AccessDenied",
        "times": 9,
      ]
    ])
    #expect { try bucket.publisher().publish(asset) } throws: { "\($0)".contains("AccessDenied") }
    #expect(try bucket.contents().uploads.isEmpty)
    #expect(try bucket.contents().objects["p/packaged/clip/asset.json"] == nil)
  }

  /// Uploads that a run began and did not live to write down do not stay.
  @Test func strayUploadsGo() throws {
    let bucket = try TestBucket()
    let asset = try bucket.asset()
    let client = try bucket.client()
    let key = "p/\(asset.objects[1].key)"
    for _ in 0..<2 { _ = try client.beginUpload(key, []) }
    _ = try client.beginUpload(key + "-longer", [])
    _ = try bucket.publisher().publish(asset)
    #expect(try bucket.contents().uploads == [key + "-longer"])
    #expect(try client.list("p/").count == 6)
  }

  /// Waits grow, keep to what the server asks, and differ by chance.
  @Test func waits() {
    let rule = RetryRule(retries: 9, firstSeconds: 1, longestSeconds: 8)
    #expect((0..<6).map { rule.wait($0, random: 1, asked: nil) } == [1, 2, 4, 8, 8, 8])
    #expect(rule.wait(2, random: 0, asked: nil) == 2)
    #expect(rule.wait(0, random: 1, asked: 30) == 30)
    #expect(rule.wait(0, random: 1, asked: 3600) == 60)
    #expect(rule.wait(Int.max, random: 1, asked: nil) == 8)
  }
}
