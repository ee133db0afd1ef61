internal import Media
internal import Pictures
internal import TestKit
internal import Testing

/// Brightness of pictures that a test draws.
private enum Drawn {
  static let (width, height) = (160, 90)

  static func flat(_ value: UInt8) -> [UInt8] { [UInt8](repeating: value, count: width * height) }

  /// Blocks of many levels, with sharp edges.
  static func sharp(seed: UInt64 = 1) -> [UInt8] {
    var random = SeededRandom(seed: seed)
    let levels = (0..<(20 * 12)).map { _ in UInt8.random(in: 24...220, using: &random) }
    return (0..<width * height).map { levels[($0 / width / 8) * 20 + $0 % width / 8] }
  }

  /// The mean of each sample's neighbourhood, `radius` far.
  static func blurred(_ luma: [UInt8], radius: Int) -> [UInt8] {
    (0..<width * height).map { at in
      let (row, column) = (at / width, at % width)
      var (sum, count) = (0, 0)
      for y in max(0, row - radius)...min(height - 1, row + radius) {
        for x in max(0, column - radius)...min(width - 1, column + radius) {
          sum += Int(luma[y * width + x])
          count += 1
        }
      }
      return UInt8(sum / count)
    }
  }

  /// Faded towards black: a share of what is above black.
  static func faded(_ luma: [UInt8], _ tenths: Int) -> [UInt8] {
    luma.map { UInt8(16 + (max(16, Int($0)) - 16) * tenths / 10) }
  }

  static func score(_ luma: [UInt8]) -> Double {
    PictureScore(luma: luma, width: width, height: height).value
  }
}

@Suite struct PictureScoreTests {
  @Test func picturesThatShowNothingHaveNoScore() {
    for value: UInt8 in [0, 16, 20, 235, 255] { #expect(Drawn.score(Drawn.flat(value)) == 0) }
    // Grey is not black, and there is nothing in it either.
    #expect(Drawn.score(Drawn.flat(128)) == 0)
    #expect(PictureScore(luma: [], width: 0, height: 0).value == 0)
    #expect(PictureScore(luma: [1, 2, 3], width: 100, height: 100).value == 0)
  }

  @Test func sharpIsBetterThanBlurred() {
    let sharp = Drawn.sharp()
    let scores = [sharp, Drawn.blurred(sharp, radius: 2), Drawn.blurred(sharp, radius: 6)].map(Drawn.score)
    #expect(scores == scores.sorted(by: >))
    #expect(scores[0] > 0.8)
    #expect(scores[0] > scores[1] * 1.3)
  }

  @Test func brightIsBetterThanNearlyBlack() {
    let bright = Drawn.sharp()
    let scores = [10, 6, 3, 1].map { Drawn.score(Drawn.faded(bright, $0)) }
    #expect(scores == scores.sorted(by: >))
    #expect(scores[3] < 0.05)
  }

  @Test func aTitleOnBlackIsWorseThanAScene() {
    var title = Drawn.flat(16)
    for row in 40..<50 {
      for column in 60..<100 where column % 3 > 0 { title[row * Drawn.width + column] = 235 }
    }
    #expect(Drawn.score(title) < 0.2 * Drawn.score(Drawn.sharp()))
  }

  @Test func fadesAreTold() {
    let scene = Drawn.sharp()
    #expect(FadeCheck.factor(before: scene, now: scene) == 1)
    #expect(FadeCheck.factor(before: Drawn.faded(scene, 6), now: Drawn.faded(scene, 8)) < 1)
    #expect(FadeCheck.factor(before: Drawn.faded(scene, 9), now: Drawn.faded(scene, 6)) < 1)
    // From black, and to a flat white.
    #expect(FadeCheck.factor(before: Drawn.flat(16), now: Drawn.faded(scene, 3)) < 1)
    #expect(FadeCheck.factor(before: scene, now: Drawn.flat(235)) < 1)
    // A cut to another scene is no fade.
    #expect(FadeCheck.factor(before: Drawn.faded(Drawn.sharp(seed: 2), 7), now: scene) == 1)
    #expect(FadeCheck.factor(before: [], now: []) == 1)
    #expect(FadeCheck.factor(before: [1], now: scene) == 1)
  }

  @Test func theColourThatAPictureHasMostOf() {
    func pixels(_ parts: [(count: Int, rgb: [UInt8])]) -> [UInt8] {
      parts.flatMap { part in (0..<part.count).flatMap { _ in part.rgb } }
    }
    #expect(DominantColour.of(rgb: pixels([(60, [200, 30, 40]), (40, [20, 60, 200])])) == "#c81e28")
    // Black bars and a white page are not a picture's colour when it has another.
    #expect(DominantColour.of(rgb: pixels([(60, [0, 0, 0]), (40, [20, 60, 200])])) == "#143cc8")
    #expect(DominantColour.of(rgb: pixels([(70, [255, 255, 255]), (30, [9, 160, 80])])) == "#09a050")
    #expect(DominantColour.of(rgb: pixels([(9, [0, 0, 0])])) == "#000000")
    #expect(DominantColour.of(rgb: []) == "#000000")
    // The mean of what is near.
    #expect(DominantColour.of(rgb: pixels([(1, [100, 100, 100]), (1, [104, 102, 100])])) == "#666564")
  }

  @Test func theBestOfSeveralIsTheFirstOfEquals() {
    func still(_ score: Double) -> PicturesResult.Still {
      PicturesResult.Still(
        path: "", size: .init(2, 2), time: 0, score: score, dominantColour: "#000000")
    }
    #expect(PicturesResult.best(of: [still(0.2), still(0.7), still(0.7)]) == 1)
    #expect(PicturesResult.best(of: []) == nil)
  }
}
