package import Media

/// One track to be packaged: an encoded rung or an audio rendition of the plan.
package struct RenditionInput {
  package var name: String
  package var rung: Rung?
  package var audio: AudioPlan?
  /// What copying found of the track; nil where it was encoded.
  package var copied: CopiedTrack?
  /// The closed captions inside its pictures, as HLS names them.
  package var captions: [String] = []
  /// Gives the samples from the first one on; called once for each rendition that holds the track, since in
  /// MPEG-TS one audio track is muxed into every variant.
  package var open: () throws -> any SampleSource

  package init(rung: Rung, copied: CopiedTrack? = nil, open: @escaping () throws -> any SampleSource) {
    self.copied = copied
    name = rung.name
    self.rung = rung
    audio = nil
    self.open = open
  }

  package init(
    audio: AudioPlan, copied: CopiedTrack? = nil, open: @escaping () throws -> any SampleSource
  ) {
    self.copied = copied
    name = audio.name
    rung = nil
    self.audio = audio
    self.open = open
  }
}

/// What packaging made of one source.
package struct PackagedAsset: Sendable, Equatable {
  /// In the order of the inputs; with sound muxed into every variant the video only.
  package var renditions: [RenditionRecord]
  /// The key that a player opens: the multivariant playlist, or what stands for it (`Layout.entrance`).
  package var master: String

  package init(renditions: [RenditionRecord], master: String) {
    self.renditions = renditions
    self.master = master
  }
}

