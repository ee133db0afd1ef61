internal import Foundation
internal import LibAV
internal import Media

/// The statistics of the analysis as one rung reads them: files of its own, removed with their owner.
final class SecondPassFiles {
  let statistics: String
  private var tree: String { statistics + ".mbtree" }

  /// nil where the rung's codec or the job has no use for an analysis. `frames`: of these alone.
  static func make(
    for job: ChunkJob.RungJob, in chunk: ChunkJob, at path: String, of frames: PassStatistics? = nil
  ) throws -> SecondPassFiles? {
    guard job.rung.codec == .h264, let allotment = job.allotment, let analysis = chunk.analysis else {
      return nil
    }
    let read = try frames ?? PassStatistics(path: analysis.statistics)
    let files = SecondPassFiles(path)
    let text = read.text(scaled: allotment.scale, from: analysis.size, to: job.rung.size)
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    // x264 looks for the tree beside the statistics.
    if let steps = allotment.openingRaised {
      let tree = FileManager.default.contents(atPath: analysis.tree) ?? Data()
      try Data(raised([UInt8](tree), by: steps, of: analysis.size)).write(
        to: URL(fileURLWithPath: files.tree))
    } else {
      try FileManager.default.linkItem(atPath: analysis.tree, toPath: files.tree)
    }
    return files
  }

  /// `tree` with the quantiser of its first picture raised by `steps`. x264's rate control gives every keyframe what
  /// the pictures after it have, whatever its zones say; what the tree adds to each block comes on top of that.
  ///
  /// A picture of the tree is a byte for its type and for each macroblock a number in 1/256 steps, 16 bits, the high
  /// ones first.
  static func raised(_ tree: [UInt8], by steps: Double, of size: PictureSize) -> [UInt8] {
    let blocks = ((size.width + 15) / 16) * ((size.height + 15) / 16)
    let raise = Int((steps * 256).rounded())
    var result = tree
    for place in stride(from: 1, to: min(tree.count - 1, 1 + 2 * blocks), by: 2) {
      let old = Int(Int16(truncatingIfNeeded: Int(tree[place]) << 8 | Int(tree[place + 1])))
      let new = UInt16(bitPattern: Int16(clamping: old + raise))
      result[place] = UInt8(new >> 8)
      result[place + 1] = UInt8(new & 0xff)
    }
    return result
  }

  private init(_ statistics: String) { self.statistics = statistics }

  deinit {
    for path in [statistics, tree, statistics + ".temp"] { _ = unsafe unlink(path) }
  }
}
