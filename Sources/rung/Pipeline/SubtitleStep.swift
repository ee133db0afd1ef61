internal import Encoding
internal import Foundation
internal import Isolating
internal import Media
internal import Packaging
internal import Storing

/// Has the subtitles of a plan read by workers: the plan in, the cues of each rendition out, and notes on those that
/// came to nothing. Subtitles that cannot be read cost the asset only themselves.
struct SubtitleStep {
  struct Result {
    var texts: [TextInput] = []
    var notes: [PlanNote] = []
  }

  let source: SourceFile
  let shell: Shell
  let sidecars: [SidecarFile]

  func run(_ plan: Plan) throws -> Result {
    var result = Result()
    var tracks = try streams(plan)[...]
    for text in plan.text {
      let track: SubtitleTrack
      let subject: String
      switch text.origin {
      case .stream(let index):
        track = tracks.popFirst() ?? SubtitleTrack(fault: "it was not read")
        subject = "subtitles \(index)" + (text.language.map { " (\($0))" } ?? "")
      case .sidecar(let name):
        track = try sidecar(name, plan)
        subject = "subtitles \(name)"
      }
      result.notes += track.notes.map { PlanNote(subject, $0) }
      if let fault = track.fault {
        result.notes.append(PlanNote(subject, "they are left out: \(fault)"))
      } else {
        result.texts.append(TextInput(plan: text, cues: track.cues))
      }
    }
    return result
  }

  /// All text streams, in one pass over the source.
  private func streams(_ plan: Plan) throws -> [SubtitleTrack] {
    var indices: [Int] = []
    for case .stream(let index) in plan.text.map(\.origin) { indices.append(index) }
    guard !indices.isEmpty else { return [] }
    let job = SubtitleJob(streams: indices, start: plan.timeline.start, duration: plan.timeline.duration)
    return try perform(
      .subtitles(name: source.name, job), source.descriptor, source.path, count: indices.count)
  }

  private func sidecar(_ name: String, _ plan: Plan) throws -> SubtitleTrack {
    guard let file = sidecars.first(where: { $0.name == name }) else {
      return SubtitleTrack(fault: "the file is gone or cannot be opened; check its permissions")
    }
    let job = SidecarJob(duration: plan.timeline.duration)
    return try perform(.sidecar(job), file.descriptor, file.path, count: 1)[0]
  }

  /// As many tracks as were asked for: a worker that fails or dies over them makes each of them a fault.
  private func perform(
    _ job: WorkerJob, _ descriptor: Int32, _ path: String, count: Int
  ) throws -> [SubtitleTrack] {
    do {
      let worker = try WorkerProcess.start(source: descriptor, live: shell.workers)
      let answer: WorkerAnswer = try worker.run(
        job, doing: "reading its subtitles", onProgress: { (_: WorkerProgress) in },
        onLog: { [log = shell.log] in
          if log.format == .json { log.worker($0, source: path) }
        })
      guard case .subtitles(let result) = answer, result.tracks.count == count else {
        throw WorkerFailure.garbled(line: "an answer to another question", doing: "reading its subtitles")
      }
      return result.tracks
    } catch let failure as WorkerFailure {
      switch failure {
      case .cancelled, .cannotStart: throw failure
      default:
        let line = CommandFailure(failure, source: path).message
        return Array(repeating: SubtitleTrack(fault: line), count: count)
      }
    }
  }
}
