/// A track of the source that is in no rendition, and why.
package struct LeftOutTrack: Sendable, Equatable {
  package var stream: Int
  /// `video`, `audio`, `subtitle`, `data`, `attachment`, `unknown`.
  package var kind: String
  package var codec: String
  package var language: String?
  package var reason: String

  package init(stream: Int, kind: String, codec: String, language: String?, reason: String) {
    self.stream = stream
    self.kind = kind
    self.codec = codec
    self.language = language
    self.reason = reason
  }
}
