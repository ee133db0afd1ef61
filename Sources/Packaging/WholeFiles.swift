internal import Media

/// Makes the whole-file renditions of an asset: one progressive MP4 for each rung, with all sound in it; without
/// pictures one for each sound. Tracks come in, placed files and their records go out.
struct WholeFiles {
  let plan: Plan
  let source: (any SourceBytes)?
  let target: any DeliveryTarget

  func write(
    _ inputs: [RenditionInput], progress: (String, MediaTime) -> Void
  ) throws -> [RenditionRecord] {
    let video = inputs.filter { $0.rung != nil }
    let sound = inputs.filter { $0.rung == nil }
    let files = video.isEmpty ? sound.map { [$0] } : video.map { [$0] + sound }
    return try files.map { tracks in try write(tracks, progress) }
  }

  private func write(
    _ tracks: [RenditionInput], _ progress: (String, MediaTime) -> Void
  ) throws -> RenditionRecord {
    let name = tracks[0].name
    // A lane of its own: the version of a rendition is over its segments.
    let lane = "\(name).mp4"
    let written = try WholeFile(name: lane, tracks: tracks, source: source).write(into: target) {
      progress(name, $0)
    }
    let version = try target.version(of: lane)
    guard let key = plan.layout.key(.mp4, rendition: name, version: version) else {
      throw PackagingFailure.layoutLacks(.mp4)
    }
    let isVideo = tracks[0].rung != nil
    try target.place(
      written.object, key: key, type: isVideo ? .videoMP4 : .audioMP4, cache: plan.layout.cachePolicy(.mp4))
    var codecs: [String] = []
    for format in written.formats {
      guard let codec = CodecString.make(format) else {
        throw PackagingFailure.configuration(rendition: name, format.codec)
      }
      if !codecs.contains(codec) { codecs.append(codec) }
    }
    var record = RenditionRecord(
      name: name, kind: isVideo ? .video : .audio, codecs: codecs.joined(separator: ","), playlist: "",
      version: version, duration: written.duration)
    record.file = key
    record.bytes = written.object.bytes
    record.peakBitrate = BitRates.peak(written.pieces, targetDuration: 6)
    record.averageBitrate = BitRates.average(written.pieces)
    record.plannedBitrate = tracks[0].rung?.bitrate ?? tracks[0].audio?.bitrate
    record.head = [MediaHead(key: key, bytes: written.headBytes)]
    if let video = written.formats.lazy.compactMap(\.video).first {
      record.size = video.size
      record.frameRate = video.frameRate
      record.bitDepth = video.bitDepth
      record.videoRange = video.colour.isPQ ? "PQ" : (video.colour.isHLG ? "HLG" : "SDR")
    }
    if let audio = written.formats.lazy.compactMap(\.audio).first {
      record.channels = audio.channels
      record.sampleRate = audio.sampleRate
      record.language = tracks.lazy.compactMap(\.audio).first?.language
    }
    return record
  }

  /// A rendition that has segments too is one rendition with a file beside them.
  static func merge(_ files: [RenditionRecord], into records: inout [RenditionRecord]) {
    for file in files {
      if let index = records.firstIndex(where: { $0.name == file.name }) {
        records[index].file = file.file
      } else {
        records.append(file)
      }
    }
  }
}

/// Writes the small document that a simple player starts from, where the layout has a place for it:
/// `{"videoId", "duration", "renditions": {"480p": URL}, "poster"}` with URLs relative to it.
enum Summary {
  static func put(
    _ plan: Plan, _ records: [RenditionRecord], into target: any DeliveryTarget
  ) throws {
    guard let key = plan.layout.key(.summary) else { return }
    let video = records.filter { $0.kind == .video }
    let shown = (video.isEmpty ? records : video).reversed().compactMap { record -> String? in
      let object = record.file ?? record.playlist
      return object.isEmpty ? nil : "    \"\(record.name)\": \"\(PlaylistText.uri(object, from: key))\""
    }
    let duration = records.map(\.duration).max() ?? plan.timeline.duration
    var lines = [
      "  \"videoId\": \"\(plan.layout.id)\"", "  \"duration\": \(DecimalText.seconds(duration))",
      "  \"renditions\": {\n\(shown.joined(separator: ",\n"))\n  }",
    ]
    if plan.video != nil, plan.images?.poster != nil, let poster = plan.layout.key(.poster) {
      lines.append("  \"poster\": \"\(PlaylistText.uri(poster, from: key))\"")
    }
    let text = "{\n\(lines.joined(separator: ",\n"))\n}\n"
    try target.put(
      Array(text.utf8), key: key, type: .json, cache: plan.layout.cachePolicy(.summary))
  }
}
