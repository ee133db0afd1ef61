internal import Media

/// `rung plan --json`: a plan in, a document with stable keys out. The frame schedule stays inside: it is one number
/// a frame.
enum PlanJSON {
  static func document(_ plan: Plan, source: String) -> JSONText {
    .object([
      ("source", .string(source)), ("id", .string(plan.layout.id)),
      ("creator", .optional(plan.layout.creator)),
      ("ladder", .string(plan.ladder)), ("outputs", .strings(plan.outputs.map(\.rawValue))),
      ("segments", .string(plan.segmentFormat.rawValue)), ("addressing", .string(plan.addressing.rawValue)),
      ("master", .optional(plan.layout.key(.master))), ("timeline", timeline(plan.timeline)),
      ("controls", controls(plan.controls)), ("video", plan.video.map(video) ?? .null),
      ("audio", .array(plan.audio.map(audio))),
      ("text", .array(plan.text.map(text))),
      (
        "notes",
        .array(
          plan.notes.map { .object([("subject", .string($0.subject)), ("reason", .string($0.reason))]) })
      ),
    ])
  }

  private static func timeline(_ timeline: Timeline) -> JSONText {
    .object([
      ("start", seconds(timeline.start)), ("duration", seconds(timeline.duration)),
      ("segment_duration", seconds(timeline.segmentDuration)), ("segments", integer(timeline.cuts.count)),
      ("cuts", .array(timeline.cuts.map(seconds))),
    ])
  }

  private static func controls(_ controls: EncodeControls) -> JSONText {
    .object([
      ("rate_control", .string(controls.rateControl.rawValue)),
      ("quality", .decimal(Human.number(controls.quality))),
      ("buffer_seconds", .decimal(Human.number(controls.bufferSeconds))),
      ("speed", .string(controls.speed.rawValue)), ("drop_redundant", .bool(controls.dropsRedundant)),
    ])
  }

  private static func video(_ video: VideoPlan) -> JSONText {
    .object([
      ("stream", integer(video.stream)), ("frame_rate", .decimal(DecimalText.rate(video.frameRate))),
      ("frame_rate_exact", .string("\(video.frameRate)")), ("frames", integer(video.frames)),
      ("gop_frames", integer(video.gopFrames)), ("segment_frames", .array(video.segmentFrames.map(integer))),
      ("deinterlace", .string(video.source.deinterlacing.rawValue)),
      ("rotation", integer(video.source.orientation.degrees)), ("tone_mapped", .bool(video.source.mapsTones)),
      ("chunks", .array(video.chunks.map(chunk))), ("rungs", .array(video.rungs.map(rung))),
    ])
  }

  private static func chunk(_ chunk: Chunk) -> JSONText {
    .object([("first_frame", integer(chunk.firstFrame)), ("frames", integer(chunk.frames))])
  }

  private static func rung(_ rung: Rung) -> JSONText {
    .object([
      ("name", .string(rung.name)), ("codec", .string(rung.codec.rawValue)),
      ("width", integer(rung.size.width)),
      ("height", integer(rung.size.height)), ("bitrate", integer(rung.bitrate)),
      ("max_bitrate", integer(rung.maxBitrate)), ("profile", .string(rung.profile)),
      ("level", .string(PlanText.level(rung))), ("keeps_hdr", .bool(rung.keepsRange)),
    ])
  }

  private static func audio(_ audio: AudioPlan) -> JSONText {
    .object([
      ("name", .string(audio.name)), ("group", .string(audio.group)), ("stream", integer(audio.stream)),
      ("codec", .string(audio.codec.rawValue)), ("channels", integer(audio.channels)),
      ("sample_rate", integer(audio.sampleRate)), ("bitrate", integer(audio.bitrate)),
      ("language", .optional(audio.language)), ("label", .string(audio.label)),
      ("default", .bool(audio.isDefault)),
    ])
  }

  private static func text(_ text: TextPlan) -> JSONText {
    .object([
      ("name", .string(text.name)), ("from", .string(text.source)), ("language", .optional(text.language)),
      ("label", .string(text.label)), ("forced", .bool(text.isForced)),
      ("hearing_impaired", .bool(text.isHearingImpaired)),
    ])
  }

  private static func integer(_ value: Int) -> JSONText { .integer(Int64(value)) }
  private static func seconds(_ time: MediaTime) -> JSONText { .decimal(DecimalText.seconds(time)) }
}
