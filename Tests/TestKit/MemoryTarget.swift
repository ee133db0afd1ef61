package import Media

/// A delivery target in memory: media and playlists in, an inventory and an ordered list of what happened out.
/// Its hash is FNV-1a, not SHA-256: names change when bytes change, which is all that a test of names needs.
package final class MemoryTarget: DeliveryTarget {
  package struct Object: Equatable {
    package var bytes: [UInt8]
    package var type: ContentType
    package var cache: CachePolicy
  }

  package enum Failure: Error, Equatable {
    case unknownObject(Int)
    case keyTaken(String)
    case unfinished(rendition: String)
    case full
  }

  /// By key.
  package private(set) var objects: [String: Object] = [:]
  /// `open 720p`, `finish 720p`, `place KEY`, `put KEY`, in order.
  package private(set) var events: [String] = []
  /// The most bytes that one `write` brought.
  package private(set) var largestWrite = 0
  /// Writes beyond this many bytes fail, like a full disk.
  package var capacity = Int.max

  private var media: [(rendition: String, bytes: [UInt8], isFinished: Bool)] = []

  package init() {}

  package func open(rendition: String) throws -> any MediaSink {
    if media.contains(where: { $0.rendition == rendition && !$0.isFinished }) {
      throw Failure.unfinished(rendition: rendition)
    }
    events.append("open \(rendition)")
    media.append((rendition, [], false))
    return Sink(self, media.count - 1)
  }

  package func version(of rendition: String) throws -> String {
    Self.digest(media.filter { $0.rendition == rendition }.flatMap(\.bytes))
  }

  package func place(_ object: MediaObject, key: String, type: ContentType, cache: CachePolicy) throws {
    guard media.indices.contains(object.token) else { throw Failure.unknownObject(object.token) }
    try add(Object(bytes: media[object.token].bytes, type: type, cache: cache), key)
    events.append("place \(key)")
  }

  package func put(_ bytes: [UInt8], key: String, type: ContentType, cache: CachePolicy) throws {
    try add(Object(bytes: bytes, type: type, cache: cache), key)
    events.append("put \(key)")
  }

  /// A playlist as text; empty when there is no such key.
  package func text(_ key: String) -> String { String(decoding: objects[key]?.bytes ?? [], as: UTF8.self) }

  /// Writes every object below `folder`.
  package func write(to folder: TemporaryFolder) throws {
    for (key, object) in objects { try folder.write(object.bytes, key) }
  }

  private func add(_ object: Object, _ key: String) throws {
    guard objects[key] == nil else { throw Failure.keyTaken(key) }
    objects[key] = object
  }

  private static func digest(_ bytes: [UInt8]) -> String {
    let hash = bytes.reduce(UInt32(0x811c_9dc5)) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  private final class Sink: MediaSink {
    private let target: MemoryTarget
    private let token: Int

    init(_ target: MemoryTarget, _ token: Int) {
      self.target = target
      self.token = token
    }

    func write(_ bytes: [UInt8]) throws {
      guard target.capacity >= bytes.count else { throw Failure.full }
      target.capacity -= bytes.count
      target.largestWrite = max(target.largestWrite, bytes.count)
      target.media[token].bytes += bytes
    }

    func finish() throws -> MediaObject {
      target.media[token].isFinished = true
      target.events.append("finish \(target.media[token].rendition)")
      let bytes = target.media[token].bytes
      return MediaObject(token: token, bytes: Int64(bytes.count), sha256: MemoryTarget.digest(bytes))
    }
  }
}
