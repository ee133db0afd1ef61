internal import Foundation
internal import Media
internal import Probing
internal import Testing

private let picture = "-f lavfi -i testsrc2=s=160x90:r=25:d=2"
private let sound = "-f lavfi -i sine=r=48000:d=2"
private let x264 = "-c:v libx264 -preset ultrafast -bf 2 -g 25"

@Suite(.enabled(if: ClipFolder.ffmpeg != nil, "needs the ffmpeg command to make clips"))
struct ProberTests {
  private let folder: ClipFolder

  init() throws { folder = try ClipFolder() }

  @Test func anOrdinaryFile() throws {
    let path = try folder.make(
      "a.mp4",
      "\(picture) \(sound) \(x264) -profile:v main -pix_fmt yuv420p -level 3.1 -color_primaries bt709 -color_trc bt709"
        + " -colorspace bt709 -c:a aac -ac 2 -metadata:s:a:0 language=ger -metadata:s:a:0 title=Ton")
    let found = try examine(path)
    #expect(found.report.format == "mp4")
    #expect(found.report.faults.isEmpty)
    let video = try #require(found.report.mainVideo)
    #expect(video.common.codec == "h264" && video.common.profile == "Main" && video.common.level == "3.1")
    #expect(video.codedSize == PictureSize(160, 90) && video.displayedSize == video.codedSize)
    #expect(video.frameRate == Rational(25, 1) && video.isConstantFrameRate)
    #expect(video.pictures == 50 && video.keyframes == 2)
    #expect(video.colour == .bt709 && video.bitDepth == 8 && video.pixelFormat == "yuv420p")
    #expect(video.fieldOrder == .progressive && video.orientation.isUpright && !video.isEncrypted)
    let audio = try #require(found.report.audio.first)
    #expect(audio.common.codec == "aac" && audio.layout == "stereo" && audio.sampleRate == 48000)
    #expect(audio.common.language == "de" && audio.common.disposition == ["default"])
    let times = try #require(found.survey.video)
    #expect(times.times.values.count == 50 && times.times.values.first == 0)
    #expect(MediaTime.compare(MediaTime(times.end, times.timebase), MediaTime(2, Rational(1, 1))) == 0)
    let span = try #require(found.survey.audio.first)
    // The encoder's delay is not presented, its padding is cut by the edit list's length where FFmpeg knows it.
    #expect(span.start == 0 && span.timebase == Rational(1, 48000))
    #expect((96_000...97_024).contains(span.end))
    #expect(try JSONDecoder().decode(Examination.self, from: JSONEncoder().encode(found)) == found)
  }

  /// FFmpeg 5.1 makes a display matrix that turns counter-clockwise out of this tag (looked at: a red corner at the
  /// top left is shown at the bottom left with 90).
  @Test(arguments: [0, 90, 180, 270]) func turnedPhoneClips(_ degrees: Int) throws {
    try folder.make("plain.mp4", "\(picture) \(x264)")
    let path = try folder.make("r.mov", "-i DIR/plain.mp4 -c copy -metadata:s:v:0 rotate=\(degrees)")
    let video = try #require(try examine(path).report.mainVideo)
    #expect(video.orientation == Orientation(degrees: (360 - degrees) % 360))
    #expect(video.displayedSize == (degrees % 180 == 0 ? PictureSize(160, 90) : PictureSize(90, 160)))
  }

  @Test(arguments: [
    ("a.mkv", "-c:a libopus", "matroska"), ("a.ts", "-c:a aac", "mpegts"),
    ("a.flv", "-ar 44100 -c:a aac", "flv"),
  ])
  func otherContainersGiveTheSameTimes(_ name: String, _ audio: String, _ format: String) throws {
    let found = try examine(try folder.make(name, "\(picture) \(sound) \(x264) \(audio)"))
    #expect(found.report.format == format)
    #expect(found.report.faults.isEmpty)
    let video = try #require(found.report.mainVideo)
    #expect(video.frameRate == Rational(25, 1) && video.isConstantFrameRate && video.pictures == 50)
    let times = try #require(found.survey.video)
    let length = MediaTime(times.end - (times.times.values.first ?? 0), times.timebase)
    #expect(length.ticks(in: Rational(1, 1000)) == 2000)
    #expect(found.survey.audio.count == 1)
  }

