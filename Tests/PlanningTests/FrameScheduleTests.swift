import Foundation
import Media
import Planning
import Testing

private let milliseconds = Rational(1, 1000)
private let ntsc = (
  film: Rational(24000, 1001), video: Rational(30000, 1001), fast: Rational(60000, 1001)
)

@Suite struct FrameScheduleTests {
  @Test(arguments: [
    Rational(24000, 1001), Rational(24, 1), Rational(25, 1), Rational(30000, 1001), Rational(30, 1),
    Rational(48, 1), Rational(50, 1), Rational(60000, 1001), Rational(60, 1),
  ])
  func standardRatesAreToldApart(rate: Rational) throws {
    for timebase in [Rational(1, 90000), milliseconds, Rational(1, 48000)] {
      for seconds in [2.0, 10, 60] {
        for start in [0, 0.0167, 1.4] {
          let sample = Sample(
            64, 36, rate: rate, pictures: Int(seconds * rate.approximate), start: start, timebase: timebase)
          #expect(try sample.videoPlan().frameRate == rate, "\(timebase) \(seconds) s from \(start)")
        }
      }
    }
  }

  @Test(arguments: [
    (Rational(15, 1), Rational(15, 1)), (Rational(12, 1), Rational(12, 1)), (Rational(1, 1), Rational(1, 1)),
    (Rational(25, 2), Rational(25, 2)), (Rational(15000, 1001), Rational(15000, 1001)),
    (Rational(1, 5), Rational(1, 1)), (Rational(120, 1), Rational(60, 1)),
    (Rational(240, 1), Rational(60, 1)),
    (Rational(120_000, 1001), Rational(60000, 1001)), (Rational(100, 1), Rational(50, 1)),
    (Rational(1000, 1), Rational(125, 4)),
  ])
  func otherRatesAreKeptOrHalved(rate: Rational, expected: Rational) throws {
    let sample = Sample(64, 36, rate: rate, pictures: 200)
    #expect(try sample.videoPlan().frameRate == expected)
  }

  @Test func absurdTimestampsGiveABoundedRate() throws {
    // Pairs a tick apart, 15 times a second.
    let times = (0..<300).map { (n: Int64) -> Int64 in n / 2 * 6000 + n % 2 }
    let bursts = Sample(64, 36, times: times, end: 900_000, timebase: Rational(1, 90000), keyframes: [0])
    let rate = try bursts.videoPlan().frameRate
    #expect(rate.approximate >= 1 && rate.approximate <= 60)
    let same = Sample(64, 36, times: [0, 0, 0], end: 3, timebase: Rational(1, 90000), keyframes: [0])
    #expect(try same.videoPlan().frameRate == Rational(25, 1))
    #expect(try same.videoPlan().frames == 1)
  }

  @Test func aStillPictureIsOneFrameOrHeldForTheSound() throws {
    let still = Sample(64, 36, times: [0], end: 1, timebase: Rational(1, 25), keyframes: [0])
    #expect(try still.videoPlan().frames == 1)
    let plan = try still.adding(to: 8).videoPlan()
    #expect(plan.frames == 200)
    #expect(Set(plan.schedule.values) == [0])
  }

