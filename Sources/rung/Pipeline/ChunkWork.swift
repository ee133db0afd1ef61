internal import Encoding
internal import Foundation
internal import Media
internal import Storing
internal import Synchronization

/// The pieces of work of one title, as tasks for workers, with their results in the chunk store under names of their
/// own: asked for one that the store has, it gives no task.
struct ChunkWork: Sendable {
  /// What the source is called.
  let sourceName: String
  let store: ChunkStore
  let isCancelled: @Sendable () -> Bool
  /// Frames that need not be encoded, since an earlier run did.
  let onReused: @Sendable (Int) -> Void
  private let made = PathTable()
  private let captions = CaptionTable()

  init(
    sourceName: String, store: ChunkStore, isCancelled: @escaping @Sendable () -> Bool,
    onReused: @escaping @Sendable (Int) -> Void
  ) {
    self.sourceName = sourceName
    self.store = store
    self.isCancelled = isCancelled
    self.onReused = onReused
  }

  // MARK: Sound

  func sound(_ audio: AudioPlan, _ timeline: Timeline) throws -> WorkTask? {
    let result = soundResultName(audio)
    if try isMade(audio.name), try isMade(result) { return nil }
    let path = try store.path(for: audio.name)
    let job = AudioJob(audio: audio, timeline: timeline, path: path)
    return WorkTask(
      job: .sound(name: sourceName, job), doing: "encoding the sound of stream \(audio.stream)"
    ) { answer in
      guard case .sound(let made) = answer else { throw WorkFailure.wrongAnswer }
      try adopt(audio.name, path)
      try keep(made, as: result)
    }
  }

  private func soundResultName(_ audio: AudioPlan) -> String { "sound-result-\(audio.name)" }

  func soundResult(_ audio: AudioPlan) throws -> AudioResult { try kept(soundResultName(audio)) }

  func path(of audio: AudioPlan) throws -> String { try made.path(audio.name) }

  // MARK: Analysis

  private enum Part: String { case statistics, tree, result }
  private func name(_ part: Part, _ chunk: Chunk) -> String { "analysis-\(chunk.index)-\(part.rawValue)" }

  func isAnalysed(_ chunk: Chunk) throws -> Bool {
    try isMade(name(.statistics, chunk)) && isMade(name(.tree, chunk)) && isMade(name(.result, chunk))
  }

  func analysis(_ video: VideoPlan, _ chunk: Chunk, _ controls: EncodeControls) throws -> WorkTask {
    let names = (name(.statistics, chunk), name(.tree, chunk), name(.result, chunk))
    let (statistics, tree) = (try store.path(for: names.0), try store.path(for: names.1))
    let job = AnalysisJob(
      plan: video, chunk: chunk, controls: controls, statisticsPath: statistics, treePath: tree)
    return WorkTask(
      job: .analyse(name: sourceName, job), doing: "looking at \(span(chunk))"
    ) { answer in
      guard case .analysis(let result) = answer else { throw WorkFailure.wrongAnswer }
      try adopt(names.0, statistics)
      try adopt(names.1, tree)
      try keep(result, as: names.2)
    }
  }

  func analysisResult(_ chunk: Chunk) throws -> ChunkAnalysis { try kept(name(.result, chunk)) }

  private func files(_ chunk: Chunk) throws -> ChunkJob.AnalysisFiles {
    ChunkJob.AnalysisFiles(
      statistics: try made.path(name(.statistics, chunk)), tree: try made.path(name(.tree, chunk)),
      size: try analysisResult(chunk).size)
  }

  // MARK: Trials

  /// A rung may be tried a second time, when the first trial was far from the rates that it led to.
  private func trialName(_ rung: Rung, _ chunk: Chunk, _ round: Int) -> String {
    "trial-\(chunk.index)-\(rung.name)" + (round == 0 ? "" : "-again")
  }

  func missingTrials(_ video: VideoPlan, _ chunk: Chunk, _ rungs: [Rung], round: Int) throws -> [Int] {
    try video.rungs.indices.filter { index in
      try rungs.contains(video.rungs[index]) && !isMade(trialName(video.rungs[index], chunk, round))
    }
  }

  func trial(
    _ video: VideoPlan, _ chunk: Chunk, rungs: [Int], _ guesses: [String: [Allotment]],
    _ controls: EncodeControls, round: Int
  ) throws -> WorkTask {
    let tried = rungs.map { video.rungs[$0] }
    let jobs = try tried.map {
      ChunkJob.RungJob(
        rung: $0, path: try store.path(for: trialName($0, chunk, round)),
        allotment: guesses[$0.name]?[chunk.index])
    }
    let job = CalibrationJob(
      chunk: ChunkJob(
        plan: video, chunk: chunk, controls: controls, rungs: jobs, analysis: try files(chunk)),
      of: video.frames)
    return WorkTask(
      job: .calibrate(name: sourceName, job), doing: "trying \(span(chunk))", countsFrames: false
    ) { answer in
      guard case .calibration(let result) = answer else { throw WorkFailure.wrongAnswer }
      for rung in tried { try keep(result.only(rung.name), as: trialName(rung, chunk, round)) }
    }
  }

