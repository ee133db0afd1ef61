internal import Encoding
internal import Foundation
internal import Isolating
internal import LibAV
internal import Media
internal import Packaging
internal import Planning
internal import Probing
internal import Storing
internal import Verifying

/// What `rung package` was asked for.
struct PackageRequest: Sendable {
  var source: String
  var tree: String
  var ladder: Ladder
  var plan: PlanRequest
  /// nil: made from the source's name and hash.
  var id: String?
  var workers: Int
  var isForced: Bool
}

/// The whole way of one source into a tree: open, hash and examine, plan, encode, package, verify, commit.
///
/// In: a request. Out: an asset in the tree, or one reason why not, and then nothing is left behind but finished
/// chunks, which the next run of the same source and ladder goes on from.
struct PackagePipeline {
  let request: PackageRequest
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

  init(_ request: PackageRequest, _ shell: Shell) {
    self.request = request
    self.shell = shell
    times = StepTimes(log: shell.log)
  }

  func run() throws -> Outcome {
    let source = try SourceFile.open(request.source)
    let tree = try Tree.open(request.tree)
    let progress = Progress(total: 0, frameRate: Rational(1, 1), log: shell.log)
    progress.step("examining \(source.name)")
    let (examination, hash) = try times.measure("probe", item: source.name) { try examine(source) }
    progress.finish()

    var planRequest = request.plan
    planRequest.id = request.id ?? AssetID.slug(stem: Self.stem(source.name), hash: hash)
    let plan = try times.measure("plan", item: source.name) {
      try Planner.plan(
        report: examination.report, survey: examination.survey, ladder: request.ladder, request: planRequest)
    }
    let lock = try tree.lock(planRequest.id)
    try shell.cancellation.check()
    _ = try tree.recover()
    if let done = try upToDate(tree, plan, hash) { return done }

    let store = try openStore(tree, plan, hash)
    let staging = try tree.begin(lock, layout: plan.layout)
    let encoded = try encode(plan, source, store)
    let asset = try times.measure("package", item: planRequest.id) {
      try package(plan, encoded, staging)
    }
    try staging.put(
      AssetDocument(
        id: planRequest.id, source: examination.report, sourceSHA256: hash,
        ladder: request.ladder.canonicalJSON, renditions: asset.renditions, objects: staging.inventory(),
        madeBy: MadeBy(tool: "rung", version: Version.number, libraries: LibraryVersions.all)))
    try times.measure("commit", item: planRequest.id) {
      try staging.commit(
        replacing: request.isForced,
        isCancelled: { [cancellation = shell.cancellation] in cancellation.isCancelled },
        beforeVisible: { try verify($0, staging.assetKey) })
    }
    _ = try store.remove()
    times.finish(item: planRequest.id)
    return .made(
      Made(
        id: planRequest.id, master: tree.path(asset.master), renditions: asset.renditions, notes: plan.notes,
        milliseconds: times.total))
  }

  /// The file's name without its extension.
  private static func stem(_ name: String) -> String { (name as NSString).deletingPathExtension }

  // MARK: Steps

  /// Examines the source in a worker while this process hashes its bytes.
  private func examine(_ source: SourceFile) throws -> (Examination, String) {
    let hashing = Hashing(descriptor: source.descriptor, path: source.path, cancellation: shell.cancellation)
    defer { hashing.wait() }
    let examination = try ExamineStep.run(source, shell)
    return (examination, try hashing.result())
  }

  /// The asset is there, of the same source and ladder, and whole: nothing to do. Another one under the same id is
  /// replaced only by force.
  private func upToDate(_ tree: Tree, _ plan: Plan, _ hash: String) throws -> Outcome? {
    let id = plan.layout.id
    guard !request.isForced, let assetKey = plan.layout.key(.asset) else { return nil }
    switch try tree.existingAsset(id: id, assetKey: assetKey) {
    case .none: return nil
    case .damaged(let path, let what):
      throw CommandFailure(
        request.source, "\(path) is damaged: \(what)", advice: "package it again with --force")
    case .whole(let summary):
      guard summary.sourceSHA256 == hash else {
        throw CommandFailure(
          request.source, "the id \(id) belongs to another source (\(summary.sourceName))",
          advice: "choose another --id, or replace it with --force")
      }
      guard summary.isOf(sourceSHA256: hash, ladder: request.ladder.canonicalJSON) else {
        throw CommandFailure(
          request.source, "\(id) was packaged with another ladder or other options",
          advice: "replace it with --force, or choose another --id")
      }
      let missing = try tree.missingObjects(of: summary)
      guard missing.isEmpty else {
        throw CommandFailure(
          request.source, "\(id) lacks \(missing.count) of its objects, first \(missing[0])",
          advice: "package it again with --force")
      }
      return .upToDate(id: id, master: tree.path(plan.layout.key(.master) ?? assetKey))
    }
  }

