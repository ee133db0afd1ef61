internal import Encoding
internal import Media
internal import Synchronization

/// Hands out the chunks of a title so that all workers are busy to the end and none decodes what another does: each
/// goes forward through a stretch of the title, and at the end a chunk's rungs go to several workers. Who makes what
/// never changes a byte, since each rung of each chunk is a file of its own.
final class ChunkQueue: TaskSource {
  /// A chunk and those of its rungs (indices, largest first) that are still to be made; none where the chunk is not
  /// made by rungs.
  struct Work: Sendable, Equatable {
    var chunk: Chunk
    var rungs: [Int]
    /// Of all workers that share the chunk, the one that makes this rung counts its frames.
    var leading: Int

    init(chunk: Chunk, rungs: [Int] = []) {
      self.chunk = chunk
      self.rungs = rungs
      leading = rungs.first ?? 0
    }

    func only(_ part: [Int]) -> Work {
      var work = self
      work.rungs = part
      return work
    }
  }

  private struct State {
    var row: RowShare
    /// Rungs of chunks that another worker has begun.
    var parts: [Work] = []
  }

  private let workers: Int
  private let costs: [Double]
  private let make: @Sendable (Work) throws -> WorkTask
  private let work: [Work]
  private let state: Mutex<State>

  /// `work` in the order of the title; `costs` says how much work each rung is, by any measure.
  init(
    _ work: [Work], workers: Int, costs: [Double] = [], make: @escaping @Sendable (Work) throws -> WorkTask
  ) {
    self.workers = workers
    self.costs = costs
    self.make = make
    self.work = work
    state = Mutex(State(row: RowShare(work.map(\.chunk))))
  }

  func next(for worker: Int) throws -> WorkTask? {
    let item: Work? = state.withLock { state in
      if !state.parts.isEmpty { return state.parts.removeFirst() }
      guard let place = state.row.next(for: worker) else { return nil }
      let first = work[place]
      // With fewer chunks left than workers, the others would have nothing to do.
      guard workers > 1, state.row.count + 1 < workers, first.rungs.count > 1 else { return first }
      let (heavy, light) = Self.split(first.rungs, costs: costs)
      state.parts.append(first.only(light))
      return first.only(heavy)
    }
    return try item.map(make)
  }

  /// Two groups of about the same cost; the first is never empty, and holds the largest rung.
  static func split(_ rungs: [Int], costs: [Double]) -> (heavy: [Int], light: [Int]) {
    let sorted = rungs.sorted { costs[$0] > costs[$1] }
    var groups: ([Int], [Int]) = ([], [])
    var sums = (0.0, 0.0)
    for rung in sorted {
      if sums.0 <= sums.1 {
        groups.0.append(rung)
        sums.0 += costs[rung]
      } else {
        groups.1.append(rung)
        sums.1 += costs[rung]
      }
    }
    return (groups.0.sorted(), groups.1.sorted())
  }
}
