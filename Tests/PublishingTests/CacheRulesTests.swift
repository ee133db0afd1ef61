import Foundation
import Media
import Testing

@testable import Publishing

@Suite struct CacheRulesTests {
  private func rules(
    _ templates: [Layout.Slot: String] = [
      .segment: "packaged/{id}/hls/{rendition}/seg-{version}-{n:05}.m4s", .master: "hls/{id}.m3u8",
      .source: "raw/{creator}/{id}/source.{ext}",
    ], origin: String = "*", prefix: String = ""
  ) -> CacheRules {
    CacheRules(name: "mine", templates: templates, isTransport: false, prefix: prefix, origin: origin)
  }

  @Test func aVersionInTheNameIsForGood() {
    let places = rules().places
    #expect(
      places.map(\.template) == ["hls/{id}.m3u8", "packaged/{id}/hls/{rendition}/seg-{version}-{n:05}.m4s"])
    #expect(places.map(\.policy) == [.short, .immutable])
    #expect(places.map(\.type) == [.playlist, .segment])
  }

  static let patterns: [(template: String, key: String, matches: Bool)] = [
    ("packaged/{id}/seg-{version}-{n:05}.m4s", "packaged/a.b-c_d/seg-0a1b2c3d-00001.m4s", true),
    ("packaged/{id}/seg-{version}-{n:05}.m4s", "packaged/a/b/seg-0a1b2c3d-00001.m4s", false),
    ("packaged/{id}/seg-{version}-{n:05}.m4s", "packaged/a/seg-0a1b2c3d-00001xm4s", false),
    ("packaged/{id}/seg-{version}-{n:05}.m4s", "packaged/.a/seg-0a1b2c3d-00001.m4s", false),
    ("{creator}/{id}_{height}.mp4", "anna/clip_720.mp4", true), ("a+b/{id}.json", "a+b/x.json", true),
    ("a+b/{id}.json", "aab/x.json", false),
  ]

  @Test(arguments: patterns.indices)
  func patternsMatchKeys(_ index: Int) throws {
    let (template, key, matches) = Self.patterns[index]
    let pattern = try Regex("^\(CacheRules.pattern(template))$")
    #expect((key.wholeMatch(of: pattern) != nil) == matches, "\(CacheRules.pattern(template))")
  }

  @Test(arguments: [CacheRules.Dialect.cloudflare, .s3CORS])
  func documentsAreJSON(_ dialect: CacheRules.Dialect) throws {
    let text = rules(origin: "https://a.example", prefix: "media").text(dialect)
    let document = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    switch dialect {
    case .cloudflare:
      let rules = try #require(document["rules"] as? [[String: Any]])
      #expect(
        rules.compactMap { $0["expression"] as? String } == [
          #"http.request.uri.path wildcard "/media/hls/*.m3u8""#,
          #"http.request.uri.path wildcard "/media/packaged/*/hls/*/seg-*-*.m4s""#,
        ])
    default:
      let rule = try #require((document["CORSRules"] as? [[String: Any]])?.first)
      #expect(rule["AllowedOrigins"] as? [String] == ["https://a.example"])
      #expect((rule["ExposeHeaders"] as? [String])?.contains("Content-Range") == true)
    }
  }
}
