internal import Foundation
package import Media

/// Bits of a run of frames by what they are spent on, and the quantiser (on x264's scale) that they were spent at.
package struct BitSum: Codable, Sendable, Equatable {
  package var frames = 0
  package var quantiser = 0.0
  package var texture = 0.0
  package var motion = 0.0
  package var other = 0.0

  package init() {}

  /// What the same frames cost at another quantiser and size, by the model that x264's rate control plans with:
  /// texture shrinks a little faster than the step between levels grows, motion with its root.
  package func bits(at quantiser: Double, _ scale: BitScale = .none) -> Double {
    let ratio = exp2((self.quantiser - quantiser) / 6)
    return texture * scale.texture * pow(ratio, 1.1) + motion * scale.motion * ratio.squareRoot()
      + other * scale.other
  }

  /// These bits are of the frames that took `part` elsewhere: what those take that took `whole` there.
  func extrapolated(like part: BitSum, to whole: BitSum) -> BitSum {
    guard frames > 0, part.frames > 0 else { return whole }
    let more = Double(whole.frames) / Double(part.frames)
    // Where there was next to nothing of a kind, their number tells more.
    func scaled(_ own: Double, _ part: Double, _ whole: Double) -> Double {
      own * (part > 2000 ? whole / part : more)
    }
    var sum = self
    sum.frames = whole.frames
    sum.texture = scaled(texture, part.texture, whole.texture)
    sum.motion = scaled(motion, part.motion, whole.motion)
    sum.other = scaled(other, part.other, whole.other)
    return sum
  }

  package static func + (left: BitSum, right: BitSum) -> BitSum {
    var sum = left
    sum.frames += right.frames
    sum.texture += right.texture
    sum.motion += right.motion
    sum.other += right.other
    let frames = Double(max(1, sum.frames))
    sum.quantiser =
      (left.quantiser * Double(left.frames) + right.quantiser * Double(right.frames)) / frames
    return sum
  }
}

/// The bits of each frame of a chunk by kind, in coding order.
package struct FrameBits: Codable, Sendable, Equatable {
  package var texture: [Int]
  package var motion: [Int]
  package var other: [Int]

  package init(texture: [Int] = [], motion: [Int] = [], other: [Int] = []) {
    self.texture = texture
    self.motion = motion
    self.other = other
  }

  /// What each frame takes when all together take `bits`.
  package func sizes(total bits: Double, _ scale: BitScale) -> [Double] {
    let plain = zip(zip(texture, motion), other).map { frame in
      Double(frame.0.0) * scale.texture + Double(frame.0.1) * scale.motion + Double(frame.1) * scale.other
    }
    let all = plain.reduce(0, +)
    guard all > 0 else { return plain.map { _ in bits / Double(max(1, plain.count)) } }
    return plain.map { $0 * bits / all }
  }
}

/// By how much bits of texture, of motion vectors and of all else differ between two sizes of the same pictures.
package struct BitScale: Codable, Sendable, Equatable {
  package var texture: Double
  package var motion: Double
  package var other: Double
  package static let none = BitScale(texture: 1, motion: 1, other: 1)

  package init(texture: Double, motion: Double, other: Double) {
    self.texture = texture
    self.motion = motion
    self.other = other
  }

  /// What is usual: bits grow slower than pixels, since neighbours are more alike the more of them there are. Over
  /// pictures of several kinds the exponent of texture is 0.35 to 0.9, that of the others about 1. Second passes at the
  /// rates of a ladder take more texture than the analysis, 0.8 to 2.5 times (4 for grain); 1.35 is in the middle.
  package init(from analysed: PictureSize, to size: PictureSize) {
    let ratio = Double(size.area) / Double(max(1, analysed.area))
    self.init(texture: 1.35 * pow(ratio, 0.65), motion: ratio, other: pow(ratio, ratio > 1 ? 1 : 0.55))
  }

  /// What was measured: the same frames at both sizes. Each kind of bits needs enough of them to tell; where there
  /// are too few the usual scale holds.
  package init(measured: BitSum, against analysed: BitSum, usual: BitScale) {
    func scale(_ a: Double, _ b: Double, _ usual: Double) -> Double {
      guard b > 2000, a > 0 else { return usual }
      return min(max(a / b, usual / 8), usual * 8)
    }
    // Brought to one quantiser first.
    let ratio = exp2((measured.quantiser - analysed.quantiser) / 6)
    self.init(
      texture: scale(measured.texture * pow(ratio, 1.1), analysed.texture, usual.texture),
      motion: scale(measured.motion * ratio.squareRoot(), analysed.motion, usual.motion),
      other: scale(measured.other, analysed.other, usual.other))
  }
}
