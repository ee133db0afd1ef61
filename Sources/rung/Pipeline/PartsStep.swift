internal import Media
internal import Packaging
internal import Storing

/// Puts the best picture and the main sound of an asset into parts.
enum PartsStep {
  static func package(
    _ plan: Plan, _ renditions: [RenditionInput], source: SourceReader, baseURL: String?,
    into staging: Staging
  ) throws -> PackagedParts {
    let video = renditions.first { $0.rung != nil }
    let sound = renditions.filter { $0.rung == nil }
    let main = sound.first { $0.audio?.isDefault == true } ?? sound.first
    let tracks = [video, main].compactMap { $0 }.map {
      PartTrack(name: $0.name, language: $0.audio?.language, open: $0.open)
    }
    return try PartsPackager.package(
      plan: plan, tracks: tracks, partBytes: plan.partBytes, baseURL: baseURL, source: source, into: staging)
  }
}
