package import Media

/// Chooses the moments at which pictures are taken: a source's picture times and the timeline in; candidates for
/// stills and the tiles of a storyboard out. The same source gives the same moments.
///
/// A moment is a keyframe where its window has one, so that one picture has to be decoded and not half a GOP; else
/// the window's middle.
package struct PicturesPlanner: Sendable {
  /// Windows in the first 30 % of a video, where its poster is looked for first, and in the rest.
  private static let earlyWindows = 10
  private static let lateWindows = 8
  private static let lateWeight = 0.85
  private static let candidatesOfThumbnail = 3
  /// More tiles than this and the interval is made longer.
  private static let mostTiles: Int64 = 20_000

  private let timebase: Rational
  private let first: Int64
  private let last: Int64
  private let keyframes: [Int64]
  private let start: Int64
  private let length: Int64
  private let duration: MediaTime
  /// How long before a still a fade is looked for.
  private let shortly: Int64

  /// nil when there is no picture.
  package init?(times: PictureTimes, source: PictureSource, timeline: Timeline) {
    func ticks(_ time: Int64) -> Int64 { MediaTime(time, times.timebase).ticks(in: source.timebase) }
    guard let first = times.times.values.first, let last = times.times.values.last else { return nil }
    timebase = source.timebase
    (self.first, self.last) = (ticks(first), ticks(last))
    keyframes = times.keyframes.values.map(ticks)
    start = timeline.start.ticks(in: source.timebase)
    length = max(1, timeline.duration.ticks(in: source.timebase, rounding: .down))
    duration = timeline.duration
    shortly = max(1, MediaTime(1, Rational(1, 4)).ticks(in: source.timebase))
  }

  /// Candidates over the whole, the first 30 % in smaller steps and preferred.
  package func poster() -> [PicturesJob.Candidate] {
    let early = part(of: length, 3, 10)
    let firstPart = windows(from: 0, to: early, count: Self.earlyWindows).map {
      PicturesJob.Candidate(still($0))
    }
    let rest = windows(from: early, to: length, count: Self.lateWindows).map {
      PicturesJob.Candidate(still($0), weight: Self.lateWeight)
    }
    return unique(firstPart + rest)
  }

  /// Candidates for each of the thumbnails: one every `every` seconds, and when that is more than `most`, as many
  /// spread over the whole.
  package func thumbnails(every: Rational, most: Int) -> [[PicturesJob.Candidate]] {
    let step = max(1, MediaTime(1, every).ticks(in: timebase))
    let count = max(1, min(Int64(max(1, most)), (length &+ step &- 1) / step))
    return windows(from: 0, to: length, count: Int(count)).map { window in
      let parts = windows(from: window.from, to: window.to, count: Self.candidatesOfThumbnail)
      return unique(parts.map { PicturesJob.Candidate(still($0)) })
    }
  }

  /// The tiles of a storyboard and when each is shown, from 0 to the end.
  package func storyboard(every: Rational) -> (tiles: [PicturesJob.Moment], cues: StoryboardCues) {
    let cues = StoryboardCues(duration: duration, every: every, most: Self.mostTiles)
    let bounds = cues.boundaries.map { min($0.ticks(in: timebase), length) }
    let tiles = zip(bounds, bounds.dropFirst()).map { from, to -> PicturesJob.Moment in
      let window = Window(from: from, to: max(to, from &+ 1))
      if let key = keyframe(in: window) { return PicturesJob.Moment(time: key, before: key, seek: key) }
      let middle = shown(window.middle)
      return PicturesJob.Moment(time: middle, before: middle, seek: keyframe(before: middle))
    }
    return (tiles, cues)
  }

  // MARK: Windows

  /// From the timeline's start, in ticks.
  private struct Window {
    var from: Int64
    var to: Int64
    var middle: Int64 { from &+ (to &- from) / 2 }
  }

  private func windows(from: Int64, to: Int64, count: Int) -> [Window] {
    let span = max(1, to &- from)
    return (0..<max(1, count)).map { index in
      Window(
        from: from &+ part(of: span, Int64(index), Int64(count)),
        to: from &+ max(1, part(of: span, Int64(index) + 1, Int64(count))))
    }
  }

  private func part(of length: Int64, _ share: Int64, _ whole: Int64) -> Int64 {
    rescale(length, from: Rational(max(0, share), 1), to: Rational(max(1, whole), 1), rounding: .down)
  }

  private func unique(_ candidates: [PicturesJob.Candidate]) -> [PicturesJob.Candidate] {
    var seen: Set<PicturesJob.Moment> = []
    return candidates.filter { seen.insert($0.moment).inserted }
  }

  /// A little after a keyframe, so that the two tell a fade.
  private func still(_ window: Window) -> PicturesJob.Moment {
    if let key = keyframe(in: window) {
      let end = max(key, min(shown(window.to &- 1), last))
      return PicturesJob.Moment(time: min(key &+ shortly, end), before: key, seek: key)
    }
    let middle = shown(window.middle)
    let seek = keyframe(before: middle)
    return PicturesJob.Moment(time: middle, before: max(min(seek, middle), middle &- shortly), seek: seek)
  }

  /// The source time of a moment of the timeline, held where pictures are.
  private func shown(_ time: Int64) -> Int64 { max(first, min(start &+ time, last)) }

  /// The keyframe in a window that is nearest to its middle, the earlier of two.
  private func keyframe(in window: Window) -> Int64? {
    let (from, to) = (start &+ window.from, start &+ window.to)
    let middle = start &+ window.middle
    let low = index(of: from)
    let high = index(of: to)
    guard low < high else { return nil }
    let after = min(max(index(of: middle), low), high - 1)
    guard after > low else { return keyframes[after] }
    let before = after - 1
    return (middle &- keyframes[before]) <= (keyframes[after] &- middle).magnitude
      ? keyframes[before] : keyframes[after]
  }

  private func keyframe(before time: Int64) -> Int64 {
    let after = index(of: time &+ 1)
    return after > 0 ? keyframes[after - 1] : min(first, time)
  }

  /// Of the first keyframe that is not before `time`.
  private func index(of time: Int64) -> Int {
    var (low, high) = (0, keyframes.count)
    while low < high {
      let middle = (low + high) / 2
      if keyframes[middle] < time { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
