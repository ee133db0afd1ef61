package import Media

/// How a stream's pictures are shown: display matrix and aspect ratio in, orientation and displayed size out.
package enum Uprighting {
  /// The turn that a display matrix asks for, the nearest one of quarter turns and mirrorings, and whether it
  /// is exactly that.
  ///
  /// The matrix of ISO/IEC 14496-12, 6.2.2 maps a point (x, y), y downwards, to (a·x + c·y, b·x + d·y) with
  /// a, b at 0, 1 and c, d at 3, 4. Turned clockwise by θ: a = cos θ, b = sin θ, c = −sin θ, d = cos θ. Mirrored
  /// left to right before that, a and b change their sign.
  package static func orientation(_ matrix: [Int32]) -> (orientation: Orientation, isExact: Bool) {
    guard matrix.count >= 9 else { return (Orientation(), false) }
    let (a, b, c, d) = (Int64(matrix[0]), Int64(matrix[1]), Int64(matrix[3]), Int64(matrix[4]))
    // Products of 32-bit values: the difference fits 64 bits.
    let determinant = a * d - b * c
    guard determinant != 0 else { return (Orientation(), false) }
    let mirrored = determinant < 0
    let (cosine, sine) = mirrored ? (-a, -b) : (a, b)
    let degrees: Int
    if cosine.magnitude >= sine.magnitude {
      degrees = cosine > 0 ? 0 : 180
    } else {
      degrees = sine > 0 ? 90 : 270
    }
    // One part in fifty is about one degree.
    let minor = min(cosine.magnitude, sine.magnitude)
    let major = max(cosine.magnitude, sine.magnitude)
    return (Orientation(degrees: degrees, mirrored: mirrored), minor * 50 <= major)
  }

  /// The size in square pixels after turning. The height stays and the width is stretched, as players do.
  package static func displayedSize(
    coded: PictureSize, sampleAspectRatio: Rational, orientation: Orientation
  ) -> PictureSize {
    let stretched = rescale(
      Int64(coded.width), from: sampleAspectRatio, to: Rational(1, 1), rounding: .nearest)
    let width = max(1, min(stretched, Int64(Int32.max)))
    let upright = PictureSize(coded.width > 0 ? Int(width) : 0, coded.height)
    return orientation.swapsSides ? upright.turned : upright
  }

  /// Whether an aspect ratio is one that a camera or a disc has; others are damage.
  package static func isPlausible(_ ratio: Rational) -> Bool {
    ratio.isPositive && ratio.approximate < 16 && ratio.approximate > 1.0 / 16
  }
}
