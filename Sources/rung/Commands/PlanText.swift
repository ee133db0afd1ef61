internal import Media

/// `rung plan` for people: a plan in; out come what will be made, rendition by rendition, how it is cut, and what
/// will not be made and why.
enum PlanText {
  static func render(_ plan: Plan) -> String {
    var blocks = [head(plan)]
    if let video = plan.video { blocks.append(rungs(video) + grid(video, plan.timeline)) }
    if !plan.audio.isEmpty { blocks.append(audio(plan.audio)) }
    if !plan.text.isEmpty { blocks.append(subtitles(plan.text)) }
    if !plan.notes.isEmpty { blocks.append(notes(plan.notes)) }
    return blocks.joined(separator: "\n")
  }

  private static func head(_ plan: Plan) -> String {
    let cuts = plan.timeline.cuts.count
    var lines = [
      "\(plan.layout.id): ladder \(plan.ladder), \(plan.outputs.map(\.rawValue).joined(separator: ", ")), "
        + "\(plan.segmentFormat.rawValue) segments",
      "  \(Human.duration(plan.timeline.duration)) from \(DecimalText.seconds(plan.timeline.start, places: 3)) "
        + "of the source; "
        // One alone is as long as the whole.
        + (cuts == 1
          ? "1 segment"
          : "\(cuts) segments of \(DecimalText.seconds(plan.timeline.segmentDuration, places: 3)) s"),
      "  \(plan.controls.rateControl.rawValue) rates"
        + (plan.controls.rateControl == .capped
          ? " at quality \(Human.decimal(plan.controls.quality, places: 1))" : "")
        + ", \(plan.controls.speed.rawValue), buffer \(Human.decimal(plan.controls.bufferSeconds, places: 1)) s",
    ]
    if let master = plan.layout.key(.master) { lines.append("  \(master)") }
    return lines.map(Printable.line).joined(separator: "\n") + "\n"
  }

  private static func rungs(_ video: VideoPlan) -> String {
    var table = Table([
      .init(title: "video"), .init(title: "codec"), .init(title: "picture"),
      .init(title: "kbit/s", isNumber: true), .init(title: "peak", isNumber: true), .init(title: "level"),
    ])
    for rung in video.rungs {
      table.add([
        rung.name, "\(rung.codec.rawValue) \(rung.profile)", "\(rung.size)",
        Human.kilobits(Int64(rung.bitrate)), Human.kilobits(Int64(rung.maxBitrate)), level(rung),
      ])
    }
    return table.render()
  }

  private static func grid(_ video: VideoPlan, _ timeline: Timeline) -> String {
    var source = "  from stream \(video.stream), \(video.source.codedSize)"
    if video.source.orientation.degrees != 0 { source += ", turned \(video.source.orientation.degrees)°" }
    if video.source.deinterlacing != .off {
      source += ", deinterlaced (\(video.source.deinterlacing.rawValue))"
    }
    if video.source.mapsTones, video.rungs.contains(where: { !$0.keepsRange }) {
      source += ", tone-mapped to standard range"
    }
    return source + "\n  \(Human.frameRate(video.frameRate)) fps, \(Human.count(video.frames, "frame")), "
      + "GOP \(Human.count(video.gopFrames, "frame")), \(Human.count(video.chunks.count, "chunk"))\n"
  }

  private static func audio(_ audio: [AudioPlan]) -> String {
    var table = Table([
      .init(title: "audio"), .init(title: "codec"), .init(title: "channels", isNumber: true),
      .init(title: "Hz", isNumber: true), .init(title: "kbit/s", isNumber: true), .init(title: "language"),
      .init(title: "label"), .init(title: "from"),
    ])
    for track in audio {
      table.add([
        track.name, track.codec.rawValue, String(track.channels), String(track.sampleRate),
        Human.kilobits(Int64(track.bitrate)), track.language ?? "und",
        track.label + (track.isDefault ? " (default)" : ""), "stream \(track.stream)",
      ])
    }
    return table.render()
  }

  private static func subtitles(_ text: [TextPlan]) -> String {
    var table = Table([
      .init(title: "subtitles"), .init(title: "language"), .init(title: "label"), .init(title: "from"),
    ])
    for track in text {
      table.add([track.name, track.language ?? "und", track.label, Printable.line(track.source)])
    }
    return table.render()
  }

  private static func notes(_ notes: [PlanNote]) -> String {
    "not made:\n" + notes.map { "  \(Printable.line("\($0.subject): \($0.reason)"))\n" }.joined()
  }

  /// `3.1` for H.264's 31, `4` for HEVC's 120.
  static func level(_ rung: Rung) -> String {
    switch rung.codec {
    case .h264: DecimalText.fixed(Int64(rung.level), places: 1)
    case .hevc: DecimalText.fixed(Int64(rung.level) / 3, places: 1)
    default: String(rung.level)
    }
  }
}
