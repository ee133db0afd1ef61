internal import Encoding
internal import Media
internal import Pictures
internal import Probing

/// What a worker can be asked to do with its source; `name` is what the source is called.
enum WorkerJob: Codable, Sendable, Equatable {
  /// `videoTrack`: the index of the stream that is to be the picture; nil: the main one.
  case examine(name: String, videoTrack: Int?)
  case analyse(name: String, AnalysisJob)
  case calibrate(name: String, CalibrationJob)
  case encode(name: String, ChunkJob)
  case sound(name: String, AudioJob)
  /// Only listens.
  case measure(name: String, AudioJob)
  case pictures(name: String, PicturesJob)
  case copy(name: String, CopyJob)
  case subtitles(name: String, SubtitleJob)
  /// Everything is decoded, only to be counted and looked at.
  case play(name: String)
  /// The worker's source is the sidecar itself.
  case sidecar(SidecarJob)
}

extension WorkerJob {
  /// A file that the job writes; nil when it writes none.
  var output: String? {
    switch self {
    case .analyse(_, let job): job.statisticsPath
    case .calibrate(_, let job): job.chunk.rungs.first?.path
    case .encode(_, let job): job.rungs.first?.path
    case .sound(_, let job): job.path
    case .examine, .measure, .pictures, .copy, .subtitles, .sidecar, .play: nil
    }
  }
}

/// What comes of a job; the case is the job's.
enum WorkerAnswer: Codable, Sendable, Equatable {
  case examination(Examination)
  case analysis(ChunkAnalysis)
  case calibration(Calibration)
  case chunk(ChunkResult)
  case sound(AudioResult)
  case measure(SoundMeasure)
  case pictures(PicturesResult)
  case copied(CopyResult)
  case subtitles(SubtitleResult)
  case played([PlayedTrack])
}

/// How far a job got since it last said so: frames of pictures, seconds of sound, stills, or packets copied.
struct WorkerProgress: Codable, Sendable, Equatable {
  enum Kind: String, Codable { case analysed, encoded, sound, taken, copied, played }
  var kind: Kind
  var count: Int
}
