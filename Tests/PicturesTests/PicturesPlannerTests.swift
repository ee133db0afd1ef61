internal import Media
internal import Pictures
internal import Testing

@Suite struct PicturesPlannerTests {
  /// Pictures at 25 a second in milliseconds, a keyframe every `gop` pictures, from `first` on.
  private func planner(
    seconds: Int64, gop: Int, first: Int64 = 0, start: Int64 = 0, halves: Bool = false
  ) throws -> PicturesPlanner {
    let base = Rational(1, 1000)
    let times = (0..<(seconds * 25)).map { first + $0 * 40 }
    let keys = stride(from: 0, to: times.count, by: gop).map { times[$0] }
    let source = PictureSource(
      timebase: halves ? Rational(1, 2000) : base, codedSize: PictureSize(640, 360))
    let timeline = Timeline(
      start: MediaTime(start, base), duration: MediaTime(seconds * 1000, base), cuts: [],
      segmentDuration: MediaTime(6, Rational(1, 1)))
    return try #require(
      PicturesPlanner(
        times: PictureTimes(
          stream: 0, timebase: base, times: TickList(times), keyframes: TickList(keys),
          end: first + seconds * 1000),
        source: source, timeline: timeline))
  }

  private func moment(_ time: Int64, _ before: Int64, _ seek: Int64) -> PicturesJob.Moment {
    PicturesJob.Moment(time: time, before: before, seek: seek)
  }

  @Test func tilesAreKeyframesWhereTheirWindowHasOne() throws {
    let (tiles, cues) = try planner(seconds: 10, gop: 50).storyboard(every: Rational(4, 1))
    #expect(tiles == [moment(2000, 2000, 2000), moment(6000, 6000, 6000), moment(8000, 8000, 8000)])
    #expect(cues.boundaries.map { $0.ticks(in: Rational(1, 1000)) } == [0, 4000, 8000, 10_000])
  }

  @Test func tilesBetweenKeyframesAreTheMiddlesOfTheirWindows() throws {
    let (tiles, _) = try planner(seconds: 4, gop: 100).storyboard(every: Rational(1, 1))
    #expect(tiles == [moment(0, 0, 0), moment(1500, 1500, 0), moment(2500, 2500, 0), moment(3500, 3500, 0)])
  }

  @Test func timesAreOfTheSourceAndHeldWherePicturesAre() throws {
    // The sound begins a second before the first picture: the timeline starts with it.
    let late = try planner(seconds: 4, gop: 1000, first: 11_000, start: 10_000)
    let (tiles, _) = late.storyboard(every: Rational(1, 2))
    #expect(tiles.first == moment(11_000, 11_000, 11_000))
    #expect(tiles[3] == moment(11_750, 11_750, 11_000))
    #expect(tiles.allSatisfy { (11_000...14_960).contains($0.time) && $0.seek == 11_000 })
    // With field-rate deinterlacing in half ticks.
    let halves = try planner(seconds: 4, gop: 25, halves: true).storyboard(every: Rational(2, 1)).tiles
    #expect(halves == [moment(2000, 2000, 2000), moment(6000, 6000, 6000)])
  }

  @Test func aLongFilmHasNoMoreTilesThanItsLimit() {
    let cues = StoryboardCues(
      duration: MediaTime(36_000, Rational(1, 1)), every: Rational(1, 10), most: 20_000)
    #expect(cues.count == 11_250)
    #expect(cues.interval.approximateSeconds == 3.2)
    #expect(cues.boundaries.last == MediaTime(36_000, Rational(1, 1)))
  }

  @Test func thumbnailsAreSpreadWhenThereWouldBeTooMany() throws {
    let short = try planner(seconds: 25, gop: 50).thumbnails(every: Rational(10, 1), most: 5)
    #expect(short.count == 3)
    let long = try planner(seconds: 200, gop: 50).thumbnails(every: Rational(10, 1), most: 5)
    #expect(long.count == 5)
    #expect(long.map { $0.count } == [3, 3, 3, 3, 3])
    // A quarter of a second after a keyframe, in windows of 40 s.
    #expect(
      long[1].map(\.moment) == [
        moment(46_250, 46_000, 46_000), moment(60_250, 60_000, 60_000), moment(74_250, 74_000, 74_000),
      ])
    #expect(try planner(seconds: 3, gop: 50).thumbnails(every: Rational(10, 1), most: 5).count == 1)
  }

  @Test func posterCandidatesAreDenserAndPreferredEarly() throws {
    let candidates = try planner(seconds: 1000, gop: 50).poster()
    let early = candidates.filter { $0.moment.time < 300_000 }
    #expect(early.count == 10 && early.allSatisfy { $0.weight == 1 })
    #expect(candidates.count == 18 && candidates.dropFirst(10).allSatisfy { $0.weight < 1 })
    #expect(candidates.map(\.moment.time) == candidates.map(\.moment.time).sorted())
    // One picture only: one candidate.
    let single = try planner(seconds: 1, gop: 1000).poster()
    #expect(Set(single.map(\.moment)).count == single.count)
  }

  @Test func aSourceWithoutPicturesHasNone() {
    let timeline = Timeline(
      start: .zero, duration: MediaTime(1, Rational(1, 1)), cuts: [],
      segmentDuration: MediaTime(6, Rational(1, 1)))
    let none = PictureTimes(stream: 0, timebase: Rational(1, 1000), times: [], keyframes: [], end: 0)
    let source = PictureSource(timebase: Rational(1, 1000), codedSize: PictureSize(2, 2))
    let planner = PicturesPlanner(times: none, source: source, timeline: timeline)
    #expect(planner == nil)
  }
}
