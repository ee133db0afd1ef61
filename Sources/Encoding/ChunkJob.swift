package import Media

/// One chunk of a source to be encoded for some rungs: everything a worker needs beside the open source. The files
/// it makes depend on nothing else, so any worker on any machine makes the same.
package struct ChunkJob: Codable, Sendable, Equatable {
  /// Raised whenever this code makes other bytes of the same plan, so that chunks kept by an older build are not
  /// taken for today's.
  package static let format = 12

  package var stream: Int
  package var source: PictureSource
  package var frameRate: Rational
  package var colour: Colour
  package var gopFrames: Int
  package var controls: EncodeControls
  package var firstFrame: Int
  package var seek: Int64
  /// For each frame of the chunk the source time of the picture that it shows.
  package var schedule: TickList
  /// Every size of the ladder from the largest on, whichever rungs this job makes: the cascade's steps.
  package var sizes: [PictureSize]
  package var rungs: [RungJob]
  /// What the analysis of this chunk left; nil when nothing was analysed.
  package var analysis: AnalysisFiles?
  /// What rungs in H.264 carry, by frames of the chunk.
  package var captions: [CaptionedPicture]
  /// How the rungs of this job keep a high dynamic range; nil: they are in standard range. A job has rungs of one
  /// kind, since the pictures that they begin with differ.
  package var kept: KeptRange?
  /// The rungs in H.264 are to tell what their bits were spent on.
  package var tellsBits = false

  package struct RungJob: Codable, Sendable, Equatable {
    package var rung: Rung
    /// The packet file to write.
    package var path: String
    /// The rates for this chunk; nil: as the ladder says for the whole.
    package var allotment: Allotment?

    package init(rung: Rung, path: String, allotment: Allotment? = nil) {
      self.rung = rung
      self.path = path
      self.allotment = allotment
    }
  }

  package struct AnalysisFiles: Codable, Sendable, Equatable {
    package var statistics: String
    package var tree: String
    /// Of the analysed pictures.
    package var size: PictureSize

    package init(statistics: String, tree: String, size: PictureSize) {
      self.size = size
      self.statistics = statistics
      self.tree = tree
    }
  }

  package init(
    plan: VideoPlan, chunk: Chunk, controls: EncodeControls, rungs: [RungJob],
    analysis: AnalysisFiles? = nil, captions: [CaptionedPicture] = []
  ) {
    self.analysis = analysis
    self.captions = captions
    let keepsRange = rungs.first?.rung.keepsRange ?? false
    kept = keepsRange ? plan.kept : nil
    stream = plan.stream
    source = keepsRange ? plan.source.inFullRangeOfLight : plan.source
    frameRate = plan.frameRate
    colour = kept?.colour ?? plan.colour
    gopFrames = plan.gopFrames
    self.controls = controls
    firstFrame = chunk.firstFrame
    seek = chunk.seek
    schedule = TickList(Array(plan.schedule.values[chunk.firstFrame..<chunk.firstFrame + chunk.frames]))
    sizes = PictureSize.cascade(of: plan.rungs.filter { $0.keepsRange == keepsRange })
    self.rungs = rungs
  }
}

extension PictureSize {
  /// The sizes of `rungs` without repeats, from the largest on.
  package static func cascade(of rungs: [Rung]) -> [PictureSize] {
    Set(rungs.map(\.size)).sorted { ($0.area, $0.width) > ($1.area, $1.width) }
  }
}

/// The bits that one rung gets for one chunk.
package struct Allotment: Codable, Sendable, Equatable {
  /// Bits per second on average over the chunk, as the encoder is asked for them.
  package var bitrate: Int
  /// What is meant to come of it: the same, but for a chunk that is made again because its encoder missed it.
  package var share: Int
  /// By how much the rung's bits differ from the analysis's.
  package var scale: BitScale
  /// What the encoder must keep to within the chunk; nil where the chunk is not expected to come near it. Keeping
  /// watch costs x264 a look ahead, a third of its time at these settings.
  package var buffer: Buffer?
  /// By how many steps the quantiser of the chunk's first picture is raised, so that it takes fewer bits; nil: not.
  package var openingRaised: Double?

  /// A buffer that is filled at the rung's peak and emptied by each frame.
  package struct Buffer: Codable, Sendable, Equatable {
    package var bits: Int
    /// How full it is at the chunk's start, 0 to 1.
    package var startFullness: Double

    package init(bits: Int, startFullness: Double) {
      self.bits = bits
      self.startFullness = startFullness
    }
  }

  package init(bitrate: Int, scale: BitScale, buffer: Buffer? = nil) {
    self.bitrate = bitrate
    share = bitrate
    self.scale = scale
    self.buffer = buffer
  }
}

/// What came of a chunk.
package struct ChunkResult: Codable, Sendable, Equatable {
  /// Bytes of the coded samples, for each rung of the job.
  package var bytes: [Int64]
  /// Packets of the source that could not be decoded on the way.
  package var refusedPackets: Int
  /// By the names of rungs, where the job asked for it.
  package var spent: [String: BitSum]

  package init(bytes: [Int64], refusedPackets: Int, spent: [String: BitSum]) {
    self.bytes = bytes
    self.refusedPackets = refusedPackets
    self.spent = spent
  }
}

/// How encoding can fail, beside what a library call reports.
package enum EncodingFailure: Error, Equatable, Sendable {
  /// Not one picture could be decoded.
  case noPicture(stream: Int)
  /// The encoder gave another number of packets than it got pictures.
  case frameCount(rung: String, expected: Int, got: Int)
  case noSound(stream: Int)
  /// More of the pictures is missing than is tolerated; `at`: where the first one is.
  case incomplete(stream: Int, missing: Int, frames: Int, at: MediaTime)
  /// Too much of the only track cannot be decoded: this many of a hundred packets.
  case brokenSound(stream: Int, percent: Int)

  package var message: String {
    switch self {
    case .noPicture(let stream):
      "no picture of video stream \(stream) can be decoded; the file may be damaged, or only its sound is whole"
    case .frameCount(let rung, let expected, let got):
      "the encoder of \(rung) gave \(got) packets for \(expected) pictures; please report this source"
    case .incomplete(let stream, let missing, let frames, let at):
      "\(Self.percent(missing, of: frames)) % of the pictures of video stream \(stream) cannot be decoded, the first at "
        + "\(DecimalText.seconds(at, places: 1)) s; get the file again from where it came, or raise --tolerance"
    case .noSound(let stream):
      "no sound of audio stream \(stream) can be decoded; the file may be damaged"
    case .brokenSound(let stream, let percent):
      "\(percent) % of audio stream \(stream), the only track, cannot be decoded; get the file again from where it "
        + "came, or raise --tolerance"
    }
  }

  /// Never less than it is: 5.2 % is above a tolerance of 5 %.
  private static func percent(_ part: Int, of whole: Int) -> Int {
    whole > 0 ? (part &* 100 &+ whole - 1) / whole : 100
  }
}
