internal import Media

/// The keys of a ladder's `images`, and how they are read: an object of pictures, each an object whose members all
/// have defaults. A picture that is not named is not made.
package enum LadderImages {
  package enum Key: String, CodingKey, CaseIterable { case poster, thumbnails, storyboard }
  package enum PosterKey: String, CodingKey, CaseIterable { case width, height, quality }
  package enum ThumbnailsKey: String, CodingKey, CaseIterable {
    case width, height, most, quality
    case everySeconds = "every_seconds"
  }
  package enum StoryboardKey: String, CodingKey, CaseIterable {
    case width, columns, rows
    case everySeconds = "every_seconds"
  }

  static func read(_ field: LadderField) throws(LadderFailure) -> ImagesPlan {
    let object = try field.members(known: Key.allCases.map(\.rawValue))
    if object.fields.isEmpty { throw field.broken(.empty) }
    var images = ImagesPlan()
    images.poster = try poster(object[Key.poster])
    images.thumbnails = try thumbnails(object[Key.thumbnails])
    images.storyboard = try storyboard(object[Key.storyboard])
    return images
  }

  private static func poster(_ field: LadderField?) throws(LadderFailure) -> PosterPlan? {
    guard let field else { return nil }
    let object = try field.members(known: PosterKey.allCases.map(\.rawValue))
    var poster = PosterPlan()
    if let width = object[PosterKey.width] { poster.box.width = try width.integer(LadderLimits.imageSide) }
    if let height = object[PosterKey.height] {
      poster.box.height = try height.integer(LadderLimits.imageSide)
    }
    if let quality = object[PosterKey.quality] {
      poster.quality = try quality.integer(LadderLimits.imageQuality)
    }
    try checkBox(poster.box, field)
    return poster
  }

  private static func thumbnails(_ field: LadderField?) throws(LadderFailure) -> ThumbnailsPlan? {
    guard let field else { return nil }
    typealias Key = ThumbnailsKey
    let object = try field.members(known: Key.allCases.map(\.rawValue))
    var plan = ThumbnailsPlan()
    if let width = object[Key.width] { plan.box.width = try width.integer(LadderLimits.imageSide) }
    if let height = object[Key.height] { plan.box.height = try height.integer(LadderLimits.imageSide) }
    if let every = object[Key.everySeconds] {
      plan.everySeconds = try every.seconds(LadderLimits.imageSeconds)
    }
    if let most = object[Key.most] { plan.most = try most.integer(LadderLimits.thumbnails) }
    if let quality = object[Key.quality] { plan.quality = try quality.integer(LadderLimits.imageQuality) }
    try checkBox(plan.box, field)
    return plan
  }

  private static func storyboard(_ field: LadderField?) throws(LadderFailure) -> StoryboardPlan? {
    guard let field else { return nil }
    typealias Key = StoryboardKey
    let object = try field.members(known: Key.allCases.map(\.rawValue))
    var plan = StoryboardPlan()
    if let width = object[Key.width] { plan.width = try width.integer(LadderLimits.tileSide) }
    if let columns = object[Key.columns] { plan.columns = try columns.integer(LadderLimits.tiles) }
    if let rows = object[Key.rows] { plan.rows = try rows.integer(LadderLimits.tiles) }
    if let every = object[Key.everySeconds] {
      plan.everySeconds = try every.seconds(LadderLimits.imageSeconds)
    }
    return plan
  }

  private static func checkBox(_ box: PictureSize, _ field: LadderField) throws(LadderFailure) {
    if box.height > box.width { throw field.broken(.tallBox(box)) }
  }
}

/// `images` as a ladder file writes it.
struct LadderImagesText: Encodable {
  var images: ImagesPlan

  func encode(to encoder: any Encoder) throws {
    var out = encoder.container(keyedBy: LadderImages.Key.self)
    if let poster = images.poster {
      var object = out.nestedContainer(keyedBy: LadderImages.PosterKey.self, forKey: .poster)
      try object.encode(poster.box.width, forKey: .width)
      try object.encode(poster.box.height, forKey: .height)
      try object.encode(poster.quality, forKey: .quality)
    }
    if let thumbnails = images.thumbnails {
      var object = out.nestedContainer(keyedBy: LadderImages.ThumbnailsKey.self, forKey: .thumbnails)
      try object.encode(thumbnails.box.width, forKey: .width)
      try object.encode(thumbnails.box.height, forKey: .height)
      try object.encode(thumbnails.everySeconds.approximate, forKey: .everySeconds)
      try object.encode(thumbnails.most, forKey: .most)
      try object.encode(thumbnails.quality, forKey: .quality)
    }
    if let storyboard = images.storyboard {
      var object = out.nestedContainer(keyedBy: LadderImages.StoryboardKey.self, forKey: .storyboard)
      try object.encode(storyboard.width, forKey: .width)
      try object.encode(storyboard.columns, forKey: .columns)
      try object.encode(storyboard.rows, forKey: .rows)
      try object.encode(storyboard.everySeconds.approximate, forKey: .everySeconds)
    }
  }
}
