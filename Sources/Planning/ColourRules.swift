internal import Media

/// What colour means: a video stream in; how its pictures are to be read and what the encoded ones are tagged
/// with out. Output is always limited range; high dynamic range is mapped to BT.709; known code points are kept and
/// unspecified ones guessed by the coded size, as televisions do. RGB (screens, stills) becomes BT.709.
enum ColourRules {
  struct Result: Equatable {
    /// With guesses in place of what is unspecified; the range is the source's.
    var source: Colour
    var output: Colour
    var mapsTones: Bool
    /// What rungs that keep a high dynamic range are tagged with; nil in standard range.
    var kept: Colour?
  }

  static func colours(of stream: VideoStream) -> Result {
    let isRGB = stream.colour.matrix == 0 || rgb.contains { stream.pixelFormat.hasPrefix($0) }
    let guess =
      stream.colour.isHDR ? bt2100(stream.colour) : isRGB ? .bt709 : guess(stream.codedSize)
    var source = stream.colour
    // 0 is GBR for the matrix; elsewhere 0 and 3 are reserved, and 22 is the last one that is defined.
    if !isDefined(source.primaries) { source.primaries = guess.primaries }
    if !isDefined(source.transfer) { source.transfer = guess.transfer }
    if !isRGB, !isDefined(source.matrix) || source.matrix > 15 { source.matrix = guess.matrix }
    if stream.colour.isHDR {
      return Result(source: source, output: .bt709, mapsTones: true, kept: kept(source, isRGB: isRGB))
    }
    var output = isRGB ? .bt709 : source
    output.fullRange = false
    return Result(source: source, output: output, mapsTones: false)
  }

  /// PQ and HLG are made for these (ITU-R BT.2100).
  private static func bt2100(_ colour: Colour) -> Colour {
    Colour(primaries: 9, transfer: colour.transfer, matrix: 9)
  }

  /// The source's own code points in limited range.
  private static func kept(_ source: Colour, isRGB: Bool) -> Colour {
    Colour(primaries: source.primaries, transfer: source.transfer, matrix: isRGB ? 9 : source.matrix)
  }

  /// How FFmpeg's names of such pixel formats begin.
  private static let rgb = ["rgb", "bgr", "gbr", "argb", "abgr", "0rgb", "0bgr", "x2rgb", "x2bgr", "pal8"]

  private static func isDefined(_ code: Int) -> Bool { code != 2 && code != 3 && (1...22).contains(code) }

  /// Standard definition is BT.601 with 525 or 625 lines; everything else BT.709.
  private static func guess(_ coded: PictureSize) -> Colour {
    // Turned phone clips are high and narrow; 1280x528 is a wide film in high definition.
    guard coded.width <= 1024, coded.height <= 576 else { return .bt709 }
    return coded.height <= 486
      ? Colour(primaries: 6, transfer: 6, matrix: 6) : Colour(primaries: 5, transfer: 6, matrix: 5)
  }
}
