import Media
import Planning
import Testing

private func failure(_ body: @autoclosure () throws -> Plan) -> PlanFailure? {
  #expect(throws: PlanFailure.self) { try body() }
}

@Suite struct PlannerTests {
  @Test(arguments: [
    (Rational(24000, 1001), 48, 144), (Rational(30000, 1001), 60, 180), (Rational(60000, 1001), 120, 360),
    (Rational(25, 1), 50, 150), (Rational(30, 1), 60, 180), (Rational(15, 1), 30, 90), (Rational(1, 1), 2, 6),
  ])
  func theGridIsInFrames(rate: Rational, gop: Int, segment: Int) throws {
    let count = segment * 3 + gop
    let plan = try Sample(64, 36, rate: rate, pictures: count).plan()
    let video = try #require(plan.video)
    #expect(video.gopFrames == gop)
    #expect(video.segmentFrames == [0, segment, 2 * segment, 3 * segment, count])
    let timebase = rate.inverse
    #expect(plan.timeline.segmentDuration == MediaTime(Int64(segment), timebase))
    #expect(plan.timeline.duration == MediaTime(Int64(count), timebase))
    #expect(plan.timeline.cuts == video.segmentFrames.dropFirst().map { MediaTime(Int64($0), timebase) })
  }

  @Test func aRuntJoinsTheSegmentBeforeIt() throws {
    #expect(try Sample(64, 36, pictures: 360 + 29).videoPlan().segmentFrames == [0, 180, 389])
    #expect(try Sample(64, 36, pictures: 360 + 30).videoPlan().segmentFrames == [0, 180, 360, 390])
    #expect(try Sample(64, 36, pictures: 10).videoPlan().segmentFrames == [0, 10])
  }

  @Test func theTimelineRunsFromTheEarliestStartToTheLatestEnd() throws {
    let plan = try Sample(64, 36, pictures: 300, start: 0.5).adding(from: 0.25, to: 11).plan()
    #expect(plan.timeline.start == MediaTime(12000, Rational(1, 48000)))
    #expect(plan.timeline.duration == MediaTime(323, Rational(1, 30)))  // 10.75 s are 322.5 frames.
    #expect(try Sample(64, 36, start: 3).plan().timeline.start == MediaTime(270_000, Rational(1, 90000)))
  }