  @Test(arguments: [
    ("a.avi", "\(x264) -c:a mp2"), ("raw.h264", "\(x264) -an"), ("raw.hevc", "-c:v libx265 -an"),
  ])
  func picturesWithoutTimesAreCounted(_ name: String, _ codecs: String) throws {
    let found = try examine(try folder.make(name, "\(picture) \(sound) \(codecs)"))
    #expect(found.report.faults.map(\.code) == ["timestamps-missing"])
    let video = try #require(found.report.mainVideo)
    #expect(video.frameRate == Rational(25, 1) && video.pictures == 50 && video.isConstantFrameRate)
  }

  @Test func variableRateAspectAndFieldOrder() throws {
    let gaps = try examine(
      try folder.make("v.mkv", "\(picture) -vf select=not(eq(n\\,7)+eq(n\\,8)),setsar=4/3 -vsync vfr \(x264)")
    )
    let video = try #require(gaps.report.mainVideo)
    #expect(video.frameRate == Rational(25, 1) && !video.isConstantFrameRate && video.pictures == 48)
    #expect(video.sampleAspectRatio == Rational(4, 3) && video.displayedSize == PictureSize(213, 90))
    let ntsc = "-f lavfi -i testsrc2=s=160x96:r=60000/1001:d=1 -vf interlace"
    let top = try examine(try folder.make("i.mp4", "\(ntsc) \(x264) -x264-params tff=1"))
    #expect(top.report.mainVideo?.fieldOrder == .topFirst)
    #expect(top.report.mainVideo?.frameRate == Rational(30000, 1001))
    let mpeg = try examine(
      try folder.make("i.ts", "\(ntsc)=scan=bff -c:v mpeg2video -flags +ildct+ilme -field_order bt -top 0"))
    #expect(mpeg.report.mainVideo?.fieldOrder.isInterlaced == true)
  }

  @Test func highDynamicRange() throws {
    let path = try folder.make(
      "hdr.mp4",
      "\(picture) -pix_fmt yuv420p10le -c:v libx265 -tag:v hvc1 -color_primaries bt2020 -color_trc smpte2084"
        + " -colorspace bt2020nc -x265-params log-level=none")
    let video = try #require(try examine(path).report.mainVideo)
    #expect(video.common.profile == "Main 10" && video.bitDepth == 10 && video.colour.isPQ)
    #expect(video.colour == Colour(primaries: 9, transfer: 16, matrix: 9))
  }

  @Test func chaptersSubtitlesAndCovers() throws {
    let meta = ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=One\u{7}\n"
    _ = try folder.write("meta.txt", Data(meta.utf8))
    _ = try folder.write("s.srt", Data("1\n00:00:00,100 --> 00:00:01,000\nHello\n".utf8))
    let path = try folder.make(
      "c.mkv",
      "\(picture) -i DIR/s.srt -i DIR/meta.txt -map 0:v -map 1:s -map_metadata 2 -map_chapters 2 \(x264) -c:s srt"
        + " -disposition:s:0 forced -metadata:s:s:0 language=fre")
    let report = try examine(path).report
    #expect(report.chapters.map(\.title) == ["One"])
    #expect(report.subtitles.map(\.common.language) == ["fr"])
    #expect(report.subtitles.first?.common.disposition.contains("forced") == true)
    try folder.make("cover.png", "-f lavfi -i testsrc2=s=64x64:d=1 -frames:v 1")
    let song = try examine(
      try folder.make(
        "song.mp3",
        "\(sound) -i DIR/cover.png -map 0 -map 1 -c:a libmp3lame -c:v copy -disposition:v attached_pic"))
    #expect(song.report.video.map(\.isCover) == [true])
    #expect(song.report.mainVideo == nil && song.survey.video == nil)
    #expect(song.report.audio.count == 1 && song.report.format == "mp3")
    let start = try #require(song.survey.audio.first?.start)
    #expect(start > 0)
  }

