package import Media

extension LeftOutTrack {
  /// In: what the source has, the plan, and the renditions of subtitles that came of it. Out: the rest, by stream.
  package static func list(_ report: SourceReport, _ plan: Plan, made text: [TextPlan]) -> [LeftOutTrack] {
    var used = Set(plan.audio.map(\.stream) + (plan.copies?.streams ?? []))
    if let video = plan.video { used.insert(video.stream) }
    for case .stream(let index) in text.map(\.origin) { used.insert(index) }
    let streams =
      report.video.map { ($0.common, "video") } + report.audio.map { ($0.common, "audio") }
      + report.subtitles.map { ($0.common, "subtitle") } + report.other.map { ($0.common, $0.kind) }
    return streams.filter { !used.contains($0.0.index) }.sorted { $0.0.index < $1.0.index }.map {
      facts, kind in
      // Subjects begin with what it is and the stream's number: `subtitles 3 (de)`.
      let words = plan.notes.last { $0.subject.split(separator: " ").dropFirst().first == "\(facts.index)" }
      return LeftOutTrack(
        stream: facts.index, kind: kind, codec: facts.codec, language: facts.language,
        reason: words?.reason ?? "nothing is made of it")
    }
  }
}
