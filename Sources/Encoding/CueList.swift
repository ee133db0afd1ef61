internal import Media

/// Gathers the cues of one track: events with their times in, in any order; ordered cues within the asset out.
///
/// A cue without an end lasts until the next one begins. What lies outside of the asset is cut off, a cue that stands
/// there twice (a shadow, say) is kept once, and start times ascend as WebVTT wants them (WebVTT 6.1); of equal ones
/// the source's order stays.
struct CueList {
  private var cues: [Cue] = []
  private var textBytes = 0
  /// There were more than `SubtitleLimits` allow.
  private(set) var isOverfull = false

  /// `end` is nil where it is not known.
  mutating func add(start: Int64, end: Int64?, _ content: CueText.Content) {
    guard !isOverfull else { return }
    let bytes = content.text.utf8.count
    guard bytes <= SubtitleLimits.cueBytes, cues.count < SubtitleLimits.cues,
      textBytes + bytes <= SubtitleLimits.textBytes
    else {
      isOverfull = true
      return
    }
    textBytes += bytes
    cues.append(Cue(start: start, end: end ?? Int64.min, text: content.text, settings: content.settings))
  }

  func arranged(until duration: MediaTime) -> [Cue] {
    let limit = duration.ticks(in: Cue.timebase)
    var ordered = cues.enumerated().sorted { ($0.element.start, $0.offset) < ($1.element.start, $1.offset) }
      .map(\.element)
    // From the back, so that the next beginning is known.
    var (next, following): (Int64?, Int64?) = (nil, nil)
    for index in ordered.indices.reversed() {
      let start = ordered[index].start
      if let known = following, start < known { next = known }
      following = start
      guard ordered[index].end == Int64.min else { continue }
      let longest = start.addingReportingOverflow(SubtitleLimits.openMilliseconds)
      ordered[index].end = min(next ?? Int64.max, longest.overflow ? Int64.max : longest.partialValue)
    }
    var result: [Cue] = []
    for cue in ordered {
      var cut = cue
      cut.start = max(0, cue.start)
      cut.end = min(limit, cue.end)
      guard cut.start < cut.end, !result.suffix(16).contains(cut) else { continue }
      result.append(cut)
    }
    // Cues from before the beginning all start at 0 now and keep their order.
    return result
  }
}
