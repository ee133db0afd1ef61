internal import Media
internal import TestKit
internal import Testing

@testable import Packaging

@Suite struct TextRenditionTests {
  private let plan = TextPlan(name: "text-en", origin: .stream(2), language: "en", label: "English")

  private func write(_ cues: [Cue], starts: [Int64], end: Int64, origin: Int64 = 0) throws -> (
    WrittenRendition, [String]
  ) {
    let target = MemoryTarget()
    let clock = Rational(1, 30000)
    let written = try TextRendition(
      input: TextInput(plan: plan, cues: cues), starts: starts.map { MediaTime($0, clock) },
      end: MediaTime(end, clock), origin: origin
    ).write(into: target)
    for (index, object) in written.objects.enumerated() {
      try target.place(object, key: "\(index)", type: .webVTT, cache: .short)
    }
    return (written, written.objects.indices.map { target.text("\($0)") })
  }

  /// Cut at 2.002 s and 4.004 s: a cue is in each segment that it touches, and in no other.
  @Test func aCueIsInEverySegmentThatItTouches() throws {
    let (written, texts) = try write(
      [
        Cue(start: 0, end: 2002, text: "one"),
        Cue(start: 1500, end: 4005, text: "<i>two</i>\nlines", settings: "line:0"),
        Cue(start: 2002, end: 2003, text: "three"), Cue(start: 4004, end: 3_661_001, text: "four"),
      ], starts: [0, 60060, 120_120, 180_180], end: 240_240, origin: 900_000)
    let head = "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n"
    let two = "\n00:00:01.500 --> 00:00:04.005 line:0\n<i>two</i>\nlines\n"
    let four = "\n00:00:04.004 --> 01:01:01.001\nfour\n"
    #expect(
      texts == [
        head + "\n00:00:00.000 --> 00:00:02.002\none\n" + two,
        head + two + "\n00:00:02.002 --> 00:00:02.003\nthree\n", head + two + four, head + four,
      ])
    #expect(written.segmentMicroseconds == [2_002_000, 2_002_000, 2_002_000, 2_002_000])
    #expect(written.isText && !written.hasInit && written.formats.isEmpty)
  }

  @Test func aSegmentWithoutCuesIsWebVTTToo() throws {
    let (_, texts) = try write(
      [Cue(start: 5000, end: 6000, text: "late")], starts: [0, 120_000], end: 180_000)
    #expect(
      texts == [
        "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n",
        "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n00:00:05.000 --> 00:00:06.000\nlate\n",
      ])
  }

  @Test func membersOfTheGroupCanBeToldApart() {
    func record(
      _ name: String, _ language: String?, _ label: String, forced: Bool = false, deaf: Bool = false
    )
      -> RenditionRecord
    {
      var record = RenditionRecord(
        name: name, kind: .text, codecs: "webvtt", playlist: "a/\(name)/index.m3u8", version: "0",
        duration: .zero)
      (record.language, record.label, record.isForced) = (language, label, forced)
      record.isHearingImpaired = deaf ? true : nil
      (record.peakBitrate, record.averageBitrate) = (800, 500)
      return record
    }
    let group = SubtitleGroup([
      record("text-en", "en", "English"), record("text-en-forced", "en", "English (forced)", forced: true),
      record("text-en-sdh", "en", "English SDH", deaf: true), record("text-en-2", "en", "English"),
      record("text-und", nil, "Sub\"titles"),
    ])
    let line = "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"text\",NAME="
    #expect(
      group.lines(key: "a/master.m3u8") == [
        line + "\"English\",LANGUAGE=\"en\",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI=\"text-en/index.m3u8\"",
        line
          + "\"English (forced)\",LANGUAGE=\"en\",DEFAULT=NO,AUTOSELECT=YES,FORCED=YES,URI=\"text-en-forced/index.m3u8\"",
        line + "\"English SDH\",LANGUAGE=\"en\",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,"
          + "CHARACTERISTICS=\"public.accessibility.transcribes-spoken-dialog,"
          + "public.accessibility.describes-music-and-sound\",URI=\"text-en-sdh/index.m3u8\"",
        line
          + "\"English 2\",LANGUAGE=\"en\",DEFAULT=NO,AUTOSELECT=NO,FORCED=NO,URI=\"text-en-2/index.m3u8\"",
        line
          + "\"Sub'titles\",LANGUAGE=\"und\",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI=\"text-und/index.m3u8\"",
      ])
    var video = RenditionRecord(
      name: "v", kind: .video, codecs: "avc1.64001f", playlist: "a/v/index.m3u8", version: "0",
      duration: .zero)
    (video.peakBitrate, video.averageBitrate) = (10_000, 9000)
    let master = MasterPlaylist(key: "a/master.m3u8", records: [video] + group.members, version: 3).text()
    #expect(
      master.contains(
        "#EXT-X-STREAM-INF:BANDWIDTH=10800,AVERAGE-BANDWIDTH=9500,CODECS=\"avc1.64001f\",SUBTITLES=\"text\",CLOSED-CAPTIONS=NONE\n"
      ))
  }
}
