internal import Encoding
internal import Foundation
internal import Media
internal import Storing

/// Makes every track of a plan and puts its packet files into the chunk store.
///
/// In: a plan, a chunk store, a pool of workers. Out: for each rendition the packet files that make it, in order.
/// First every chunk is analysed (beside the sound), then a few frames are tried at every size, bits are shared out,
/// every rung of every chunk is encoded, and what breaks a rate is made again. What the store has from a run that died
/// is not made again. Which worker makes what, and when, does not matter: a file depends on the plan alone.
struct EncodeStep: Sendable {
  /// Rates are held after one or two rounds; a stream that no round mends keeps its last.
  private static let mostRounds = 4

  let plan: Plan
  let work: ChunkWork
  /// The share of the pictures that may be missing.
  let tolerance: Double

  init(plan: Plan, work: ChunkWork, tolerance: Double) {
    self.plan = plan
    self.work = work
    self.tolerance = tolerance
  }

  /// Gives the plan as it was made: without rungs that add nothing, where the ladder lets them go.
  func run(on pool: WorkPool) throws -> Plan {
    let listening = try (plan.copies?.audio ?? []).compactMap { try work.listening(to: $0, plan.timeline) }
    let sound = TaskList(try plan.audio.compactMap { try work.sound($0, plan.timeline) } + listening)
    guard let video = plan.video else {
      try pool.run(sound)
      return try work.withoutBrokenSound(plan, tolerance)
    }
    let pending = try video.chunks.filter { try !work.isAnalysed($0) }.map { ChunkQueue.Work(chunk: $0) }
    let analysis = ChunkQueue(pending, workers: pool.workers) { [work, plan] in
      try work.analysis(video, $0.chunk, plan.controls)
    }
    try pool.run(TaskSequence([sound, analysis]))
    let chunks = try video.chunks.map { try work.analysisResult($0) }
    try check(chunks, video)
    let trials = try trials(video, chunks, on: pool)
    let made = try work.withoutBrokenSound(without(Redundancy.rungs(video.rungs, trials)), tolerance)
    if let video = made.video { try encode(video, chunks, trials, on: pool) }
    return made
  }

  /// Nothing is encoded of a source of which too much is missing.
  private func check(_ chunks: [ChunkAnalysis], _ video: VideoPlan) throws(EncodingFailure) {
    let damage = Self.damage(chunks)
    guard let first = damage.firstMissing, Double(damage.missing) > tolerance * Double(damage.frames) else {
      return
    }
    throw .incomplete(
      stream: video.stream, missing: damage.missing, frames: damage.frames,
      at: MediaTime(Int64(first), video.timebase))
  }

  private static func damage(_ chunks: [ChunkAnalysis]) -> PictureDamage {
    chunks.reduce(into: PictureDamage()) { $0.append($1.damage) }
  }

  /// What of the pictures could not be decoded, after `run`; nil without pictures.
  func damage() throws -> PictureDamage? {
    try plan.video.map { video in Self.damage(try video.chunks.map { try work.analysisResult($0) }) }
  }

  private func without(_ redundant: Set<String>) -> Plan {
    var made = plan
    made.video?.rungs.removeAll { redundant.contains($0.name) }
    made.notes += redundant.sorted().map {
      PlanNote($0, "left out: the next smaller rung shows as much")
    }
    return made
  }

