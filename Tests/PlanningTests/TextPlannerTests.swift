import Media
import Planning
import Testing

@Suite struct TextPlannerTests {
  private func stream(
    _ index: Int, _ codec: String, _ language: String?, _ disposition: [String] = []
  ) -> OtherStream {
    var facts = StreamFacts(index: index, codec: codec, timebase: Rational(1, 1000))
    (facts.language, facts.disposition) = (language, disposition)
    return OtherStream(common: facts, kind: "subtitle")
  }

  private func source() -> Sample {
    var sample = Sample().adding(to: 10)
    sample.report.subtitles = [
      stream(2, "subrip", "en", ["default"]), stream(3, "ass", "en", ["forced"]), stream(4, "mov_text", "en"),
      stream(5, "webvtt", "pt-BR", ["hearing_impaired"]), stream(6, "hdmv_pgs_subtitle", "fr"),
      stream(7, "eia_608", nil), stream(8, "text", nil, ["comment"]),
    ]
    return sample
  }

  private let sidecars = [
    Sidecar(name: "clip.de.srt", language: "de"),
    Sidecar(name: "clip.en.forced.vtt", language: "en", isForced: true),
  ]

  private func request() -> PlanRequest { PlanRequest(id: "clip-1", sidecars: sidecars) }

  @Test func namesAndLabelsAreUnique() throws {
    let plan = try source().plan(.sample, request())
    #expect(
      plan.text.map { "\($0.name) '\($0.label)' \($0.source)" } == [
        "text-en 'English' stream 2", "text-en-forced 'English (forced)' stream 3",
        "text-en-2 'English 2' stream 4",
        "text-pt-BR-sdh 'Portuguese (BR) SDH' stream 5", "text-und 'Subtitles commentary' stream 8",
        "text-de 'German' clip.de.srt", "text-en-forced-2 'English (forced) 2' clip.en.forced.vtt",
      ])
    #expect(
      plan.notes.filter { $0.subject.hasPrefix("subtitles") }.map { "\($0.subject): \($0.reason)" } == [
        "subtitles 6 (fr): they are pictures (hdmv_pgs_subtitle), not text; add a file such as NAME.en.srt beside the source",
        "subtitles 7: the format eia_608 cannot be read here; add a file such as NAME.en.srt beside the source",
      ])
    #expect(
      LeftOutTrack.list(source().report, plan, made: Array(plan.text.dropFirst())).map {
        "\($0.stream) \($0.kind) \($0.codec) \($0.language ?? "-") \($0.reason.prefix(17))"
      } == [
        "2 subtitle subrip en nothing is made o", "6 subtitle hdmv_pgs_subtitle fr they are pictures",
        "7 subtitle eia_608 - the format eia_60",
      ])
  }

  @Test func aLadderMayMakeNone() throws {
    var ladder = Ladder.sample
    ladder.subtitles = false
    let none = try source().plan(ladder, request())
    #expect(none.text.isEmpty && none.layout.key(.text, rendition: "text-en", version: "0", n: 1) == nil)
    #expect(none.notes.last == PlanNote("subtitles clip.en.forced.vtt", "the ladder makes no subtitles"))
    ladder.subtitles = true
    ladder.outputs = [.mp4]
    #expect(
      try source().plan(ladder, request()).notes.last?.reason == "subtitles go with the output hls only")
  }

  @Test(
    arguments: [
      ([:], "packaged/clip-1/hls/text-en/seg-0a1b2c3d-00002.vtt"),
      ([.segment: "hls/{id}/{rendition}-{n:05}.m4s"], "hls/clip-1/text-en-00002.vtt"),
      ([.segment: "v/{id}/{height}/s{index}.m4s"], "v/clip-1/text-en/s1.vtt"),
      ([.text: "subs/{id}/{rendition}/{n}.vtt"], "subs/clip-1/text-en/2.vtt"),
    ] as [([Layout.Slot: String], String)])
  func theyGoWhereTheSegmentsGo(_ layout: [Layout.Slot: String], _ expected: String) throws {
    var ladder = Ladder.sample
    ladder.layout = layout
    let plan = try source().plan(ladder, request())
    #expect(plan.layout.key(.text, rendition: "text-en", version: "0a1b2c3d", n: 2) == expected)
  }

  /// One rung need not be named in a layout; with subtitles it has to be.
  @Test func aLayoutOfOneRungTellsThemApart() throws {
    var ladder = Ladder.sample
    (ladder.segments, ladder.outputs) = (.ts, [.hls])
    ladder.rungs = [ladder.rungs[0]]
    ladder.layout = [.media: "v/{id}/index.m3u8", .segment: "v/{id}/s{index}.ts"]
    let plan = try source().plan(ladder, request())
    #expect(plan.layout.key(.media, rendition: "text-en") == "v/clip-1/text-en-index.m3u8")
    #expect(plan.layout.key(.text, rendition: "text-en", n: 1) == "v/clip-1/text-en-s0.vtt")
    #expect(plan.layout.key(.segment, rendition: "720p", n: 1) == "v/clip-1/s0.ts")
  }

  @Test func chaptersAreOnTheAssetsTimeline() {
    func chapter(_ start: Int64, _ end: Int64, _ title: String) -> Chapter {
      let clock = Rational(1, 1000)
      return Chapter(start: MediaTime(start, clock), end: MediaTime(end, clock), title: title)
    }
    let timeline = Timeline(
      start: MediaTime(1, Rational(1, 2)), duration: MediaTime(4, Rational(1, 1)), cuts: [],
      segmentDuration: .zero)
    let chapters = [
      chapter(2000, 9000, "b"), chapter(0, 2000, "a"), chapter(0, 400, "before"),
      chapter(5000, 6000, "after"),
      chapter(Int64.min, Int64.max, "all"), chapter(3000, 2000, "backwards"),
    ]
    #expect(
      ChapterTimes.onTimeline(chapters, timeline).map {
        "\($0.start.ticks) \($0.end.ticks) \($0.title ?? "")"
      } == [
        "0 1500000 a", "0 4000000 all", "1500000 4000000 b",
      ])
  }
}
