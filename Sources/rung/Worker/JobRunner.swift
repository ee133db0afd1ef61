internal import Encoding
internal import Media
internal import Probing

/// Does the jobs of one worker, one after another, on the source that it was given. Between two chunks of the same
/// stream the decoder stays open.
final class JobRunner {
  private let descriptor: Int32
  private var chunks: (key: ChunkKey, encoder: ChunkEncoderBox)?

  private struct ChunkKey: Equatable {
    var stream: Int
    var source: PictureSource
  }

  /// In a class, since a tuple's member cannot be what is not copyable.
  private final class ChunkEncoderBox {
    var encoder: ChunkEncoder
    init(_ encoder: consuming ChunkEncoder) { self.encoder = encoder }
  }

  init(descriptor: Int32) { self.descriptor = descriptor }

  func run(_ job: WorkerJob, progress: (WorkerProgress) -> Void) throws -> WorkerAnswer {
    switch job {
    case .examine(let name):
      return .examination(try Prober.examine(descriptor: descriptor, name: name))
    case .chunk(let name, let job):
      let result = try encoder(name, job).encoder.encode(job) {
        progress(WorkerProgress(count: $0, isVideo: true))
      }
      return .chunk(result)
    case .audio(let name, let job):
      let result = try AudioRendition.make(job, descriptor: descriptor, name: name) {
        progress(WorkerProgress(count: $0, isVideo: false))
      }
      return .audio(result)
    }
  }

  private func encoder(_ name: String, _ job: ChunkJob) throws -> ChunkEncoderBox {
    let key = ChunkKey(stream: job.stream, source: job.source)
    if let chunks, chunks.key == key { return chunks.encoder }
    chunks = nil
    let reader = try PictureReader.open(
      descriptor: descriptor, name: name, stream: job.stream, source: job.source)
    let box = ChunkEncoderBox(ChunkEncoder(reader: reader))
    chunks = (key, box)
    return box
  }
}
