internal import Media

/// `rung probe --json`: a report in, a document with stable keys out. Absent facts are null, so that every key is
/// always there.
enum ReportJSON {
  static func document(_ report: SourceReport, source: String) -> JSONText {
    .object([
      ("source", .string(source)), ("name", .string(report.name)), ("bytes", .integer(report.bytes)),
      ("format", .string(report.format)), ("start", seconds(report.start)),
      ("duration", seconds(report.duration)), ("bit_rate", .optional(report.bitRate)),
      ("video", .array(report.video.map(video))), ("audio", .array(report.audio.map(audio))),
      ("subtitles", .array(report.subtitles.map(other))), ("other", .array(report.other.map(other))),
      ("chapters", .array(report.chapters.map(chapter))), ("faults", .array(report.faults.map(fault))),
    ])
  }

  private static func facts(_ facts: StreamFacts) -> [(String, JSONText)] {
    [
      ("index", .integer(Int64(facts.index))), ("codec", .string(facts.codec)),
      ("profile", .optional(facts.profile)), ("level", .optional(facts.level)),
      ("timebase", .string("\(facts.timebase)")), ("start", seconds(facts.start)),
      ("duration", seconds(facts.duration)), ("bit_rate", .optional(facts.bitRate)),
      ("language", .optional(facts.language)), ("title", .optional(facts.title)),
      ("disposition", .strings(facts.disposition)),
    ]
  }

  private static func video(_ stream: VideoStream) -> JSONText {
    .object(
      facts(stream.common) + [
        ("coded_width", .integer(Int64(stream.codedSize.width))),
        ("coded_height", .integer(Int64(stream.codedSize.height))),
        ("crop", stream.crop.map { edges($0.edges(of: stream.codedSize)) } ?? .null),
        ("bitstream_crop", stream.bitstreamCrop.map(edges) ?? .null),
        ("displayed_width", .integer(Int64(stream.displayedSize.width))),
        ("displayed_height", .integer(Int64(stream.displayedSize.height))),
        ("sample_aspect_ratio", .string(Human.ratio(stream.sampleAspectRatio))),
        ("rotation", .integer(Int64(stream.orientation.degrees))),
        ("mirrored", .bool(stream.orientation.mirrored)),
        ("frame_rate", stream.frameRate.map { .decimal(DecimalText.rate($0)) } ?? .null),
        ("frame_rate_exact", .optional(stream.frameRate?.description)),
        ("constant_frame_rate", .bool(stream.isConstantFrameRate)),
        ("field_order", .string(stream.fieldOrder.rawValue)),
        ("telecine", .optional(stream.telecine?.rawValue)),
        ("pixel_format", .string(stream.pixelFormat)), ("bit_depth", .integer(Int64(stream.bitDepth))),
        ("colour", colour(stream.colour)), ("hdr", stream.hdr.map(hdr) ?? .null),
        ("captions", stream.captions.map { .strings($0) } ?? .null),
        ("pictures", .integer(Int64(stream.pictures))), ("keyframes", .integer(Int64(stream.keyframes))),
        ("cover", .bool(stream.isCover)), ("encrypted", .bool(stream.isEncrypted)),
      ])
  }

  private static func edges(_ crop: EdgeCrop) -> JSONText {
    .object([
      ("left", .integer(Int64(crop.left))), ("top", .integer(Int64(crop.top))),
      ("right", .integer(Int64(crop.right))), ("bottom", .integer(Int64(crop.bottom))),
    ])
  }

  private static func colour(_ colour: Colour) -> JSONText {
    .object([
      ("range", .string(colour.fullRange ? "full" : "limited")),
      ("primaries", .string(ColourNames.primaries(colour.primaries))),
      ("transfer", .string(ColourNames.transfer(colour.transfer))),
      ("matrix", .string(ColourNames.matrix(colour.matrix))),
      (
        "codes",
        .array([colour.primaries, colour.transfer, colour.matrix].map { .integer(Int64($0)) })
      ),
    ])
  }

  private static func hdr(_ hdr: HDRMetadata) -> JSONText {
    .object([
      ("mastering_max_nits", nits(hdr.masteringMaximum)), ("mastering_min_nits", nits(hdr.masteringMinimum)),
      ("max_content_light", .optional(hdr.maximumContentLight)),
      ("max_frame_average_light", .optional(hdr.maximumFrameAverageLight)),
      ("dolby_vision_profile", .optional(hdr.dolbyVisionProfile)),
    ])
  }

  private static func audio(_ stream: AudioStream) -> JSONText {
    .object(
      facts(stream.common) + [
        ("channels", .integer(Int64(stream.channels))), ("layout", .string(stream.layout)),
        ("sample_rate", .integer(Int64(stream.sampleRate))), ("encrypted", .bool(stream.isEncrypted)),
      ])
  }

  private static func other(_ stream: OtherStream) -> JSONText {
    .object(facts(stream.common) + [("kind", .string(stream.kind))])
  }

  private static func chapter(_ chapter: Chapter) -> JSONText {
    .object([
      ("start", seconds(chapter.start)), ("end", seconds(chapter.end)), ("title", .optional(chapter.title)),
    ])
  }

  private static func fault(_ fault: Fault) -> JSONText {
    .object([
      ("code", .string(fault.code)), ("message", .string(fault.message)), ("stream", .optional(fault.stream)),
    ])
  }

  private static func seconds(_ time: MediaTime?) -> JSONText {
    time.map { .decimal(DecimalText.seconds($0)) } ?? .null
  }

  private static func nits(_ value: Double?) -> JSONText {
    value.flatMap { Int64(exactly: ($0 * 10_000).rounded()) }.map {
      .decimal(DecimalText.fixed($0, places: 4))
    }
      ?? .null
  }
}
