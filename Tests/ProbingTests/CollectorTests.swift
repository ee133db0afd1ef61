internal import Media
internal import Probing
internal import Testing

@Suite struct PictureCollectorTests {
  private static let ms = Rational(1, 1000)

  private func collect(_ samples: [PictureSample]) -> (times: PictureTimes?, codes: [String]) {
    var collector = PictureCollector(stream: 3, timebase: PictureCollectorTests.ms)
    for sample in samples { collector.add(sample) }
    let found = collector.finish()
    return (found.times, found.faults.map(\.code))
  }

  private func picture(
    _ presentation: Int64?, _ decode: Int64?, key: Bool = false, discarded: Bool = false, duration: Int64 = 40
  ) -> PictureSample {
    PictureSample(
      presentation: presentation, decode: decode, duration: duration, isKey: key, isDiscarded: discarded)
  }

  @Test func reorderedPicturesAscend() {
    let found = collect([
      picture(80, 0, key: true), picture(200, 40), picture(120, 80), picture(160, 120),
      picture(240, 160, key: true),
    ])
    #expect(
      found.times
        == PictureTimes(
          stream: 3, timebase: Self.ms, times: [80, 120, 160, 200, 240], keyframes: [80, 240], end: 280))
    #expect(found.codes.isEmpty)
  }

  @Test func editedAwayPicturesAreNotShownButKeepTheirKeyframe() {
    let found = collect([
      picture(-80, -80, key: true, discarded: true), picture(-40, -40, discarded: true), picture(0, 0),
      picture(40, 40, duration: 20),
    ])
    #expect(found.times?.times == [0, 40])
    #expect(found.times?.keyframes == [-80])
    #expect(found.times?.end == 60)
    #expect(found.codes.isEmpty)
  }

  @Test func withoutPresentationTimesPicturesAreCounted() {
    let found = collect([picture(nil, 0, key: true), picture(nil, 40), picture(80, 80), picture(nil, 120)])
    #expect(found.times?.times == [0, 40, 80, 120])
    #expect(found.times?.end == 160)
    #expect(found.codes == ["timestamps-missing"])
  }

  @Test func withoutAnyTimesPicturesStillFollowOneAnother() {
    let found = collect([picture(nil, nil, key: true), picture(nil, nil), picture(nil, nil)])
    #expect(found.times?.times == [0, 40, 80])
    #expect(found.codes == ["timestamps-missing"])
  }

  @Test func whatCannotBeDecodedIsLeftOut() {
    let found = collect([
      picture(0, 0), picture(40, 40), picture(160, 80, key: true), picture(120, 120), picture(200, 160),
    ])
    #expect(found.times?.times == [160, 200])
    #expect(found.codes == ["no-keyframe-at-start"])
  }

  @Test func withoutKeyframesEverythingStays() {
    let found = collect([picture(0, 0), picture(40, 40)])
    #expect(found.times?.times == [0, 40])
    #expect(found.times?.keyframes == [])
    #expect(found.codes == ["no-keyframe"])
  }

  @Test func aJumpBackLeavesOutWhatWouldInterleave() {
    let found = collect([
      picture(60_000, 60_000, key: true), picture(60_040, 60_040), picture(0, 0, key: true), picture(40, 40),
      picture(60_080, 60_080),
    ])
    #expect(found.times?.times == [60_000, 60_040, 60_080])
    #expect(found.times?.keyframes == [60_000])
    #expect(found.codes == ["timestamp-jump"])
  }

  @Test func gapsDuplicatesAndAbsurdTimes() {
    let gap = collect([
      picture(0, 0, key: true), picture(40, 40), picture(30_000, 30_000), picture(30_040, 30_040),
    ])
    #expect(gap.codes == ["timestamp-jump"])
    let twice = collect([picture(0, 0, key: true), picture(40, 40), picture(40, 41)])
    #expect(twice.times?.times == [0, 40])
    #expect(twice.codes == ["timestamps-duplicate"])
    let far = collect([
      picture(0, 0, key: true), picture(40, 40), picture(100_000_000, 80), picture(.max, 120),
      picture(.min, 160),
    ])
    #expect(far.times?.times == [0, 40])
    #expect(far.times?.end == 80)
    #expect(far.codes == ["timestamps-absurd"])
  }

  @Test func extremeTimesDoNotTrap() {
    let extremes: [Int64?] = [nil, .min, .max, 1 << 60, -(1 << 60), (1 << 60) - 1, 1 - (1 << 60), 0]
    for first in extremes {
      for second in extremes {
        let found = collect([
          picture(first, second, key: true, duration: .max), picture(second, first, duration: .min),
          picture(0, second, key: true),
        ])
        #expect((found.times?.end ?? .max) > (found.times?.times.values.last ?? .min))
      }
    }
  }

  @Test func nothingGivesNothing() { #expect(collect([]).times == nil) }
}

