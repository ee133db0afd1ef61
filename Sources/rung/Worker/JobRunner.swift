internal import Encoding
internal import LibAV
internal import Media
internal import Pictures
internal import Probing

/// Does the jobs of one worker, one after another, on the source that it was given. The decoder stays open from one
/// chunk to the next of the same stream.
final class JobRunner {
  private let descriptor: Int32
  private var pictures: OpenPictures?

  /// A reader, and what it was opened for; in a class, since an optional tuple cannot hold what is not copyable.
  private final class OpenPictures {
    let stream: Int
    let source: PictureSource
    var reader: PictureReader

    init(_ reader: consuming PictureReader, stream: Int, source: PictureSource) {
      self.reader = reader
      self.stream = stream
      self.source = source
    }
  }

  init(descriptor: Int32) { self.descriptor = descriptor }

  func run(_ job: WorkerJob, progress: (WorkerProgress) -> Void) throws -> WorkerAnswer {
    switch job {
    case .examine(let name, let videoTrack):
      return .examination(try Prober.examine(descriptor: descriptor, name: name, videoTrack: videoTrack))
    case .analyse(let name, let job):
      let open = try pictures(name, job.stream, job.source)
      return .analysis(
        try ChunkAnalyser.analyse(job, reader: &open.reader) {
          progress(WorkerProgress(kind: .analysed, count: $0))
        })
    case .calibrate(let name, let job):
      let open = try pictures(name, job.chunk.stream, job.chunk.source)
      return .calibration(try Calibration.measure(job, reader: &open.reader))
    case .encode(let name, let job):
      let open = try pictures(name, job.stream, job.source)
      return .chunk(
        try ChunkEncoder.encode(job, reader: &open.reader) {
          progress(WorkerProgress(kind: .encoded, count: $0))
        })
    case .sound(let name, let job):
      return .sound(
        try AudioRendition.make(job, descriptor: descriptor, name: name) {
          progress(WorkerProgress(kind: .sound, count: $0))
        })
    case .measure(let name, let job):
      return .measure(
        try AudioRendition.measure(job, descriptor: descriptor, name: name) {
          progress(WorkerProgress(kind: .sound, count: $0))
        })
    case .pictures(let name, let job):
      let open = try pictures(name, job.stream, job.source)
      return .pictures(
        try PictureTaker.take(job, reader: &open.reader) {
          progress(WorkerProgress(kind: .taken, count: $0))
        })
    case .copy(let name, let job):
      return .copied(
        try CopyReader.copy(job, descriptor: descriptor, name: name) {
          progress(WorkerProgress(kind: .copied, count: $0))
        })
    case .subtitles(let name, let job):
      return .subtitles(try SubtitleReader.read(job, descriptor: descriptor, name: name))
    case .play(let name):
      return .played(
        try Playback.play(descriptor: descriptor, name: name) {
          progress(WorkerProgress(kind: .played, count: $0))
        })
    case .sidecar(let job):
      return .subtitles(try SubtitleReader.read(job, descriptor: descriptor))
    }
  }

  private func pictures(_ name: String, _ stream: Int, _ source: PictureSource) throws -> OpenPictures {
    if let pictures, pictures.stream == stream, pictures.source == source { return pictures }
    pictures = nil
    let reader = try PictureReader.open(descriptor: descriptor, name: name, stream: stream, source: source)
    let opened = OpenPictures(reader, stream: stream, source: source)
    pictures = opened
    return opened
  }
}