  /// Stamps rounded or cut to milliseconds, pictures anywhere between two frames of the sound's start: each picture
  /// once, for an hour.
  @Test func jitteryConstantSourcesMapOneToOne() throws {
    for rate in [ntsc.film, ntsc.video, ntsc.fast] {
      for phase in [0.0, 0.25, 0.49, 0.5, 0.51, 0.75, 0.99] {
        for cut in [false, true] {
          let count = phase == 0.5 && !cut ? Int(3600 * rate.approximate) : 1200
          let times = (0...count).map { n -> Int64 in
            let exact = (Double(n) + phase) * 1000 / rate.approximate
            return Int64(cut ? exact.rounded(.down) : exact.rounded())
          }
          let sample = Sample(
            64, 36, times: Array(times.dropLast()), end: times[count], timebase: milliseconds,
            keyframes: stride(from: 0, to: count, by: 48).map { times[$0] }
          ).adding(from: 0, to: Double(times[count]) / 1000)
          let plan = try sample.videoPlan()
          #expect(plan.frameRate == rate)
          // The first picture may be held for a frame until its turn, the last one for the sound's end.
          var schedule = Array(plan.schedule.values.drop { $0 == times[0] })
          while schedule.dropLast().last == times[count - 1] { schedule.removeLast() }
          let isOneToOne = schedule == Array(times[1..<count])
          #expect(isOneToOne, "\(rate) phase \(phase) cut \(cut)")
          #expect(plan.frames - count <= 1)
        }
      }
    }
  }

  @Test func soundThatStartsFirstMovesPicturesByLessThanAFrame() throws {
    for lead in [0.007, 0.0167, 0.020] {
      let sample = Sample(64, 36, rate: ntsc.video, pictures: 900, start: lead, timebase: milliseconds)
        .adding(from: 0, to: 30.03)
      let plan = try sample.videoPlan()
      let start = try sample.plan().timeline.start
      #expect(start == MediaTime(0, Rational(1, 48000)))
      #expect(Array(plan.schedule.values.drop { $0 == sample.times[0] }) == Array(sample.times[1...]))
    }
  }

  /// A phone clip whose interval wanders keeps sync to the end: what a frame shows is never further than a frame's
  /// length and the gap between pictures away from its time.
  @Test func variableRateKeepsSync() throws {
    var random = Seeded(state: 99)
    for longGaps in [false, true] {
      var times: [Int64] = []
      var time: Int64 = 0
      for n in 0..<6000 {
        times.append(time)
        time += Int64.random(in: 2400...3700, using: &random)
        if longGaps && n % 500 == 499 { time += 45000 }
      }
      let sample = Sample(64, 36, times: times, end: time, timebase: Rational(1, 90000), keyframes: [0])
      let plan = try sample.videoPlan()
      var index = 0
      let interval = plan.frameRate.inverse.approximate
      for (frame, tick) in plan.schedule.values.enumerated() {
        let shown = Double(frame) * interval
        while index + 1 < times.count, times[index + 1] <= tick { index += 1 }
        #expect(times[index] == tick)
        let until = index + 1 < times.count ? Double(times[index + 1]) / 90000 : Double(time) / 90000
        #expect(shown >= Double(tick) / 90000 - 1.2 * interval, "frame \(frame)")
        #expect(shown <= until + 1.2 * interval, "frame \(frame)")
      }
      #expect(abs(Double(plan.frames) * interval - Double(time) / 90000) <= interval)
    }
  }

  @Test func slowDriftRepeatsOnePictureAtATime() throws {
    // 29.94 pictures a second for ten minutes are packaged at 29.97.
    let sample = Sample(64, 36, rate: Rational(2994, 100), pictures: 17964, timebase: milliseconds)
    let plan = try sample.videoPlan()
    #expect(plan.frameRate == ntsc.video)
    let repeats = zip(plan.schedule.values, plan.schedule.values.dropFirst()).filter { $0 == $1 }.count
    #expect(Set(plan.schedule.values) == Set(sample.times))
    #expect((17...19).contains(repeats))
  }

  @Test func halvingTakesEveryOtherPicture() throws {
    for phase in [0.0, 0.25, 0.5, 0.7] {
      let rate = Rational(120, 1)
      let sample = Sample(
        64, 36, rate: rate, pictures: 1200, start: phase / 120, timebase: milliseconds
      ).adding(to: 10)
      let plan = try sample.videoPlan()
      #expect(plan.frameRate == Rational(60, 1))
      let steps = zip(plan.schedule.values.dropFirst(2), plan.schedule.values.dropFirst()).map { $0 - $1 }
      #expect(Set(steps.dropLast(2)).isSubset(of: [16, 17]), "\(phase)")
    }
    let ladder = Ladder.sample.with { $0.frameRate = Rational(30, 1) }
    let plan = try Sample(64, 36, rate: Rational(60, 1), pictures: 600, timebase: milliseconds).videoPlan(
      ladder)
    #expect(plan.frames == 300)
    #expect(Set(zip(plan.schedule.values.dropFirst(), plan.schedule.values).map { $0 - $1 }) == [33, 34])
  }

