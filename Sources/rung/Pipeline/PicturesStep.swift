internal import Foundation
internal import Isolating
internal import Media
internal import Pictures
internal import Storing
internal import Synchronization

/// Makes the pictures of a plan and puts them into the staging folder.
///
/// In: a plan with images, the source's picture times, a chunk store to work in, a pool of workers. Out: JPEG files
/// and the storyboard's texts under the layout's keys, and what `asset.json` says of them. Stills and storyboard are
/// two jobs, so that two workers share the work.
struct PicturesStep: Sendable {
  let plan: Plan
  let images: ImagesPlan
  /// The stream that the pictures are taken from, and how its pictures are.
  let stream: Int
  let pictures: PictureSource
  let planner: PicturesPlanner
  /// What the source is called.
  let sourceName: String
  let store: ChunkStore
  private let results = ResultTable()

  /// nil when the plan asks for no pictures, or the source has none.
  init?(plan: Plan, survey: SourceSurvey, sourceName: String, store: ChunkStore) {
    guard var images = plan.images else { return nil }
    let times: PictureTimes
    if let video = plan.video, let known = survey.video {
      (stream, pictures, times) = (video.stream, video.source, known)
    } else if let cover = plan.cover {
      (stream, pictures) = (cover.stream, cover.source)
      times = PictureTimes(
        stream: cover.stream, timebase: cover.source.timebase, times: [0], keyframes: [0], end: 1)
      // One picture is its own best thumbnail, and nothing to seek by.
      images.storyboard = nil
      images.thumbnails?.most = 1
    } else {
      return nil
    }
    guard let planner = PicturesPlanner(times: times, source: pictures, timeline: plan.timeline) else {
      return nil
    }
    (self.plan, self.images, self.planner) = (plan, images, planner)
    self.sourceName = sourceName
    self.store = store
  }

  func run(on pool: WorkPool) throws {
    var tasks: [WorkTask] = []
    var stills = try thumbnails()
    if let poster = images.poster {
      stills.insert(try still("poster", box: poster.box, quality: poster.quality, planner.poster()), at: 0)
    }
    if !stills.isEmpty {
      let job = PicturesJob(stream: stream, source: pictures, stills: stills)
      tasks.append(task(.stills, job, doing: "choosing the poster and thumbnails"))
    }
    if let storyboard = try storyboard() {
      let job = PicturesJob(stream: stream, source: pictures, storyboard: storyboard)
      tasks.append(task(.storyboard, job, doing: "drawing the storyboard"))
    }
    try pool.run(TaskList(tasks))
  }

  private func task(_ kind: ResultTable.Kind, _ job: PicturesJob, doing: String) -> WorkTask {
    WorkTask(job: .pictures(name: sourceName, job), doing: doing, countsFrames: false) { answer in
      guard case .pictures(let result) = answer else {
        throw PicturesFailure.damaged(path: sourceName, what: "the worker answered with something else")
      }
      results.note(kind, job, result)
    }
  }

  private func thumbnails() throws -> [PicturesJob.Still] {
    guard let thumbnails = images.thumbnails else { return [] }
    let all = planner.thumbnails(every: thumbnails.everySeconds, most: thumbnails.most)
    return try all.enumerated().map { index, candidates in
      try still("thumbnail-\(index)", box: thumbnails.box, quality: thumbnails.quality, candidates)
    }
  }

  private func still(
    _ name: String, box: PictureSize, quality: Int, _ candidates: [PicturesJob.Candidate]
  ) throws -> PicturesJob.Still {
    let size = PictureFit.size(of: PictureFit.displayed(pictures), in: box)
    return PicturesJob.Still(
      path: try store.path(for: name), size: size, quality: quality, candidates: candidates)
  }

  private func storyboard() throws -> PicturesJob.Storyboard? {
    guard let storyboard = images.storyboard else { return nil }
    // The longer side is the width, whichever way the picture stands.
    let box = PictureSize(storyboard.width, storyboard.width)
    let tile = PictureFit.size(of: PictureFit.displayed(pictures), in: box)
    let moments = planner.storyboard(every: storyboard.everySeconds).tiles
    let grid = StoryboardGrid(
      tile: tile, columns: storyboard.columns, rows: storyboard.rows, count: moments.count)
    return PicturesJob.Storyboard(
      paths: try (0..<grid.sheets).map { try store.path(for: "storyboard-\($0)") }, tile: tile,
      columns: grid.columns, rows: grid.rows, quality: 75, moments: moments)
  }

  // MARK: Into the tree

  /// After `run`: every picture under its key.
  func put(into target: some DeliveryTarget) throws -> PicturesRecord {
    var record = PicturesRecord()
    if let (_, result) = results.of(.stills) {
      var stills = result.stills[...]
      if images.poster != nil, let poster = stills.popFirst() {
        try put(poster, .poster, key: plan.layout.key(.poster), into: target, &record)
        record.dominantColour = poster.dominantColour
      }
      try put(thumbnails: Array(stills), into: target, &record)
    }
    if let (job, result) = results.of(.storyboard), let storyboard = job.storyboard {
      try put(storyboard, result.sheets, into: target, &record)
    }
    return record
  }

