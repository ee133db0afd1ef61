internal import Encoding
internal import Foundation
internal import Isolating
internal import LibAV
internal import Media
internal import Packaging
internal import Planning
internal import Probing
internal import Storing
internal import Synchronization

/// The whole way of one source into a tree: open, hash and examine, plan, encode, package, verify, commit.
///
/// In: a request. Out: an asset in the tree, or one reason why not, and then nothing is left behind but finished
/// chunks, which the next run of the same source and ladder goes on from.
struct PackagePipeline {
  let command: PackageCommand
  let shell: Shell
  private let times: StepTimes

  enum Outcome {
    case made(Made)
    case upToDate(id: String, master: String)
  }

  struct Made {
    var id: String
    var master: String
    var renditions: [RenditionRecord]
    var notes: [PlanNote]
    var milliseconds: Int64
  }

  private static let maker = MadeBy(
    tool: "rung", version: Version.number, libraries: LibraryVersions.all)

  init(_ command: PackageCommand, _ shell: Shell) {
    self.command = command
    self.shell = shell
    times = StepTimes(log: shell.log)
  }

  func run() throws -> Outcome {
    FreedMemory.keepLittle()
    try PlanningSteps.check(command.planning)
    let source = try SourceFile.open(command.source)
    try command.job?.check(source)
    let ladder = try PlanningSteps.ladder(command.planning.ladder)
    let applied = try PlanningSteps.applying(command.planning.overrides, to: ladder)
    let tree = try Tree.open(command.tree)
    let hash = SourceHash(source, cancellation: shell.cancellation)
    let (examination, id) = try times.measure("probe", item: source.name) {
      (
        try SourceWorker.start(source, shell).examine(
          name: source.name, videoTrack: command.planning.videoTrack),
        try PlanningSteps.id(command.planning, source, hash: hash.value)
      )
    }
    let twin = try command.job?.agree(hash.value(), bytes: source.bytes, examination.report)
    var plan = try times.measure("plan", item: source.name) {
      try PlanningSteps.plan(examination, ladder, command.planning, id: id, source: source)
    }
    // Before the lock is ours: what a killed commit of this very asset left is finished, too, and not made again.
    _ = try tree.recover()
    let lock = try tree.lock(id)
    let cleaning = WorkCleaning(tree: tree, maxBytes: command.maxWorkBytes, log: shell.log)
    let sidecars = try openSidecars(plan)
    let standing = try standing(tree, plan, hash, applied, sidecars.records)
    if case .upToDate(let master) = standing {
      cleaning.run()
      return .upToDate(id: id, master: master)
    }

    if let twin, let made = try link(twin, tree, lock, plan, source, hash, applied, sidecars.records) {
      cleaning.run()
      return made
    }

    var store = try openStore(tree, plan, hash)
    // Only now: what this run goes on from is in use, however old it is, and stays.
    cleaning.run()
    var copying = CopyStep(source: source, shell: shell)
    while let refused = try times.measure("copy", item: id, { try copying.run(plan, store) }) {
      // What cannot be copied after all is encoded, and the plan is another one.
      cleaning.remove(store)
      plan = try PlanningSteps.plan(
        examination, ladder, command.planning, id: id, source: source, refused: refused)
      store = try openStore(tree, plan, hash)
    }
    plan = CopyPlanner.settle(plan, copied: copying.tracks, ladder: applied)
    let staging = try tree.begin(lock, layout: plan.layout)
    let encoded = try encode(&plan, source, store)
    let subtitles = try times.measure("subtitles", item: id) {
      try SubtitleStep(source: source, shell: shell, sidecars: sidecars.files).run(plan)
    }
    let captions = try CaptionResults(encoded, examination.report)
    plan.notes += try subtitles.notes + captions.losses(plan) + encoded.work.loudnessNotes(plan)
    var asset = try times.measure("package", item: id) {
      try package(plan, encoded, copying, captions, subtitles.texts, source, staging)
    }
    asset.renditions = try encoded.work.withGains(asset.renditions, plan)
    let images =
      plan.images == nil
      ? nil
      : try times.measure("pictures", item: id) {
        try pictures(plan, examination.survey, source, store, staging)
      }
    try keep(source, hash.value(), in: staging, plan)
    try staging.put(
      AssetDocument(
        id: id, source: try encoded.work.withSound(examination.report, plan), sourceSHA256: hash.value(),
        ladder: try applied.canonicalJSON,
        renditions: asset.renditions, objects: staging.inventory(),
        madeBy: Self.maker,
        pictures: images,
        beside: AssetExtras(
          damage: try encoded.damage(),
          sidecars: sidecars.records,
          chapters: ChapterTimes.onTimeline(examination.report.chapters, plan.timeline),
          leftOut: LeftOutTrack.list(examination.report, plan, made: subtitles.texts.map(\.plan)))))
    try times.measure("commit", item: id) {
      try commit(staging, replacing: command.isForced || standing == .outdated)
    }
    cleaning.remove(store)
    times.finish(item: id)
    return .made(
      Made(
        id: id, master: tree.path(asset.master), renditions: asset.renditions, notes: plan.notes,
        milliseconds: times.total))
  }

