internal import Media

/// Which sound is made: the source's audio streams and the ladder's kinds in; renditions with names that are unique,
/// and reasons for what is left out, out. Every stream gets every kind that it has channels for; stereo is also made
/// of mono, since players expect it (HLS authoring 2.3).
struct AudioPlanner {
  struct Result {
    var plans: [AudioPlan] = []
    /// Of the streams taken, in stream order.
    var spans: [AudioSpan] = []
    var notes: [PlanNote] = []
  }

  var report: SourceReport
  var survey: SourceSurvey
  var ladder: Ladder

  func plan() -> Result {
    var result = Result()
    if report.audio.isEmpty {
      result.notes.append(PlanNote("audio", "the source has no sound"))
      return result
    }
    if ladder.audio.isEmpty {
      result.notes.append(PlanNote("audio", "the ladder makes none"))
      return result
    }
    let taken = report.audio.filter { stream in
      guard let span = span(of: stream, &result.notes) else { return false }
      result.spans.append(span)
      return true
    }
    let main =
      taken.first { $0.common.disposition.contains("default") } ?? taken.first
    for target in ladder.audio {
      for stream in taken {
        add(stream, target, isDefault: stream.common.index == main?.common.index, to: &result)
      }
    }
    return result
  }

  private func span(of stream: AudioStream, _ notes: inout [PlanNote]) -> AudioSpan? {
    let subject = "audio \(stream.common.index)"
    if stream.isEncrypted {
      notes.append(PlanNote(subject, "it is encrypted"))
      return nil
    }
    if !report.canDecode(stream.common) {
      notes.append(PlanNote(subject, "its codec cannot be decoded here"))
      return nil
    }
    let span = survey.audio.first { $0.stream == stream.common.index }
    guard let span, span.packets > 0, span.timebase.isPositive, span.end > span.start else {
      notes.append(PlanNote(subject, "there is no sound in it"))
      return nil
    }
    return span
  }

  private func add(_ stream: AudioStream, _ target: AudioTarget, isDefault: Bool, to result: inout Result) {
    guard let channels = channels(stream, target, &result.notes) else { return }
    let group = AudioTarget.group(target.codec, channels: channels)
    let language = LanguageNames.checked(stream.common.language)
    result.plans.append(
      AudioPlan(
        name: unique("\(group)-\(language ?? "und")", among: result.plans.map(\.name), joint: "-"),
        group: group, stream: stream.common.index, codec: target.codec, channels: channels,
        sampleRate: target.rate, bitrate: target.bitrate, language: language,
        label: unique(
          Self.label(stream, language), among: result.plans.filter { $0.group == group }.map(\.label),
          joint: " "),
        isDefault: isDefault))
  }

  /// Surround is not invented: a stream with fewer channels gets the ladder's smaller kinds, or stereo when the
  /// ladder has none.
  private func channels(
    _ stream: AudioStream, _ target: AudioTarget, _ notes: inout [PlanNote]
  ) -> Int? {
    if target.channels <= max(2, stream.channels) { return target.channels }
    let least = ladder.audio.filter { $0.codec == target.codec }.map(\.channels).min() ?? target.channels
    if least == target.channels { return 2 }
    notes.append(
      PlanNote(
        "audio \(stream.common.index)",
        "it has \(stream.channels) channel\(stream.channels == 1 ? "" : "s"), "
          + "so \(target.channels) are not made of it"))
    return nil
  }

  /// What the stream is to a listener: its language and its role.
  static func label(_ stream: AudioStream, _ language: String?) -> String {
    let name = language.map(LanguageNames.name) ?? "Audio"
    if stream.common.disposition.contains("comment") { return "\(name) commentary" }
    if stream.common.disposition.contains("visual_impaired") { return "\(name) description" }
    return name
  }

  private func unique(_ name: String, among taken: [String], joint: String) -> String {
    var result = name
    var number = 2
    while taken.contains(result) {
      result = "\(name)\(joint)\(number)"
      number += 1
    }
    return result
  }
}
