/// How good a picture is as the face of a video: its brightness at about 320 pixels across in; a score out, 0 for a
/// picture that shows nothing and near 1 for a bright, sharp one with much in it.
///
/// Counts, sums, divisions and square roots only: these give the same result on every machine, which logarithms do
/// not, so that every machine chooses the same picture.
package struct PictureScore: Sendable, Equatable {
  /// Limited-range luma.
  package var mean: Double
  package var deviation: Double
  /// The share of samples that are nearly black, and nearly white.
  package var dark: Double
  package var bright: Double
  /// How many of 64 levels are in use, weighed: 1 for a flat picture, 64 for one with all levels alike.
  package var levels: Double
  /// The variance of the Laplacian.
  package var sharpness: Double

  package init(luma: [UInt8], width: Int, height: Int) {
    (mean, deviation, dark, bright, levels, sharpness) = (0, 0, 1, 0, 1, 0)
    let count = width * height
    guard count > 0, luma.count >= count else { return }
    var histogram = [Int](repeating: 0, count: 256)
    for value in luma.prefix(count) { histogram[Int(value)] += 1 }
    let total = Double(count)
    var sum = 0
    var squares = 0
    for (value, number) in histogram.enumerated() {
      sum += value * number
      squares += value * value * number
    }
    mean = Double(sum) / total
    deviation = max(0, Double(squares) / total - mean * mean).squareRoot()
    dark = Double(histogram[..<34].reduce(0, +)) / total
    bright = Double(histogram[226...].reduce(0, +)) / total
    var concentration = 0.0
    for level in 0..<64 {
      let share = Double(histogram[(level * 4)..<(level * 4 + 4)].reduce(0, +)) / total
      concentration += share * share
    }
    levels = concentration > 0 ? 1 / concentration : 1
    sharpness = PictureScore.laplacianVariance(luma, width, height)
  }

  /// Black and white pictures score near 0 whatever else they have; the rest is contrast, variety and sharpness.
  package var value: Double {
    let exposure = ramp(mean, from: 20, to: 48) * ramp(235 - mean, from: 4, to: 40)
    let shown = ramp(1 - dark, from: 0.03, to: 0.35) * ramp(1 - bright, from: 0.03, to: 0.35)
    let contrast = min(1, deviation / 45)
    let variety = min(1, (levels - 1) / 27)
    let sharp = sharpness / (sharpness + 180)
    return exposure * shown * (0.3 * contrast + 0.3 * variety + 0.4 * sharp)
  }

  private func ramp(_ value: Double, from low: Double, to high: Double) -> Double {
    min(1, max(0, (value - low) / (high - low)))
  }

  private static func laplacianVariance(_ luma: [UInt8], _ width: Int, _ height: Int) -> Double {
    guard width > 2, height > 2 else { return 0 }
    var sum = 0
    var squares = 0
    for row in 1..<(height - 1) {
      let start = row * width
      for column in 1..<(width - 1) {
        let at = start + column
        let around = Int(luma[at - 1]) + Int(luma[at + 1]) + Int(luma[at - width]) + Int(luma[at + width])
        let value = 4 * Int(luma[at]) - around
        sum += value
        squares += value * value
      }
    }
    let count = Double((width - 2) * (height - 2))
    let mean = Double(sum) / count
    return max(0, Double(squares) / count - mean * mean)
  }
}

/// Whether a picture is on its way from or to another: two pictures of the same size, a fraction of a second apart,
/// in; a factor for the score out, 1 for a steady picture.
///
/// In a fade all samples move together: what is seen stays where it is, and brightness or contrast changes. In a cut
/// or with movement it does not stay where it is.
package enum FadeCheck {
  static let penalty = 0.4

  package static func factor(before: [UInt8], now: [UInt8]) -> Double {
    guard before.count == now.count, !now.isEmpty else { return 1 }
    var (sumA, sumB, squareA, squareB, product) = (0, 0, 0, 0, 0)
    for (a, b) in zip(before, now) {
      let (a, b) = (Int(a), Int(b))
      sumA += a
      sumB += b
      squareA += a * a
      squareB += b * b
      product += a * b
    }
    let count = Double(now.count)
    let (meanA, meanB) = (Double(sumA) / count, Double(sumB) / count)
    let deviationA = max(0, Double(squareA) / count - meanA * meanA).squareRoot()
    let deviationB = max(0, Double(squareB) / count - meanB * meanB).squareRoot()
    let changed =
      abs(meanA - meanB) > 5 || abs(deviationA - deviationB) > 0.12 * max(deviationA, deviationB, 8)
    guard changed else { return 1 }
    // From or to one flat colour there is nothing to correlate with.
    guard deviationA > 3, deviationB > 3 else { return penalty }
    let correlation = (Double(product) / count - meanA * meanB) / (deviationA * deviationB)
    return correlation > 0.8 ? penalty : 1
  }
}

/// The colour that a picture has most of: packed RGB in, `#rrggbb` out.
///
/// Pixels are counted in boxes of 16 levels a channel; black, white and grey count less, so that a page's white or a
/// film's black bars are not its colour when it has another.
package enum DominantColour {
  package static func of(rgb: [UInt8]) -> String {
    struct Box {
      var count = 0
      var (red, green, blue) = (0, 0, 0)
    }
    var boxes = [Box](repeating: Box(), count: 4096)
    for at in stride(from: 0, to: rgb.count - 2, by: 3) {
      let (red, green, blue) = (Int(rgb[at]), Int(rgb[at + 1]), Int(rgb[at + 2]))
      let index = (red >> 4) << 8 | (green >> 4) << 4 | blue >> 4
      boxes[index].count += 1
      boxes[index].red += red
      boxes[index].green += green
      boxes[index].blue += blue
    }
    func weight(_ box: Box) -> Int {
      guard box.count > 0 else { return 0 }
      let (red, green, blue) = (box.red / box.count, box.green / box.count, box.blue / box.count)
      let (high, low) = (max(red, green, blue), min(red, green, blue))
      let isExtreme = high < 32 || low > 224
      return box.count * (isExtreme ? 1 : 4 + (high - low) / 16)
    }
    var best = Box()
    for box in boxes where weight(box) > weight(best) { best = box }
    guard best.count > 0 else { return "#000000" }
    let parts = [best.red, best.green, best.blue].map { total in
      let digits = String((total + best.count / 2) / best.count, radix: 16)
      return digits.count < 2 ? "0" + digits : digits
    }
    return "#" + parts.joined()
  }
}