  /// Shares out the bits and spends them.
  private func encode(
    _ video: VideoPlan, _ chunks: [ChunkAnalysis], _ trials: [Calibration], on pool: WorkPool
  ) throws {
    let shared = video.rungs.filter { $0.codec == .h264 }
    let allocation = Allocation(
      video: video, controls: plan.controls, chunks: chunks, calibrations: trials)
    var own = ownRates(video, chunks)
    var allotments = allotments(allocation, shared)
    for (name, rates) in own { allotments[name] = rates.first }
    let first = Allocation.firstWave(video)
    try pool.run(
      try encoding(video, allotments, .firstWave, workers: pool.workers) { first.contains($1.index) })
    for rung in shared where !first.isEmpty {
      guard let given = allotments[rung.name] else { continue }
      let took = try first.map { ($0, Double(try work.frameSizes(rung, video.chunks[$0]).reduce(0, +) * 8)) }
      allotments[rung.name] = allocation.allotments(
        for: rung, first: given, took: Dictionary(uniqueKeysWithValues: took),
        spent: try first.sorted().map { try work.spent(rung, video.chunks[$0]) })
    }
    try pool.run(
      try encoding(video, allotments, .rest, workers: pool.workers) { !first.contains($1.index) })
    try mend(video, shared, allotments, &own, on: pool)
  }

  /// The packet files of a rung or an audio rendition, after `run`.
  func paths(of rung: Rung) throws -> [String] {
    try (plan.video?.chunks ?? []).map { try work.path(of: rung, $0) }
  }

  func paths(of audio: AudioPlan) throws -> [String] { [try work.path(of: audio)] }

  /// The black and silent ends of the title, after `run`.
  func ends() throws -> SourceEnds {
    SourceEnds(
      video: plan.video, analyses: try (plan.video?.chunks ?? []).map { try work.analysisResult($0) },
      sound: try plan.audio.map { ($0, try work.soundResult($0)) })
  }

  // MARK: Bits

  /// Tries a few frames at every rung; a second time where the first guess was far off, since an encoder that was told
  /// something wrong about the pictures spends its bits unevenly, and its trial says little.
  private func trials(
    _ video: VideoPlan, _ chunks: [ChunkAnalysis], on pool: WorkPool
  ) throws -> [Calibration] {
    let rungs = video.rungs.filter { $0.codec == .h264 }
    let blind = Allocation(video: video, controls: plan.controls, chunks: chunks, calibrations: [])
    let first = try trials(video, rungs, allotments(blind, rungs), round: 0, on: pool)
    let informed = Allocation(video: video, controls: plan.controls, chunks: chunks, calibrations: first)
    let again = rungs.filter {
      abs(blind.quantiser(for: $0) - informed.quantiser(for: $0)) > Self.mostMisguided
    }
    guard !again.isEmpty else { return first }
    let second = try trials(video, again, allotments(informed, again), round: 1, on: pool)
    let names = Set(again.map(\.name))
    return first.filter { trial in trial.rungs.keys.allSatisfy { !names.contains($0) } } + second
  }

  /// In steps of the quantiser.
  private static let mostMisguided = 5.0

  private func trials(
    _ video: VideoPlan, _ rungs: [Rung], _ guesses: [String: [Allotment]], round: Int, on pool: WorkPool
  ) throws -> [Calibration] {
    let tried = Allocation.calibrated(video)
    let trials = try tried.map { chunk in
      ChunkQueue.Work(chunk: chunk, rungs: try work.missingTrials(video, chunk, rungs, round: round))
    }
    let costs = video.rungs.map { Double($0.size.area) }
    try pool.run(
      ChunkQueue(trials, workers: pool.workers, costs: costs) { [work, plan] in
        try work.trial(video, $0.chunk, rungs: $0.rungs, guesses, plan.controls, round: round)
      })
    return try tried.flatMap { try work.trialResults($0, rungs, round: round) }
  }

  /// For each rung whose encoder plans its own bits.
  private func ownRates(_ video: VideoPlan, _ chunks: [ChunkAnalysis]) -> [String: OwnRates] {
    let rungs = video.rungs.filter { $0.codec != .h264 }
    let allocation = Allocation(video: video, controls: plan.controls, chunks: chunks, calibrations: [])
    return Dictionary(
      rungs.map { rung in
        let shares = allocation.allotments(for: rung)
        return (
          rung.name, OwnRates(video: video, rung: rung, controls: plan.controls, shares: shares)
        )
      }, uniquingKeysWith: { first, _ in first })
  }

