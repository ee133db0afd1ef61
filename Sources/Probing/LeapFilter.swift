/// Tells times that are far from all others from those that really go on elsewhere: packets in file order in; those to
/// be believed, and those that are outliers, out.
///
/// A packet whose time leaps is held back with what follows it there. When time goes on where it was before, what was
/// held is an outlier: a damaged clock, which would else hide everything up to its time. When more than a few packets
/// go on from the new place, or time goes on upwards from it, the leap is real. The first packets are held back
/// likewise, since nothing says yet which time is right: a few of them that lie far above all that follows are what a
/// recorder had left of something else.
struct LeapFilter<Packet: Sendable>: Sendable {
  struct Result: Sendable {
    var believed: [Packet] = []
    var outliers: [Packet] = []
  }

  private let limit: Int64
  /// Of the last packet that was believed.
  private var clock: Int64?
  private var held: [(packet: Packet, time: Int64)] = []
  /// The file's first packets, where time went back from them.
  private var leading: [Packet] = []

  /// More than this many packets at one place are no accident.
  private let most: Int

  /// `limit`: how far, in ticks, neighbours in a file may be apart.
  init(limit: Int64, most: Int = 8) {
    self.limit = limit
    self.most = most
  }

  mutating func add(_ packet: Packet, at time: Int64) -> Result {
    var result = Result()
    if let clock, isNear(time, clock) {
      result.outliers = release()
      result.believed.append(packet)
      self.clock = time
      return result
    }
    guard let last = held.last else {
      held.append((packet, time))
      return result
    }
    if isNear(time, last.time) {
      held.append((packet, time))
      if held.count > most {
        result.outliers = leading
        leading = []
        result.believed = believe()
      }
      return result
    }
    if time < last.time, clock == nil, leading.isEmpty {
      leading = release()
    } else if time < last.time, let clock, clock < time {
      // Above where it was, and below what was held: that was no place to go on from.
      result.outliers = release()
    } else {
      result.believed = takeLeading() + believe()
    }
    held.append((packet, time))
    return result
  }

  /// What is still held: nothing more came to speak against it.
  mutating func finish() -> [Packet] { takeLeading() + believe() }

  private mutating func takeLeading() -> [Packet] {
    defer { leading = [] }
    return leading
  }

  private mutating func believe() -> [Packet] {
    clock = held.last?.time ?? clock
    return release()
  }

  private mutating func release() -> [Packet] {
    defer { held.removeAll(keepingCapacity: true) }
    return held.map(\.packet)
  }

  private func isNear(_ a: Int64, _ b: Int64) -> Bool {
    let difference = a.subtractingReportingOverflow(b)
    return !difference.overflow && difference.partialValue.magnitude <= UInt64(limit)
  }
}
