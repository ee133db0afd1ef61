import Media
import Planning
import Testing

private func bounds(_ plan: VideoPlan) -> [Int] { plan.chunks.map(\.firstFrame) + [plan.frames] }

@Suite struct ChunkPlannerTests {
  @Test func aShortClipHasSeveralChunks() throws {
    #expect(bounds(try Sample(64, 36, pictures: 180).videoPlan()) == [0, 60, 120, 180])
    // Also with a single keyframe.
    let plan = try Sample(64, 36, pictures: 180, keyframeEvery: 1000).videoPlan()
    #expect(bounds(plan) == [0, 60, 180])
    #expect(plan.chunks.map(\.seek) == [0, 0])
    #expect(bounds(try Sample(64, 36, pictures: 45).videoPlan()) == [0, 45])
  }

  @Test func chunksEndAtTheGridPointAfterAKeyframe() throws {
    // Keyframes every 250 frames of 25 fps, ten minutes: the aim is 12 s, grid 50 frames.
    let sample = Sample(64, 36, rate: Rational(25, 1), pictures: 15000, keyframeEvery: 250)
    let plan = try sample.videoPlan()
    #expect(Array(bounds(plan).prefix(4)) == [0, 250, 500, 750])
    #expect(plan.chunks[3].seek == 750 * 3600)
    let odd = try Sample(64, 36, rate: Rational(25, 1), pictures: 15000, keyframeEvery: 310).videoPlan()
    #expect(Array(bounds(odd).prefix(4)) == [0, 350, 650, 950])
    #expect(odd.chunks[1].seek == 310 * 3600)
  }

  @Test func withoutKeyframesAChunkEndsAfterThirtySeconds() throws {
    let plan = try Sample(64, 36, pictures: 3600, keyframeEvery: 100_000).videoPlan()
    #expect(bounds(plan) == [0, 900, 1800, 2700, 3600])
    #expect(Set(plan.chunks.map(\.seek)) == [0])
    // A rest of a second would be too short: the cut before it comes earlier.
    let odd = try Sample(64, 36, pictures: 2730, keyframeEvery: 100_000).videoPlan()
    #expect(bounds(odd) == [0, 900, 1800, 2640, 2730])
  }

  @Test func deinterlacingStartsAPictureEarlier() throws {
    let sample = Sample(720, 576, rate: Rational(25, 1), pictures: 250, keyframeEvery: 25)
      .video { $0.fieldOrder = .bottomFirst }
    let plan = try sample.videoPlan()
    #expect(plan.chunks[1].firstFrame == 50)
    #expect(plan.chunks[1].seek == 25 * 3600)
  }

  @Test func invariantsHoldOverRandomSources() throws {
    var random = Seeded(state: 2024)
    for round in 0..<120 {
      let count = Int.random(in: 1...5000, using: &random)
      var (times, keyframes) = ([Int64](), [Int64]())
      var time = Int64.random(in: -90000...90000, using: &random)
      let interval = [1500, 3000, 3003, 3600, 3753].randomElement(using: &random) ?? 3000
      let every = Int.random(in: 1...1500, using: &random)
      let jitter = Bool.random(using: &random)
      for n in 0..<count {
        times.append(time)
        if n % every == 0 || Int.random(in: 0..<200, using: &random) == 0 { keyframes.append(time) }
        time += Int64(jitter ? Int.random(in: 1...2 * interval, using: &random) : interval)
      }
      var ladder = Ladder.sample
      ladder.gopSeconds =
        [Rational(2, 1), Rational(1, 1), Rational(1, 2), Rational(6, 1)].randomElement(using: &random)
        ?? Rational(2, 1)
      var sample = Sample(64, 36, times: times, end: time, timebase: Rational(1, 90000), keyframes: keyframes)
      if Bool.random(using: &random) {
        sample = sample.adding(to: Double.random(in: 0.1...200, using: &random))
      }
      if Bool.random(using: &random) { sample = sample.video { $0.fieldOrder = .topFirst } }
      if Bool.random(using: &random) { ladder.deinterlace = .field }
      let plan = try sample.videoPlan(ladder)
      try check(plan, sample, "round \(round)")
    }
  }

  private func check(_ plan: VideoPlan, _ sample: Sample, _ round: Comment) throws {
    let (frames, gop) = (plan.frames, plan.gopFrames)
    let rate = plan.frameRate.approximate
    #expect(plan.schedule.values.count == frames, round)
    #expect(zip(plan.schedule.values, plan.schedule.values.dropFirst()).allSatisfy { $0 <= $1 }, round)

    // Chunks follow one another, begin on the grid and last 2 to 30 s.
    #expect(plan.chunks.map(\.index) == Array(plan.chunks.indices), round)
    #expect(plan.chunks.map(\.frames).reduce(0, +) == frames, round)
    var next = 0
    let factor: Int64 = plan.source.deinterlacing == .field ? 2 : 1
    let first = try #require(sample.times.first) * factor
    for chunk in plan.chunks {
      #expect(chunk.firstFrame == next && chunk.firstFrame % gop == 0, round)
      let seconds = Double(chunk.frames) / rate
      #expect(plan.chunks.count == 1 || seconds >= 1.9, "\(round): \(chunk)")
      #expect(seconds <= 32.1, "\(round): \(chunk)")
      #expect(chunk.seek <= max(first, plan.schedule.values[chunk.firstFrame]), round)
      let isKeyframe = sample.survey.video?.keyframes.values.contains { $0 * factor == chunk.seek } == true
      #expect(isKeyframe || chunk.seek == first, round)
      next += chunk.frames
    }

    // Segments are whole GOPs; the last is no runt and no longer than half a GOP more.
    let segments = plan.segmentFrames
    #expect(segments.first == 0 && segments.last == frames, round)
    for (a, b) in zip(segments, segments.dropFirst()) { #expect(a < b && a % gop == 0, round) }
    if segments.count > 2 {
      #expect(2 * (segments[segments.count - 1] - segments[segments.count - 2]) >= gop, round)
    }
  }
}
