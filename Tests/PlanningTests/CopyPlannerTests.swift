internal import Media
internal import Testing

@testable import Planning

/// What is copied, why other streams are not, and where copies are cut.
@Suite struct CopyPlannerTests {
  private static func clip() -> Sample {
    Sample().video { $0.pixelFormat = "yuv420p" }.adding(to: 10, language: "en").adding(
      to: 10, language: "de")
  }

  @Test func copiesWhatItCan() throws {
    let plan = try copyPlan(Self.clip(), .prefer)
    #expect(plan.video == nil)
    #expect(plan.audio.isEmpty)
    let copies = try #require(plan.copies)
    #expect(copies.video?.rung.name == "1080p")
    #expect(copies.video?.frameRate == Rational(30, 1))
    #expect(copies.audio.map(\.audio.name) == ["audio-aac-2-en", "audio-aac-2-de"])
    #expect(copies.streams == [0, 1, 2])
  }

  @Test func copiesNothingUnlessAsked() throws {
    let plan = try copyPlan(Self.clip(), .never)
    #expect(plan.copies == nil)
    #expect(plan.video?.rungs.count == 5)
  }

  @Test(arguments: [
    ("its picture is turned", "video 0", "it has to be turned to be upright, and players do not turn it"),
    ("mpeg4", "video 0", "mpeg4 pictures do not play in browsers"),
    ("10 bit", "video 0", "h264 with yuv420p10le pictures does not play in browsers"),
    ("vorbis", "audio 1", "vorbis sound does not play in browsers"),
    ("jumps", "video 0", "its timestamps are broken"),
  ])
  func encodesOnlyTheStreamThatCannotBeCopied(_ what: String, _ subject: String, _ reason: String) throws {
    var sample = Self.clip()
    switch what {
    case "its picture is turned": sample.report.video[0].orientation.degrees = 90
    case "mpeg4": sample.report.video[0].common.codec = "mpeg4"
    case "10 bit": sample.report.video[0].pixelFormat = "yuv420p10le"
    case "vorbis": sample.report.audio[0].common.codec = "vorbis"
    default: sample.report.faults = [Fault(code: "timestamp-jump", message: "", stream: 0)]
    }
    let plan = try copyPlan(sample, .prefer)
    #expect(plan.notes.first == PlanNote(subject, "it is encoded, not copied: \(reason)"))
    #expect((plan.video != nil) == (subject == "video 0"))
    #expect(plan.audio.map(\.stream) == (subject == "video 0" ? [] : [1]))
    #expect(throws: PlanFailure.cannotCopy(subject: subject, reason: reason)) {
      try copyPlan(sample, .strict)
    }
  }

  @Test func copiesOnlyTheCodecsThatTheLadderNames() throws {
    let plan = try copyPlan(Self.clip(), .prefer) { $0.copyCodecs = [.h264] }
    #expect(plan.copies?.streams == [0])
    #expect(plan.audio.count == 2)
    #expect(plan.notes.contains(PlanNote("audio 1", "it is encoded, not copied: the ladder copies no aac")))
  }

  @Test func whatReadingRefusedIsEncoded() throws {
    let plan = try copyPlan(Self.clip(), .prefer, refused: [0: "its configuration changes"])
    #expect(plan.video?.rungs.count == 5)
    #expect(plan.copies?.audio.count == 2)
    #expect(plan.notes.first?.reason == "it is encoded, not copied: its configuration changes")
  }

  @Test func transportStreamsTakeLess() throws {
    let hevc = Self.clip().video { $0.common.codec = "hevc" }
    #expect(try copyPlan(hevc, .prefer).video == nil)
    let plan = try copyPlan(hevc, .prefer) {
      $0.segments = .ts
      $0.outputs = [.hls]
    }
    #expect(plan.video != nil)
    #expect(plan.notes.first?.reason.contains("hevc has no place in HLS over MPEG-TS") == true)
  }

  @Test func partsHoldOnePictureAndOneSound() throws {
    let plan = try copyPlan(Self.clip(), .prefer) { $0.outputs = [.parts] }
    #expect(plan.copies?.audio.count == 1)
    let encoded = try copyPlan(Self.clip().video { $0.orientation.degrees = 90 }, .prefer) {
      $0.outputs = [.parts]
    }
    #expect(encoded.video?.rungs.count == 1)
    let strict = Self.clip().video { $0.common.codec = "prores" }
    #expect(throws: PlanFailure.self) { try copyPlan(strict, .strict) { $0.outputs = [.parts] } }
  }

  @Test func settlesOnTheCutsThatCopyingFound() throws {
    var track = CopiedTrack(stream: 0, timebase: Rational(1, 1000))
    track.starts = [0, 1960, 3960, 5960, 7960]
    track.end = 10_000
    let ladder = Ladder.sample.with { $0.copy = .prefer }
    let plan = CopyPlanner.settle(try copyPlan(Self.clip(), .prefer), copied: [track], ladder: ladder)
    #expect(plan.timeline.cuts.map(\.ticks) == [5960, 10_000])
  }

  // MARK: The grid

  private static let second = Rational(1, 1)

  struct Grid: Sendable {
    var starts: [Int64]
    var end: Int64
    var cuts: [Int64]
    init(_ starts: [Int64], _ end: Int64, _ cuts: [Int64]) {
      (self.starts, self.end, self.cuts) = (starts, end, cuts)
    }
  }

  static let grids = [
    // Keyframes every two seconds.
    Grid([0, 2, 4, 6, 8, 10, 12, 14], 16, [6, 12, 16]),
    // The nearest one, on either side.
    Grid([0, 5, 7, 11, 13], 20, [5, 11, 13, 20]),
    // GOPs longer than a segment.
    Grid([0, 10, 20, 30], 40, [10, 20, 30, 40]),
    // One keyframe.
    Grid([0], 40, [40]),
    // What ends at a keyframe has no piece after it.
    Grid([0, 6, 12], 12, [6, 12]),
    // A runt joins the one before.
    Grid([0, 6, 12], 13, [6, 13]),
    // A runt is one beside the source's own GOPs, however short the ladder's are.
    Grid([0, 8, 16], 19, [8, 19]), Grid([0, 8, 16], 20, [8, 16, 20]),
    Grid([], 9, [9]),
  ]

  @Test(arguments: grids)
  func cutsAtTheKeyframeNearestToTheGrid(_ grid: Grid) {
    let found = CopyGrid.cuts(
      starts: grid.starts, end: grid.end, timebase: Self.second, step: Rational(6, 1), runt: Rational(3, 2))
    #expect(found.map(\.ticks) == grid.cuts)
  }

  /// One picture a second in GOPs of a second.
  @Test func aGOPIsNeverOnePictureAlone() {
    let gop = SegmentGrid.gopFrames(Rational(1, 1), rate: Rational(1, 1))
    #expect(gop == 2)
    #expect(SegmentGrid.segmentFrames(Rational(2, 1), rate: Rational(1, 1), gop: gop) == 2)
  }

  // MARK: Rounded times

  @Test func tellsRoundedTimesFromReal() {
    let rate = Rational(30_000, 1001)
    let exact = (0..<3000).map { Double($0) * 1001 / 30 }
    let rounded = exact.map { Int64($0.rounded()) }
    let milliseconds = Rational(1, 1000)
    #expect(RoundedTimes.fit(rounded, timebase: milliseconds, rate: rate))
    #expect(RoundedTimes.fit(exact.map { Int64($0) }, timebase: milliseconds, rate: rate))
    // Another rate drifts away.
    #expect(!RoundedTimes.fit(rounded, timebase: milliseconds, rate: Rational(30, 1)))
    // A picture left out is a picture left out.
    #expect(RoundedTimes.fit(rounded.filter { $0 % 7 != 0 }, timebase: milliseconds, rate: rate))
    var late = rounded
    late[100] += 4
    #expect(!RoundedTimes.fit(late, timebase: milliseconds, rate: rate))
    // Nothing was rounded.
    #expect(!RoundedTimes.fit((0..<100).map { $0 * 40 }, timebase: milliseconds, rate: Rational(25, 1)))
  }
}
