internal import Foundation
package import LibAV
internal import Media

/// Runs x264's first pass over one chunk at about 360p.
///
/// In: an `AnalysisJob` and the source. Out: x264's statistics and macroblock tree in files, which every rung reads as
/// its second pass, and what they say in numbers. One deep lookahead serves the whole ladder.
package enum ChunkAnalyser {
  /// Luma below which a picture is black: limited-range black is 16.
  private static let blackLuma = 20.0

  package static func analyse(
    _ job: AnalysisJob, reader: inout PictureReader, progress: (Int) throws -> Void
  ) throws -> ChunkAnalysis {
    var seen = Seen(frames: job.schedule.values.count)
    try firstPass(job, reader: &reader, seen: &seen, progress: progress)
    let statistics = try PassStatistics(path: job.statisticsPath)
    guard statistics.frames.count == job.schedule.values.count else {
      throw EncodingFailure.frameCount(
        rung: "the analysis", expected: job.schedule.values.count, got: statistics.frames.count)
    }
    return ChunkAnalysis(
      size: job.size, bits: PassStatistics.sum(statistics.frames), frames: frameBits(statistics),
      gopBits: gopBits(statistics, job.gopFrames), sceneCuts: statistics.sceneCuts,
      blackHead: seen.luma.prefix { $0 < blackLuma }.count,
      blackTail: seen.luma.reversed().prefix { $0 < blackLuma }.count,
      damage: seen.damage, captions: seen.captions)
  }

  /// What the pictures themselves showed.
  private struct Seen {
    var luma: [Double] = []
    var damage: PictureDamage
    var captions: ChunkCaptions?

    init(frames: Int) { damage = PictureDamage(frames: frames) }

    mutating func note(_ reader: borrowing PictureReader, wanted: Int64, slack: Int64, frame: Int) {
      // The picture of this very time, or the one before in its place.
      guard let shown = reader.pictureTime, wanted &- shown > slack || shown &- wanted > slack else { return }
      damage.missing += 1
      if damage.firstMissing == nil { damage.firstMissing = frame }
    }

    /// Goes on to where the next chunk begins, since pictures that are not shown carry captions, too.
    mutating func noteCaptions(_ reader: inout PictureReader, _ range: Range<Int64>) throws {
      guard try reader.show(range.upperBound) else { return }
      let pictures = reader.takeCaptions(in: range)
      guard !pictures.isEmpty else { return }
      var channels = CaptionChannels()
      for picture in pictures { channels.add(picture.bytes) }
      captions = ChunkCaptions(pictures: pictures, channels: channels.names)
    }
  }

  /// x264 gives its files their names only when the encoder is freed: at the end of this function.
  private static func firstPass(
    _ job: AnalysisJob, reader: inout PictureReader, seen: inout Seen, progress: (Int) throws -> Void
  ) throws {
    var cascade = PictureCascade(
      sizes: [job.size], sourceColour: job.source.mapsTones ? .bt709 : job.source.colour, colour: job.colour,
      kernel: .bilinear)
    let encoder = try VideoEncoder.open(EncoderTuning.analysis(of: job))
    // A schedule's times are those of pictures, or of second fields that lie between two.
    let frame = MediaTime(1, job.frameRate.inverse).ticks(in: job.source.timebase, rounding: .up)
    let slack = job.source.deinterlacing == .off ? frame / 2 : frame
    let concealed = reader.concealedPictures
    let purpose = job.keepsPictures ? PictureReader.Purpose.lookingAndKeeping : .looking
    for (index, time) in job.schedule.values.enumerated() {
      if index == 0 { try reader.start(at: time, seek: job.seek, for: purpose) }
      guard try reader.show(time) else { throw EncodingFailure.noPicture(stream: job.stream) }
      seen.note(reader, wanted: time, slack: slack, frame: index)
      try cascade.scale(reader.picture, count: 1) { _, picture in
        picture.presentation = Int64(index)
        picture.forgetPictureType()
        seen.luma.append(picture.meanLuma)
        try encoder.encode(picture) { _ in }
      }
      if index % 8 == 7 { try progress(8) }
    }
    reader.endKeeping()
    try progress(job.schedule.values.count % 8)
    try encoder.finish { _ in }
    seen.damage.concealed = max(0, reader.concealedPictures - concealed)
    try seen.noteCaptions(&reader, job.captionTimes)
    let tree = job.statisticsPath + ".mbtree"
    if tree != job.treePath { _ = unsafe rename(tree, job.treePath) }
  }

  private static func frameBits(_ statistics: PassStatistics) -> FrameBits {
    FrameBits(
      texture: statistics.frames.map { Int($0.textureBits) },
      motion: statistics.frames.map { Int($0.motionBits) },
      other: statistics.frames.map { Int($0.otherBits) })
  }

  private static func gopBits(_ statistics: PassStatistics, _ gopFrames: Int) -> [Double] {
    // Lines are in coding order, and closed GOPs do not mix: a frame of type I begins one.
    var bits: [Double] = []
    for frame in statistics.frames {
      if frame.type == "I" || bits.isEmpty { bits.append(0) }
      bits[bits.count - 1] += frame.textureBits + frame.motionBits + frame.otherBits
    }
    return bits
  }
}

extension PassStatistics {
  /// Frames, by their number in the chunk, that had to be coded as pictures of their own although they may refer to
  /// others.
  var sceneCuts: [Int] {
    frames.compactMap { frame -> Int? in
      let blocks = frame.intraBlocks + frame.interBlocks + frame.skippedBlocks
      guard frame.type == "P", blocks > 0, Double(frame.intraBlocks) > 0.6 * Double(blocks) else {
        return nil
      }
      return frame.displayIndex
    }.sorted()
  }
}
