import Testing

@testable import Publishing

@Suite struct AddressTests {
  static let good: [(text: String, bucket: String, prefix: String)] = [
    ("s3://videos", "videos", ""), ("s3://videos/", "videos", ""), ("s3://videos/a/b/", "videos", "a/b"),
    ("s3://my.videos-1/a b+%20/ü", "my.videos-1", "a b+%20/ü"),
  ]

  @Test(arguments: good)
  func anAddressIsRead(_ text: String, _ bucket: String, _ prefix: String) throws {
    let address = try BucketAddress(text)
    #expect(address.bucket == bucket)
    #expect(address.prefix == prefix)
    #expect(address.key("x/y") == (prefix.isEmpty ? "x/y" : "\(prefix)/x/y"))
  }

  @Test(arguments: [
    "videos", "http://videos", "s3://", "s3:///a", "s3://a b/c", "s3://-a", "s3://a/../b", "s3://a/b//c",
    "s3://a/b\nc", "s3://a?b/c",
  ])
  func whatIsNoAddressIsRefused(_ text: String) {
    #expect(throws: PublishFailure.self) { try BucketAddress(text) }
  }

  static let urls: [(endpoint: String?, region: String, bucket: String, url: String)] = [
    (nil, "eu-central-1", "v", "https://v.s3.eu-central-1.amazonaws.com/a%20b/%2B%25/%C3%BC~"),
    (nil, "us-east-1", "my.v", "https://s3.us-east-1.amazonaws.com/my.v/a%20b/%2B%25/%C3%BC~"),
    (nil, "cn-north-1", "v", "https://v.s3.cn-north-1.amazonaws.com.cn/a%20b/%2B%25/%C3%BC~"),
    ("http://127.0.0.1:9000/", "auto", "v", "http://127.0.0.1:9000/v/a%20b/%2B%25/%C3%BC~"),
    ("https://x.r2.example", "auto", "v", "https://x.r2.example/v/a%20b/%2B%25/%C3%BC~"),
  ]

  @Test(arguments: urls)
  func keysAreEncoded(_ endpoint: String?, _ region: String, _ bucket: String, _ url: String) throws {
    #expect(try Endpoint(endpoint, region: region).url(bucket, "a b/+%/ü~") == url)
  }

  @Test(arguments: ["ftp://x", "https://", "x.example", "https://me:pa55@x", "https://x/path", "https://x y"])
  func whatIsNoEndpointIsRefused(_ text: String) {
    #expect {
      try Endpoint(text, region: "auto")
    } throws: {
      "\($0)".contains("no address of a server") && !"\($0)".contains("pa55") && !"\($0)".contains("me:")
    }
  }

  static let targets: [(endpoint: String?, region: String, address: String, found: String?)] = [
    (nil, "eu-west-1", "s3://v/a b/c", "eu-west-1"), ("http://127.0.0.1:9000", "x", "s3://v", nil),
  ]

  @Test(arguments: targets)
  func aTargetIsTakenApart(_ endpoint: String?, _ region: String, _ address: String, _ found: String?) throws
  {
    let (endpoint, address) = (try Endpoint(endpoint, region: region), try BucketAddress(address))
    let target = try #require(PublishTarget(endpoint.name(address)))
    #expect(target.address == address)
    #expect(target.region == found)
    #expect(try Endpoint(target.endpoint, region: region).name(address) == endpoint.name(address))
    #expect(PublishTarget("nonsense") == nil)
  }

  @Test func queriesAreSortedAndEncoded() {
    let query = PercentEncoding.query([("prefix", "a/b c"), ("list-type", "2"), ("delimiter", "")])
    #expect(query == "delimiter=&list-type=2&prefix=a%2Fb%20c")
  }
}
