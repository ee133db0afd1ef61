internal import Media

/// Which subtitles are made: the source's text streams, the sidecars beside it and the ladder in; renditions with names
/// and labels that are unique, and reasons for what is left out, out. Streams come first, in their order.
struct TextPlanner {
  struct Result {
    var plans: [TextPlan] = []
    var notes: [PlanNote] = []
  }

  /// As many as a film has at the most; every one is a playlist that players read.
  private static let most = 96

  var report: SourceReport
  var sidecars: [Sidecar]
  var ladder: Ladder

  func plan() -> Result {
    var result = Result()
    for stream in report.subtitles {
      let language = LanguageNames.checked(stream.common.language)
      let subject = "subtitles \(stream.common.index)" + (language.map { " (\($0))" } ?? "")
      if let fault = fault ?? fault(stream.common) {
        result.notes.append(PlanNote(subject, fault))
        continue
      }
      let words = stream.common.disposition
      add(
        TextPlan(
          name: "", origin: .stream(stream.common.index), language: language,
          label: words.contains("comment") ? "commentary" : "", isForced: words.contains("forced"),
          isHearingImpaired: words.contains("hearing_impaired") || words.contains("captions")),
        subject, to: &result)
    }
    for sidecar in sidecars {
      let subject = "subtitles \(sidecar.name)"
      if let fault {
        result.notes.append(PlanNote(subject, fault))
        continue
      }
      add(
        TextPlan(
          name: "", origin: .sidecar(sidecar.name), language: LanguageNames.checked(sidecar.language),
          label: "", isForced: sidecar.isForced, isHearingImpaired: sidecar.isHearingImpaired),
        subject, to: &result)
    }
    return result
  }

  /// Why this ladder makes none at all.
  private var fault: String? {
    if !ladder.subtitles { return "the ladder makes no subtitles" }
    return ladder.outputs.contains(.hls) ? nil : "subtitles go with the output hls only"
  }

  /// Why a stream cannot become WebVTT.
  private func fault(_ stream: StreamFacts) -> String? {
    if TextPlanner.pictures.contains(stream.codec) {
      return "they are pictures (\(stream.codec)), not text; add a file such as NAME.en.srt beside the source"
    }
    guard TextPlanner.texts.contains(stream.codec), report.canDecode(stream) else {
      return
        "the format \(stream.codec) cannot be read here; add a file such as NAME.en.srt beside the source"
    }
    return nil
  }

  /// FFmpeg's names.
  private static let texts: Set<String> = ["subrip", "ass", "ssa", "mov_text", "webvtt", "text"]
  private static let pictures: Set<String> = [
    "hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle", "xsub",
  ]

  /// Names and labels it; `label` is what a disposition adds.
  private func add(_ plan: TextPlan, _ subject: String, to result: inout Result) {
    guard result.plans.count < TextPlanner.most else {
      result.notes.append(PlanNote(subject, "there are more than \(TextPlanner.most) subtitles"))
      return
    }
    var made = plan
    let marks = (plan.isForced ? ["forced"] : []) + (plan.isHearingImpaired ? ["sdh"] : [])
    made.name = UniqueName.of(
      (["text", plan.language ?? "und"] + marks).joined(separator: "-"),
      among: result.plans.map(\.name), joint: "-")
    var label = plan.language.map(LanguageNames.name) ?? "Subtitles"
    if !plan.label.isEmpty { label += " \(plan.label)" }
    if plan.isHearingImpaired { label += " SDH" }
    if plan.isForced { label += " (forced)" }
    made.label = UniqueName.of(label, among: result.plans.map(\.label), joint: " ")
    result.plans.append(made)
  }
}
