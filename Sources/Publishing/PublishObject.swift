internal import Foundation
package import Media

/// When an object goes up: a reader who finds one finds everything that it leads to. Deleting goes the other way.
package enum PublishStage: Int, Sendable, CaseIterable, Comparable {
  /// Segments, parts, pictures.
  case media
  /// What leads to media: media playlists, DASH and parts manifests, storyboards.
  case playlists
  /// The multivariant playlist.
  case entrance
  /// `asset.json`, which says that all of it is there.
  case inventory

  package static func < (left: PublishStage, right: PublishStage) -> Bool { left.rawValue < right.rawValue }
}

/// One file of a tree as it is to be in the bucket.
package struct PublishObject: Sendable, Equatable {
  /// In the tree.
  package var key: String
  /// On this disk.
  package var path: String
  package var bytes: Int64
  package var sha256: String
  package var contentType: String
  package var cacheControl: String
  package var stage: PublishStage
  /// Stored gzipped, with a Content-Encoding that says so.
  package var isGzipped: Bool

  package init(
    key: String, path: String, bytes: Int64, sha256: String, contentType: String, cacheControl: String,
    stage: PublishStage, isGzipped: Bool = false
  ) {
    self.key = key
    self.path = path
    self.bytes = bytes
    self.sha256 = sha256
    self.contentType = contentType
    self.cacheControl = cacheControl
    self.stage = stage
    self.isGzipped = isGzipped
  }

  /// Everything but the bytes that makes a stored object what it is.
  var form: String { "\(contentType)|\(cacheControl)|\(isGzipped ? "gzip" : "")" }

  var headers: [(name: String, value: String)] {
    var headers: [(name: String, value: String)] = [
      ("Content-Type", contentType), ("Cache-Control", cacheControl), (S3Header.hash, sha256),
    ]
    if isGzipped { headers.append(("Content-Encoding", "gzip")) }
    return headers
  }

  /// As the memory has it.
  func remembered(
    of id: String, _ state: RememberedObject.State, upload: String? = nil
  ) -> RememberedObject {
    RememberedObject(
      id: id, key: key, stage: stage, sha256: sha256, bytes: bytes, form: form, state: state, upload: upload)
  }
}

/// An asset of a tree as it is to be published.
package struct PublishAsset: Sendable, Equatable {
  package var id: String
  package var objects: [PublishObject]

  package init(id: String, objects: [PublishObject]) {
    self.id = id
    self.objects = objects
  }

  /// From what `asset.json` lists, and `asset.json` itself, which lies at `document` in the tree `root`.
  package init(
    id: String, root: String, entries: [InventoryEntry], document: String, gzips: Bool
  ) throws(PublishFailure) {
    self.id = id
    objects = []
    for entry in entries {
      let path = "\(root)/\(entry.key)"
      objects.append(
        PublishObject(
          key: entry.key, path: path, bytes: entry.bytes, sha256: entry.sha256,
          contentType: entry.contentType.rawValue, cacheControl: entry.cacheControl.rawValue,
          stage: Self.stage(entry, path), isGzipped: gzips && Self.isText(entry.contentType)))
    }
    let path = "\(root)/\(document)"
    let digest = try ContentDigest.of(FileRange(try OpenFile.open(path)), isCancelled: { false })
    objects.append(
      PublishObject(
        key: document, path: path, bytes: digest.bytes, sha256: digest.sha256,
        contentType: ContentType.json.rawValue, cacheControl: CachePolicy.short.rawValue, stage: .inventory,
        isGzipped: gzips))
  }

  static func isText(_ type: ContentType) -> Bool {
    switch type {
    case .playlist, .dash, .json, .webVTT: true
    default: false
    }
  }

  private static func stage(_ entry: InventoryEntry, _ path: String) -> PublishStage {
    switch entry.contentType {
    case .playlist: isMultivariant(path) ? .entrance : .playlists
    case .dash, .json: .playlists
    // Segments of subtitles have a version in their names; a storyboard's index has none, and leads to pictures.
    case .webVTT: entry.cacheControl == .immutable ? .media : .playlists
    default: .media
    }
  }

  /// RFC 8216 4.3.4: these tags occur only where playlists are listed. A file that cannot be read is missed later.
  private static func isMultivariant(_ path: String) -> Bool {
    guard let file = try? OpenFile.open(path) else { return false }
    var head = [UInt8](repeating: 0, count: 1 << 16)
    guard let count = try? FileRange(file).read(into: &head, at: 0) else { return false }
    let text = String(decoding: head[..<count], as: UTF8.self)
    return text.contains("#EXT-X-STREAM-INF") || text.contains("#EXT-X-MEDIA:")
  }
}