  @Test func soundAloneIsCutEverySegment() throws {
    let plan = try Sample.sound(18.5).plan()
    #expect(plan.video == nil)
    let timebase = Rational(1, 48000)
    #expect(plan.timeline.duration == MediaTime(888_000, timebase))
    // The last half second joins the segment before it.
    #expect(plan.timeline.cuts == [288_000, 576_000, 888_000].map { MediaTime($0, timebase) })
    #expect(plan.timeline.segmentDuration == MediaTime(288_000, timebase))
    #expect(
      plan.notes.first == PlanNote("video", "the source has no moving picture; only the sound is packaged"))
  }

  @Test func theLadderGoesIntoThePlan() throws {
    let ladder = Ladder.sample.with {
      $0.quality = 21
      $0.bufferSeconds = 1
      $0.dropRedundant = true
    }
    let request = PlanRequest(
      id: "holiday-1", creator: "ann",
      overrides: LadderOverrides(segments: .ts, rateControl: .fixed, speed: .best, maxHeight: 360))
    let plan = try Sample().adding(to: 10).plan(ladder, request)
    #expect(plan.ladder == "default")
    #expect(plan.outputs == [.hls] && plan.segmentFormat == .ts && plan.addressing == .files)
    var controls = EncodeControls()
    controls.rateControl = .fixed
    controls.quality = 21
    controls.bufferSeconds = 1
    controls.speed = .best
    controls.dropsRedundant = true
    #expect(plan.controls == controls)
    #expect(plan.video?.rungs.map(\.name) == ["360p", "240p"])
    #expect(plan.layout.creator == "ann")
    #expect(plan.layout.key(.asset) == "packaged/holiday-1/asset.json")
    #expect(plan.layout.key(.`init`, rendition: "360p", version: "0") == nil)
    #expect(
      plan.layout.key(.segment, rendition: "360p", version: "0a1b2c3d", n: 7)
        == "packaged/holiday-1/hls/360p/seg-0a1b2c3d-00007.ts")
  }

  @Test func theBuiltInLayoutIsTheDesigns() throws {
    let layout = try Sample().plan().layout
    let keys = Layout.Slot.allCases.compactMap {
      layout.key($0, rendition: "720p", version: "0a1b2c3d", n: 1)
    }
    #expect(
      keys == [
        "packaged/clip-1/asset.json", "packaged/clip-1/hls/master.m3u8",
        "packaged/clip-1/hls/720p/index.m3u8", "packaged/clip-1/hls/720p/iframes.m3u8",
        "packaged/clip-1/hls/720p/init-0a1b2c3d.mp4", "packaged/clip-1/hls/720p/seg-0a1b2c3d-00001.m4s",
        "packaged/clip-1/hls/manifest.mpd",
      ])
  }

  @Test func theSameValuesGiveTheSamePlan() throws {
    let sample = Sample(rate: Rational(30000, 1001), pictures: 1000).adding(to: 33)
    #expect(try sample.plan() == sample.plan())
  }

  @Test func everythingLeftOutIsNoted() throws {
    var sample = Sample(640, 360).adding(to: 10)
    var cover = VideoStream(
      common: StreamFacts(index: 7, codec: "mjpeg", timebase: Rational(1, 90000)),
      codedSize: PictureSize(500, 500))
    cover.isCover = true
    var second = cover
    second.common.index = 8
    second.isCover = false
    sample.report.video[0].common.disposition = ["default"]
    sample.report.video += [cover, second]
    func other(_ index: Int, _ kind: String, _ language: String? = nil) -> OtherStream {
      var facts = StreamFacts(index: index, codec: "x", timebase: Rational(1, 1000))
      facts.language = language
      return OtherStream(common: facts, kind: kind)
    }
    sample.report.subtitles = [other(3, "subtitle", "en"), other(4, "subtitle")]
    sample.report.subtitles[0].common.codec = "dvd_subtitle"
    sample.report.other = [other(5, "data"), other(6, "attachment")]
    #expect(
      try sample.plan().notes.map { "\($0.subject): \($0.reason)" } == [
        "480p: the picture is only 640x360; it is not enlarged to 854x480",
        "720p: the picture is only 640x360; it is not enlarged to 1280x720",
        "1080p: the picture is only 640x360; it is not enlarged to 1920x1080",
        "cover 7: it is a still cover picture",
        "video 8: another picture is packaged; --video-track 8 takes this one",
        "subtitles 3 (en): they are pictures (dvd_subtitle), not text; add a file such as NAME.en.srt beside the source",
        "subtitles 4: the format x cannot be read here; add a file such as NAME.en.srt beside the source",
        "data 5: it is neither picture nor sound", "attachment 6: attachments are not packaged",
      ])
    #expect(
      try Sample(1920, 1080, rate: Rational(120, 1)).plan().notes == [
        PlanNote("frame rate", "120.000 is above the ladder's 60.000; it becomes 60.000"),
        PlanNote("audio", "the source has no sound"),
      ])
  }

  @Test func whatCannotBePackagedSaysWhy() throws {
    let empty = Sample.sound(1)
    var nothing = empty
    (nothing.report.audio, nothing.survey.audio) = ([], [])
    #expect(failure(try nothing.plan()) == .nothingToPackage)
    #expect(failure(try empty.plan(.sample.with { $0.audio = [] })) == .nothingToPackage)
    #expect(failure(try Sample().video { $0.isEncrypted = true }.plan()) == .encryptedVideo(stream: 0))
    #expect(
      failure(try Sample().video { $0.common.codec = "unknown" }.plan()) == .unknownVideoCodec(stream: 0))
    #expect(
      failure(try Sample(64, 36, times: [], end: 0, timebase: Rational(1, 1), keyframes: []).plan())
        == .noPictures(stream: 0))
    #expect(failure(try Sample(0, 36).plan()) == .badPictureSize(stream: 0, PictureSize(0, 36)))
    #expect(
      failure(
        try Sample(64, 36, times: [0, .max], end: .max, timebase: Rational(1, 1), keyframes: []).plan())
        == .badTimestamps(stream: 0))
    #expect(
      failure(try Sample(64, 36, times: [0], end: 1, timebase: Rational(0, 0), keyframes: []).plan())
        == .badTimestamps(stream: 0))
    let far = Int64(1) << 60
    #expect(
      failure(
        try Sample(64, 36, times: [far], end: far + 1, timebase: Rational(1, 90000), keyframes: []).plan())
        == .badTimestamps(stream: 0))
    #expect(failure(try Sample(64, 36).adding(to: 90000).plan()) == .tooLong(seconds: 90000, limit: 86400))
    var long = PlanRequest(id: "a")
    long.limits.seconds = 5
    #expect(failure(try Sample().plan(.sample, long)) == .tooLong(seconds: 10, limit: 5))
    let wide = PictureSize(12000, 9000)
    #expect(
      failure(try Sample(12000, 9000).plan()) == .tooManyPixels(stream: 0, wide, limit: 8192 * 8192))
    var raised = PlanRequest(id: "a")
    raised.limits.pixels = 108_000_000
    #expect(throws: Never.self) { try Sample(12000, 9000).plan(.sample, raised) }
    var small = PlanRequest(id: "a")
    small.limits.outputBytes = 100_000
    guard case .tooMuchOutput(let bytes, 100_000) = failure(try Sample().plan(.sample, small)) else {
      Issue.record("ten seconds of every rung fit into 100 kB")
      return
    }
    #expect(bytes > 100_000)
    #expect(failure(try Sample().plan(.sample, PlanRequest(id: "../a"))) == .badID("../a"))
    #expect(failure(try Sample().plan(.sample, PlanRequest(id: "a", creator: "x/y"))) == .badCreator("x/y"))
    let byCreator = Ladder.sample.with { $0.layout = [.master: "v/{creator}/{id}.m3u8"] }
    #expect(failure(try Sample().plan(byCreator)) == .creatorNeeded(template: "v/{creator}/{id}.m3u8"))
    let flags = PlanRequest(id: "a", overrides: LadderOverrides(maxHeight: 100))
    #expect(
      failure(try Sample().plan(.sample, flags))?.message
        == "ladder 'default' with the command line's changes: max_height: 100 is below the smallest rung, 240 high; "
        + "raise it or add a smaller rung")
  }

  @Test func aLayoutWhosePathsMeetIsRefused() throws {
    // A single rung and one kind of sound muxed into TS: no rendition in the names, until a second language comes.
    let ladder = Ladder.sample.with {
      $0.rungs = [$0.rungs[0]]
      $0.outputs = [.hls]
      $0.segments = .ts
      $0.layout = [
        .master: "{id}/playlist.m3u8", .media: "{id}/media.m3u8", .iframes: "{id}/iframes.m3u8",
        .segment: "{id}/segment{n}.ts",
      ]
    }
    let one = Sample().adding(to: 10)
    #expect(try one.plan(ladder).layout.key(.segment, n: 12) == "clip-1/segment12.ts")
    #expect(
      failure(try one.adding(to: 10, language: "de").plan(ladder))
        == .layoutCollision(
          key: "clip-1/media.m3u8", first: "media of 240p", second: "media of audio-aac-2-und"))
  }

  @Test func segmentsOfSeveralLanguagesAreToldApart() throws {
    let ladder = Ladder.sample.with {
      $0.rungs = [$0.rungs[0]]
      $0.outputs = [.hls]
      $0.segments = .ts
      $0.layout = [
        .master: "{id}/playlist.m3u8", .media: "{id}/{rendition}.m3u8", .iframes: "{id}/iframes.m3u8",
        .segment: "{id}/segment{index}.ts",
      ]
    }
    let one = Sample().adding(to: 10)
    let first = { (plan: Plan) in plan.layout.key(.segment, rendition: "240p", n: 1) }
    #expect(first(try one.plan(ladder)) == "clip-1/segment0.ts")
    #expect(first(try one.adding(to: 10, language: "de").plan(ladder)) == "clip-1/240p-segment0.ts")
  }

  @Test func messagesSayWhatToDo() {
    let table: [(PlanFailure, String)] = [
      (
        .encryptedSound(stream: 1),
        "the sound (stream 1) is encrypted, and there are no pictures; decrypt it first"
      ),
      (
        .unknownAudioCodec(stream: 0),
        "the sound (stream 0) is in a codec that cannot be decoded here, and there are no pictures; convert it first"
      ),
      (.nothingToPackage, "there is neither a picture nor a sound track in it; give a file that has one"),
      (.encryptedVideo(stream: 1), "the video (stream 1) is encrypted; decrypt it first"),
      (
        .unknownVideoCodec(stream: 1),
        "the video (stream 1) is in a codec that cannot be decoded here; convert it first"
      ),
      (
        .noPictures(stream: 0),
        "the video (stream 0) has no pictures; the file is damaged or was cut short, get it again"
      ),
      (
        .badPictureSize(stream: 0, PictureSize(0, 1)),
        "the video (stream 0) says it is 0x1, which no picture is; the file is damaged, get it again"
      ),
      (
        .codecChanges(stream: 2),
        "the video (stream 2) changes its codec, and only the pictures in the first one can be read; split the file there, or convert it"
      ),
      (.badTimestamps(stream: 2), "stream 2 has timestamps that make no sense; remux the file first"),
      (
        .tooManyPixels(stream: 0, PictureSize(9, 9), limit: 80),
        "the video (stream 0) says it is 9x9, more than 80 pixels; if that is right, raise --max-pixels"
      ),
      (
        .tooMuchOutput(bytes: 9, limit: 5),
        "its renditions would come to 9 bytes and the limit is 5; lower the ladder's rates, or raise --max-output"
      ),
      (.tooLong(seconds: 9, limit: 5), "it is 9 s long and the limit is 5 s; cut it, or raise --max-hours"),
      (
        .beyondLevels(rung: "8k", codec: .h264),
        "no level of h264 allows the rung '8k'; lower its size, bitrate or max_frame_rate"
      ),
      (
        .badID("a b"),
        "'a b' cannot be an id: it has to begin with a letter or digit and go on with letters, digits, '.', '_' or "
          + "'-' (128 at most)"
      ),
      (
        .creatorNeeded(template: "{creator}/x"),
        "the ladder's layout '{creator}/x' needs a creator; give one with --creator"
      ),
      (
        .layoutCollision(key: "k", first: "a", second: "b"),
        "the ladder's layout gives a and b the same path 'k'; put {rendition} into it"
      ),
    ]
    for (failure, message) in table { #expect(failure.message == message) }
  }
}
