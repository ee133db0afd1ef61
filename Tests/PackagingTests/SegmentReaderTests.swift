internal import Media
internal import Testing

@testable import Packaging

@Suite struct SegmentReaderTests {
  /// What comes out, as text: `0.000: 0 1 2 | 1.000: 3 …` with each segment's start and its samples' presentations.
  private func divide(_ source: any SampleSource, cuts: [MediaTime]) throws -> String {
    let reader = try SegmentReader(name: "t", source: source, cuts: cuts)
    var segments: [String] = []
    repeat {
      var samples: [String] = []
      while let sample = try reader.next() { samples.append(String(sample.presentation)) }
      segments.append(
        DecimalText.seconds(reader.starts[reader.index], places: 3) + ": " + samples.joined(separator: " "))
    } while reader.advance()
    return (segments + [DecimalText.seconds(reader.end, places: 3)]).joined(separator: " | ")
  }

  private func frames(_ numbers: [Int], rate: Int64 = 30) -> [MediaTime] {
    numbers.map { MediaTime(Int64($0), Rational(1, rate)) }
  }

  @Test func videoIsCutAtItsSyncSamples() throws {
    let track = try Samples.video(frames: 7, gop: 3)
    #expect(
      try divide(track, cuts: frames([3, 7])) == "0.000: 0 1 2 | 0.100: 3 4 5 6 | 0.233")
  }

  @Test func reorderedPicturesStayInTheirSegment() throws {
    let track = try Samples.video(frames: 8, gop: 4, reorders: true)
    #expect(
      try divide(track, cuts: frames([4, 8])) == "0.000: 0 2 1 3 | 0.133: 4 6 5 7 | 0.267")
  }

  @Test func cutsInAnotherTimebaseMeetTheFrames() throws {
    let track = try Samples.video(frames: 60, gop: 30, rate: Rational(30_000, 1001))
    let cuts = [MediaTime(90_090, Rational(1, 90_000)), MediaTime(180_180, Rational(1, 90_000))]
    let text = try divide(track, cuts: cuts)
    #expect(text.contains("| 1.001: 30 31 "))
  }

  /// Frames of 10 ticks from -10 on; cuts at ticks of 1/100 s. A cut in the middle of a frame goes to its start.
  @Test(arguments: [
    (20, "20"), (24, "20"), (25, "20"), (26, "30"), (29, "30"), (30, "30"), (31, "30"),
  ])
  func soundIsCutAtTheNearestFrame(_ cut: Int, _ first: String) throws {
    let track = try Samples.audio(frames: 7, rate: 100, frame: 10, priming: 10)
    let cuts = [MediaTime(Int64(cut), Rational(1, 100)), MediaTime(60, Rational(1, 100))]
    let segments = try divide(track, cuts: cuts).split(separator: "|")
    #expect(segments.count == 3)
    let start = segments[1].split(separator: " ").dropFirst().first.map(String.init)
    #expect(start == first)
  }

  @Test func soundKeepsWithinHalfAFrameOfAnHourOfCuts() throws {
    // 44.1 kHz against 29.97 frames a second: the worst of 600 cuts.
    let seconds = 3604
    let track = try Samples.audio(frames: seconds * 44_100 / 1024, rate: 44_100)
    let cuts = (1...600).map { MediaTime(Int64($0 * 180 * 1001), Rational(1, 30_000)) }
    let reader = try SegmentReader(name: "t", source: track, cuts: cuts)
    repeat { while try reader.next() != nil {} } while reader.advance()
    #expect(reader.starts.count == 600)
    let unit = Rational(1, 1_000_000)
    let worst = zip(reader.starts.dropFirst(), cuts).map {
      abs($0.ticks(in: unit) - $1.ticks(in: unit))
    }.max()
    #expect((worst ?? .max) <= 11_610)
    #expect((worst ?? 0) > 10_000)
  }

  @Test func theSamplesAfterTheLastCutStayInTheLastSegment() throws {
    let track = try Samples.video(frames: 9, gop: 3)
    #expect(try divide(track, cuts: frames([3, 6])).hasPrefix("0.000: 0 1 2 | 0.100: 3 4 5 6 7 8"))
  }

  private func failure(_ source: any SampleSource, cuts: [MediaTime]) -> PackagingFailure? {
    do {
      _ = try divide(source, cuts: cuts)
      return nil
    } catch { return error as? PackagingFailure }
  }

  @Test func whatCannotBeCut() throws {
    let tick = Rational(1, 30)
    let video = { try Samples.video(frames: 9, gop: 3) }
    #expect(failure(try video(), cuts: frames([4, 9])) == .noSyncSample(rendition: "t", at: frames([4])[0]))
    #expect(
      failure(try video(), cuts: frames([3, 6, 9, 12])) == .endsEarly(rendition: "t", segment: 3, of: 4))
    #expect(failure(try Samples.audio(frames: 3), cuts: frames([0, 3])) == nil)
    #expect(
      failure(try Samples.audio(frames: 30), cuts: frames([9, 9, 15]))
        == .emptySegment(rendition: "t", segment: 2))
    let format = try video().format
    #expect(failure(SampleList(format, []), cuts: frames([3])) == .emptyTrack(rendition: "t"))

    func sample(_ time: Int64, duration: Int64 = 1, sync: Bool = true) -> CodedSample {
      CodedSample(presentation: time, decode: time, duration: duration, isSync: sync, bytes: [0])
    }
    func track(_ samples: [CodedSample]) -> SampleList { SampleList(format, samples) }
    #expect(failure(track([sample(-1)]), cuts: frames([3])) == .startsBeforeZero(rendition: "t"))
    #expect(
      failure(track([sample(0, sync: false)]), cuts: frames([3]))
        == .noSyncSample(rendition: "t", at: MediaTime(0, tick)))
    #expect(
      failure(track([sample(0), sample(3), sample(2, sync: false)]), cuts: frames([3, 6]))
        == .leadingPicture(rendition: "t", at: MediaTime(2, tick)))
    #expect(
      failure(track([sample(0, duration: 0)]), cuts: frames([3]))
        == .duration(rendition: "t", at: MediaTime(0, tick)))
    #expect(
      failure(track([sample(0, duration: .max), sample(.max)]), cuts: frames([3]))
        == .timeOutOfRange(rendition: "t"))
    var timeless = format
    timeless.timebase = Rational(0, 1)
    #expect(
      failure(SampleList(timeless, [sample(0)]), cuts: frames([3]))
        == .timebase(rendition: "t", Rational(0, 1)))
  }
}

