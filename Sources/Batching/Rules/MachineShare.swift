/// What of the machine each of several jobs gets: cores and memory in, workers and their cap out. Cores are divided
/// and not given twice.
package struct MachineShare: Sendable, Equatable {
  /// Jobs at a time.
  package var jobs: Int
  /// Chunks that one job encodes at a time.
  package var workers: Int
  /// Address space that one worker may ask for.
  package var workerMemory: Int64

  /// A worker that encodes five rungs of 1080p has mapped about so much.
  package static let leastMemory: Int64 = 2 << 30

  /// `jobs`: as a person asks for; nil: as many as there are cores, four at most, and no more than memory has room for.
  package init(cores: Int, memory: Int64, jobs: Int?, most: Int64) {
    let cores = max(1, cores)
    let usable = max(Self.leastMemory, memory)
    let room = Int(clamping: usable / Self.leastMemory)
    self.jobs = jobs ?? max(1, min(cores, 4, room))
    workers = max(1, min(cores / self.jobs, max(1, room / self.jobs)))
    let share = usable / Int64(clamping: self.jobs * workers)
    workerMemory = max(Self.leastMemory, min(most, share))
  }
}
