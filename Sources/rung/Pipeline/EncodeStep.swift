internal import Encoding
internal import Foundation
internal import Media
internal import Storing
internal import Synchronization

/// Makes every track of a plan and puts its packet files into the chunk store.
///
/// In: a plan, a chunk store, a pool of workers. Out: for each rendition the packet files that make it, in order.
/// What the store has from a run that died is not made again. Which worker makes what, and when, does not matter: a
/// file depends on the plan alone.
struct EncodeStep: Sendable {
  let plan: Plan
  /// What the source is called.
  let sourceName: String
  let store: ChunkStore
  let isCancelled: @Sendable () -> Bool
  /// Frames that need not be encoded, since an earlier run did.
  let onReused: @Sendable (Int) -> Void
  private let made = PathTable()

  init(
    plan: Plan, sourceName: String, store: ChunkStore, isCancelled: @escaping @Sendable () -> Bool,
    onReused: @escaping @Sendable (Int) -> Void
  ) {
    self.plan = plan
    self.sourceName = sourceName
    self.store = store
    self.isCancelled = isCancelled
    self.onReused = onReused
  }

  func run(on pool: WorkPool) throws {
    var sources: [any TaskSource] = [TaskList(try soundTasks())]
    if let video = plan.video { sources.append(try pictureTasks(video, workers: pool.workers)) }
    try pool.run(TaskSequence(sources))
  }

  /// The packet files of a rung or an audio rendition, after `run`.
  func paths(of rung: Rung) throws -> [String] {
    try (plan.video?.chunks ?? []).map { try made.path(Self.name(rung, $0)) }
  }

  func paths(of audio: AudioPlan) throws -> [String] { [try made.path(audio.name)] }

  private static func name(_ rung: Rung, _ chunk: Chunk) -> String { "\(rung.name)-chunk-\(chunk.index)" }

  private func isMade(_ name: String) throws -> Bool {
    guard let path = try store.find(name, isCancelled: isCancelled) else { return false }
    made.note(name, path)
    return true
  }

  private func soundTasks() throws -> [WorkTask] {
    try plan.audio.filter { try !isMade($0.name) }.map { audio in
      let path = try store.path(for: audio.name)
      let job = AudioJob(audio: audio, timeline: plan.timeline, path: path)
      return WorkTask(
        job: .sound(name: sourceName, job), doing: "encoding the sound of stream \(audio.stream)"
      ) { _ in
        made.note(audio.name, try store.adopt(audio.name, from: path, isCancelled: isCancelled))
      }
    }
  }

  private func pictureTasks(_ video: VideoPlan, workers: Int) throws -> ChunkQueue {
    var work: [ChunkQueue.Work] = []
    for chunk in video.chunks {
      let missing = try video.rungs.indices.filter { try !isMade(Self.name(video.rungs[$0], chunk)) }
      if missing.isEmpty { onReused(chunk.frames) } else { work.append(.init(chunk: chunk, rungs: missing)) }
    }
    let costs = video.rungs.map { Double($0.size.area) }
    return ChunkQueue(work, workers: workers, costs: costs) { try pictureTask($0, video) }
  }

  private func pictureTask(_ work: ChunkQueue.Work, _ video: VideoPlan) throws -> WorkTask {
    let names = work.rungs.map { Self.name(video.rungs[$0], work.chunk) }
    let jobs = try zip(work.rungs, names).map { index, name in
      ChunkJob.RungJob(rung: video.rungs[index], path: try store.path(for: name))
    }
    let job = ChunkJob(plan: video, chunk: work.chunk, controls: plan.controls, rungs: jobs)
    let last = work.chunk.firstFrame + work.chunk.frames - 1
    // Only one of the workers that share a chunk counts its frames.
    return WorkTask(
      job: .encode(name: sourceName, job), doing: "encoding frames \(work.chunk.firstFrame) to \(last)",
      countsFrames: work.rungs.contains(work.leading)
    ) { _ in
      for (name, job) in zip(names, jobs) {
        made.note(name, try store.adopt(name, from: job.path, isCancelled: isCancelled))
      }
    }
  }
}

/// Which packet file each name has; filled in from several threads.
private final class PathTable: Sendable {
  private let paths = Mutex<[String: String]>([:])

  func note(_ name: String, _ path: String) { paths.withLock { $0[name] = path } }

  func path(_ name: String) throws -> String {
    guard let path = paths.withLock({ $0[name] }) else {
      throw PacketFileFailure.damaged(path: name, what: "was not made")
    }
    return path
  }
}
