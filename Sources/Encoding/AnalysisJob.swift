package import Media

/// One chunk to be looked at before any rung is encoded: what every rung of it has in common.
package struct AnalysisJob: Codable, Sendable, Equatable {
  package var stream: Int
  package var source: PictureSource
  package var frameRate: Rational
  package var colour: Colour
  package var gopFrames: Int
  package var seek: Int64
  package var schedule: TickList
  /// Of the analysed pictures: about 360p, in the shape of the source.
  package var size: PictureSize
  package var speed: Speed
  package var quality: Double
  /// The title is so short that its pictures are kept for encoding: they are decoded once.
  package var keepsPictures: Bool
  /// Where x264 leaves its statistics and its macroblock tree.
  package var statisticsPath: String
  package var treePath: String
  /// The times of the pictures whose captions this chunk answers for: those of all chunks join without a gap, so that
  /// pictures that no frame shows belong to one, too.
  package var captionTimes: Range<Int64>

  package init(
    plan: VideoPlan, chunk: Chunk, controls: EncodeControls, statisticsPath: String, treePath: String
  ) {
    stream = plan.stream
    source = plan.source.reduced(to: Self.size(for: plan.rungs))
    frameRate = plan.frameRate
    colour = plan.colour
    gopFrames = plan.gopFrames
    seek = chunk.seek
    schedule = TickList(Array(plan.schedule.values[chunk.firstFrame..<chunk.firstFrame + chunk.frames]))
    size = Self.size(for: plan.rungs)
    speed = controls.speed
    // What is reduced before it is looked at is not what is encoded.
    keepsPictures = source == plan.source && Self.bytes(of: plan) <= Self.mostKept
    quality = controls.quality
    self.statisticsPath = statisticsPath
    self.treePath = treePath
    let end = chunk.firstFrame + chunk.frames
    let from = chunk.firstFrame == 0 ? Int64.min : plan.schedule.values[chunk.firstFrame]
    let until = end < plan.schedule.values.count ? plan.schedule.values[end] : Int64.max
    captionTimes = from..<max(from, until)
  }

  /// Of decoded pictures in one worker.
  private static let mostKept = 192 << 20

  /// About what the whole title takes once it is decoded.
  private static func bytes(of plan: VideoPlan) -> Int {
    // Three bytes for each two pixels; of other formats some take four times as much.
    let depth = ["yuv420p", "yuvj420p", "nv12"].contains(plan.source.pixelFormat) ? 3 : 12
    let picture = plan.source.codedSize.area.multipliedReportingOverflow(by: depth)
    let all = (picture.partialValue / 2).multipliedReportingOverflow(by: plan.frames)
    return picture.overflow || all.overflow ? .max : all.partialValue
  }

  /// The largest rung's shape within 640x360 and within a fourth of its own area, but not below 320x180: the decisions
  /// that are made there serve four times as many pixels as well, and cost as much as encoding the same size.
  static func size(for rungs: [Rung]) -> PictureSize {
    guard let top = rungs.map(\.size).max(by: { $0.area < $1.area }) else { return PictureSize(16, 16) }
    let area = min(640 * 360, max(320 * 180, top.area / 4))
    guard top.area > area else { return top }
    let factor = (Double(area) / Double(top.area)).squareRoot()
    func even(_ side: Int) -> Int { max(16, Int((Double(side) * factor / 2).rounded()) * 2) }
    return PictureSize(even(top.width), even(top.height))
  }
}

/// What the analysis says about a chunk, for sharing out bits and for later steps.
package struct ChunkAnalysis: Codable, Sendable, Equatable {
  package var size: PictureSize
  package var bits: BitSum
  /// The same frame by frame.
  package var frames: FrameBits
  /// For each GOP, all kinds of bits together.
  package var gopBits: [Double]
  /// Frames of the chunk that begin a new scene (mostly intra blocks in a frame that could have used others).
  package var sceneCuts: [Int]
  /// Frames at the head and the tail whose picture is black.
  package var blackHead: Int
  package var blackTail: Int
  package var damage: PictureDamage
  /// nil where there are none.
  package var captions: ChunkCaptions?

  package init(
    size: PictureSize, bits: BitSum, frames: FrameBits, gopBits: [Double], sceneCuts: [Int], blackHead: Int,
    blackTail: Int, damage: PictureDamage, captions: ChunkCaptions? = nil
  ) {
    self.captions = captions
    self.size = size
    self.bits = bits
    self.frames = frames
    self.gopBits = gopBits
    self.sceneCuts = sceneCuts
    self.blackHead = blackHead
    self.blackTail = blackTail
    self.damage = damage
  }
}