@Suite struct TrackClockTests {
  @Test(arguments: [
    (Rational(1, 30), 30_000, 1000), (Rational(1001, 30_000), 30_000, 1001), (Rational(1, 25), 25_000, 1000),
    (Rational(1001, 24_000), 24_000, 1001), (Rational(1, 90_000), 90_000, 1), (Rational(2, 25), 25_000, 2000),
    (Rational(1, 1000), 10_000, 10),
  ])
  func video(_ timebase: Rational, _ timescale: Int, _ units: Int) throws {
    var format = try Samples.file("video-160").format
    format.timebase = timebase
    let clock = try TrackClock(name: "t", format: format)
    #expect(clock.timescale == UInt32(timescale))
    #expect(try clock.units(1) == Int64(units))
    #expect((try? clock.units(.max)) == (units == 1 ? .max : nil))
  }

  @Test func soundCountsInItsSampleRate() throws {
    var format = try Samples.file("sound-aac").format
    #expect(try TrackClock(name: "t", format: format).timescale == 48_000)
    format.timebase = Rational(1, 24_000)
    #expect(try TrackClock(name: "t", format: format).units(3) == 6)
    for timebase in [Rational(1, 90_000), Rational(1, 0), Rational(-1, 48_000), Rational(1, 1 << 40)] {
      format.timebase = timebase
      #expect(throws: PackagingFailure.timebase(rendition: "t", timebase)) {
        try TrackClock(name: "t", format: format)
      }
    }
  }
}