  @Test func oneStillPicture() throws {
    let found = try examine(try folder.make("still.png", "-f lavfi -i testsrc2=s=64x48:d=1 -frames:v 1"))
    #expect(found.report.format == "png")
    #expect(found.report.mainVideo?.pictures == 1 && found.report.mainVideo?.frameRate == nil)
  }

  @Test func whatACutFileStillHolds() throws {
    let whole = try Data(
      contentsOf: URL(
        fileURLWithPath: try folder.make("f.mp4", "\(picture) \(sound) \(x264) -c:a aac -movflags +faststart")
      ))
    let cut = try examine(try folder.write("cut.mp4", whole.prefix(whole.count * 6 / 10)))
    #expect(cut.report.faults.contains { $0.code == "truncated" })
    let pictures = try #require(cut.report.mainVideo?.pictures)
    #expect((5..<50).contains(pictures))
    let mkv = try Data(contentsOf: URL(fileURLWithPath: try folder.make("f.mkv", "\(picture) \(x264)")))
    let half = try examine(try folder.write("half.mkv", mkv.prefix(mkv.count / 2)))
    #expect(half.report.faults.contains { $0.code == "truncated" })
    let plain = try Data(contentsOf: URL(fileURLWithPath: try folder.make("p.mp4", "\(picture) \(x264)")))
    let headless = try failure(try folder.write("headless.mp4", plain.prefix(plain.count / 2)))
    #expect(headless?.code == "damaged")
    // Every length of a small file ends in a report or a failure.
    for count in stride(from: 1, to: whole.count, by: max(1, whole.count / 60)) {
      let path = try folder.write("any.mp4", whole.prefix(count))
      if let failure = try failure(path) { #expect(!failure.message.isEmpty) }
    }
  }

  @Test func everyOtherOpenIsRefused() throws {
    try folder.make("seg.ts", "\(picture) \(x264)")
    let playlist = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nseg.ts\n#EXT-X-ENDLIST\n"
    #expect(
      try failure(try folder.write("list.mp4", Data(playlist.utf8))).map {
        [.refusedFormat("hls"), .notMedia].contains($0)
      } == true)
    let concat = "ffconcat version 1.0\nfile seg.ts\n"
    #expect(try failure(try folder.write("c.mp4", Data(concat.utf8))) == .refusedFormat("concat"))
  }
}

@Suite struct ProbeFailureTests {
  private func withFile(_ name: String, _ bytes: [UInt8]) throws -> ProbeFailure? {
    let folder = try ClipFolder()
    return try failure(try folder.write(name, Data(bytes)))
  }

  @Test func whatIsNotMedia() throws {
    #expect(try withFile("e.mp4", []) == .empty)
    #expect(try withFile("t.mp4", Array("Dear diary, today I wrote a text file.\n".utf8)) == .notMedia)
    #expect(try withFile("z.mp4", [UInt8](repeating: 0, count: 5000)) == .notMedia)
    #expect(try withFile("one.mkv", [0x1a]) == .notMedia)
    #expect(
      try withFile("s.vtt", Array("WEBVTT\n\n00:00.000 --> 00:01.000\nHi\n".utf8)) == .refusedFormat("webvtt")
    )
  }

  @Test func whatIsNotAFile() throws {
    let folder = try ClipFolder()
    let handle = try #require(FileHandle(forReadingAtPath: folder.path))
    defer { try? handle.close() }
    #expect(throws: ProbeFailure.unreadable("Is a directory")) {
      try Prober.examine(descriptor: handle.fileDescriptor, name: "folder")
    }
    #expect(throws: ProbeFailure.unreadable("Bad file descriptor")) {
      try Prober.examine(descriptor: -1, name: "none")
    }
  }
}