  /// The store of what this source, plan and these libraries give.
  private func openStore(_ tree: Tree, _ plan: Plan, _ hash: String) throws -> ChunkStore {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let planText = String(decoding: try encoder.encode(plan), as: UTF8.self)
    let versions = LibraryVersions.all.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    let key = try ChunkStore.key(
      of: [hash, planText, versions.joined(separator: "\n"), "chunks \(ChunkJob.format)"])
    return try ChunkStore.open(tree, key: key, now: Int64(Date().timeIntervalSince1970))
  }

  private func encode(_ plan: Plan, _ source: SourceFile, _ store: ChunkStore) throws -> EncodeStep {
    let progress = Progress(
      total: plan.video?.frames ?? Int(plan.timeline.duration.approximateSeconds.rounded(.up)),
      frameRate: plan.video?.frameRate ?? Rational(1, 1), log: shell.log)
    defer { progress.finish() }
    progress.step("encoding \(source.name)")
    let hasVideo = plan.video != nil
    let pool = WorkPool(
      workers: request.workers, source: source.descriptor, live: shell.workers,
      onProgress: { step in if step.isVideo == hasVideo { progress.advance(frames: step.count) } },
      onLog: shell.workerLog(source.name))
    defer { pool.close() }
    let step = EncodeStep(
      plan: plan, store: store,
      isCancelled: { [cancellation = shell.cancellation] in cancellation.isCancelled },
      onReused: { progress.advance(frames: $0) })
    try times.measure("encode", item: plan.layout.id) { try step.run(on: pool) }
    return step
  }

  private func package(_ plan: Plan, _ encoded: EncodeStep, _ staging: Staging) throws -> PackagedAsset {
    let progress = Progress(total: 0, frameRate: Rational(1, 1), log: shell.log)
    progress.step("packaging \(plan.layout.id)")
    defer { progress.finish() }
    let video = try (plan.video?.rungs ?? []).map { rung in
      RenditionInput(
        name: rung.name, source: try PacketFileChain(paths: try encoded.paths(of: rung)), rung: rung,
        audio: nil)
    }
    let audio = try plan.audio.map { audio in
      RenditionInput(
        name: audio.name, source: try PacketFileChain(paths: try encoded.paths(of: audio)), rung: nil,
        audio: audio)
    }
    return try Packager.package(plan: plan, renditions: video + audio, into: staging) { [shell] _, _ in
      try shell.cancellation.check()
    }
  }

  /// The last look before an asset becomes visible: what `rung verify` would say of it.
  private func verify(_ folder: String, _ assetKey: String) throws {
    let report = Verifier.verify(path: "\(folder)/\(assetKey)", deep: false) {
      try SHA256.hash(path: $0).sha256
    }
    guard let first = report.findings.first(where: { $0.severity == .error }) else { return }
    throw CommandFailure(
      request.source,
      "the packaged result failed verification: \(first.code) \(first.path): \(first.message)",
      advice: "nothing was published; please report this source")
  }
}

/// The SHA-256 of the source, made on a thread of its own.
private final class Hashing {
  private let done = DispatchSemaphore(value: 0)
  private let outcome: Box
  private var isDone = false

  private final class Box: @unchecked Sendable {
    // Written before `done` is signalled, read after it was waited for.
    var result: Result<String, any Error>?
  }

  init(descriptor: Int32, path: String, cancellation: Cancellation) {
    let box = Box()
    outcome = box
    let done = done
    let thread = Thread {
      box.result = Result {
        try SHA256.hash(descriptor: descriptor, path: path, isCancelled: { cancellation.isCancelled }).sha256
      }
      done.signal()
    }
    thread.start()
  }

  func wait() {
    if !isDone { done.wait() }
    isDone = true
  }

  func result() throws -> String {
    wait()
    guard let result = outcome.result else { throw CancellationError() }
    return try result.get()
  }
}
