internal import Foundation
package import LibAV
internal import Media

/// Takes pictures out of an open source: a `PicturesJob` in; JPEG files, what they show and how good they are, out.
///
/// Stills: every candidate is decoded once, scored at about 320 pixels across, and coded at full size only when it is
/// the best so far of a still that it stands for. Storyboard: every tile is scaled into its place on a sheet, and a
/// sheet is written when it is full. Where a moment cannot be decoded, the picture before it stands in.
package enum PictureTaker {
  private static let scoring = PictureSize(320, 320)
  private static let colouring = PictureSize(64, 64)

  /// `progress` gets the pictures decoded since the last call.
  package static func take(
    _ job: PicturesJob, reader: inout PictureReader, progress: (Int) throws -> Void
  ) throws -> PicturesResult {
    let refusedBefore = reader.refusedPackets
    var result = PicturesResult()
    if !job.stills.isEmpty { result.stills = try stills(job, &reader, progress) }
    if let storyboard = job.storyboard {
      result.sheets = try sheets(storyboard, job, &reader, progress)
    }
    result.refusedPackets = max(0, reader.refusedPackets - refusedBefore)
    return result
  }

  /// What the reader's pictures are tagged with after its filters.
  private static func colour(_ source: PictureSource) -> Colour {
    source.mapsTones ? .bt709 : source.colour
  }

  /// Goes on from where the reader is when no keyframe lies between, and else jumps.
  private static func show(_ time: Int64, seek: Int64, _ reader: inout PictureReader, _ job: PicturesJob)
    throws
  {
    if let now = reader.pictureTime, now <= time, now >= seek {
      guard try reader.show(time) else { throw PicturesFailure.noPicture(stream: job.stream) }
    } else {
      try reader.start(at: time, seek: min(seek, time))
    }
    // Also when nothing of the right time was found: then the first picture that there is.
    guard reader.pictureTime != nil else { throw PicturesFailure.noPicture(stream: job.stream) }
  }

  // MARK: Stills

  private static func stills(
    _ job: PicturesJob, _ reader: inout PictureReader, _ progress: (Int) throws -> Void
  ) throws -> [PicturesResult.Still] {
    let from = colour(job.source)
    let small = PictureFit.size(of: PictureFit.displayed(job.source), in: scoring)
    let scorer = FlexibleScaler(to: small, format: .yuv420p, from: from, colour: .bt709, kernel: .area)
    let best = job.stills.map { BestStill($0, from: from) }
    let moments = Set(job.stills.flatMap { $0.candidates.map(\.moment) })
    for moment in moments.sorted(by: { ($0.time, $0.before) < ($1.time, $1.before) }) {
      var before: [UInt8] = []
      if moment.before < moment.time {
        try show(moment.before, seek: moment.seek, &reader, job)
        before = try scorer.scale(reader.picture) { $0.samples() }
      }
      try show(moment.time, seek: moment.seek, &reader, job)
      let luma = try scorer.scale(reader.picture) { $0.samples() }
      let fade = before.isEmpty ? 1 : FadeCheck.factor(before: before, now: luma)
      let score = PictureScore(luma: luma, width: small.width, height: small.height).value * fade
      let time = reader.pictureTime ?? moment.time
      for still in best { try still.offer(reader.picture, moment, score: score, time: time) }
      try progress(1)
    }
    return try best.map { try $0.write() }
  }

  /// One still and the best picture for it so far.
  private final class BestStill {
    private let still: PicturesJob.Still
    private let weights: [PicturesJob.Moment: Double]
    private let scaler: FlexibleScaler
    private let colours: FlexibleScaler
    private let encoder: Result<Held, AVFailure>
    private var best: (weighed: Double, score: Double, time: Int64, bytes: [UInt8], colour: String)?

    private final class Held {
      let encoder: JPEGEncoder
      init(_ encoder: consuming JPEGEncoder) { self.encoder = encoder }
    }

    init(_ still: PicturesJob.Still, from: Colour) {
      self.still = still
      weights = Dictionary(still.candidates.map { ($0.moment, $0.weight) }) { first, _ in first }
      scaler = FlexibleScaler(
        to: still.size, format: .yuv420p, from: from, colour: JPEGEncoder.colour, kernel: .lanczos)
      colours = FlexibleScaler(
        to: colouring, format: .rgb24, from: JPEGEncoder.colour, colour: .bt709, kernel: .area)
      do throws(AVFailure) {
        encoder = .success(Held(try JPEGEncoder.open(still.size, quality: still.quality)))
      } catch {
        encoder = .failure(error)
      }
    }

    func offer(
      _ picture: borrowing Frame, _ moment: PicturesJob.Moment, score: Double, time: Int64
    ) throws {
      guard let weight = weights[moment] else { return }
      let weighed = score * weight
      if let best, weighed <= best.weighed { return }
      let jpeg = try encoder.get()
      best = try scaler.scale(picture) { scaled in
        let colour = try colours.scale(scaled) { DominantColour.of(rgb: $0.samples(bytesPerPixel: 3)) }
        return (weighed, score, time, try jpeg.encoder.encode(scaled), colour)
      }
    }

    func write() throws -> PicturesResult.Still {
      guard let best else { throw PicturesFailure.damaged(path: still.path, what: "it has no candidate") }
      try PictureTaker.write(best.bytes, still.path)
      return PicturesResult.Still(
        path: still.path, size: still.size, time: best.time, score: best.score, dominantColour: best.colour)
    }
  }

  // MARK: Storyboard

  private static func sheets(
    _ storyboard: PicturesJob.Storyboard, _ job: PicturesJob, _ reader: inout PictureReader,
    _ progress: (Int) throws -> Void
  ) throws -> [PicturesResult.Sheet] {
    let scaler = FlexibleScaler(
      to: storyboard.tile, format: .yuv420p, from: colour(job.source), colour: JPEGEncoder.colour,
      kernel: .area)
    let grid = StoryboardGrid(storyboard)
    var result: [PicturesResult.Sheet] = []
    for (index, path) in storyboard.paths.enumerated() {
      let tiles = grid.tiles(of: index)
      if tiles.isEmpty { break }
      let size = grid.size(of: index)
      let sheet = try Frame.picture(size, format: .yuv420p)
      sheet.tag(JPEGEncoder.colour)
      sheet.fillBlack()
      for tile in tiles {
        let moment = storyboard.moments[tile]
        try show(moment.time, seek: moment.seek, &reader, job)
        let place = grid.place(of: tile)
        try scaler.scale(reader.picture) { sheet.paste($0, x: place.x, y: place.y) }
        try progress(1)
      }
      let encoder = try JPEGEncoder.open(size, quality: storyboard.quality)
      sheet.presentation = 0
      try write(encoder.encode(sheet), path)
      result.append(PicturesResult.Sheet(path: path, size: size))
    }
    return result
  }

  private static func write(_ bytes: [UInt8], _ path: String) throws(PicturesFailure) {
    let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw .cannotWrite(path: path, code: errno) }
    defer { _ = close(file) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe Foundation.write(file, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .cannotWrite(path: path, code: count < 0 ? errno : ENOSPC) }
      rest = rest.dropFirst(count)
    }
  }
}

/// A scaler that is made when the first picture shows what it is like, and anew when that changes.
private final class FlexibleScaler {
  private let target: PictureSize
  private let format: PixelFormat
  private let from: Colour
  private let colour: Colour
  private let kernel: Scaler.Kernel
  private var step: Step?

  private final class Step {
    let scaler: Scaler
    let input: (PictureSize, Int32)
    init(_ scaler: consuming Scaler, _ input: (PictureSize, Int32)) {
      self.scaler = scaler
      self.input = input
    }
  }

  init(to target: PictureSize, format: PixelFormat, from: Colour, colour: Colour, kernel: Scaler.Kernel) {
    self.target = target
    self.format = format
    self.from = from
    self.colour = colour
    self.kernel = kernel
  }

  func scale<Result>(_ picture: borrowing Frame, _ body: (borrowing Frame) throws -> Result) throws -> Result
  {
    let input = (picture.size, picture.format)
    if let step, step.input == input { return try step.scaler.scale(picture, body) }
    let scaler = try Scaler.open(
      from: input.0, format: input.1, colour: from, to: target, targetFormat: format, targetColour: colour,
      kernel: kernel)
    let made = Step(scaler, input)
    step = made
    return try made.scaler.scale(picture, body)
  }
}
