internal import Media

/// An object as the bucket describes it.
struct StoredObject: Equatable, Sendable {
  var key: String
  var bytes: Int64
  /// Without its quotes.
  var etag: String
}

/// What a HEAD says.
struct StoredHead: Equatable, Sendable {
  var bytes: Int64
  var etag: String
  /// The hash of the file that was published, which travels as metadata; nil where the store does not keep it.
  var sha256: String?
  var contentType: String
  var cacheControl: String
  var contentEncoding: String

  init?(_ answer: HTTPAnswer) {
    guard let bytes = answer.headers["content-length"].flatMap({ Int64($0) }) else { return nil }
    self.bytes = bytes
    etag = ETag.plain(answer.headers["etag"] ?? "")
    sha256 = answer.headers[S3Header.hash]
    contentType = answer.headers["content-type"] ?? ""
    cacheControl = answer.headers["cache-control"] ?? ""
    contentEncoding = answer.headers["content-encoding"] ?? ""
  }
}

enum S3Header {
  static let payload = "x-amz-content-sha256"
  static let hash = "x-amz-meta-sha256"
  static let token = "x-amz-security-token"
  static let encryption = "x-amz-server-side-encryption"
  static let customerKey = "x-amz-server-side-encryption-customer-algorithm"
}

/// A part of an upload that the bucket has.
struct StoredPart: Equatable, Sendable {
  var number: Int
  var bytes: Int64
  var etag: String
}

enum ETag {
  static func plain(_ text: String) -> String {
    var text = text[...]
    if text.hasPrefix("W/") { text = text.dropFirst(2) }
    return text.filter { $0 != "\"" }.lowercased()
  }

  /// Whether the tag says something else than this MD5. A tag that is no MD5 (another store's, or of an object that is
  /// encrypted with a key of its own) says nothing.
  static func contradicts(_ answer: HTTPAnswer, md5: String) -> Bool {
    let tag = plain(answer.headers["etag"] ?? "")
    guard Hexadecimal.isMD5(tag), answer.headers[S3Header.customerKey] == nil,
      answer.headers[S3Header.encryption].map({ !$0.contains("kms") }) ?? true
    else { return false }
    return tag != md5
  }
}

/// The documents of S3's answers, read.
enum S3Document {
  static func error(_ body: [UInt8]) -> (code: String, message: String, region: String) {
    guard let root = XMLElement.parse(body), root.name == "Error" else { return ("", "", "") }
    return (plain(root["Code"]), plain(root["Message"]), plain(root["Region"]))
  }

  /// One line, and not a novel.
  private static func plain(_ element: XMLElement?) -> String {
    String(
      (element?.text ?? "").unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7f }.prefix(200).map(
        Character.init))
  }

  /// A page of a list, and where the next one begins.
  static func list(_ body: [UInt8]) -> (objects: [StoredObject], next: String?)? {
    guard let root = XMLElement.parse(body), root.name == "ListBucketResult" else { return nil }
    let objects = root.all("Contents").compactMap { entry -> StoredObject? in
      guard let key = entry["Key"]?.text, let bytes = entry["Size"].flatMap({ Int64($0.text) }) else {
        return nil
      }
      return StoredObject(key: key, bytes: bytes, etag: ETag.plain(entry["ETag"]?.text ?? ""))
    }
    let isLast = root["IsTruncated"]?.text != "true"
    return (objects, isLast ? nil : root["NextContinuationToken"]?.text)
  }

  static func uploadID(_ body: [UInt8]) -> String? {
    guard let root = XMLElement.parse(body), root.name == "InitiateMultipartUploadResult" else { return nil }
    return root["UploadId"].flatMap { $0.text.isEmpty ? nil : $0.text }
  }

  /// The uploads of exactly this key that are under way.
  static func uploads(_ body: [UInt8], key: String) -> [String]? {
    guard let root = XMLElement.parse(body), root.name == "ListMultipartUploadsResult" else { return nil }
    return root.all("Upload").compactMap { $0["Key"]?.text == key ? $0["UploadId"]?.text : nil }
  }

  static func parts(_ body: [UInt8]) -> (parts: [StoredPart], next: String?)? {
    guard let root = XMLElement.parse(body), root.name == "ListPartsResult" else { return nil }
    let parts = root.all("Part").compactMap { entry -> StoredPart? in
      guard let number = entry["PartNumber"].flatMap({ Int($0.text) }),
        let bytes = entry["Size"].flatMap({ Int64($0.text) })
      else { return nil }
      return StoredPart(number: number, bytes: bytes, etag: ETag.plain(entry["ETag"]?.text ?? ""))
    }
    return (parts, root["IsTruncated"]?.text == "true" ? root["NextPartNumberMarker"]?.text : nil)
  }

  /// The body that ends an upload in parts.
  static func completion(_ parts: [(number: Int, etag: String)]) -> [UInt8] {
    let list = parts.map {
      "<Part><PartNumber>\($0.number)</PartNumber><ETag>\"\(XMLText.escaped($0.etag))\"</ETag></Part>"
    }
    return Array("<CompleteMultipartUpload>\(list.joined())</CompleteMultipartUpload>".utf8)
  }
}
