package import Media

/// The library versions and the tool that made an asset.
package struct MadeBy: Equatable, Sendable {
  package var tool: String
  package var version: String
  /// Name and version: `libavcodec`, `59.37.100`.
  package var libraries: [String: String]
  package init(tool: String, version: String, libraries: [String: String]) {
    self.tool = tool
    self.version = version
    self.libraries = libraries
  }
}

/// What `asset.json` says beside renditions and objects; each part is left out where it is empty.
package struct AssetExtras: Equatable, Sendable {
  /// Subtitle files that lay beside the source.
  package var sidecars: [SidecarRecord]
  /// On the asset's timeline.
  package var chapters: [Chapter]
  package var leftOut: [LeftOutTrack]
  /// What of the pictures could not be decoded whole.
  package var damage: PictureDamage?

  package init(
    damage: PictureDamage? = nil, sidecars: [SidecarRecord] = [], chapters: [Chapter] = [],
    leftOut: [LeftOutTrack] = []
  ) {
    self.damage = damage
    self.sidecars = sidecars
    self.chapters = chapters
    self.leftOut = leftOut
  }
}

/// `asset.json`: what was packaged from what, in; the document's text out. The same values give the same text: no
/// clock, no path of the machine, decimals from ticks. Its schema is `Schemas/asset.schema.json`.
package struct AssetDocument: Sendable {
  package static let schema: Int64 = 1
  package let value: JSONValue
  package var text: String { value.pretty }

  /// `ladder` is the ladder that was used, flags applied, as JSON text; `pictures` nil when none were asked for.
  package init(
    id: String, source: SourceReport, sourceSHA256: String, ladder: String, renditions: [RenditionRecord],
    objects: [InventoryEntry], madeBy: MadeBy, pictures: PicturesRecord? = nil,
    beside extras: AssetExtras = AssetExtras()
  ) throws(JSONFailure) {
    let ladder = try JSONValue.parse(ladder)
    guard case .object = ladder else { throw JSONFailure(what: "a ladder is a JSON object", offset: 0) }
    let video = renditions.filter { $0.kind == .video }
    value = .members([
      ("schema", .integer(Self.schema)),
      ("id", .string(id)),
      ("source", Self.source(source, sha256: sourceSHA256, extras)),
      ("chapters", extras.chapters.isEmpty ? nil : .array(extras.chapters.map(Self.chapter))),
      ("left_out", extras.leftOut.isEmpty ? nil : .array(extras.leftOut.map(Self.leftOut))),
      ("ladder", ladder),
      ("available_qualities", video.isEmpty ? nil : .array(video.map(Self.quality))),
      (
        "aspect_ratio", video.isEmpty ? nil : source.mainVideo.flatMap(Self.aspectRatio).map(JSONValue.string)
      ),
      ("dominant_color", pictures?.dominantColour.map(JSONValue.string)),
      ("preload", video.isEmpty ? nil : .array(Self.preloaded(video).map(Self.preload))),
      ("renditions", .array(renditions.map(Self.rendition))),
      ("images", pictures.map { .array($0.images.map(Self.image)) }),
      ("objects", .array(objects.sorted { $0.key < $1.key }.map(Self.object))),
      ("made_by", Self.madeBy(madeBy)),
    ])
  }

  private static func source(_ report: SourceReport, sha256: String, _ extras: AssetExtras) -> JSONValue {
    .members([
      ("name", .string(report.name)),
      ("bytes", .integer(report.bytes)),
      ("sha256", .string(sha256)),
      ("format", .string(report.format)),
      ("duration", report.duration.map(seconds)),
      ("promised_duration", report.promised.map(seconds)),
      ("video_track", report.chosenVideo.map { .integer($0) }),
      ("video", report.mainVideo.map(video)),
      ("audio", .array(report.audio.map(audio))),
      ("subtitles", report.subtitles.isEmpty ? nil : .array(report.subtitles.map(subtitles))),
      ("sidecars", extras.sidecars.isEmpty ? nil : .array(extras.sidecars.map(sidecar))),
      ("faults", .array(report.faults.map { .string($0.code) })),
      ("damage", extras.damage.flatMap { $0.isNone ? nil : Self.damage($0) }),
    ])
  }

  private static func damage(_ damage: PictureDamage) -> JSONValue {
    .members([
      ("frames", .integer(damage.frames)),
      ("missing_frames", .integer(damage.missing)),
      ("first_missing_frame", damage.firstMissing.map { .integer($0) }),
      ("concealed_pictures", .integer(damage.concealed)),
    ])
  }

  private static func video(_ stream: VideoStream) -> JSONValue {
    .members([
      ("codec", .string(stream.common.codec)),
      ("profile", stream.common.profile.map(JSONValue.string)),
      ("level", stream.common.level.map(JSONValue.string)),
      ("width", .integer(stream.codedSize.width)),
      ("height", .integer(stream.codedSize.height)),
      ("crop", stream.crop.map { edges($0.edges(of: stream.codedSize)) }),
      ("bitstream_crop", stream.bitstreamCrop.map(edges)),
      ("displayed_width", .integer(stream.displayedSize.width)),
      ("displayed_height", .integer(stream.displayedSize.height)),
      ("rotation", .integer(stream.orientation.degrees)),
      ("frame_rate", stream.frameRate.map(rate)),
      ("constant_frame_rate", .bool(stream.isConstantFrameRate)),
      ("field_order", .string(stream.fieldOrder.rawValue)),
      ("telecine", stream.telecine.map { .string($0.rawValue) }),
      ("pixel_format", .string(stream.pixelFormat)),
      ("bit_depth", .integer(stream.bitDepth)),
      ("color_primaries", .integer(stream.colour.primaries)),
      ("color_transfer", .integer(stream.colour.transfer)),
      ("color_matrix", .integer(stream.colour.matrix)),
      ("full_range", .bool(stream.colour.fullRange)),
      ("captions", stream.captions.map { .array($0.map(JSONValue.string)) }),
    ])
  }

  private static func edges(_ crop: EdgeCrop) -> JSONValue {
    .members([
      ("left", .integer(crop.left)), ("top", .integer(crop.top)), ("right", .integer(crop.right)),
      ("bottom", .integer(crop.bottom)),
    ])
  }

  private static func audio(_ stream: AudioStream) -> JSONValue {
    .members([
      ("codec", .string(stream.common.codec)),
      ("profile", stream.common.profile.map(JSONValue.string)),
      ("channels", .integer(stream.channels)),
      ("layout", .string(stream.layout)),
      ("sample_rate", .integer(stream.sampleRate)),
      ("language", stream.common.language.map(JSONValue.string)),
      ("loudness", stream.loudness.map(loudness)),
      ("damaged_packets", stream.damagedPackets.map { .integer($0) }),
    ])
  }

  private static func loudness(_ loudness: Loudness) -> JSONValue {
    .members([
      ("integrated", loudness.integrated.map(hundredths)),
      ("range", hundredths(loudness.range)),
      ("true_peak", loudness.truePeak.map(hundredths)),
    ])
  }

  /// A number that was rounded to hundredths.
  private static func hundredths(_ value: Double) -> JSONValue {
    let count = Int64(max(-1e9, min(value * 100, 1e9)).rounded())
    return .number(DecimalText.fixed(count, places: 2))
  }

  private static func subtitles(_ stream: OtherStream) -> JSONValue {
    .members([
      ("codec", .string(stream.common.codec)),
      ("language", stream.common.language.map(JSONValue.string)),
    ])
  }

  private static func sidecar(_ record: SidecarRecord) -> JSONValue {
    .members([
      ("name", .string(record.name)), ("bytes", .integer(record.bytes)), ("sha256", .string(record.sha256)),
    ])
  }

  private static func chapter(_ chapter: Chapter) -> JSONValue {
    .members([
      ("start", seconds(chapter.start)), ("end", seconds(chapter.end)),
      ("title", chapter.title.map(JSONValue.string)),
    ])
  }

  private static func leftOut(_ track: LeftOutTrack) -> JSONValue {
    .members([
      ("stream", .integer(track.stream)), ("kind", .string(track.kind)), ("codec", .string(track.codec)),
      ("language", track.language.map(JSONValue.string)), ("reason", .string(track.reason)),
    ])
  }

  private static func rendition(_ record: RenditionRecord) -> JSONValue {
    .members([
      ("name", .string(record.name)),
      ("kind", .string(record.kind.rawValue)),
      ("codecs", .string(record.codecs)),
      ("playlist", record.playlist.isEmpty ? nil : .string(record.playlist)),
      ("file", record.file.map(JSONValue.string)),
      ("iframe_playlist", record.iframePlaylist.map(JSONValue.string)),
      ("version", .string(record.version)),
      ("segments", .integer(record.segments)),
      ("bytes", .integer(record.bytes)),
      ("duration", seconds(record.duration)),
      ("target_duration", .integer(record.targetDuration)),
      ("peak_bitrate", .integer(record.peakBitrate)),
      ("average_bitrate", .integer(record.averageBitrate)),
      ("copied", record.isCopied.map(JSONValue.bool)),
      ("planned_bitrate", record.plannedBitrate.map { .integer($0) }),
      ("iframe_peak_bitrate", record.iframePeakBitrate.map { .integer($0) }),
      ("iframe_average_bitrate", record.iframeAverageBitrate.map { .integer($0) }),
      ("width", record.size.map { .integer($0.width) }),
      ("height", record.size.map { .integer($0.height) }),
      ("frame_rate", record.frameRate.map(rate)),
      ("bit_depth", record.bitDepth.map { .integer($0) }),
      ("video_range", record.videoRange.map(JSONValue.string)),
      ("captions", record.captions.map { .array($0.map(JSONValue.string)) }),
      ("group", record.group.map(JSONValue.string)),
      ("language", record.language.map(JSONValue.string)),
      ("label", record.label.map(JSONValue.string)),
      ("channels", record.channels.map { .integer($0) }),
      ("sample_rate", record.sampleRate.map { .integer($0) }),
      ("default", record.isDefault.map(JSONValue.bool)),
      ("purpose", record.purpose.flatMap { $0 == .dialogue ? nil : .string($0.rawValue) }),
      ("gain", record.gain.map(hundredths)),
      ("forced", record.isForced.map(JSONValue.bool)),
      ("hearing_impaired", record.isHearingImpaired.map(JSONValue.bool)),
    ])
  }

  private static func quality(_ record: RenditionRecord) -> JSONValue {
    .members([
      ("name", .string(record.name)),
      ("width", record.size.map { .integer($0.width) }),
      ("height", record.size.map { .integer($0.height) }),
      ("bitrate", .integer(record.averageBitrate)),
      ("peak_bitrate", .integer(record.peakBitrate)),
    ])
  }

  /// `16:9`, of the displayed picture.
  private static func aspectRatio(_ stream: VideoStream) -> String? {
    let size = stream.displayedSize
    guard size.width > 0, size.height > 0 else { return nil }
    let ratio = Rational(Int64(size.width), Int64(size.height)).reduced
    return "\(ratio.numerator):\(ratio.denominator)"
  }

  /// The lowest rung, and the one to begin with on a usual line: the largest of at most 720 lines.
  private static func preloaded(_ video: [RenditionRecord]) -> [RenditionRecord] {
    func lines(_ record: RenditionRecord) -> Int { record.size.map { min($0.width, $0.height) } ?? 0 }
    let ordered = video.sorted {
      (lines($0), $0.averageBitrate, $0.name) < (lines($1), $1.averageBitrate, $1.name)
    }
    guard let lowest = ordered.first else { return [] }
    let usual = ordered.last { lines($0) <= 720 } ?? lowest
    return usual.name == lowest.name ? [lowest] : [lowest, usual]
  }

  private static func preload(_ record: RenditionRecord) -> JSONValue {
    .members([
      ("rendition", .string(record.name)),
      (
        "objects",
        .array(record.head.map { .members([("key", .string($0.key)), ("bytes", .integer($0.bytes))]) })
      ),
    ])
  }

  private static func image(_ record: ImageRecord) -> JSONValue {
    .members([
      ("kind", .string(record.kind.rawValue)),
      ("key", .string(record.key)),
      ("width", .integer(record.size.width)),
      ("height", .integer(record.size.height)),
      ("at", seconds(record.time)),
      ("best", record.isBest ? .bool(true) : nil),
    ])
  }

  static func object(_ entry: InventoryEntry) -> JSONValue {
    .members([
      ("key", .string(entry.key)),
      ("bytes", .integer(entry.bytes)),
      ("sha256", .string(entry.sha256)),
      ("content_type", .string(entry.contentType.rawValue)),
      ("cache_control", .string(entry.cacheControl.rawValue)),
    ])
  }

  private static func madeBy(_ maker: MadeBy) -> JSONValue {
    let libraries = maker.libraries.sorted { $0.key < $1.key }
    return .members([
      ("tool", .string(maker.tool)),
      ("version", .string(maker.version)),
      ("libraries", .members(libraries.map { ($0.key, .string($0.value)) })),
    ])
  }

  private static func seconds(_ time: MediaTime) -> JSONValue { .number(DecimalText.seconds(time)) }
  private static func rate(_ rate: Rational) -> JSONValue { .number(DecimalText.rate(rate)) }
}
