/// Where media and playlists go while they are made: `Storing` implements it over a staging folder, tests over
/// memory. Media objects get their names last, since a name carries the rendition's version.
package protocol DeliveryTarget: AnyObject {
  /// Starts the next media object of `rendition`; objects of one rendition follow one another.
  func open(rendition: String) throws -> any MediaSink
  /// What changes with the media bytes of `rendition`, 8 hex digits: of the SHA-256 over the SHA-256s of its objects so
  /// far, in the order written, each as 64 lowercase hex digits and a line feed.
  func version(of rendition: String) throws -> String
  /// Gives a finished media object its key in the tree.
  func place(_ object: MediaObject, key: String, type: ContentType, cache: CachePolicy) throws
  /// A small whole object: playlist, manifest, picture.
  func put(_ bytes: [UInt8], key: String, type: ContentType, cache: CachePolicy) throws
}

/// One media object being written, in order.
package protocol MediaSink: AnyObject {
  func write(_ bytes: [UInt8]) throws
  func finish() throws -> MediaObject
}

/// A media object that is written but has no name yet.
package struct MediaObject: Sendable, Equatable {
  package var token: Int
  package var bytes: Int64
  package var sha256: String
  package init(token: Int, bytes: Int64, sha256: String) {
    self.token = token
    self.bytes = bytes
    self.sha256 = sha256
  }
}

package enum ContentType: String, Codable, Sendable, CaseIterable {
  case playlist = "application/vnd.apple.mpegurl"
  case videoMP4 = "video/mp4"
  case audioMP4 = "audio/mp4"
  case segment = "video/iso.segment"
  case transportStream = "video/mp2t"
  case webVTT = "text/vtt"
  case dash = "application/dash+xml"
  case json = "application/json"
  case jpeg = "image/jpeg"
  // A source that is kept.
  case quickTime = "video/quicktime"
  case matroska = "video/x-matroska"
  case webM = "video/webm"
  case bytes = "application/octet-stream"
}

extension ContentType {
  /// Of a kept source, by the end of its name.
  package static func ofSource(_ name: String) -> ContentType {
    switch name.split(separator: ".").last {
    case "mp4", "m4v": .videoMP4
    case "m4a": .audioMP4
    case "mov": .quickTime
    case "mkv": .matroska
    case "webm": .webM
    case "ts": .transportStream
    default: .bytes
    }
  }
}

package enum CachePolicy: String, Codable, Sendable {
  /// The name carries the hash of the bytes.
  case immutable = "public, max-age=31536000, immutable"
  case short = "public, max-age=60, s-maxage=300"
}

/// One object of an asset as `asset.json` lists it.
package struct InventoryEntry: Codable, Sendable, Equatable {
  package var key: String
  package var bytes: Int64
  package var sha256: String
  package var contentType: ContentType
  package var cacheControl: CachePolicy

  package init(key: String, bytes: Int64, sha256: String, contentType: ContentType, cacheControl: CachePolicy)
  {
    self.key = key
    self.bytes = bytes
    self.sha256 = sha256
    self.contentType = contentType
    self.cacheControl = cacheControl
  }

  enum CodingKeys: String, CodingKey {
    case key, bytes, sha256
    case contentType = "content_type"
    case cacheControl = "cache_control"
  }
}
