internal import Foundation
internal import LibAV
internal import Media

/// The statistics of the analysis as one rung reads them: files of its own, removed with their owner.
final class SecondPassFiles {
  let statistics: String
  private var tree: String { statistics + ".mbtree" }

  /// nil where the rung's codec or the job has no use for an analysis. `trial`: of the frames that are tried
  /// alone.
  static func make(
    for job: ChunkJob.RungJob, in chunk: ChunkJob, at path: String, trial: Bool = false
  ) throws -> SecondPassFiles? {
    guard job.rung.codec == .h264, let allotment = job.allotment, let analysis = chunk.analysis else {
      return nil
    }
    var read = try PassStatistics(path: analysis.statistics)
    if trial { read.frames = Array(read.tried) }
    let files = SecondPassFiles(path)
    let text = read.text(scaled: allotment.scale, from: analysis.size, to: job.rung.size)
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    // x264 looks for the tree beside the statistics.
    try FileManager.default.linkItem(atPath: analysis.tree, toPath: files.tree)
    return files
  }

  private init(_ statistics: String) { self.statistics = statistics }

  deinit {
    for path in [statistics, tree, statistics + ".temp"] { _ = unsafe unlink(path) }
  }
}
