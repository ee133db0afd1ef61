internal import Media

/// Which source picture makes each output frame: presentation times in, one tick for each frame out.
///
/// 1. Every picture's distance from the timeline's start is counted in the source's own picture intervals, in
///    1/65536 of one.
/// 2. *Locking.* Rounded timestamps of a constant source jitter, and where sound begins first its pictures may lie
///    half an interval off the grid, so that plain rounding would drop and repeat at random. Blocks of 256 pictures
///    whose phases agree are therefore put on the grid by their common phase: one picture, one place. The phase is
///    followed from block to block (a slow drift) and kept within 0.6 of an interval, so sync stays within a frame.
///    A block without a common phase (variable rate) keeps its real times.
/// 3. The places are counted in output frames and rounded, halves up. A frame shows the last picture at or before
///    its place; the first picture is held backwards and the last one forwards.
///
/// With field-rate deinterlacing each picture is two: itself, and its second field half-way to the next picture. Ticks
/// are doubled then, so that half-ways are whole.
struct FrameSchedule {
  /// One picture or field: its tick in the schedule and its place in 1/65536 source intervals.
  private struct Entry {
    var tick: Int64
    var place: Int64
  }

  private static let one: Int64 = 65536
  private static let blockSize = 256

  var times: [Int64]
  var end: Int64
  var timebase: Rational
  var start: MediaTime
  var finish: MediaTime
  /// Of the source's pictures.
  var sourceRate: Rational
  var outputRate: Rational
  var fields: Bool

  /// At least the frames that the pictures take, and the whole timeline to the nearest frame.
  func ticks() -> [Int64] {
    let entries = fields ? fieldEntries() : pictureEntries()
    let sourceUnit = FrameSchedule.unit(sourceRate)
    let outputUnit = FrameSchedule.unit(outputRate)
    var schedule: [Int64] = []
    for entry in entries {
      let place =
        sourceUnit == outputUnit
        ? entry.place : rescale(entry.place, from: sourceUnit, to: outputUnit)
      let slot = max(Int((place &+ FrameSchedule.one / 2) >> 16), schedule.count - 1, 0)
      while schedule.count < slot { schedule.append(schedule.last ?? entry.tick) }
      if schedule.count == slot { schedule.append(entry.tick) } else { schedule[slot] = entry.tick }
    }
    let length = finish.ticks(in: outputUnit) &- start.ticks(in: outputUnit)
    let covered = max(Int((length &+ FrameSchedule.one / 2) >> 16), 1)
    // Where pictures are left out, the last one may have rounded into a frame past the end.
    if outputRate < sourceRate, schedule.count > covered {
      schedule.removeLast(schedule.count - covered)
    }
    let frames = max(covered, schedule.count)
    if let last = schedule.last, schedule.count < frames {
      schedule += Array(repeating: last, count: frames - schedule.count)
    }
    return schedule
  }

  private static func unit(_ rate: Rational) -> Rational {
    Rational(rate.denominator, rate.numerator &* one)
  }

  private func pictureEntries() -> [Entry] {
    zip(times, places()).map { Entry(tick: $0, place: $1) }
  }

  private func fieldEntries() -> [Entry] {
    let places = places()
    var entries: [Entry] = []
    entries.reserveCapacity(2 * times.count)
    for index in times.indices {
      entries.append(Entry(tick: times[index] &* 2, place: places[index]))
      let isLast = index + 1 == times.count
      let nextTime = isLast ? end : times[index + 1]
      let nextPlace = isLast ? places[index] &+ FrameSchedule.one : places[index + 1]
      // Where pictures are missing the second field still comes half an interval after the first.
      let half = min(nextPlace &- places[index], FrameSchedule.one * 3 / 2) / 2
      if nextTime > times[index] {
        entries.append(Entry(tick: times[index] &+ nextTime, place: places[index] &+ half))
      }
    }
    return entries
  }

  private func places() -> [Int64] {
    let unit = FrameSchedule.unit(sourceRate)
    let origin = start.ticks(in: unit)
    var places = times.map { rescale($0, from: timebase, to: unit) &- origin }
    var bias: Int64 = 0
    var first = 0
    while first < places.count {
      let left = places.count - first
      let block = first..<(first + (left < 2 * FrameSchedule.blockSize ? left : FrameSchedule.blockSize))
      if let phase = FrameSchedule.commonPhase(places[block]) {
        bias = FrameSchedule.followed(phase, from: bias)
        for index in block {
          places[index] = (places[index] &- bias &+ FrameSchedule.one / 2) & ~(FrameSchedule.one - 1)
        }
      }
      first = block.upperBound
    }
    return places
  }

  /// The middle of the 0.4 of an interval in which nine of ten pictures lie; nil when there is none.
  private static func commonPhase(_ places: ArraySlice<Int64>) -> Int64? {
    let phases = places.map { $0 & (one - 1) }.sorted()
    let count = phases.count
    let width = one * 2 / 5
    var best: (start: Int, count: Int) = (0, 0)
    var end = 0
    func phase(_ index: Int) -> Int64 { index < count ? phases[index] : phases[index - count] + one }
    for start in 0..<count {
      end = max(end, start)
      while end < start + count, phase(end) - phases[start] <= width { end += 1 }
      if end - start > best.count { best = (start, end - start) }
    }
    guard best.count * 10 >= count * 9, best.count > 0 else { return nil }
    return phase(best.start + best.count / 2) & (one - 1)
  }

  /// The phase nearest to the one before; one that has gone further than 0.6 gives way by one picture.
  private static func followed(_ phase: Int64, from bias: Int64) -> Int64 {
    let turn = (phase &- bias &+ one / 2) & (one - 1)
    let next = bias &+ turn &- one / 2
    if next * 5 > one * 3 { return next - one }
    if next * 5 < -one * 3 { return next + one }
    return next
  }
}