  // MARK: Steps

  /// Makes the asset of the finished objects of one of the same bytes; nil where that cannot be.
  private func link(
    _ twin: TwinOffer, _ tree: Tree, _ lock: AssetLock, _ plan: Plan, _ source: SourceFile,
    _ hash: SourceHash,
    _ ladder: Ladder, _ sidecars: [SidecarRecord]
  ) throws -> Outcome? {
    guard let asset = try tree.twin(twin.id, creator: twin.creator, like: plan.layout),
      try asset.summary.isOf(
        sourceSHA256: hash.value(), videoTrack: command.planning.videoTrack, ladder: ladder.canonicalJSON),
      asset.summary.sidecars == sidecars, asset.summary.madeBy == Self.maker
    else { return nil }
    let staging = try tree.begin(lock, layout: plan.layout)
    let isTaken = try times.measure("package", item: plan.layout.id) {
      try staging.take(asset, sourceName: source.name)
    }
    guard isTaken else {
      staging.discard()
      return nil
    }
    try times.measure("commit", item: plan.layout.id) {
      try commit(staging, replacing: command.isForced || command.job?.replaces == true)
    }
    times.finish(item: plan.layout.id)
    return .made(
      Made(
        id: plan.layout.id, master: tree.path(plan.layout.entrance ?? staging.assetKey), renditions: [],
        notes: [PlanNote("same bytes", "made from the objects of \(twin.id)")], milliseconds: times.total))
  }

  /// What the tree has under the id.
  private enum Standing: Equatable {
    case absent
    /// Of this source and ladder, with other subtitle files beside it: it is made again.
    case outdated
    case upToDate(master: String)
  }

  /// The asset is there, of the same source and ladder, and whole: nothing to do. Another one under the same id is
  /// replaced only by force.
  private func standing(
    _ tree: Tree, _ plan: Plan, _ source: SourceHash, _ ladder: Ladder, _ sidecars: [SidecarRecord]
  ) throws -> Standing {
    let id = plan.layout.id
    guard !command.isForced, let assetKey = plan.layout.key(.asset) else { return .absent }
    do {
      return try standing(tree, plan, id, assetKey, source, ladder, sidecars)
    } catch let failure as CommandFailure where command.job?.replaces == true && failure.exit == .failed {
      return .outdated
    }
  }