  private func allotments(_ allocation: Allocation, _ rungs: [Rung]) -> [String: [Allotment]] {
    Dictionary(
      rungs.map { ($0.name, allocation.allotments(for: $0)) }, uniquingKeysWith: { first, _ in first })
  }

  // MARK: Encoding

  /// The chunks and rungs that are wanted and that the store does not have: first those in standard range, then those
  /// that keep the source's, which begin with other pictures.
  private func encoding(
    _ video: VideoPlan, _ allotments: [String: [Allotment]], _ phase: EncodePhase, workers: Int,
    wanted: (Rung, Chunk) -> Bool
  ) throws -> any TaskSource {
    let kinds = [false, true].map { keeps in
      video.rungs.indices.filter { video.rungs[$0].keepsRange == keeps }
    }
    let leading = kinds.first { !$0.isEmpty }
    return TaskSequence(
      try kinds.filter { !$0.isEmpty }.map { kind in
        try encoding(
          video, rungs: kind, allotments, phase, workers: workers,
          countsFrames: phase.round == 0 && kind == leading, wanted: wanted)
      })
  }

  private func encoding(
    _ video: VideoPlan, rungs: [Int], _ allotments: [String: [Allotment]], _ phase: EncodePhase, workers: Int,
    countsFrames: Bool, wanted: (Rung, Chunk) -> Bool
  ) throws -> ChunkQueue {
    var pending: [ChunkQueue.Work] = []
    for chunk in video.chunks {
      let asked = rungs.filter { wanted(video.rungs[$0], chunk) }
      let missing = try asked.filter { try !work.isMade(video.rungs[$0], chunk, phase) }
      if !missing.isEmpty {
        pending.append(ChunkQueue.Work(chunk: chunk, rungs: missing))
      } else if countsFrames, !asked.isEmpty {
        work.onReused(chunk.frames)
      }
    }
    let costs = video.rungs.map { Double($0.size.area) }
    return ChunkQueue(pending, workers: workers, costs: costs) { [work, plan] item in
      let parts = item.rungs.map { (video.rungs[$0], allotments[video.rungs[$0].name]?[item.chunk.index]) }
      return try work.encoding(
        video, item.chunk, parts, plan.controls, phase,
        countsFrames: countsFrames && item.rungs.contains(item.leading))
    }
  }

  /// Makes chunks again until every rung keeps its rates.
  private func mend(
    _ video: VideoPlan, _ rungs: [Rung], _ first: [String: [Allotment]], _ own: inout [String: OwnRates],
    on pool: WorkPool
  ) throws {
    var allotments = first
    let opening = OpeningPicture(plan)
    for round in 1...Self.mostRounds {
      var faults: [String: Set<Int>] = [:]
      for rung in rungs {
        guard let current = allotments[rung.name] else { continue }
        let check = RateCheck(
          video: video, rung: rung, bufferSeconds: plan.controls.bufferSeconds,
          margins: .measured(video, plan.controls))
        let sizes = try video.chunks.map { try work.frameSizes(rung, $0) }
        var again = check.again(sizes, current, isStrict: round > 1)
        if let size = sizes.first?.first, let asked = again[0] ?? current.first {
          again[0] = opening?.again(size, asked) ?? again[0]
        }
        guard !again.isEmpty else { continue }
        faults[rung.name] = Set(again.keys)
        for (chunk, allotment) in again { allotments[rung.name]?[chunk] = allotment }
      }
      for rung in video.rungs {
        let isLast = round == Self.mostRounds
        guard own[rung.name] != nil,
          let again = own[rung.name]?.again(
            try video.chunks.map { try work.frameSizes(rung, $0) }, last: isLast)
        else { continue }
        faults[rung.name] = again.chunks
        allotments[rung.name] = again.allotments
      }
      if faults.isEmpty { return }
      try pool.run(
        try encoding(video, allotments, .again(round), workers: pool.workers) {
          faults[$0.name]?.contains($1.index) == true
        })
    }
  }
}
