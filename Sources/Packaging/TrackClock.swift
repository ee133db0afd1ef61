internal import Media

/// A track's times as an MP4 file holds them: whole units of a 32-bit timescale, without rounding, so that every
/// `tfdt` is exactly the sum of the durations before it (A 7.3).
struct TrackClock {
  /// Units in a second: the `mdhd` timescale.
  let timescale: UInt32
  /// Units in a tick of the track's timebase.
  private let unitsPerTick: Int64
  private let name: String

  /// Audio counts in its sample rate, as libavformat's init segment does. Video takes its own timebase, made
  /// finer where it is coarse: 1/30 becomes 30000 units a second.
  init(name: String, format: TrackFormat) throws {
    self.name = name
    let timebase = format.timebase.reduced
    guard timebase.isPositive, timebase.denominator <= Int64(Int32.max) else {
      throw PackagingFailure.timebase(rendition: name, format.timebase)
    }
    if let audio = format.audio {
      let units = Int64(audio.sampleRate).multipliedReportingOverflow(by: timebase.numerator)
      guard audio.sampleRate > 0, !units.overflow, units.partialValue % timebase.denominator == 0,
        let timescale = UInt32(exactly: audio.sampleRate)
      else { throw PackagingFailure.timebase(rendition: name, format.timebase) }
      self.timescale = timescale
      unitsPerTick = units.partialValue / timebase.denominator
      return
    }
    var finer: Int64 = 1
    while timebase.denominator * finer < 10_000 { finer *= 10 }
    let units = timebase.numerator.multipliedReportingOverflow(by: finer)
    guard !units.overflow, let timescale = UInt32(exactly: timebase.denominator * finer) else {
      throw PackagingFailure.timebase(rendition: name, format.timebase)
    }
    self.timescale = timescale
    unitsPerTick = units.partialValue
  }

  func units(_ ticks: Int64) throws -> Int64 {
    let units = ticks.multipliedReportingOverflow(by: unitsPerTick)
    guard !units.overflow else { throw PackagingFailure.timeOutOfRange(rendition: name) }
    return units.partialValue
  }
}