  private func standing(
    _ tree: Tree, _ plan: Plan, _ id: String, _ assetKey: String, _ source: SourceHash, _ ladder: Ladder,
    _ sidecars: [SidecarRecord]
  ) throws -> Standing {
    switch try tree.existingAsset(id: id, assetKey: assetKey) {
    case .none: return .absent
    case .damaged(let path, let what):
      throw CommandFailure(
        command.source, "\(path) is damaged: \(what)", advice: "package it again with --force")
    case .whole(let summary):
      if command.job?.renews == true, summary.madeBy != Self.maker { return .outdated }
      let hash = try source.value()
      guard summary.sourceSHA256 == hash else {
        throw CommandFailure(
          command.source, "the id \(id) belongs to another source (\(summary.sourceName))",
          advice: "choose another --id, or replace it with --force")
      }
      guard
        try summary.isOf(
          sourceSHA256: hash, videoTrack: command.planning.videoTrack, ladder: ladder.canonicalJSON)
      else {
        throw CommandFailure(
          command.source, "\(id) was packaged with another ladder or other options",
          advice: "replace it with --force, or choose another --id")
      }
      guard summary.sidecars == sidecars else {
        shell.log.info(
          "\(id) was packaged with other subtitle files beside the source: it is made again",
          item: command.source)
        return .outdated
      }
      let missing = try tree.missingObjects(of: summary)
      guard missing.isEmpty else {
        throw CommandFailure(
          command.source, "\(id) lacks \(missing.count) of its objects, first \(missing[0])",
          advice: "package it again with --force")
      }
      // Asked for later: the source is no part of the ladder.
      if let kept = plan.layout.sourceKey(of: command.source),
        !summary.objects.contains(where: { $0.key == kept })
      {
        throw CommandFailure(
          command.source, "\(id) was packaged without --keep-source", advice: "package it again with --force")
      }
      return .upToDate(master: tree.path(plan.layout.entrance ?? assetKey))
    }
  }

  /// The subtitle files of the plan, with their hashes; one that cannot be opened is left to the step that reads it.
  private func openSidecars(_ plan: Plan) throws -> (files: [SidecarFile], records: [SidecarRecord]) {
    var files: [SidecarFile] = []
    for case .sidecar(let name) in plan.text.map(\.origin) {
      if let file = SidecarFile(name, beside: command.source) { files.append(file) }
    }
    let records = try files.map { file in
      SidecarRecord(
        name: file.name, bytes: file.bytes,
        sha256: try SHA256.hash(descriptor: file.descriptor, path: file.path).sha256)
    }
    return (files, records)
  }

  /// The store of what this source, plan and these libraries give. Copies are made anew by every run, under the id that
  /// is locked: they need not wait until the source is hashed.
  private func openStore(_ tree: Tree, _ plan: Plan, _ source: SourceHash) throws -> ChunkStore {
    let isCopied = plan.copies?.isEmpty == false && plan.video == nil && plan.audio.isEmpty
    let hash = isCopied ? "copies of \(plan.layout.id)" : try source.value()
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Subtitles and notes are no part of what is encoded.
    var encoded = plan
    (encoded.text, encoded.notes) = ([], [])
    let planText = String(decoding: try encoder.encode(encoded), as: UTF8.self)
    let versions = LibraryVersions.all.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    let key = try ChunkStore.key(
      of: [hash, planText, versions.joined(separator: "\n"), "chunks \(ChunkJob.format)"])
    return try ChunkStore.open(tree, key: key, now: Int64(Date().timeIntervalSince1970))
  }

  /// Makes the tracks; `plan` is what was made afterwards.
  private func encode(_ plan: inout Plan, _ source: SourceFile, _ store: ChunkStore) throws -> EncodeStep {
    let progress = Progress(
      total: plan.video?.frames ?? Int(plan.timeline.duration.approximateSeconds.rounded(.up)),
      frameRate: plan.video?.frameRate ?? Rational(1, 1), log: shell.log)
    // Looking at the pictures comes first and is counted by itself, so that speed and time left are of one step.
    let looking = Progress(
      total: plan.video?.frames ?? 0, frameRate: plan.video?.frameRate ?? Rational(1, 1), log: shell.log)
    defer {
      looking.finish()
      progress.finish()
    }
    // With pictures their frames are what counts; without, the seconds of sound.
    let counted: WorkerProgress.Kind = plan.video == nil ? .sound : .encoded
    let isEncoding = Mutex(false)
    if plan.video == nil {
      progress.step("encoding \(source.name)")
    } else {
      looking.step("analysing \(source.name)")
    }
    let onProgress: WorkPool.OnProgress = { [name = source.name] step in
      if step.kind == .analysed { looking.advance(frames: step.count) }
      guard step.kind == counted else { return }
      let isFirst = isEncoding.withLock { began in
        defer { began = true }
        return !began
      }
      if isFirst, counted == .encoded {
        looking.finish()
        progress.step("encoding \(name)")
      }
      progress.advance(frames: step.count)
    }
    let pool = WorkPool(
      workers: command.workers ?? ProcessInfo.processInfo.activeProcessorCount, source: source.descriptor,
      rules: shell.rules(in: store.folder), live: shell.workers,
      onProgress: onProgress,
      onLog: { [log = shell.log, path = source.path] in log.worker($0, source: path) })
    defer { pool.close() }
    let cancellation = shell.cancellation
    let step = EncodeStep(
      plan: plan,
      work: ChunkWork(
        sourceName: source.name, store: store, isCancelled: { cancellation.isCancelled },
        onReused: { progress.advance(frames: $0) }),
      tolerance: command.planning.limits.tolerance)
    plan = try times.measure("encode", item: plan.layout.id) { try step.run(on: pool) }
    note(try step.ends(), plan.layout.id)
    if let damage = try step.damage(), !damage.isNone { plan.notes.append(Self.note(damage)) }
    return step
  }

