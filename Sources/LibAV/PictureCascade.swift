package import Media

/// Scales each picture to every size of a ladder: the largest from the source's picture, each further one from the
/// one above it, so that a small size does not pay for reading a large picture.
///
/// In: one picture of any size and format. Out: `sizes.count` pictures in 4:2:0, 8 bits, limited range. The chain
/// depends on the plan alone and not on which rungs one job encodes, so that the bytes do not depend on it either.
package struct PictureCascade: ~Copyable {
  private let sizes: [PictureSize]
  private let sourceColour: Colour
  private let colour: Colour
  private let kernel: Scaler.Kernel
  private var steps: [Step] = []
  private var input: (PictureSize, Int32)?

  /// One scaler, held in a class since arrays do not hold values that cannot be copied.
  private final class Step {
    let scaler: Scaler
    init(_ scaler: consuming Scaler) { self.scaler = scaler }
  }

  /// `sizes` from the largest to the smallest, without repeats.
  package init(sizes: [PictureSize], sourceColour: Colour, colour: Colour, kernel: Scaler.Kernel = .bicubic) {
    self.sizes = sizes
    self.sourceColour = sourceColour
    self.colour = colour
    self.kernel = kernel
  }

  /// Scales `picture` down to `sizes[count - 1]` and hands over each size in turn, with its index.
  package mutating func scale(
    _ picture: borrowing Frame, count: Int, body: (Int, borrowing Frame) throws -> Void
  ) throws {
    try prepare(for: picture)
    for index in 0..<min(count, sizes.count) {
      if index == 0 {
        try steps[0].scaler.scale(picture) { try body(0, $0) }
      } else {
        let above = steps[index - 1]
        try steps[index].scaler.scale(above.scaler.picture) { try body(index, $0) }
      }
    }
  }

  private mutating func prepare(for picture: borrowing Frame) throws {
    if let input, input == (picture.size, picture.format) { return }
    input = (picture.size, picture.format)
    steps = []
    var size = picture.size
    var format = picture.format
    var from = sourceColour
    for target in sizes {
      steps.append(
        Step(
          try Scaler.open(
            from: size, format: format, colour: from, to: target, targetColour: colour,
            kernel: kernel)))
      (size, format, from) = (target, PixelFormat.yuv420p.number, colour)
    }
  }
}
