internal import LibAV
internal import Media

/// What a ladder's `speed`, `rate_control` and rates mean in encoder settings: the one place to look them up.
enum EncoderTuning {
  /// `statistics` is the first pass as the rung is to read it; nil where there is none. The encoder may leave what each
  /// frame really took in its place.
  static func settings(
    for rungJob: ChunkJob.RungJob, in job: ChunkJob, statistics: String?, leavesStatistics: Bool = false
  ) -> VideoEncoderSettings {
    let rung = rungJob.rung
    var settings = VideoEncoderSettings(
      encoder: encoder(of: rung.codec), size: rung.size, frameRate: job.frameRate, colour: job.colour,
      gopFrames: job.gopFrames)
    if job.kept != nil { settings.pixelFormat = .yuv420p10 }
    switch rung.codec {
    case .hevc: x265(rungJob, job, &settings)
    case .av1: svtAV1(rungJob, job, &settings)
    default:
      if let statistics, let allotment = rungJob.allotment {
        x264SecondPass(rung, allotment, job, statistics: statistics, &settings)
        if leavesStatistics { settings.pass = .measuredSecond }
      } else {
        x264(rung, job, &settings)
      }
    }
    return settings
  }

  private static func encoder(of codec: Codec) -> String {
    switch codec {
    case .hevc: "libx265"
    case .av1: "libsvtav1"
    default: "libx264"
    }
  }

  /// What both passes of x264 have to agree on, and what makes chunks of one rendition alike: one set of parameter
  /// sets, the same bytes on every machine.
  /// Where B-frames go is decided the simple way: the thorough one (`b-adapt=2`) decides for the small picture, takes
  /// longer, and gave every larger one less for its bits (measured: 0.1 to 5 VMAF).
  private static func shared(_ gopFrames: Int) -> String {
    "log=0:threads=1:rc-lookahead=40:keyint=\(gopFrames):min-keyint=\(gopFrames):scenecut=0:mbtree=1:bframes=5:b-adapt=1:weightp=1"
      + ":stitchable=1:cpu-independent=1"
  }

  /// The first pass that all rungs read: its decisions about frame types and about which blocks matter to later
  /// frames are what a deep lookahead buys.
  static func analysis(of job: AnalysisJob) -> VideoEncoderSettings {
    var settings = VideoEncoderSettings(
      encoder: "libx264", size: job.size, frameRate: job.frameRate, colour: job.colour,
      gopFrames: job.gopFrames)
    settings.pass = .first
    settings.options = [
      ("preset", "superfast"), ("forced-idr", "1"), ("crf", "\(job.quality)"), ("stats", job.statisticsPath),
      ("x264-params", shared(job.gopFrames) + ":subme=2:me=hex:ref=1:trellis=0"),
    ]
    return settings
  }

  /// How far x264 lets a chunk stray from its plan before it steers back, against its own usual 1, which is for whole
  /// films: a chunk of a few seconds would end before that, miss its rate and have to be made again.
  private static let tolerance = 0.2

  /// A rung as x264's second pass.
  private static func x264SecondPass(
    _ rung: Rung, _ allotment: Allotment, _ job: ChunkJob, statistics: String,
    _ settings: inout VideoEncoderSettings
  ) {
    // Smaller rungs are cheap and gain most from a better search; the large ones live from the analysis.
    let isSmall = rung.size.area <= 640 * 360
    let isLarge = rung.size.area > 854 * 480
    let (preset, extra) =
      switch job.controls.speed {
      case .fast: ("superfast", isSmall ? "subme=2:trellis=1" : "subme=1:trellis=\(isLarge ? 1 : 0)")
      case .balanced: ("superfast", isLarge ? "subme=3:trellis=1" : "subme=4:trellis=1")
      case .best: ("faster", isSmall ? "subme=7:trellis=2" : "subme=6:trellis=1")
      }
    settings.pass = .second
    settings.level = rung.level
    settings.bitrate = allotment.bitrate
    var parameters = shared(job.gopFrames) + ":ratetol=\(tolerance):" + extra
    if let buffer = allotment.buffer {
      settings.maxBitrate = rung.maxBitrate
      settings.bufferBits = buffer.bits
      parameters += ":vbv-init=\(buffer.startFullness)"
    }
    settings.options = [
      ("preset", preset), ("profile", rung.profile), ("forced-idr", "1"), ("stats", statistics),
      ("x264-params", parameters),
    ]
  }