  private func put(
    thumbnails: [PicturesResult.Still], into target: some DeliveryTarget, _ record: inout PicturesRecord
  ) throws {
    guard let best = PicturesResult.best(of: thumbnails) else { return }
    for (index, thumbnail) in thumbnails.enumerated() {
      let key = plan.layout.key(.thumbnail, n: index + 1)
      try put(thumbnail, .thumbnail, key: key, into: target, &record, isBest: index == best)
    }
    if let key = plan.layout.key(.bestThumbnail) {
      let bytes = try read(thumbnails[best].path, is: thumbnails[best].size)
      try target.put(bytes, key: key, type: .jpeg, cache: plan.layout.cachePolicy(.bestThumbnail))
      record.images.append(
        ImageRecord(
          kind: .thumbnail, key: key, size: thumbnails[best].size, time: time(thumbnails[best].time),
          isBest: true))
    }
    record.dominantColour = record.dominantColour ?? thumbnails[best].dominantColour
  }

  private func put(
    _ still: PicturesResult.Still, _ kind: ImageRecord.Kind, key: String?, into target: some DeliveryTarget,
    _ record: inout PicturesRecord, isBest: Bool = false
  ) throws {
    guard let key else { return }
    let slot: Layout.Slot = kind == .poster ? .poster : .thumbnail
    try target.put(
      read(still.path, is: still.size), key: key, type: .jpeg, cache: plan.layout.cachePolicy(slot))
    record.images.append(
      ImageRecord(kind: kind, key: key, size: still.size, time: time(still.time), isBest: isBest))
  }

  private func put(
    _ storyboard: PicturesJob.Storyboard, _ sheets: [PicturesResult.Sheet], into target: some DeliveryTarget,
    _ record: inout PicturesRecord
  ) throws {
    guard let plan = images.storyboard else { return }
    let layout = self.plan.layout
    let cues = planner.storyboard(every: plan.everySeconds).cues
    let grid = StoryboardGrid(
      tile: storyboard.tile, columns: storyboard.columns, rows: storyboard.rows,
      count: storyboard.moments.count)
    var keys: [String] = []
    for (index, sheet) in sheets.enumerated() {
      guard let key = layout.key(.storyboard, n: index + 1) else { return }
      keys.append(key)
      try target.put(
        read(sheet.path, is: grid.size(of: index)), key: key, type: .jpeg,
        cache: layout.cachePolicy(.storyboard))
      record.images.append(
        ImageRecord(
          kind: .storyboard, key: key, size: sheet.size,
          time: cues.boundaries[min(grid.tiles(of: index).lowerBound, cues.count)]))
    }
    let text = StoryboardText(grid: grid, cues: cues, sheets: keys)
    if let key = layout.key(.storyboardIndex) {
      try target.put(
        Array(text.webVTT(key: key).utf8), key: key, type: .webVTT,
        cache: layout.cachePolicy(.storyboardIndex))
    }
    if let key = layout.key(.storyboardPlaylist) {
      try target.put(
        Array(text.playlist(key: key).utf8), key: key, type: .playlist,
        cache: layout.cachePolicy(.storyboardPlaylist))
    }
  }

  /// A picture that a worker left, after a look at what it is.
  private func read(_ path: String, is size: PictureSize) throws -> [UInt8] {
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw PicturesFailure.damaged(path: path, what: "it is not there")
    }
    defer { try? file.close() }
    let bytes = [UInt8](try file.read(upToCount: JPEGFile.mostBytes + 1) ?? Data())
    try JPEGFile.check(bytes, is: size, path: path)
    return bytes
  }

  /// A time of the source's clock as the asset counts it; a first picture before the timeline's start is at 0.
  private func time(_ ticks: Int64) -> MediaTime {
    let base = pictures.timebase
    return MediaTime(max(0, ticks &- plan.timeline.start.ticks(in: base)), base)
  }
}

/// What the workers answered; filled in from several threads.
private final class ResultTable: Sendable {
  enum Kind: Hashable { case stills, storyboard }
  private let results = Mutex<[Kind: (PicturesJob, PicturesResult)]>([:])

  func note(_ kind: Kind, _ job: PicturesJob, _ result: PicturesResult) {
    results.withLock { $0[kind] = (job, result) }
  }

  func of(_ kind: Kind) -> (PicturesJob, PicturesResult)? { results.withLock { $0[kind] } }
}

extension PackagePipeline {
  /// Takes the pictures that the plan asks for and stages them; nil when it asks for none.
  func pictures(
    _ plan: Plan, _ survey: SourceSurvey, _ source: SourceFile, _ store: ChunkStore, _ staging: Staging
  )
    throws -> PicturesRecord?
  {
    guard let step = PicturesStep(plan: plan, survey: survey, sourceName: source.name, store: store) else {
      return nil
    }
    let progress = Progress(total: 0, frameRate: Rational(1, 1), log: shell.log)
    progress.step("taking pictures of \(source.name)")
    defer { progress.finish() }
    let pool = WorkPool(
      workers: min(2, command.workers ?? ProcessInfo.processInfo.activeProcessorCount),
      source: source.descriptor, rules: shell.rules(in: store.folder), live: shell.workers,
      onProgress: { _ in },
      onLog: { [log = shell.log, path = source.path] in log.worker($0, source: path) })
    defer { pool.close() }
    do {
      try step.run(on: pool)
    } catch WorkerFailure.failed(let error) where plan.cover != nil && error.code == "pictures" {
      // Sound is whole without its cover.
      shell.log.warning("the cover picture cannot be decoded and is left out", item: source.path)
      return PicturesRecord()
    }
    return try step.put(into: staging)
  }
}
