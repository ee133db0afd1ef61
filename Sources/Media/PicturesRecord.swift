/// The pictures of a packaged asset, as `asset.json` tells them: where they are and what they show.
package struct PicturesRecord: Sendable, Equatable {
  /// Of the poster, or of the best thumbnail where there is none: `#rrggbb`.
  package var dominantColour: String?
  package var images: [ImageRecord]

  package init(dominantColour: String? = nil, images: [ImageRecord] = []) {
    self.dominantColour = dominantColour
    self.images = images
  }
}

/// One picture of an asset.
package struct ImageRecord: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable { case poster, thumbnail, storyboard }
  package var kind: Kind
  package var key: String
  package var size: PictureSize
  /// When in the asset it is seen; of a storyboard sheet its first tile's time.
  package var time: MediaTime
  /// Of several thumbnails the one that shows most.
  package var isBest: Bool

  package init(kind: Kind, key: String, size: PictureSize, time: MediaTime, isBest: Bool = false) {
    self.kind = kind
    self.key = key
    self.size = size
    self.time = time
    self.isBest = isBest
  }
}
