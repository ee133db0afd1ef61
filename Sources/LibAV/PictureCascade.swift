package import Media

/// Scales each picture to every size of a ladder: the largest from the source's picture, each further one from the
/// one above it, so that a small size does not pay for reading a large picture.
///
/// In: one picture of any size and format. Out: `sizes.count` pictures in 4:2:0, 8 or 10 bits, limited range. The chain
/// depends on the plan alone and not on which rungs one job encodes, so that the bytes do not depend on it either.
package struct PictureCascade: ~Copyable {
  private let sizes: [PictureSize]
  private let sourceColour: Colour
  private let colour: Colour
  private let kernel: Scaler.Kernel
  private let format: PixelFormat
  private var steps: [Step] = []
  private var input: Input?

  /// What the steps were made for.
  private struct Input: Equatable {
    var size: PictureSize
    var format: Int32
    var planes: PlaneScaler.Input?
  }

  /// `sizes` from the largest to the smallest, without repeats; `format` is 4:2:0 with 8 or 10 bits.
  package init(
    sizes: [PictureSize], sourceColour: Colour, colour: Colour, kernel: Scaler.Kernel = .lanczos,
    format: PixelFormat = .yuv420p
  ) {
    self.format = format
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
      let step = steps[index]
      if index == 0 { try step.scale(picture) } else { try step.scale(steps[index - 1].picture) }
      try body(index, step.picture)
    }
  }

  /// Lends the picture of size `index` from the last `scale` that came so far.
  package func picture<Result>(
    _ index: Int, _ body: (borrowing Frame) throws -> Result
  ) throws -> Result { try body(steps[index].picture) }

  private mutating func prepare(for picture: borrowing Frame) throws {
    let found = Input(size: picture.size, format: picture.format, planes: PlaneScaler.Input(picture))
    if input == found { return }
    steps = []
    for target in sizes {
      let step: Step
      if let above = steps.last {
        step = try Step.make(
          from: above.picture, colour: colour, to: target, targetColour: colour, kernel: kernel,
          format: format)
      } else {
        step = try Step.make(
          from: picture, colour: sourceColour, to: target, targetColour: colour, kernel: kernel,
          format: format)
      }
      steps.append(step)
    }
    input = found
  }
}

/// One scaler, held in a class since arrays do not hold values that cannot be copied.
private final class Step {
  private enum Way: ~Copyable {
    /// The picture as it is.
    case none(Frame)
    case planes(PlaneScaler)
    case any(Scaler)
  }

  private let way: Way
  private let colour: Colour

  private init(_ way: consuming Way, _ colour: Colour) {
    self.way = way
    self.colour = colour
  }

  static func make(
    from picture: borrowing Frame, colour: Colour, to target: PictureSize, targetColour: Colour,
    kernel: Scaler.Kernel, format: PixelFormat
  ) throws -> Step {
    if colour.matrix == targetColour.matrix, colour.fullRange == targetColour.fullRange,
      let input = PlaneScaler.Input(picture), input.format == format
    {
      if input.size == target {
        let same = try Frame()
        try same.refer(to: picture)
        return Step(.none(same), targetColour)
      }
      if let scaler = try PlaneScaler.open(from: input, to: target, colour: targetColour, kernel: kernel) {
        return Step(.planes(scaler), targetColour)
      }
    }
    return Step(
      .any(
        try Scaler.open(
          from: picture.size, format: picture.format, colour: colour, to: target, targetFormat: format,
          targetColour: targetColour, kernel: kernel)), targetColour)
  }

  func scale(_ frame: borrowing Frame) throws {
    switch way {
    case .none(let same):
      try same.refer(to: frame)
      same.tag(colour)
    case .planes(let scaler): try scaler.scale(frame)
    case .any(let scaler): try scaler.scale(frame) { _ in }
    }
  }

  /// The picture of the last `scale`.
  var picture: Frame {
    _read {
      switch way {
      case .none(let same): yield same
      case .planes(let scaler): yield scaler.picture
      case .any(let scaler): yield scaler.picture
      }
    }
  }
}
