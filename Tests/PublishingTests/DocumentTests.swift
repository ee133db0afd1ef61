import TestKit
import Testing

@testable import Publishing

/// What a store answers, and what is made of it.
@Suite struct DocumentTests {
  @Test func anXMLDocumentIsRead() throws {
    let text = """
      \u{feff}<?xml version="1.0"?><!-- a > b -->
      <s:Root xmlns:s="x>y" a='"'><Key>a &amp; b&#x2f;&#47;&lt;&bogus;</Key><Empty/><Empty></Empty>
      <![CDATA[<raw> & more]]><Deep><Key>2</Key></Deep></s:Root>
      """
    let root = try #require(XMLElement.parse(Array(text.utf8)))
    #expect(root.name == "Root")
    #expect(root["Key"]?.text == "a & b//<&bogus;")
    #expect(root.all("Empty").count == 2)
    #expect(root.text.contains("<raw> & more"))
    #expect(root["Deep"]?["Key"]?.text == "2")
  }

  @Test(arguments: [
    "", "<", "<a", "<a>", "<a><b></a", "plain", "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "<a b=\"></a>",
    String(repeating: "<a>", count: 100), "<>", "</a>", "<?xml", "<a><!-- ", "<a><![CDATA[",
  ])
  func whatIsNoneIsRefused(_ text: String) { #expect(XMLElement.parse(Array(text.utf8)) == nil) }

  /// Whatever a server sends, reading ends.
  @Test func damagedDocuments() {
    let good = Array("<A x='1'><B>&amp;</B><![CDATA[x]]><!-- y --><C/></A>".utf8)
    var random = SeededRandom(seed: 7)
    for _ in 0..<2000 {
      var bytes = good
      for _ in 0..<3 {
        bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      _ = XMLElement.parse(Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random))))
    }
    #expect(XMLElement.parse(good)?.children.count == 2)
  }

  @Test func errorsAreOneLine() {
    let body =
      "<Error><Code>Nope</Code><Message>line one\nline \u{1b}[31mtwo</Message><Region>x-1</Region></Error>"
    let error = S3Document.error(Array(body.utf8))
    #expect(error.code == "Nope")
    #expect(error.message == "line oneline [31mtwo")
    #expect(error.region == "x-1")
    #expect(S3Document.error(Array("<html></html>".utf8)).code == "")
  }

  static let tags: [(tag: String, headers: [String: String], contradicts: Bool)] = [
    ("\"5d41402abc4b2a76b9719d911017c592\"", [:], false),
    ("\"5D41402ABC4B2A76B9719D911017C592\"", [:], false),
    ("W/\"5d41402abc4b2a76b9719d911017c592\"", [:], false),
    ("\"0d41402abc4b2a76b9719d911017c592\"", [:], true),
    ("\"0d41402abc4b2a76b9719d911017c592\"", ["x-amz-server-side-encryption": "aws:kms"], false),
    ("\"0d41402abc4b2a76b9719d911017c592\"", ["x-amz-server-side-encryption": "AES256"], true),
    ("\"0d41402abc4b2a76b9719d911017c592-2\"", [:], false), ("0x8DD", [:], false),
  ]

  @Test(arguments: tags.indices)
  func tagsAreHeldAgainstBytes(_ index: Int) {
    let (tag, headers, contradicts) = Self.tags[index]
    let answer = HTTPAnswer(status: 200, headers: headers.merging(["etag": tag]) { $1 })
    #expect(ETag.contradicts(answer, md5: "5d41402abc4b2a76b9719d911017c592") == contradicts)
  }

  /// gzip reads it, and the same text gives the same bytes, without a name, a time or a system in them.
  @Test func compressedText() throws {
    let folder = try TemporaryFolder()
    for text in ["", "#EXTM3U\n", String(repeating: "seg-00001.m4s\n", count: 10_000)] {
      let bytes = try Gzip.compress(Array(text.utf8))
      #expect(bytes.prefix(10) == [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255])
      #expect(try Gzip.compress(Array(text.utf8)) == bytes)
      let path = try folder.write(bytes, "a.gz")
      let plain = try Shell.run("gzip", ["-dc", path])
      #expect(plain.output == text && plain.succeeded)
    }
  }

  @Test func plans() throws {
    func object(_ key: String, _ hash: String) -> PublishObject {
      PublishObject(
        key: key, path: key, bytes: 1, sha256: hash, contentType: "t", cacheControl: "c", stage: .media)
    }
    func row(_ key: String, _ hash: String, _ state: RememberedObject.State, upload: String? = nil)
      -> RememberedObject
    {
      object(key, hash).remembered(of: "a", state, upload: upload)
    }
    let objects = ["new", "same", "other", "sent", "back", "going"].map { object($0, $0) }
    var back = row("back", "back", .retired)
    back.removeAfter = 7
    let plan = PublishPlan(
      PublishAsset(id: "a", objects: objects),
      remembered: [
        row("same", "same", .there), row("other", "x", .there, upload: "1:u"), row("sent", "sent", .sending),
        back,
        row("going", "going", .removing), row("left", "left", .there), row("gone", "gone", .retired),
        row("half", "half", .sending, upload: "1:v"),
      ])
    #expect(plan.uploads.map(\.key) == ["new", "other", "going"])
    #expect(plan.unsure.map(\.key) == ["sent"])
    #expect(plan.revived == [row("back", "back", .there)])
    #expect(plan.unchanged == 1)
    #expect(plan.left.map(\.key) == ["left", "half"])
    #expect(plan.abandoned.map(\.key) == ["other", "half"])
  }
}
