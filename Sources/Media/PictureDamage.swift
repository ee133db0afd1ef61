/// What of the pictures that a stretch of output frames was to show could not be decoded whole. A frame whose picture is
/// missing holds the one before.
package struct PictureDamage: Codable, Sendable, Equatable {
  package var frames: Int
  /// Frames whose picture did not come out of the decoder.
  package var missing: Int
  /// The first of them.
  package var firstMissing: Int?
  /// Decoded pictures of which the decoder made up a part.
  package var concealed: Int

  package init(frames: Int = 0, missing: Int = 0, firstMissing: Int? = nil, concealed: Int = 0) {
    self.frames = frames
    self.missing = missing
    self.firstMissing = firstMissing
    self.concealed = concealed
  }

  package var isNone: Bool { missing == 0 && concealed == 0 }

  /// Takes in the stretch that follows.
  package mutating func append(_ next: PictureDamage) {
    if firstMissing == nil { firstMissing = next.firstMissing.map { frames + $0 } }
    frames += next.frames
    missing += next.missing
    concealed += next.concealed
  }
}
