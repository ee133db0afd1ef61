import Foundation
import Media
import Planning
import Testing

/// A source as probing would report it: pictures at a rate with keyframes now and then, and sound.
struct Sample {
  var report = SourceReport(name: "clip.mov", bytes: 1_000_000, format: "mp4")
  var survey = SourceSurvey()

  /// Pictures at exact multiples of the rate from `start` seconds on, rounded to the timebase.
  init(
    _ width: Int = 1920, _ height: Int = 1080, rate: Rational = Rational(30, 1), pictures: Int = 300,
    keyframeEvery: Int = 30, start: Double = 0, timebase: Rational = Rational(1, 90000)
  ) {
    let times = (0..<pictures + 1).map { n in
      Int64(((start + Double(n) / rate.approximate) / timebase.approximate).rounded())
    }
    self.init(
      width, height, times: Array(times.dropLast()), end: times[pictures], timebase: timebase,
      keyframes: stride(from: 0, to: pictures, by: keyframeEvery).map { times[$0] })
  }

  init(
    _ width: Int, _ height: Int, times: [Int64], end: Int64, timebase: Rational, keyframes: [Int64]
  ) {
    var video = VideoStream(
      common: StreamFacts(index: 0, codec: "h264", timebase: timebase), codedSize: PictureSize(width, height))
    video.pictures = times.count
    video.keyframes = keyframes.count
    report.video = [video]
    survey.video = PictureTimes(
      stream: 0, timebase: timebase, times: TickList(times), keyframes: TickList(keyframes), end: end)
  }

  /// Without pictures.
  static func sound(_ seconds: Double) -> Sample {
    var sample = Sample(16, 16, times: [], end: 0, timebase: Rational(1, 1), keyframes: [])
    sample.report.video = []
    sample.survey.video = nil
    return sample.adding(from: 0, to: seconds)
  }

  func adding(
    from start: Double = 0, to end: Double, language: String? = nil, channels: Int = 2, codec: String = "aac",
    disposition: [String] = []
  ) -> Sample {
    var copy = self
    let index = 1 + report.audio.count
    let timebase = Rational(1, 48000)
    var facts = StreamFacts(index: index, codec: codec, timebase: timebase)
    facts.language = language
    facts.disposition = disposition
    copy.report.audio.append(
      AudioStream(common: facts, channels: channels, layout: "\(channels) channels", sampleRate: 48000))
    copy.survey.audio.append(
      AudioSpan(
        stream: index, timebase: timebase, start: Int64((start * 48000).rounded()),
        end: Int64((end * 48000).rounded()), packets: 1 + Int((end - start) * 46.875)))
    return copy
  }

  func video(_ change: (inout VideoStream) -> Void) -> Sample {
    var copy = self
    change(&copy.report.video[0])
    return copy
  }

  func plan(
    _ ladder: Ladder = .sample, _ request: PlanRequest = PlanRequest(id: "clip-1")
  ) throws -> Plan {
    try Planner.plan(report: report, survey: survey, ladder: ladder, request: request)
  }

  func videoPlan(_ ladder: Ladder = .sample) throws -> VideoPlan {
    try #require(try plan(ladder).video)
  }

  var times: [Int64] { survey.video?.times.values ?? [] }
}

extension Ladder {
  /// The five rungs of `Ladders/default.json`.
  static var sample: Ladder {
    var ladder = Ladder(
      name: "default",
      rungs: [
        LadderRung(name: "240p", box: PictureSize(426, 240), bitrate: 400_000),
        LadderRung(name: "360p", box: PictureSize(640, 360), bitrate: 800_000),
        LadderRung(name: "480p", box: PictureSize(854, 480), bitrate: 1_400_000),
        LadderRung(name: "720p", box: PictureSize(1280, 720), bitrate: 2_800_000),
        LadderRung(name: "1080p", box: PictureSize(1920, 1080), bitrate: 5_000_000),
      ])
    ladder.outputs = [.hls, .dash]
    return ladder
  }

  func with(_ change: (inout Ladder) -> Void) -> Ladder {
    var copy = self
    change(&copy)
    return copy
  }
}

/// Numbers that look random and are the same on every run (SplitMix64).
struct Seeded: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// The folder of the presets in this checkout.
let checkoutLadders = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  .appendingPathComponent("Ladders").path

/// What the planner and the copy planner together make of a source and a ladder that copies.
func copyPlan(
  _ sample: Sample, _ mode: CopyMode = .prefer, _ change: (inout Ladder) -> Void = { _ in },
  refused: [Int: String] = [:]
) throws -> Plan {
  let ladder = Ladder.sample.with {
    $0.copy = mode
    change(&$0)
  }
  let request = PlanRequest(id: "clip-1")
  let plan = try Planner.plan(
    report: sample.report, survey: sample.survey, ladder: ladder, request: request)
  return try CopyPlanner.apply(
    plan, report: sample.report, survey: sample.survey, ladder: ladder, request: request, refused: refused)
}