/// The packaging step: tracks of coded samples come in; segments, init segments and playlists go out to a delivery
/// target, and what was measured of each rendition is returned.
///
/// First all media is written, rendition by rendition, with at most one GOP in memory. Then it is named, since names
/// carry the hash of the bytes; then come the media playlists, which share a target duration, and the master last,
/// so that nothing is named before it is there.
package enum Packager {
  /// `source` gives the bytes of samples that lie in the source file. `progress` hears a rendition's name and how
  /// much of it is written.
  package static func package(
    plan: Plan, renditions: [RenditionInput], texts: [TextInput] = [], source: (any SourceBytes)? = nil,
    into target: any DeliveryTarget,
    progress: (String, MediaTime) -> Void = { _, _ in }
  ) throws -> PackagedAsset {
    guard !renditions.isEmpty else { throw PackagingFailure.noRenditions }
    var records: [RenditionRecord] = []
    if plan.outputs.contains(.hls) || plan.outputs.contains(.dash) {
      records = try packageSegments(
        plan, renditions, plan.outputs.contains(.hls) ? texts : [], source: source, into: target,
        progress: progress)
    }
    if plan.outputs.contains(.mp4) {
      let files = try WholeFiles(plan: plan, source: source, target: target).write(
        renditions, progress: progress)
      WholeFiles.merge(files, into: &records)
    }
    try Summary.put(plan, records, into: target)
    return PackagedAsset(renditions: records, master: plan.layout.entrance ?? "")
  }

  private static func packageSegments(
    _ plan: Plan, _ inputs: [RenditionInput], _ texts: [TextInput], source: (any SourceBytes)?,
    into target: any DeliveryTarget, progress: (String, MediaTime) -> Void
  ) throws -> [RenditionRecord] {
    let planned = arrange(plan, inputs)
    var written: [WrittenRendition] = []
    for rendition in planned {
      written.append(
        try write(rendition, plan: plan, source: source, into: target) { progress(rendition.name, $0) })
    }
    let shared = written.map { PrintedDurations.target($0.segmentMicroseconds) }.max() ?? 0
    let delivery = Delivery(plan: plan, target: target, targetDuration: shared)
    var placed: [PlacedRendition] = []
    for rendition in written { placed.append(try delivery.place(rendition)) }
    var records: [RenditionRecord] = []
    var version = 1
    for (rendition, media) in zip(planned, placed) {
      let playlists = try delivery.putPlaylists(media)
      version = max(version, playlists.version)
      records.append(try Measuring.record(rendition, media, playlists, targetDuration: shared))
    }
    for text in try write(texts, beside: written, plan: plan, into: target) {
      let media = try delivery.place(text.written)
      let playlists = try delivery.putPlaylists(media)
      records.append(Measuring.record(text.plan, media, playlists, targetDuration: shared))
    }
    if plan.outputs.contains(.dash) { try delivery.putDash(Array(zip(records, placed))) }
    if plan.outputs.contains(.hls) { try delivery.putMaster(records: records, version: version) }
    return records
  }

  /// Subtitles are cut where the pictures are, or the sound of an asset without.
  private static func write(
    _ texts: [TextInput], beside media: [WrittenRendition], plan: Plan, into target: any DeliveryTarget
  ) throws -> [(plan: TextPlan, written: WrittenRendition)] {
    guard let grid = media.first(where: { $0.video != nil }) ?? media.first else { return [] }
    let origin = plan.segmentFormat == .ts ? TransportRendition.offset : 0
    return try texts.map { input in
      let writer = TextRendition(
        input: input, starts: grid.segments.map(\.start), end: grid.end, origin: origin)
      return (input.plan, try writer.write(into: target))
    }
  }

  /// The renditions to be written. MPEG-TS with one audio track has it in every variant; otherwise each track is
  /// a rendition of its own.
  private static func arrange(_ plan: Plan, _ inputs: [RenditionInput]) -> [PlannedRendition] {
    let sound = inputs.filter { $0.rung == nil }
    let video = inputs.filter { $0.rung != nil }
    if plan.segmentFormat == .ts, sound.count == 1, !video.isEmpty {
      return video.map { PlannedRendition(name: $0.name, tracks: [$0] + sound) }
    }
    return inputs.map { PlannedRendition(name: $0.name, tracks: [$0]) }
  }

  private static func write(
    _ rendition: PlannedRendition, plan: Plan, source: (any SourceBytes)?, into target: any DeliveryTarget,
    progress: (MediaTime) -> Void
  ) throws -> WrittenRendition {
    let language = LanguageCode.threeLetters(rendition.audio?.language)
    switch plan.segmentFormat {
    case .fmp4:
      let index = try segmentIndex(rendition, plan: plan, language: language, source: source)
      guard let reader = try readers(rendition, plan).first else { throw PackagingFailure.noRenditions }
      return try FragmentedRendition.write(
        reader, language: language, addressing: plan.addressing, index: index, source: source, into: target,
        progress: progress)
    case .ts:
      return try TransportRendition.write(
        name: rendition.name, readers(rendition, plan), language: language, addressing: plan.addressing,
        source: source,
        into: target, progress: progress)
    }
  }

  private static func readers(_ rendition: PlannedRendition, _ plan: Plan) throws -> [SegmentReader] {
    try rendition.tracks.map { track in
      try SegmentReader(
        name: track.name, source: try track.open(), cuts: plan.timeline.cuts, copied: track.copied)
    }
  }

  /// DASH finds the segments of one file by the index in it.
  private static func segmentIndex(
    _ rendition: PlannedRendition, plan: Plan, language: String?, source: (any SourceBytes)?
  ) throws -> [UInt8]? {
    guard plan.addressing == .byteRange, plan.outputs.contains(.dash),
      let reader = try readers(rendition, plan).first
    else { return nil }
    let measured = try FragmentedRendition.write(
      reader, language: language, addressing: .byteRange, source: source, into: CountingTarget()
    ) { _ in }
    return SegmentIndex.box(of: measured)
  }
}

/// One rendition to be written and the tracks inside, video first.
struct PlannedRendition {
  var name: String
  var tracks: [RenditionInput]
  var rung: Rung? { tracks.lazy.compactMap(\.rung).first }
  var audio: AudioPlan? { tracks.lazy.compactMap(\.audio).first }
  /// Every segment can be decoded without the one before it.
  var isIndependent: Bool { !tracks.contains { $0.copied?.hasLeadingPictures == true } }
}
