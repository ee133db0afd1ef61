import Media
import Testing

@testable import Probing

@Suite struct ClockScanTests {
  /// Packets of a stream: one every `step` ms from `start` on, each 1000 bytes behind the one before.
  private func marks(
    _ count: Int, from start: Int64, step: Int64 = 40, at position: Int64
  ) -> [ClockScan.Mark] {
    (0..<Int64(count)).map {
      ClockScan.Mark(position: position + $0 * 1000, time: (start + $0 * step) * 1000, length: step * 1000)
    }
  }

  @Test func recordingsFollowOneAnother() {
    let found = ClockScan.find(
      [
        0: marks(100, from: 1000, at: 0) + marks(50, from: 1000, at: 200_000)
          + marks(20, from: 500, at: 400_000),
        // The sound begins sooner, ends later, and lies a little elsewhere in the file.
        1: marks(201, from: 980, step: 20, at: 500) + marks(100, from: 1000, step: 20, at: 201_500)
          + marks(40, from: 500, step: 20, at: 399_000),
      ], pictures: [0])
    // The first ends at 5.0 s; the second begins at 1.0 s and so 4.0 s later than it says, and ends at 7.0 s.
    #expect(
      found == [
        ClockRestart(position: 200_000, positions: [1: 201_500], shift: 4_000_000),
        ClockRestart(position: 400_000, positions: [1: 399_000], shift: 6_500_000),
      ])
  }

  @Test func aClockThatGoesOnDaysLaterGoesOn() {
    let found = ClockScan.find(
      [0: marks(50, from: 0, at: 0) + marks(50, from: 26 * 3_600_000, at: 50_000)], pictures: [0])
    #expect(found.map(\.shift) == [2_000_000 - 26 * 3_600_000_000])
  }

  @Test func whatIsNoRestart() {
    // One packet elsewhere, a stretch too short to be a recording, a pause, steps of reordering.
    var one = marks(100, from: 0, at: 0)
    one[50].time -= 3_000_000
    #expect(ClockScan.find([0: one], pictures: [0]).isEmpty)
    let short = marks(100, from: 10_000, at: 0) + marks(5, from: 0, at: 100_000)
    #expect(ClockScan.find([0: short], pictures: [0]).isEmpty)
    let pause = marks(50, from: 0, at: 0) + marks(50, from: 3_600_000, at: 50_000)
    #expect(ClockScan.find([0: pause], pictures: [0]).isEmpty)
    #expect(ClockScan.find([:], pictures: []).isEmpty)
    let far: [ClockScan.Mark] = (0..<40).map {
      ClockScan.Mark(position: Int64($0), time: $0 < 20 ? .max - 100 : .min + Int64($0), length: 0)
    }
    #expect(ClockScan.find([0: far], pictures: [0]).count <= 1)
  }

  @Test func withoutPicturesTheSoundTells() {
    let found = ClockScan.find(
      [3: marks(60, from: 900, at: 0) + marks(60, from: 100, at: 60_000)], pictures: [])
    #expect(found == [ClockRestart(position: 60_000, shift: 3_200_000)])
  }
}
