import Testing

@testable import Publishing

/// Against vectors that others published.
@Suite struct SigningTests {
  /// The example of a presigned address in Amazon's description of Signature Version 4.
  @Test func theExampleOfAmazon() throws {
    let signer = QuerySigner(
      Credentials(accessKey: "AKIAIOSFODNN7EXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
      try Endpoint("https://s3.amazonaws.com", region: "us-east-1"))
    let url = try signer.url(
      bucket: "examplebucket", key: "test.txt", now: 1_369_353_600, expires: 86_400)
    #expect(
      url == "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
        + "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        + "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        + "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")
  }

  /// RFC 4231, 4.2 to 4.7.
  static let codes: [(key: [UInt8], message: String, code: String)] = [
    (
      Array(repeating: 0x0b, count: 20), "Hi There",
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    ),
    (
      Array("Jefe".utf8), "what do ya want for nothing?",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    ),
    (
      Array(repeating: 0xaa, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    ),
  ]

  @Test(arguments: codes)
  func messageCodes(_ key: [UInt8], _ message: String, _ code: String) throws {
    #expect(Hexadecimal.text(try MessageCode.sha256(key: key, message)) == code)
  }

  /// A server that checks signatures in its own way takes addresses with odd keys, and refuses one that was changed.
  @Test(arguments: ["a/seg-1.m4s", "pre fix+%20/ü~/$&,;=@:!'()*", "日本/🎬.m3u8"])
  func aServerTakesIt(_ key: String) throws {
    let bucket = try TestBucket()
    try bucket.client().put(key, .bytes(Array("hello".utf8)), ContentDigest.of(Array("hello".utf8)), [])
    let signer = QuerySigner(bucket.settings.credentials, bucket.settings.endpoint)
    let now = TestBucket.now()
    let get = { (url: String) throws in try bucket.fetch(url) }
    let url = try signer.url(bucket: bucket.name, key: key, now: now, expires: 60)
    #expect(try get(url).body == Array("hello".utf8))
    #expect(try get(url.replacing("X-Amz-Expires=60", with: "X-Amz-Expires=61")).status == 403)
    #expect(try get(signer.url(bucket: bucket.name, key: key, now: now - 100, expires: 60)).status == 403)
  }
}
