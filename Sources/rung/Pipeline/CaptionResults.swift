internal import Encoding
internal import Media
internal import Packaging
internal import Synchronization

/// The captions of a title, dealt out to its frames once they are asked for; asked from several threads.
final class CaptionTable: Sendable {
  private let dealt = Mutex<[CaptionedPicture]?>(nil)

  /// What the frames of `chunk` carry, by their numbers in the chunk. `results` gives what the analysis saw of each
  /// chunk of the title, in order.
  func frames(
    of chunk: Chunk, _ video: VideoPlan, results: () throws -> [ChunkAnalysis]
  ) throws -> [CaptionedPicture] {
    let all = try dealt.withLock { dealt in
      if let dealt { return dealt }
      let pictures = try results().flatMap { $0.captions?.pictures ?? [] }
      let frames = CaptionQueue.frames(pictures, schedule: video.schedule.values)
      dealt = frames
      return frames
    }
    let first = Int64(chunk.firstFrame)
    let range = first..<first + Int64(chunk.frames)
    return all.filter { range.contains($0.time) }.map {
      CaptionedPicture(time: $0.time - first, bytes: $0.bytes)
    }
  }
}

/// Which captions the renditions of a title have: those that were encoded in H.264, what the analysis saw; a copied one,
/// what probing found in its source.
struct CaptionResults {
  /// As HLS names them.
  private let encoded: [String]
  private let copied: [String]

  init(_ step: EncodeStep, _ report: SourceReport) throws {
    encoded = try step.captionChannels()
    copied = report.mainVideo?.captions ?? []
  }

  func joined(to inputs: [RenditionInput]) -> [RenditionInput] {
    inputs.map { input in
      guard let rung = input.rung else { return input }
      var input = input
      input.captions = input.copied != nil ? copied : rung.codec == .h264 ? encoded : []
      return input
    }
  }

  /// For each rung whose encoder cannot write them.
  func losses(_ plan: Plan) -> [PlanNote] {
    guard !encoded.isEmpty else { return [] }
    return (plan.video?.rungs ?? []).filter { $0.codec != .h264 }.map {
      PlanNote(
        $0.name,
        "without the closed captions (\(encoded.joined(separator: ", "))): only rungs in H.264 can carry them"
      )
    }
  }
}

extension EncodeStep {
  /// The channels in what was encoded, after `run`.
  func captionChannels() throws -> [String] {
    let found = try (plan.video?.chunks ?? []).compactMap { try work.analysisResult($0).captions?.channels }
    return Set(found.joined()).sorted { ($0.count, $0) < ($1.count, $1) }
  }
}
