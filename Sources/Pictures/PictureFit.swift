package import Media

/// How large a picture becomes: the picture of a source and a box in; a size in square pixels that fits the box,
/// turned for portrait, even, never padded and never enlarged, out.
package enum PictureFit {
  /// The size at which a source's pictures are seen: upright, with square pixels; the height stays and the width is
  /// stretched, as players do.
  package static func displayed(_ source: PictureSource) -> PictureSize {
    let ratio = source.sampleAspectRatio.isPositive ? source.sampleAspectRatio : Rational(1, 1)
    let stretched = rescale(Int64(source.codedSize.width), from: ratio, to: Rational(1, 1))
    let size = PictureSize(Int(max(1, min(stretched, Int64(Int32.max)))), max(1, source.codedSize.height))
    return source.orientation.swapsSides ? size.turned : size
  }

  /// The side that meets the box first is the box's, or the picture's own if that is smaller, made even downwards;
  /// the other is the even number nearest to the aspect ratio. A picture of a single row or column gives 2.
  package static func size(of picture: PictureSize, in landscape: PictureSize) -> PictureSize {
    guard picture.width > 0, picture.height > 0 else { return PictureSize(2, 2) }
    let turns = picture.height > picture.width && landscape.width > landscape.height
    let box = turns ? landscape.turned : landscape
    let width = even(min(picture.width, box.width))
    let height = even(min(picture.height, box.height))
    if picture.width.multipliedFullWidth(by: box.height) >= picture.height.multipliedFullWidth(by: box.width)
    {
      return PictureSize(width, min(height, evenNearest(picture.height, times: width, over: picture.width)))
    }
    return PictureSize(min(width, evenNearest(picture.width, times: height, over: picture.height)), height)
  }

  private static func even(_ number: Int) -> Int { max(2, number / 2 * 2) }

  private static func evenNearest(_ value: Int, times factor: Int, over divisor: Int) -> Int {
    let half = rescale(Int64(value), from: Rational(Int64(factor), 1), to: Rational(Int64(divisor) &* 2, 1))
    return Int(max(1, min(half, 1 << 24))) * 2
  }
}
