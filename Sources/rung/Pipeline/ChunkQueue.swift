internal import Encoding
internal import Media
internal import Synchronization

/// Hands out the chunks of a title so that all workers are busy to the end: whole chunks while there are many, the
/// longest first, and at the end a chunk's rungs to several workers. Who encodes what never changes a byte, since
/// each rung of each chunk is a file of its own.
final class ChunkQueue: TaskSource {
  /// A chunk and those of its rungs (indices, largest first) that are still to be made.
  struct Work: Sendable, Equatable {
    var chunk: Chunk
    var rungs: [Int]
    /// Of all workers that share the chunk, the one that makes this rung counts its frames.
    var leading: Int

    init(chunk: Chunk, rungs: [Int]) {
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
    var pending: [Work]
  }

  private let workers: Int
  private let costs: [Double]
  private let make: @Sendable (Work) throws -> WorkTask
  private let state: Mutex<State>

  /// `costs` says how much work each rung is, by any measure.
  init(_ work: [Work], workers: Int, costs: [Double], make: @escaping @Sendable (Work) throws -> WorkTask) {
    self.workers = workers
    self.costs = costs
    self.make = make
    let longestFirst = work.filter { !$0.rungs.isEmpty }.sorted {
      ($0.chunk.frames, $1.chunk.index) > ($1.chunk.frames, $0.chunk.index)
    }
    state = Mutex(State(pending: longestFirst))
  }

  func next() throws -> WorkTask? {
    let work: Work? = state.withLock { state in
      guard !state.pending.isEmpty else { return nil }
      let first = state.pending.removeFirst()
      // With fewer chunks left than workers, the others would have nothing to do.
      guard workers > 1, state.pending.count + 1 < workers, first.rungs.count > 1 else { return first }
      let (heavy, light) = Self.split(first.rungs, costs: costs)
      state.pending.insert(first.only(light), at: 0)
      return first.only(heavy)
    }
    return try work.map(make)
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