  private static func x264(_ rung: Rung, _ job: ChunkJob, _ settings: inout VideoEncoderSettings) {
    let preset =
      switch job.controls.speed {
      case .fast: "veryfast"
      case .balanced: "medium"
      case .best: "slow"
      }
    settings.options = [("preset", preset), ("profile", rung.profile), ("forced-idr", "1")]
    settings.level = rung.level
    settings.maxBitrate = rung.maxBitrate
    settings.bufferBits = Int(job.controls.bufferSeconds * Double(rung.maxBitrate))
    switch job.controls.rateControl {
    case .capped: settings.options.append(("crf", "\(job.controls.quality)"))
    case .fixed: settings.bitrate = rung.bitrate
    }
    let gop = job.gopFrames
    settings.options.append(
      (
        "x264-params",
        "threads=1:keyint=\(gop):min-keyint=\(gop):scenecut=0:stitchable=1:cpu-independent=1"
      ))
  }

  /// What an encoder that plans its own bits is to keep to within a chunk: the buffer of the title, which is believed to
  /// be as full as it usually is.
  private static func buffer(_ rungJob: ChunkJob.RungJob, _ job: ChunkJob) -> Allotment.Buffer {
    rungJob.allotment?.buffer
      ?? Allotment.Buffer(
        bits: Int(job.controls.bufferSeconds * Double(rungJob.rung.maxBitrate)),
        startFullness: job.firstFrame == 0 ? 0.9 : 0.7)
  }

  private static func x265(
    _ rungJob: ChunkJob.RungJob, _ job: ChunkJob, _ settings: inout VideoEncoderSettings
  ) {
    let rung = rungJob.rung
    let preset =
      switch job.controls.speed {
      case .fast: "veryfast"
      case .balanced: "fast"
      case .best: "medium"
      }
    let rate =
      switch (rungJob.allotment, job.controls.rateControl) {
      case (let allotment?, _): "bitrate=\(kilobits(allotment.bitrate))"
      // x265's rate factor gives about the quality of one three lower on x264's scale.
      case (nil, .capped): "crf=\(job.controls.quality + 3)"
      case (nil, .fixed): "bitrate=\(kilobits(rung.bitrate))"
      }
    let buffer = buffer(rungJob, job)
    let gop = job.gopFrames
    // Its bytes are the same at every level of instruction sets (measured), and one that is named is used even where
    // the processor lacks it: none is named.
    settings.options = [
      ("preset", preset), ("forced-idr", "1"),
      (
        "x265-params",
        "\(rate):vbv-maxrate=\(kilobits(rung.maxBitrate)):vbv-bufsize=\(kilobits(buffer.bits))"
          + ":vbv-init=\(buffer.startFullness):pools=none:frame-threads=1:wpp=0"
          + ":keyint=\(gop):min-keyint=\(gop):scenecut=0:open-gop=0:repeat-headers=0:info=0:log-level=error"
          + ":level-idc=\(rung.level / 3):high-tier=0" + EncoderLight.x265(job.kept)
      ),
    ]
  }

  private static func kilobits(_ bits: Int) -> Int { max(1, (bits + 500) / 1000) }

  /// SVT-AV1 keeps to no peak by itself (its limit for constant quality is overshot by a fifth, measured): what breaks
  /// one is made again at a lower rate.
  private static func svtAV1(
    _ rungJob: ChunkJob.RungJob, _ job: ChunkJob, _ settings: inout VideoEncoderSettings
  ) {
    let rung = rungJob.rung
    let preset =
      switch job.controls.speed {
      case .fast: "10"
      case .balanced: "8"
      case .best: "6"
      }
    settings.options = [("preset", preset)]
    let rate =
      switch (rungJob.allotment, job.controls.rateControl) {
      case (let allotment?, _): "rc=1:tbr=\(kilobits(allotment.bitrate))"
      case (nil, .capped): "crf=\(Int(job.controls.quality + 12)):mbr=\(kilobits(rung.maxBitrate))"
      case (nil, .fixed): "rc=1:tbr=\(kilobits(rung.bitrate))"
      }
    settings.options.append(
      (
        "svtav1-params",
        "lp=1:scd=0:keyint=\(job.gopFrames):irefresh-type=2:" + rate + EncoderLight.svtAV1(job.kept)
      ))
  }
}
