internal import LibAV
internal import Media

/// Finds where the clock of a program or transport stream begins anew: every packet's place and decode time in, the
/// restarts out. Recorders make such files, and so does whoever puts two recordings one behind the other.
///
/// A step back by more than half a second, or ahead by more than twelve hours, with steady times on both sides is a
/// restart. The picture tells; each stream of sound has its own place of it, since packets lie among one another. All of
/// them are shifted alike, so that sound and picture stay together, by as much as makes the earliest time behind the
/// restart follow the latest before it.
struct ClockScan {
  struct Mark: Equatable {
    var position: Int64
    /// Decode time and length in microseconds.
    var time: Int64
    var length: Int64
  }

  /// Packets on both sides that have to be steady.
  private static let steady = 8
  private static let leastBack: Int64 = 500_000
  private static let leastAhead: Int64 = 12 * 3_600_000_000
  private static let neighbours: Int64 = 10_000_000
  private static let mostMarks = 8_000_000
  private static let mostRestarts = 1000
  private static let micro = Rational(1, 1_000_000)

  /// Whether a stream's times do what has to be looked into.
  static func isStep(from before: Int64, to now: Int64, _ timebase: Rational) -> Bool {
    isStep(MediaTime(before, timebase).ticks(in: micro), MediaTime(now, timebase).ticks(in: micro))
  }

  private static func isStep(_ before: Int64, _ now: Int64) -> Bool {
    let step = now.subtractingReportingOverflow(before)
    return !step.overflow && (step.partialValue < -leastBack || step.partialValue > leastAhead)
  }

  /// Reads all of a source that was just opened.
  static func restarts(_ demuxer: borrowing Demuxer, _ streams: [DemuxedStream]) throws -> [ClockRestart] {
    let packet = try Packet()
    var marks: [Int: [Mark]] = [:]
    var count = 0
    var failures = 0
    while count < mostMarks {
      do { guard try demuxer.read(into: packet) else { break } } catch {
        failures += 1
        guard failures < 64 else { break }
        continue
      }
      let index = packet.stream
      guard streams.indices.contains(index), [.video, .audio].contains(streams[index].kind),
        !streams[index].isCover, let time = packet.decode ?? packet.presentation,
        let position = packet.offset ?? marks[index]?.last?.position
      else { continue }
      let timebase = streams[index].timebase
      marks[index, default: []].append(
        Mark(
          position: position, time: MediaTime(time, timebase).ticks(in: micro),
          length: max(0, min(MediaTime(packet.duration, timebase).ticks(in: micro), neighbours))))
      count += 1
    }
    let pictures = streams.filter { $0.kind == .video }.map(\.index)
    return count < mostMarks ? find(marks, pictures: pictures) : []
  }

  /// `pictures`: the streams that tell, where there are any.
  static func find(_ marks: [Int: [Mark]], pictures: [Int]) -> [ClockRestart] {
    let telling = pictures.filter { marks[$0] != nil }
    guard
      let main = (telling.isEmpty ? marks.keys.sorted() : telling)
        .max(by: { (marks[$0]?.count ?? 0) < (marks[$1]?.count ?? 0) }), let leading = marks[main]
    else { return [] }
    var restarts: [ClockRestart] = []
    var shift: Int64 = 0
    /// Where the marks since the last restart begin.
    var starts = marks.mapValues { _ in 0 }
    for step in steps(leading).prefix(mostRestarts) {
      let change = leading[step].time &- leading[step - 1].time
      var cuts = [main: step]
      for (stream, list) in marks where stream != main {
        cuts[stream] = cut(list, beside: leading[step].position, change: change)
      }
      var (end, begin) = (Int64.min, Int64.max)
      for (stream, list) in marks {
        let (from, cut) = (starts[stream] ?? 0, cuts[stream] ?? 0)
        if cut > from, cut <= list.count { end = max(end, list[cut - 1].time &+ list[cut - 1].length) }
        if cut < list.count { begin = min(begin, list[cut].time) }
      }
      guard end != .min, begin != .max else { continue }
      shift = shift &+ end &- begin
      var restart = ClockRestart(position: leading[step].position, shift: shift)
      for (stream, cut) in cuts where stream != main {
        if let list = marks[stream], cut < list.count { restart.positions[stream] = list[cut].position }
      }
      restarts.append(restart)
      for (stream, cut) in cuts { starts[stream] = cut }
    }
    return restarts
  }

  private static func steps(_ marks: [Mark]) -> [Int] {
    guard marks.count >= 2 * steady else { return [] }
    return (steady...marks.count - steady).filter { index in
      let (before, now) = (marks[index - 1].time, marks[index].time)
      guard isStep(before, now) else { return false }
      // A packet that lies for once steps to its time and back again.
      let most = min(neighbours, Int64(clamping: (now &- before).magnitude) / 2)
      return isSteady(marks[index - steady..<index], most) && isSteady(marks[index..<index + steady], most)
    }
  }

  private static func isSteady(_ marks: ArraySlice<Mark>, _ most: Int64) -> Bool {
    zip(marks, marks.dropFirst()).allSatisfy { Int64(clamping: ($1.time &- $0.time).magnitude) <= most }
  }

  /// The place of the same restart in another stream: its own step that is nearest, else the first packet behind.
  private static func cut(_ marks: [Mark], beside position: Int64, change: Int64) -> Int {
    let own = marks.indices.dropFirst().filter { index in
      let step = marks[index].time &- marks[index - 1].time
      return isStep(marks[index - 1].time, marks[index].time)
        && (step &- change).magnitude <= neighbours.magnitude
    }
    let nearest = own.min {
      (marks[$0].position &- position).magnitude < (marks[$1].position &- position).magnitude
    }
    return nearest ?? marks.firstIndex { $0.position >= position } ?? marks.count
  }
}