@Suite struct SoundCollectorTests {
  private static let timebase = Rational(1, 48000)

  private func collect(
    _ packets: [(Int64?, Int64, Bool, Int64, Int64)], priming: Int = 0
  ) -> (span: AudioSpan?, codes: [String]) {
    var collector = SoundCollector(
      stream: 1, timebase: Self.timebase, sampleRate: 48000, frameSamples: 1024, priming: priming)
    for (time, duration, discarded, start, end) in packets {
      collector.add(
        presentation: time, decode: nil, duration: duration, isDiscarded: discarded, trimmed: (start, end))
    }
    let found = collector.finish()
    return (found.span, found.faults.map(\.code))
  }

  @Test func delayAndPaddingAreNotPresented() {
    let found = collect([(-1024, 1024, false, 1024, 0), (0, 1024, false, 0, 0), (1024, 1024, false, 0, 24)])
    #expect(found.span == AudioSpan(stream: 1, timebase: Self.timebase, start: 0, end: 2024, packets: 3))
    #expect(found.codes.isEmpty)
  }

  @Test func delayReachesOverSeveralPackets() {
    let found = collect([(-1600, 1024, true, 1600, 0), (-576, 1024, false, 0, 0), (448, 1024, false, 0, 0)])
    #expect(found.span?.start == 0)
    #expect(found.span?.end == 1472)
  }

  @Test func oggPaddingIsNotTakenTwice() {
    let found = collect([(0, 480, false, 312, 0), (480, 312, false, 0, 168)])
    #expect(found.span?.start == 312)
    #expect(found.span?.end == 792)
  }

  @Test func vorbisBeginsWithTheSecondPacket() {
    let found = collect([(-256, 256, false, 0, 0), (0, 256, false, 0, 0)], priming: 1)
    #expect(found.span?.start == 0)
  }

  @Test func missingTimesAndDurationsAreCountedOn() {
    let found = collect([(100, 0, false, 0, 0), (nil, 0, false, 0, 0)])
    #expect(found.span?.start == 100)
    #expect(found.span?.end == 2148)
    #expect(found.codes == ["timestamps-missing"])
  }

  @Test func extremeValuesDoNotTrap() {
    let extremes: [Int64] = [.min, .max, 0, (1 << 60) - 1, 1 - (1 << 60)]
    for time in extremes {
      for length in extremes {
        let found = collect([(time, length, false, length, time), (0, 10, false, time, length)])
        #expect((found.span?.start ?? 0) <= (found.span?.end ?? 0))
      }
    }
  }

  @Test func jumpsAreFaults() {
    let found = collect([(0, 1024, false, 0, 0), (4_800_000, 1024, false, 0, 0), (1024, 1024, false, 0, 0)])
    #expect(found.codes == ["timestamps-absurd"])
    let gone = collect([(0, 1024, false, 0, 0), (4_800_000, 1024, false, 0, 0)])
    #expect(gone.codes == ["timestamp-jump"])
  }
}
