/// The pictures that are made of a source's video: which, how large and how many. A size is a landscape box, turned
/// for portrait, that the picture fits into; it is never padded and never enlarged. A nil member is not made.
package struct ImagesPlan: Codable, Sendable, Equatable {
  package var poster: PosterPlan?
  package var thumbnails: ThumbnailsPlan?
  package var storyboard: StoryboardPlan?

  /// One of each, as a ladder gets them that asks for images and says no more.
  package init() {
    poster = PosterPlan()
    thumbnails = ThumbnailsPlan()
    storyboard = StoryboardPlan()
  }
}

/// The still that stands for the video.
package struct PosterPlan: Codable, Sendable, Equatable {
  package var box: PictureSize
  /// JPEG quality from 1 to 100.
  package var quality: Int
  package init(box: PictureSize = PictureSize(1920, 1080), quality: Int = 85) {
    self.box = box
    self.quality = quality
  }
}

/// Stills spread over the video.
package struct ThumbnailsPlan: Codable, Sendable, Equatable {
  package var box: PictureSize
  package var everySeconds: Rational
  package var most: Int
  package var quality: Int
  package init(
    box: PictureSize = PictureSize(1280, 720), everySeconds: Rational = Rational(10, 1), most: Int = 5,
    quality: Int = 80
  ) {
    self.box = box
    self.everySeconds = everySeconds
    self.most = most
    self.quality = quality
  }
}

/// Sheets of small pictures for a seek bar.
package struct StoryboardPlan: Codable, Sendable, Equatable {
  /// Of one small picture of a landscape video; of a portrait one its height.
  package var width: Int
  package var columns: Int
  package var rows: Int
  package var everySeconds: Rational
  package init(
    width: Int = 160, columns: Int = 10, rows: Int = 10, everySeconds: Rational = Rational(5, 1)
  ) {
    self.width = width
    self.columns = columns
    self.rows = rows
    self.everySeconds = everySeconds
  }
}