  private static func note(_ damage: PictureDamage) -> PlanNote {
    var parts: [String] = []
    if damage.missing > 0 {
      parts.append(
        "\(damage.missing) of \(damage.frames) frames cannot be decoded and show the picture before them")
    }
    if damage.concealed > 0 { parts.append("\(damage.concealed) pictures are decoded in part") }
    return PlanNote("damage", parts.joined(separator: ", "))
  }

  /// For machines that choose what to show, or offer to skip.
  private func note(_ ends: SourceEnds, _ id: String) {
    let parts = [("black", ends.black), ("silent", ends.silent)]
    let fields = parts.flatMap { name, ends in
      ends.map {
        [("\(name)_head_ms", $0.head), ("\(name)_tail_ms", $0.tail)].map { key, time in
          (key, JSONText.integer(time.ticks(in: Rational(1, 1000))))
        }
      } ?? []
    }
    if !fields.isEmpty { shell.log.event("ends", "black and silent ends", item: id, fields) }
  }

  private func package(
    _ plan: Plan, _ encoded: EncodeStep, _ copied: CopyStep, _ captions: CaptionResults, _ texts: [TextInput],
    _ source: SourceFile, _ staging: Staging
  ) throws -> PackagedAsset {
    let progress = Progress(total: 0, frameRate: Rational(1, 1), log: shell.log)
    progress.step("packaging \(plan.layout.id)")
    defer { progress.finish() }
    let video = try (plan.video?.rungs ?? []).map { rung in
      let paths = try encoded.paths(of: rung)
      return RenditionInput(rung: rung) { try PacketFileChain(paths: paths) }
    }
    let audio = try plan.audio.map { audio in
      let paths = try encoded.paths(of: audio)
      return RenditionInput(audio: audio) { try PacketFileChain(paths: paths) }
    }
    let renditions = captions.joined(to: try copied.joined(with: video + audio, plan))
    let bytes = SourceReader(source)
    var asset = PackagedAsset(renditions: [], master: "")
    if plan.outputs.contains(where: { $0 != .parts }) {
      asset = try Packager.package(
        plan: plan, renditions: renditions, texts: texts, source: bytes, into: staging)
    }
    if plan.outputs.contains(.parts) {
      let parts = try PartsStep.package(
        plan, renditions, source: bytes, baseURL: command.baseURL, into: staging)
      asset.renditions.append(parts.record)
      if asset.master.isEmpty { asset.master = parts.manifest }
    }
    return asset
  }

  /// The source itself, where it was asked for.
  private func keep(_ source: SourceFile, _ hash: String, in staging: Staging, _ plan: Plan) throws {
    guard let key = plan.layout.sourceKey(of: source.name) else { return }
    try staging.keep(
      descriptor: source.descriptor, path: source.path, bytes: source.bytes, sha256: hash, key: key)
  }

  private func commit(_ staging: Staging, replacing: Bool) throws {
    let cancellation = shell.cancellation
    try cancellation.check()
    try staging.commit(
      replacing: replacing,
      beforeVisible: {
        if command.verifies { try VerifyStep(command: command, shell: shell).run($0, staging) }
      },
      isCancelled: { cancellation.isCancelled })
    VerifyStep.forget(staging)
  }
}
