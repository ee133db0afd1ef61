internal import Encoding
internal import Foundation
internal import Isolating
internal import Media
internal import Packaging
internal import Storing

/// Takes the copied tracks of a plan out of the source: a plan and a chunk store in, packet files out, which hold the
/// samples' times and, where the container allows it, only where their bytes are.
struct CopyStep {
  private let source: SourceFile
  private let shell: Shell
  private var paths: [Int: String] = [:]
  /// Of the last run.
  private(set) var tracks: [CopiedTrack] = []
  private var refused: [Int: String] = [:]

  init(source: SourceFile, shell: Shell) {
    self.source = source
    self.shell = shell
  }

  /// nil when all is copied that the plan says (or it says nothing); else every stream that turned out to need
  /// encoding, and why. It does not come to that twice for one stream.
  mutating func run(_ plan: Plan, _ store: ChunkStore) throws -> [Int: String]? {
    (tracks, paths) = ([], [:])
    guard let copies = plan.copies, !copies.isEmpty else { return nil }
    var paths: [Int: String] = [:]
    let job = try CopyJob(
      copies: copies, start: plan.timeline.start,
      end: plan.video != nil || !plan.audio.isEmpty ? plan.timeline.duration : nil,
      keepsPriming: plan.segmentFormat == .fmp4 || plan.outputs.contains(.parts),
      coversAll: plan.outputs.contains(.hls) || plan.outputs.contains(.dash)
    ) { stream in
      let path = try store.path(for: "copy-\(stream)")
      paths[stream] = path
      return path
    }
    let result = try perform(job, in: store.folder)
    for refusal in result.refusals {
      guard !copies.isStrict, refused[refusal.stream] == nil else {
        throw CommandFailure(
          source.path, "stream \(refusal.stream) cannot be copied: \(refusal.message)",
          advice: "have it encoded (split --transcode, package --copy=prefer)")
      }
      refused[refusal.stream] = refusal.message
    }
    if !result.refusals.isEmpty { return refused }
    (tracks, self.paths) = (result.tracks, paths)
    return nil
  }

  private func perform(_ job: CopyJob, in folder: String) throws -> CopyResult {
    let worker = try WorkerProcess.start(
      source: source.descriptor, rules: shell.rules(in: folder), live: shell.workers)
    let answer: WorkerAnswer = try worker.run(
      .copy(name: source.name, job) as WorkerJob, doing: "copying its packets",
      onProgress: { (_: WorkerProgress) in },
      onLog: { [log = shell.log, path = source.path] in log.worker($0, source: path) })
    guard case .copied(let result) = answer else {
      throw WorkerFailure.garbled(line: "an answer to another question", doing: "copying its packets")
    }
    return result
  }

  /// The renditions to be packaged: the copied ones among the encoded, pictures first, sound by stream.
  func joined(with encoded: [RenditionInput], _ plan: Plan) throws -> [RenditionInput] {
    guard let copies = plan.copies else { return encoded }
    var video = encoded.filter { $0.rung != nil }
    var audio = encoded.filter { $0.rung == nil }
    if let copy = copies.video {
      let (track, path) = try made(copy.stream)
      video.insert(RenditionInput(rung: copy.rung, copied: track) { try PacketFileReader(path: path) }, at: 0)
    }
    for copy in copies.audio {
      let (track, path) = try made(copy.stream)
      audio.append(RenditionInput(audio: copy.audio, copied: track) { try PacketFileReader(path: path) })
    }
    audio.sort { ($0.audio?.stream ?? 0, $0.name) < ($1.audio?.stream ?? 0, $1.name) }
    return video + audio
  }

  private func made(_ stream: Int) throws -> (CopiedTrack, String) {
    guard let track = tracks.first(where: { $0.stream == stream }), let path = paths[stream] else {
      throw PacketFileFailure.damaged(path: "copy-\(stream)", what: "was not made")
    }
    return (track, path)
  }
}

/// The source's bytes by range, for packagers of copied tracks: nothing of them is interpreted here.
final class SourceReader: SourceBytes {
  private let source: SourceFile

  init(_ source: SourceFile) { self.source = source }

  func bytes(offset: Int64, count: Int) throws -> [UInt8] {
    try bytes([SourceRange(offset: offset, count: count)])
  }

  func bytes(_ ranges: [SourceRange]) throws -> [UInt8] {
    let total = ranges.reduce(0) { $0 + $1.count }
    return try unsafe [UInt8](unsafeUninitializedCapacity: total) { bytes, filled in
      for range in ranges {
        try unsafe read(
          offset: range.offset,
          into: UnsafeMutableRawBufferPointer(
            rebasing: UnsafeMutableRawBufferPointer(bytes)[filled..<filled + range.count]))
        filled += range.count
      }
    }
  }

  func read(offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws {
    var done = 0
    while done < buffer.count {
      let got = unsafe pread(
        source.descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done,
        off_t(offset) + off_t(done))
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw CommandFailure.system(source.path, "cannot be read", errno: errno) }
      guard got > 0 else {
        throw CommandFailure(
          source.path, "became shorter while it was read", advice: "wait until it is whole")
      }
      done += got
    }
  }
}
