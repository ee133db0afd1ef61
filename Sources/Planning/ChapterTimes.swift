package import Media

/// The source's chapters on the asset's timeline: those that lie within it, by start, cut at its ends.
package enum ChapterTimes {
  package static func onTimeline(_ chapters: [Chapter], _ timeline: Timeline) -> [Chapter] {
    let micro = Rational(1, 1_000_000)
    let origin = timeline.start.ticks(in: micro)
    let length = timeline.duration.ticks(in: micro)
    func place(_ time: MediaTime) -> Int64 {
      let (value, overflow) = time.ticks(in: micro).subtractingReportingOverflow(origin)
      if overflow { return value < 0 ? length : 0 }
      return min(max(0, value), length)
    }
    return chapters.compactMap { chapter in
      let (start, end) = (place(chapter.start), place(chapter.end))
      guard start < end else { return nil }
      return Chapter(start: MediaTime(start, micro), end: MediaTime(end, micro), title: chapter.title)
    }.sorted { $0.start < $1.start }
  }
}
