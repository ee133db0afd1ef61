internal import Foundation
package import LibAV
internal import Media

/// The first frames of a chunk to be tried at every rung, so that the analysis at 360p can be believed for them: how many
/// more bits a larger picture takes differs from title to title by a factor of three.
package struct CalibrationJob: Codable, Sendable, Equatable {
  package var chunk: ChunkJob
  /// How many frames are tried at least.
  package var frames: Int

  /// `chunk` as it is encoded later, with its analysis and with allotments by what is usual; the paths of its rungs
  /// are where scratch files go. Of a clip of `title` frames an eighth is tried: more would tell less than it costs.
  package init(chunk: ChunkJob, of title: Int) {
    self.chunk = chunk
    frames = min(max(title / 8, 10), 24)
  }
}

/// For each rung of the job: what its chunk takes as a trial has it, or as it was encoded, and what the analysis has.
package struct Calibration: Codable, Sendable, Equatable {
  package var analysed: BitSum
  package var rungs: [String: BitSum]
  /// How well a rung's pictures can be restored from the next smaller size of the ladder: peak signal-to-noise ratio
  /// of brightness in decibels. Only where the ladder lets go of rungs that add nothing.
  package var restorable: [String: Double]

  package init(analysed: BitSum, rungs: [String: BitSum], restorable: [String: Double] = [:]) {
    self.analysed = analysed
    self.rungs = rungs
    self.restorable = restorable
  }

  /// The part that is about one rung.
  package func only(_ rung: String) -> Calibration {
    Calibration(
      analysed: analysed, rungs: rungs.filter { $0.key == rung },
      restorable: restorable.filter { $0.key == rung })
  }

  package static func measure(
    _ job: CalibrationJob, reader: inout PictureReader
  ) throws -> Calibration {
    guard let files = job.chunk.analysis else { throw EncodingFailure.noPicture(stream: job.chunk.stream) }
    let analysis = try PassStatistics(path: files.statistics)
    let first = PassStatistics(header: analysis.header, frames: Array(analysis.beginning(of: job.frames)))
    let (beginning, whole) = (PassStatistics.sum(first.frames), PassStatistics.sum(analysis.frames))
    var tried = job.chunk
    tried.schedule = TickList(Array(tried.schedule.values.prefix(beginning.frames)))
    let trials = try tried.rungs.map {
      try Trial($0.asked(for: beginning, of: whole), tried, first)
    }
    let restoring = tried.controls.dropsRedundant ? Restoring(tried.sizes, trials.map(\.size)) : nil
    try run(trials, restoring, tried, reader: &reader)
    var rungs: [String: BitSum] = [:]
    for trial in trials {
      rungs[trial.name] = PassStatistics.extrapolated(
        try trial.result(), like: first.frames, to: analysis.frames)
    }
    let restorable = trials.compactMap { trial in
      restoring?.decibels(trial.size).map { (trial.name, $0) }
    }
    return Calibration(
      analysed: whole, rungs: rungs, restorable: Dictionary(uniqueKeysWithValues: restorable))
  }

  /// x264 gives its statistics their name only when the encoders are freed: at the end of this function.
  private static func run(
    _ trials: [Trial], _ restoring: Restoring?, _ chunk: ChunkJob, reader: inout PictureReader
  ) throws {
    var cascade = PictureCascade(
      sizes: chunk.sizes, sourceColour: chunk.source.mapsTones ? .bt709 : chunk.source.colour,
      colour: chunk.colour)
    for trial in trials { try trial.open() }
    let smallest = trials.map { chunk.sizes.firstIndex(of: $0.size) ?? 0 }.max() ?? 0
    let needed = min(chunk.sizes.count, smallest + (restoring == nil ? 1 : 2))
    for (index, time) in chunk.schedule.values.enumerated() {
      if index == 0 { try reader.start(at: time, seek: chunk.seek) }
      guard try reader.show(time) else { throw EncodingFailure.noPicture(stream: chunk.stream) }
      try cascade.scale(reader.picture, count: needed) { size, picture in
        picture.presentation = Int64(index)
        picture.forgetPictureType()
        for trial in trials where trial.size == chunk.sizes[size] { try trial.encode(picture) }
      }
      try restoring?.look(cascade, frame: index)
    }
    for trial in trials { try trial.close() }
  }

  /// One rung's encoder on trial.
  private final class Trial {
    let name: String
    let size: PictureSize
    private let files: SecondPassFiles
    private let settings: VideoEncoderSettings
    private var encoder: VideoEncoder?

    init(_ rung: ChunkJob.RungJob, _ chunk: ChunkJob, _ frames: PassStatistics) throws {
      guard
        let files = try SecondPassFiles.make(for: rung, in: chunk, at: rung.path + ".trial", of: frames)
      else { throw EncodingFailure.noPicture(stream: chunk.stream) }
      name = rung.rung.name
      size = rung.rung.size
      self.files = files
      settings = EncoderTuning.settings(
        for: rung, in: chunk, statistics: files.statistics, leavesStatistics: true)
    }

    func open() throws { encoder = try VideoEncoder.open(settings) }
    func encode(_ picture: borrowing Frame) throws { try encoder?.encode(picture) { _ in } }
    func close() throws { try encoder.take()?.finish { _ in } }
    func result() throws -> [PassFrame] { try PassStatistics(path: files.statistics).frames }
  }
}

extension ChunkJob.RungJob {
  /// The rung with the rate that these frames of its chunk get, so that it is tried near the quality of the whole.
  fileprivate func asked(for part: BitSum, of chunk: BitSum) -> ChunkJob.RungJob {
    guard let allotment, part.frames > 0, chunk.frames > 0 else { return self }
    let (partBits, chunkBits) = (
      part.bits(at: chunk.quantiser, allotment.scale), chunk.bits(at: chunk.quantiser, allotment.scale)
    )
    guard chunkBits > 0 else { return self }
    let share = partBits / Double(part.frames) / (chunkBits / Double(chunk.frames))
    var tried = self
    tried.allotment = Allotment(
      bitrate: max(8000, Int(Double(allotment.bitrate) * share)), scale: allotment.scale)
    return tried
  }
}
