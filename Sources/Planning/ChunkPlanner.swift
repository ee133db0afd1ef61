internal import Media

/// Cuts a title into chunks: the schedule and the source's keyframes in, runs of whole GOPs out. It depends on the
/// source alone, never on the number of workers, so that any machine makes the same chunks.
///
/// A chunk aims at a sixteenth of the title, from 2 s (a short clip still has several, for several cores) to 12 s. It
/// ends at the first grid point at or after a source keyframe: the one nearest to the aim within 2 to 30 s, since
/// decoding the next chunk then starts a GOP before it at most. Without a keyframe within 30 s it ends after 30 s all
/// the same; in a title of up to a minute already at the aim when none is within twice of it, since decoding
/// a few seconds again costs less than a core that waits. A rest under 2 s joins the last chunk.
struct ChunkPlanner {
  /// Ascending, in the schedule's ticks.
  var pictures: [Int64]
  var keyframes: [Int64]
  var schedule: [Int64]
  var gop: Int
  var rate: Rational
  /// The deinterlacer needs the picture before the first one shown.
  var needsNeighbour: Bool

  private struct Lengths {
    var least: Int
    var aim: Int
    var patience: Int
    var forced: Int
    var leastTail: Int
  }

  func chunks() -> [Chunk] {
    let lengths = lengths()
    let candidates = candidates()
    let total = schedule.count
    var chunks: [Chunk] = []
    var position = 0
    while position < total {
      let end = self.end(after: position, candidates, lengths)
      chunks.append(
        Chunk(
          index: chunks.count, firstFrame: position, frames: end - position, seek: seek(position)))
      position = end
    }
    return chunks
  }

  private func lengths() -> Lengths {
    let total = schedule.count
    func frames(_ seconds: Int64) -> Int { SegmentGrid.frames(Rational(seconds, 1), rate: rate) }
    func gops(_ frames: Int) -> Int { max(1, (frames + gop / 2) / gop) * gop }
    let most = max(1, frames(30) / gop) * gop
    let aim = min(gops(min(max(total / 16, frames(2)), frames(12))), most)
    let isShort = total <= frames(60)
    return Lengths(
      least: min(gops(frames(2)), most), aim: aim, patience: isShort ? min(2 * aim, most) : most,
      forced: isShort ? aim : most, leastTail: max(1, frames(2)))
  }

  /// The grid points soonest after keyframes.
  private func candidates() -> [Int] {
    var points: [Int] = []
    for keyframe in keyframes {
      let frame = schedule.firstIndex(notBelow: keyframe)
      let point = (frame + gop - 1) / gop * gop
      if point > points.last ?? 0, point < schedule.count { points.append(point) }
    }
    return points
  }

  private func end(after position: Int, _ candidates: [Int], _ lengths: Lengths) -> Int {
    let total = schedule.count
    let aim = position + lengths.aim
    var best: Int?
    for point in candidates[candidates.firstIndex(notBelow: position + lengths.least)...] {
      if point > position + lengths.patience || point > total - lengths.leastTail { break }
      if best.map({ abs(point - aim) < abs($0 - aim) }) ?? true { best = point }
    }
    if total - position <= lengths.patience, best.map({ total - aim < abs($0 - aim) }) ?? true {
      best = total
    }
    if let best { return best }
    var forced = position + lengths.forced
    while forced > total - lengths.leastTail, forced - gop >= position + lengths.least { forced -= gop }
    return forced > total - lengths.leastTail ? total : forced
  }

  /// The last keyframe at or before the first picture that a chunk needs.
  private func seek(_ frame: Int) -> Int64 {
    guard let first = pictures.first else { return 0 }
    var needed = schedule[frame]
    let after = pictures.firstIndex(above: needed)
    let back = needsNeighbour ? 2 : 1
    needed = after >= back ? pictures[after - back] : first
    let index = keyframes.firstIndex(above: needed)
    return index > 0 ? keyframes[index - 1] : first
  }
}

extension Array where Element: Comparable {
  /// The first index of an ascending array whose element is not below `value`; `endIndex` when none is.
  func firstIndex(notBelow value: Element) -> Int { partition { $0 < value } }

  func firstIndex(above value: Element) -> Int { partition { $0 <= value } }

  private func partition(_ isBefore: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
