import LibAV
import Media
import Testing

@testable import Probing

/// Packets whose times cannot be true.
@Suite struct OutlierTests {
  private static let ms = Rational(1, 1000)

  /// Pictures every 40 ms from 0 on, with some of them moved elsewhere.
  private func pictures(_ count: Int, moved: [Int: Int64]) -> (times: PictureTimes?, codes: [String]) {
    var collector = PictureCollector(stream: 0, timebase: Self.ms)
    for index in 0..<count {
      let time = moved[index] ?? Int64(index) * 40
      collector.add(
        PictureSample(presentation: time, decode: Int64(index) * 40, duration: 40, isKey: index % 25 == 0))
    }
    let found = collector.finish()
    return (found.times, found.faults.map(\.code))
  }

  @Test(arguments: [
    // Hours ahead or behind, alone or a few together, in the middle.
    [50: Int64(3_600_000)], [50: -3_600_000], [50: 3_600_000, 51: 3_600_040, 52: 3_600_080],
    [50: 20_000], [50: 100_000, 60: 200_000], [50: 3_600_000, 51: 100_000],
  ])
  func oneAmongOthersIsLeftOutAndHidesNothing(_ moved: [Int: Int64]) {
    let found = pictures(200, moved: moved)
    #expect(found.times?.times.values == (0..<200).filter { moved[$0] == nil }.map { Int64($0) * 40 })
    #expect(found.times?.outliers.values == moved.values.sorted())
    #expect(found.times?.end == 8000)
    #expect(found.codes == ["timestamps-absurd"])
  }

  @Test func whatAnotherProgrammeLeftAtTheHeadIsLeftOut() {
    let found = pictures(200, moved: [0: 50_000_000, 1: 50_000_040])
    // The keyframe went with it.
    #expect(found.times?.times.values.first == 1000 && found.times?.end == 8000)
    #expect(found.times?.outliers.values == [50_000_000, 50_000_040])
  }

  @Test func farAloneAtTheEndItIsLeftOut() {
    let found = pictures(200, moved: [199: 3_600_000])
    #expect(found.times?.end == 7960)
    #expect(found.codes == ["timestamps-absurd"])
    // Less than a minute of stillness is nothing odd.
    #expect(pictures(200, moved: [199: 60_000]).times?.end == 60_040)
  }

  @Test func slidesStay() {
    var collector = PictureCollector(stream: 0, timebase: Self.ms)
    for slide in 0..<20 {
      collector.add(
        PictureSample(
          presentation: Int64(slide) * 120_000, decode: Int64(slide) * 120_000, duration: 120_000, isKey: true
        ))
    }
    let found = collector.finish()
    #expect(found.times?.times.values == (0..<20).map { Int64($0) * 120_000 })
    #expect(found.times?.outliers.values == [])
  }

  @Test func whatOtherTracksCoverIsBelieved() {
    let body = FarIslands.Run(start: 0, end: 20_000_000, packets: 500)
    let last = FarIslands.Run(start: 300_000_000, end: 300_000_000, packets: 1)
    let sound = FarIslands.Run(start: 0, end: 300_000_000, packets: 9000)
    #expect(Array(FarIslands.believed([body, last], others: [])) == [body])
    #expect(Array(FarIslands.believed([body, last], others: [sound])) == [body, last])
    // A recorder that slept, and then recorded on.
    let second = FarIslands.Run(start: 3_000_000_000, end: 3_020_000_000, packets: 500)
    #expect(Array(FarIslands.believed([body, second], others: [])) == [body, second])
    #expect(Array(FarIslands.believed([last, second], others: [])) == [second])
  }

  /// As much as one packet of a transport stream holds.
  @Test func aPieceOfSoundElsewhereIsLeftOut() {
    var collector = SoundCollector(
      stream: 1, timebase: Rational(1, 48000), sampleRate: 48000, frameSamples: 1024)
    for index in 0..<300 {
      let away: Int64 = (100..<140).contains(index) ? 48000 * 3600 : 0
      collector.add(presentation: away + Int64(index) * 1024, decode: nil, duration: 1024)
    }
    let found = collector.finish()
    #expect(found.span?.start == 0 && found.span?.end == 300 * 1024)
    #expect(found.span?.outliers.values.count == 40)
  }

  @Test func soundOutliersAreSilence() {
    var collector = SoundCollector(
      stream: 1, timebase: Rational(1, 48000), sampleRate: 48000, frameSamples: 1024)
    for index in 0..<500 {
      let time = index == 100 ? Int64(48000) * 7200 : index == 499 ? 48000 * 9000 : Int64(index) * 1024
      collector.add(presentation: time, decode: nil, duration: 1024)
    }
    let found = collector.finish()
    #expect(found.span?.start == 0 && found.span?.end == 499 * 1024)
    #expect(found.span?.outliers.values == [48000 * 7200])
    #expect(found.faults.map(\.code).contains("timestamps-absurd"))
  }
}

@Suite struct TelecineTests {
  /// Fields of 2:3 pulldown: of five pictures the third and the fourth share a field with the one before.
  private func film(_ count: Int, from phase: Int = 0) -> [PictureLook.FieldChange] {
    (0..<count).map { index in
      switch (index + phase) % 5 {
      case 1: .init(top: 0.4, bottom: 7)
      case 3: .init(top: 6, bottom: 0.5)
      default: .init(top: 7, bottom: 6)
      }
    }
  }

  private func judge(_ changes: [PictureLook.FieldChange]) -> Telecine? {
    var look = PictureLook()
    (look.pictures, look.changes) = (changes.count + 1, changes)
    return TelecineJudge.judge(look)
  }

  @Test func filmFieldByFieldIsHard() {
    for phase in 0..<5 { #expect(judge(film(60, from: phase)) == .hard) }
    // Titles that stand still before it.
    #expect(judge(Array(repeating: .init(top: 0.1, bottom: 0.1), count: 60) + film(60)) == .hard)
  }

  @Test func videoIsNone() {
    #expect(judge(Array(repeating: .init(top: 7, bottom: 6), count: 100)) == nil)
    #expect(judge(Array(repeating: .init(top: 0.1, bottom: 0.1), count: 100)) == nil)
    // Every other picture is the one before: not film.
    #expect(
      judge((0..<100).map { $0 % 2 == 0 ? .init(top: 0.1, bottom: 0.1) : .init(top: 7, bottom: 6) }) == nil)
    #expect(judge(film(12)) == nil)
  }

  @Test func flagsAreSoft() {
    var look = PictureLook()
    (look.pictures, look.repeats) = (48, 24)
    #expect(TelecineJudge.judge(look) == .soft)
    look.repeats = 2
    #expect(TelecineJudge.judge(look) == nil)
  }

  @Test func filmRates() {
    let times = (0..<48).map { Int64($0) * 3753 + ($0 % 2 == 0 ? 0 : 750) }
    let found = PictureTimes(
      stream: 0, timebase: Rational(1, 90000), times: TickList(times), keyframes: [0], end: 48 * 3753)
    #expect(Telecine.filmRate(found) == Rational(24000, 1001))
    let video = PictureTimes(
      stream: 0, timebase: Rational(1, 30), times: TickList((0..<30).map { $0 }), keyframes: [0], end: 30)
    #expect(Telecine.filmRate(video) == nil)
  }
}
