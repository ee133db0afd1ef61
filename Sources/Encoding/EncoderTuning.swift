internal import LibAV
internal import Media

/// What a ladder's `speed`, `rate_control` and rates mean in encoder settings: the one place to look them up.
enum EncoderTuning {
  static func settings(for rung: Rung, in job: ChunkJob) -> VideoEncoderSettings {
    var settings = VideoEncoderSettings(
      encoder: encoder(of: rung.codec), size: rung.size, frameRate: job.frameRate, colour: job.colour,
      gopFrames: job.gopFrames)
    switch rung.codec {
    case .hevc: x265(rung, job, &settings)
    case .av1: svtAV1(rung, job, &settings)
    default: x264(rung, job, &settings)
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

  private static func x265(_ rung: Rung, _ job: ChunkJob, _ settings: inout VideoEncoderSettings) {
    let preset =
      switch job.controls.speed {
      case .fast: "veryfast"
      case .balanced: "fast"
      case .best: "medium"
      }
    let buffer = Int(job.controls.bufferSeconds * Double(rung.maxBitrate) / 1000)
    let rate: String
    switch job.controls.rateControl {
    // x265's rate factor gives about the quality of one three lower on x264's scale.
    case .capped: rate = "crf=\(job.controls.quality + 3)"
    case .fixed: rate = "bitrate=\(rung.bitrate / 1000)"
    }
    let gop = job.gopFrames
    settings.options = [
      ("preset", preset), ("forced-idr", "1"),
      (
        "x265-params",
        "\(rate):vbv-maxrate=\(rung.maxBitrate / 1000):vbv-bufsize=\(buffer):pools=none:frame-threads=1:wpp=0"
          + ":keyint=\(gop):min-keyint=\(gop):scenecut=0:open-gop=0:repeat-headers=0:info=0:log-level=warning"
          + ":level-idc=\(rung.level / 3):high-tier=0:asm=avx2"
      ),
    ]
  }

  private static func svtAV1(_ rung: Rung, _ job: ChunkJob, _ settings: inout VideoEncoderSettings) {
    let preset =
      switch job.controls.speed {
      case .fast: "10"
      case .balanced: "8"
      case .best: "6"
      }
    settings.options = [("preset", preset)]
    var parameters = "lp=1:scd=0:keyint=\(job.gopFrames):irefresh-type=2"
    switch job.controls.rateControl {
    case .capped: parameters += ":crf=\(Int(job.controls.quality + 12)):mbr=\(rung.maxBitrate / 1000)"
    case .fixed: parameters += ":rc=1:tbr=\(rung.bitrate / 1000)"
    }
    settings.options.append(("svtav1-params", parameters))
  }
}
