internal import Media

/// Which sound is made: the source's audio streams and the ladder's kinds in; renditions with names that are unique,
/// and reasons for what is left out, out. Stereo is also made of mono, since players expect it (HLS authoring 2.3).
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
    let main = main(of: taken)
    let labels = labels(of: taken)
    for target in ladder.audio {
      for (stream, label) in zip(taken, labels) {
        guard let channels = channels(stream, target, &result.notes) else { continue }
        add(stream, target, channels, label, isDefault: stream.common.index == main, to: &result)
      }
    }
    return result
  }

  /// The track to be heard by those who choose none: the source's default, but neither a commentary nor a description
  /// where there is another.
  private func main(of taken: [AudioStream]) -> Int? {
    let dialogue = taken.filter { Self.purpose($0) == .dialogue }
    let candidates = dialogue.isEmpty ? taken : dialogue
    return (candidates.first { $0.common.disposition.contains("default") } ?? candidates.first)?.common.index
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

  private func add(
    _ stream: AudioStream, _ target: AudioTarget, _ channels: Int, _ label: String, isDefault: Bool,
    to result: inout Result
  ) {
    let group = AudioTarget.group(target.codec, channels: channels)
    let language = LanguageNames.checked(stream.common.language)
    let index = stream.common.index
    var plan = AudioPlan(
      name: UniqueName.of("\(group)-\(language ?? "und")", among: result.plans.map(\.name), joint: "-"),
      group: group, stream: index, codec: target.codec, channels: channels, sampleRate: target.rate,
      bitrate: target.bitrate, language: language, label: label, isDefault: isDefault)
    plan.purpose = Self.purpose(stream)
    plan.loudness = ladder.loudness
    plan.outliers = result.spans.first { $0.stream == index }?.outliers ?? []
    plan.restarts = survey.restarts
    plan.measuresLoudness = !result.plans.contains { $0.stream == index }
    result.plans.append(plan)
  }

  /// Surround is not invented: a stream with fewer channels gets the ladder's smaller kinds, or stereo when the ladder
  /// has none. What a group lacks of other languages then, the multivariant playlist takes from another one.
  private func channels(
    _ stream: AudioStream, _ target: AudioTarget, _ notes: inout [PlanNote]
  ) -> Int? {
    if target.channels <= max(2, stream.channels) { return target.channels }
    let least = ladder.audio.map(\.channels).min()
    if target == ladder.audio.first(where: { $0.channels == least }) { return 2 }
    notes.append(
      PlanNote(
        "audio \(stream.common.index)",
        "it has \(stream.channels) channel\(stream.channels == 1 ? "" : "s"), "
          + "so \(target.channels) are not made of it"))
    return nil
  }

  private static func purpose(_ stream: AudioStream) -> SoundPurpose {
    let disposition = stream.common.disposition
    let title = stream.common.title?.lowercased() ?? ""
    if disposition.contains("visual_impaired") || disposition.contains("descriptions")
      || title.contains("audio description") || title.contains("descriptive")
    {
      return .description
    }
    if disposition.contains("comment") || title.contains("commentary") { return .commentary }
    return disposition.contains("hearing_impaired") ? .clearSpeech : .dialogue
  }

  /// What the stream is to a listener: its language and its role.
  static func label(_ stream: AudioStream, _ language: String?) -> String {
    let name = language.map(LanguageNames.name) ?? "Audio"
    return switch purpose(stream) {
    case .dialogue: name
    case .commentary: "\(name) commentary"
    case .description: "\(name) description"
    case .clearSpeech: "\(name) clear speech"
    }
  }

  /// The same sound is called the same in every group.
  private func labels(of taken: [AudioStream]) -> [String] {
    taken.reduce(into: []) { labels, stream in
      let label = Self.label(stream, LanguageNames.checked(stream.common.language))
      labels.append(UniqueName.of(label, among: labels, joint: " "))
    }
  }
}
