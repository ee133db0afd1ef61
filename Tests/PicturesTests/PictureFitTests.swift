internal import Media
internal import Pictures
internal import Testing

@Suite struct PictureFitTests {
  /// (picture, box, result)
  static let fits: [((Int, Int), (Int, Int), (Int, Int))] = [
    ((1920, 1080), (1280, 720), (1280, 720)),
    ((3840, 2160), (1920, 1080), (1920, 1080)),
    // Never padded: a wide film keeps its shape.
    ((1920, 804), (1280, 720), (1280, 536)),
    // Never enlarged.
    ((640, 360), (1280, 720), (640, 360)),
    ((641, 361), (1280, 720), (640, 360)),
    // Turned for portrait.
    ((1080, 1920), (1280, 720), (720, 1280)),
    ((1080, 2400), (1920, 1080), (864, 1920)),
    ((1000, 1000), (1280, 720), (720, 720)),
    // A square box holds both, as a storyboard's tiles.
    ((1920, 1080), (160, 160), (160, 90)),
    ((1080, 1920), (160, 160), (90, 160)),
    ((1, 1), (160, 160), (2, 2)),
    ((10_000, 2), (160, 160), (160, 2)),
    ((0, 0), (160, 160), (2, 2)),
  ]

  @Test(arguments: fits)
  func fitsItsBox(_ picture: (Int, Int), _ box: (Int, Int), _ wanted: (Int, Int)) {
    let size = PictureFit.size(of: PictureSize(picture.0, picture.1), in: PictureSize(box.0, box.1))
    #expect(size == PictureSize(wanted.0, wanted.1))
  }

  @Test func isSeenWithSquarePixelsAndUpright() {
    var source = PictureSource(timebase: Rational(1, 90_000), codedSize: PictureSize(720, 576))
    source.sampleAspectRatio = Rational(64, 45)
    #expect(PictureFit.displayed(source) == PictureSize(1024, 576))
    source.orientation = Orientation(degrees: 90)
    #expect(PictureFit.displayed(source) == PictureSize(576, 1024))
    source.sampleAspectRatio = Rational(0, 1)
    source.orientation = Orientation(degrees: 180)
    #expect(PictureFit.displayed(source) == PictureSize(720, 576))
  }
}
