package import Media

/// What the survey needs of one packet of pictures.
package struct PictureSample: Sendable, Equatable {
  package var presentation: Int64?
  package var decode: Int64?
  package var duration: Int64
  package var isKey: Bool
  /// Decoded, but cut away by an edit list.
  package var isDiscarded: Bool

  package init(
    presentation: Int64?, decode: Int64?, duration: Int64 = 0, isKey: Bool = false, isDiscarded: Bool = false
  ) {
    self.presentation = presentation
    self.decode = decode
    self.duration = duration
    self.isKey = isKey
    self.isDiscarded = isDiscarded
  }
}

/// Collects one video stream's packets in file order and gives its pictures' presentation times, their cadence
/// and what was wrong with them.
///
/// Where the container has no presentation times (AVI, bare streams; told by the first packet), the n-th picture
/// shown gets the n-th decode time: decoders give pictures in the order shown, so counting finds the same ones.
/// Where only some have none (program streams time one picture of several), the pictures still lie on the decode times,
/// as many places later as the decoder holds pictures back: those without a time get the places that nobody claims.
/// Pictures that cannot be decoded, since they come before the first keyframe in the file or are shown before it,
/// are left out. After a jump back in time, what would be shown among earlier pictures is left out. A few pictures whose
/// times are far from all others (`LeapFilter`, `FarIslands`) are damage, and left out; where a gap is longer than 12
/// hours, only the longest run of pictures stays.
package struct PictureCollector: Sendable {
  private let stream: Int
  private let timebase: Rational
  private var times: [Int64] = []
  private var keys: [Int64] = []
  private var first: (key: Int64, presentedBefore: Int)?
  private var isCounted: Bool?
  private var untimed = 0
  /// The decode times of all pictures, and of those without a presentation time where others have one.
  private var decodes: [Int64] = []
  private var untimedDecodes: [Int64] = []
  private var absurd = 0
  private var backwards = 0
  private var overlapped = 0
  private var clock: Int64?
  private var barrier: Int64?
  private var last: (time: Int64, duration: Int64)?
  /// Of the last picture that came, believed or not.
  private var stamp: (time: Int64, duration: Int64)?
  private var leaps: LeapFilter<(sample: PictureSample, time: Int64)>
  private var outliers: [Int64] = []

  /// A source of more is broken altogether.
  private static let mostOutliers = 4096

  /// Far enough inside 64 bits for every sum and difference of two.
  private static let largest = Int64(1) << 60

  package init(stream: Int, timebase: Rational) {
    self.stream = stream
    self.timebase = timebase
    leaps = LeapFilter(limit: MediaTime(10, Rational(1, 1)).ticks(in: timebase))
  }

  package mutating func add(_ sample: PictureSample) {
    let counted = isCounted ?? (sample.presentation == nil)
    isCounted = counted
    let stated = counted ? sample.decode : (sample.presentation ?? sample.decode)
    if !counted, sample.presentation == nil { untimed += 1 }
    if stated == nil, counted { untimed += 1 }
    let time = stated ?? (stamp.map { $0.time &+ max(1, $0.duration) } ?? 0)
    guard time.magnitude < UInt64(PictureCollector.largest) else {
      absurd += 1
      return
    }
    if stamp.map({ time >= $0.time }) ?? true { stamp = (time, max(0, sample.duration)) }
    let sorted = leaps.add((sample, time), at: time)
    note(outliers: sorted.outliers.map(\.time))
    for believed in sorted.believed { place(believed.sample, at: believed.time, isCounted: counted) }
  }

  private mutating func note(outliers times: [Int64]) {
    absurd += times.count
    outliers += times.prefix(max(0, Self.mostOutliers - outliers.count))
  }

  private mutating func place(_ sample: PictureSample, at time: Int64, isCounted counted: Bool) {
    let now = sample.decode ?? time
    if let clock, clock.magnitude < UInt64(PictureCollector.largest), now < clock - ticks(10) {
      backwards += 1
      barrier = last?.time
    }
    clock = now
    if let barrier, time <= barrier {
      overlapped += 1
      return
    }
    if sample.isKey {
      if first == nil { first = (time, times.count) }
      keys.append(time)
    }
    if !sample.isDiscarded {
      if let decode = sample.decode, !counted { decodes.append(decode) }
      if !counted, sample.presentation == nil { untimedDecodes.append(time) } else { times.append(time) }
    }
    if last.map({ time >= $0.time }) ?? true { last = (time, max(0, sample.duration)) }
  }

  /// Where pictures lie, after the last one was added.
  mutating func runs() -> [FarIslands.Run] {
    settle()
    return FarIslands.runs(of: times.sorted(), timebase)
  }

  private mutating func settle() {
    for held in leaps.finish() { place(held.sample, at: held.time, isCounted: isCounted ?? false) }
  }

  package consuming func finish(hints: [Rational] = []) -> (
    times: PictureTimes?, cadence: Cadence, faults: [Fault]
  ) { finish(hints: hints, others: []) }

  /// nil for the times when there is no picture at all. `others`: where other tracks have something.
  consuming func finish(hints: [Rational], others: [FarIslands.Run]) -> (
    times: PictureTimes?, cadence: Cadence, faults: [Fault]
  ) {
    settle()
    var faults: [Fault] = []
    fillUntimed()
    let leading = dropUndecodable()
    var ascending = times
    ascending.sort()
    let before = ascending.count
    ascending.removeAdjacentDuplicates()
    let duplicates = before - ascending.count
    let far = ascending.cutAtGap(ticks(12 * 3600)) + dropIslands(from: &ascending, others)
    let cadence = Cadence(times: ascending, timebase: timebase, hints: hints)
    keys.sort()
    keys.removeAdjacentDuplicates()
    if let end = ascending.last { keys.removeAll { $0 > end } }
    outliers.sort()
    note(&faults, leading: leading, duplicates: duplicates, far: far)
    noteGaps(&faults, ascending, cadence)
    guard let lastTime = ascending.last else { return (nil, cadence, faults) }
    var found = PictureTimes(
      stream: stream, timebase: timebase, times: TickList(ascending), keyframes: TickList(keys),
      end: lastTime + lastDuration(lastTime, cadence))
    found.outliers = TickList(outliers)
    return (found, cadence, faults)
  }

  /// The number of pictures that went.
  private func dropIslands(from times: inout [Int64], _ others: [FarIslands.Run]) -> Int {
    let runs = FarIslands.runs(of: times, timebase)
    guard runs.count > 1 else { return 0 }
    let believed = FarIslands.believed(runs, others: others)
    let before = times.count
    let leading = runs[..<believed.startIndex].reduce(0) { $0 + $1.packets }
    let kept = believed.reduce(0) { $0 + $1.packets }
    times = Array(times[leading..<leading + kept])
    return before - times.count
  }

  /// Gives pictures without a presentation time the places that are left; where the decode times are no help, their
  /// own decode times.
  private mutating func fillUntimed() {
    guard !untimedDecodes.isEmpty else { return }
    let known = times.sorted()
    let places = decodes.sorted()
    guard let earliest = known.first, decodes.count == known.count + untimedDecodes.count,
      let interval = Cadence(times: places, timebase: timebase).interval,
      let delay = places.firstIndex(where: { $0 >= earliest - interval / 2 }), delay <= 16
    else {
      times += untimedDecodes
      return
    }
    let last = places.last ?? earliest
    var free: [Int64] = []
    var next = 0
    for place in places[delay...] + (0..<Int64(delay)).map({ last &+ ($0 + 1) &* interval }) {
      while next < known.count, known[next] < place - interval / 2 { next += 1 }
      let isTaken = next < known.count && known[next] <= place + interval / 2
      if isTaken { next += 1 } else { free.append(place) }
    }
    let isPlausible = abs(free.count - untimedDecodes.count) <= 16 + untimedDecodes.count / 16
    times += isPlausible ? free : untimedDecodes
  }

  /// The number of pictures that were left out.
  private mutating func dropUndecodable() -> Int {
    guard let first else { return 0 }
    let before = times.count
    times.removeFirst(min(first.presentedBefore, times.count))
    times.removeAll { $0 < first.key }
    return before - times.count
  }

  /// The container's duration of the last picture where it is believable, else the commonest interval.
  private func lastDuration(_ time: Int64, _ cadence: Cadence) -> Int64 {
    let stated = last?.time == time ? (last?.duration ?? 0) : 0
    if let interval = cadence.interval {
      return stated * 4 > interval && stated <= max(interval, ticks(10)) ? stated : interval
    }
    return stated > 0 && stated <= ticks(3600) ? stated : max(1, ticks(1) / 25)
  }

  private func note(_ faults: inout [Fault], leading: Int, duplicates: Int, far: Int) {
    if leading > 0 {
      faults.append(
        fault(
          "no-keyframe-at-start",
          "\(pictures(leading)) before the first keyframe cannot be decoded and are left out"))
    }
    if first == nil, !times.isEmpty {
      faults.append(
        fault("no-keyframe", "no picture is marked as a keyframe, so decoding starts at the beginning"))
    }
    if isCounted == true, !times.isEmpty {
      faults.append(
        fault(
          "timestamps-missing",
          "there are no presentation times; pictures are counted in the order of decoding"))
    } else if untimed > 0 {
      faults.append(
        fault(
          "timestamps-missing",
          "\(pictures(untimed)) without a presentation time; it is taken from the decode times"
        ))
    }
    if absurd + far > 0 {
      faults.append(
        fault("timestamps-absurd", "\(pictures(absurd + far)) with times far from all others, left out"))
    }
    if backwards > 0 {
      faults.append(
        fault(
          "timestamp-jump",
          "times jump back \(backwards)\u{d7}; \(pictures(overlapped)) that would be shown twice or out of order left out"
        ))
    }
    if duplicates > 0 {
      faults.append(
        fault("timestamps-duplicate", "\(pictures(duplicates)) with the same presentation time as another"))
    }
  }

  private func noteGaps(_ faults: inout [Fault], _ times: [Int64], _ cadence: Cadence) {
    guard let interval = cadence.interval else { return }
    let limit = max(ticks(10), interval.multipliedReportingOverflow(by: 20).partialValue)
    var gaps = 0
    for index in times.indices.dropFirst() where times[index] - times[index - 1] > limit { gaps += 1 }
    if gaps > 0 {
      faults.append(fault("timestamp-jump", "\(gaps) gaps of more than 10 s between pictures"))
    }
  }

  private func ticks(_ seconds: Int64) -> Int64 { MediaTime(seconds, Rational(1, 1)).ticks(in: timebase) }

  private func fault(_ code: String, _ message: String) -> Fault {
    Fault(code: code, message: message, stream: stream)
  }

  private func pictures(_ count: Int) -> String { count == 1 ? "1 picture" : "\(count) pictures" }
}

extension [Int64] {
  /// For an ascending list: keeps the first of equal neighbours.
  mutating func removeAdjacentDuplicates() {
    guard count > 1 else { return }
    var kept = 1
    for index in 1..<count where self[index] != self[kept - 1] {
      self[kept] = self[index]
      kept += 1
    }
    removeLast(count - kept)
  }

  /// For an ascending list: keeps the longest run without a gap wider than `limit`. Returns how many went.
  mutating func cutAtGap(_ limit: Int64) -> Int {
    var best = 0..<0
    var start = 0
    for index in indices {
      if index > start, self[index] - self[index - 1] > limit { start = index }
      if index + 1 - start > best.count { best = start..<(index + 1) }
    }
    let dropped = count - best.count
    if dropped > 0 { self = Array(self[best]) }
    return dropped
  }
}