  func trialResults(_ chunk: Chunk, _ rungs: [Rung], round: Int) throws -> [Calibration] {
    try rungs.map { try kept(trialName($0, chunk, round)) }
  }

  // MARK: Chunks

  private func name(_ rung: Rung, _ chunk: Chunk, round: Int) -> String {
    "\(rung.name)-\(chunk.index)" + (round == 0 ? "" : "-again-\(round)")
  }

  /// Of the first wave it is kept what the bits of `rung` were spent on.
  private func spentName(_ rung: Rung, _ chunk: Chunk) -> String { "spent-\(rung.name)-\(chunk.index)" }

  func isMade(_ rung: Rung, _ chunk: Chunk, _ phase: EncodePhase) throws -> Bool {
    try isMade(name(rung, chunk, round: phase.round), of: slot(rung, chunk))
      && (phase != .firstWave || rung.codec != .h264 || isMade(spentName(rung, chunk)))
  }

  /// What a chunk of the first wave took, beside its analysis.
  func spent(_ rung: Rung, _ chunk: Chunk) throws -> Calibration {
    Calibration(
      analysed: try analysisResult(chunk).bits, rungs: [rung.name: try kept(spentName(rung, chunk))])
  }

  /// Under what the newest making of a chunk is noted.
  private func slot(_ rung: Rung, _ chunk: Chunk) -> String { "\(rung.name)-\(chunk.index)" }

  func path(of rung: Rung, _ chunk: Chunk) throws -> String { try made.path(slot(rung, chunk)) }

  func encoding(
    _ video: VideoPlan, _ chunk: Chunk, _ parts: [(Rung, Allotment?)], _ controls: EncodeControls,
    _ phase: EncodePhase, countsFrames: Bool
  ) throws -> WorkTask {
    let names = parts.map { (file: name($0.0, chunk, round: phase.round), slot: slot($0.0, chunk)) }
    let jobs = try zip(parts, names).map { part, name in
      ChunkJob.RungJob(rung: part.0, path: try store.path(for: name.file), allotment: part.1)
    }
    let isShared = parts.contains { $0.0.codec == .h264 && $0.1 != nil }
    let carried =
      parts.contains { $0.0.codec == .h264 }
      ? try captions.frames(of: chunk, video) { try video.chunks.map { try analysisResult($0) } } : []
    var job = ChunkJob(
      plan: video, chunk: chunk, controls: controls, rungs: jobs, analysis: isShared ? try files(chunk) : nil,
      captions: carried)
    job.tellsBits = phase == .firstWave
    return WorkTask(
      job: .encode(name: sourceName, job), doing: "encoding \(span(chunk))", countsFrames: countsFrames
    ) { answer in
      guard case .chunk(let result) = answer else { throw WorkFailure.wrongAnswer }
      for (name, job) in zip(names, jobs) { try adopt(name.file, job.path, as: name.slot) }
      for (rung, _) in parts {
        guard let spent = result.spent[rung.name], try !isMade(spentName(rung, chunk)) else { continue }
        try keep(spent, as: spentName(rung, chunk))
      }
    }
  }

  /// The bytes of a chunk's frames in decode order.
  func frameSizes(_ rung: Rung, _ chunk: Chunk) throws -> [Int] {
    let reader = try PacketFileReader(path: try path(of: rung, chunk))
    var sizes: [Int] = []
    while let sample = try reader.next() { sizes.append(sample.payload.count) }
    return sizes
  }

  private func span(_ chunk: Chunk) -> String {
    "frames \(chunk.firstFrame) to \(chunk.firstFrame + chunk.frames - 1)"
  }

  // MARK: The store

  func isMade(_ name: String, of slot: String? = nil) throws -> Bool {
    guard let path = try store.find(name, isCancelled: isCancelled) else { return false }
    made.note(slot ?? name, path)
    return true
  }

  private func adopt(_ name: String, _ path: String, as slot: String? = nil) throws {
    made.note(slot ?? name, try store.adopt(name, from: path, isCancelled: isCancelled))
  }

  /// Keeps a small value as JSON.
  func keep(_ value: some Encodable, as name: String) throws {
    let path = try store.path(for: name)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    try encoder.encode(value).write(to: URL(fileURLWithPath: path))
    try adopt(name, path)
  }

  func kept<Value: Decodable>(_ name: String) throws -> Value {
    let data = try Data(contentsOf: URL(fileURLWithPath: try made.path(name)))
    return try JSONDecoder().decode(Value.self, from: data)
  }
}

/// When in the course of a title a chunk is encoded.
enum EncodePhase: Equatable {
  /// Those from which the rest learns.
  case firstWave
  case rest
  /// Once more, since it broke a rate: from 1 on.
  case again(Int)

  var round: Int { if case .again(let round) = self { round } else { 0 } }
}

enum WorkFailure: Error, Equatable {
  case wrongAnswer
  case notMade(String)
}

/// Which file each piece of work has; filled in from several threads.
private final class PathTable: Sendable {
  private let paths = Mutex<[String: String]>([:])

  func note(_ name: String, _ path: String) { paths.withLock { $0[name] = path } }

  func path(_ name: String) throws -> String {
    guard let path = paths.withLock({ $0[name] }) else { throw WorkFailure.notMade(name) }
    return path
  }
}