  @Test func aGivenRateRepeatsPictures() throws {
    let ladder = Ladder.sample.with { $0.frameRate = Rational(30, 1) }
    let plan = try Sample(64, 36, rate: Rational(25, 1), pictures: 250, timebase: Rational(1, 25)).videoPlan(
      ladder)
    #expect(plan.frames == 300)
    // Places 0, 1.2, 2.4, 3.6, 4.8, 6 …: the third of every six frames is the one before it again.
    #expect(Array(plan.schedule.values.prefix(12)) == [0, 1, 2, 2, 3, 4, 5, 6, 7, 7, 8, 9])
    #expect(plan.schedule.values.last == 249)
  }

  @Test(arguments: [(10.0, 300), (10.005, 300), (10.016, 300), (10.017, 301), (9.5, 300), (12.0, 360)])
  func soundAddsFramesByTheNearest(seconds: Double, frames: Int) throws {
    let plan = try Sample(64, 36).adding(to: seconds).videoPlan()
    #expect(plan.frames == frames)
    #expect(plan.schedule.values.last == Int64(897_000))
  }

  @Test func shortOrLateSoundChangesNoPicture() throws {
    let alone = try Sample(64, 36).videoPlan()
    #expect(try Sample(64, 36).adding(from: 2, to: 4).videoPlan() == alone)
  }

  @Test func theFirstPictureIsHeldForSoundThatIsFirst() throws {
    let plan = try Sample(64, 36, pictures: 30, start: 1).adding(to: 2).videoPlan()
    #expect(plan.frames == 60)
    #expect(plan.schedule.values.prefix(31).allSatisfy { $0 == 90000 })
    #expect(plan.schedule.values[31] == 93000)
  }

  @Test func interlacedGivesFramesOrFields() throws {
    let sample = Sample(720, 576, rate: Rational(25, 1), pictures: 50).video { $0.fieldOrder = .topFirst }
    let frames = try sample.videoPlan()
    #expect(frames.frameRate == Rational(25, 1))
    #expect(frames.source.deinterlacing == .frame)
    #expect(frames.source.timebase == Rational(1, 90000))
    #expect(frames.schedule.values == sample.times)

    let field = Ladder.sample.with { $0.deinterlace = .field }
    let fields = try sample.videoPlan(field)
    #expect(fields.frameRate == Rational(50, 1))
    #expect(fields.source.deinterlacing == .field)
    #expect(fields.source.timebase == Rational(1, 180_000))
    #expect(fields.frames == 100)
    #expect(fields.schedule.values == (0..<100).map { $0 * 3600 })
    #expect(fields.chunks.allSatisfy { chunk in sample.times.contains { $0 * 2 == chunk.seek } })

    // Fields above the maximum rate: frames.
    let slow = try sample.videoPlan(field.with { $0.maxFrameRate = Rational(30, 1) })
    #expect(slow.source.deinterlacing == .frame && slow.frameRate == Rational(25, 1))
    #expect(try Sample().videoPlan(field).source.deinterlacing == .off)
  }

  @Test func anHourOfVariableRateIsQuick() throws {
    let sample = Sample(64, 36, rate: ntsc.fast, pictures: 216_000, timebase: milliseconds)
    let clock = ContinuousClock()
    var frames = 0
    let time = try clock.measure { frames = try sample.videoPlan().frames }
    #expect(frames == 216_000)
    #expect(time < .seconds(20))
  }
}
