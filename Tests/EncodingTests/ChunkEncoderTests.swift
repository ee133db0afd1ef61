internal import Encoding
internal import Foundation
internal import LibAV
internal import Media
internal import TestKit
internal import Testing

/// A clip opened for reading, for as long as a test needs its descriptor.
private final class Opened {
  let descriptor: Int32
  let name: String

  init(_ fixture: String) throws {
    name = fixture
    descriptor = unsafe open(Fixture.path(fixture), O_RDONLY | O_CLOEXEC)
    try #require(descriptor >= 0)
  }

  deinit { close(descriptor) }
}

/// The plan of `holiday.mp4` (320x180, 30 fps, ticks of 1/15360) for two rungs.
private func holiday(frames: Int = 120) -> VideoPlan {
  var source = PictureSource(timebase: Rational(1, 15360), codedSize: PictureSize(320, 180))
  source.colour = .bt709
  var plan = VideoPlan(stream: 0, source: source, frameRate: Rational(30, 1))
  plan.frames = frames
  plan.gopFrames = 30
  plan.segmentFrames = [0, frames]
  plan.schedule = TickList((0..<frames).map { Int64($0) * 512 })
  plan.chunks = [
    Chunk(index: 0, firstFrame: 0, frames: 60, seek: 0),
    Chunk(index: 1, firstFrame: 60, frames: frames - 60, seek: 30720),
  ]
  plan.rungs = [
    Rung(
      name: "180p", codec: .h264, size: PictureSize(320, 180), bitrate: 300_000, maxBitrate: 321_000,
      profile: "high", level: 13),
    Rung(
      name: "90p", codec: .h264, size: PictureSize(160, 90), bitrate: 100_000, maxBitrate: 107_000,
      profile: "high", level: 12),
  ]
  return plan
}

@Suite("Encoding a chunk") struct ChunkEncoderTests {
  private let folder: TemporaryFolder
  private let source: Opened

  init() throws {
    folder = try TemporaryFolder("encoding")
    source = try Opened("holiday.mp4")
  }

  private func reader(_ plan: VideoPlan) throws -> PictureReader {
    try PictureReader.open(
      descriptor: source.descriptor, name: source.name, stream: plan.stream, source: plan.source)
  }

  private func analyse(_ plan: VideoPlan, _ chunk: Chunk) throws -> (ChunkAnalysis, ChunkJob.AnalysisFiles) {
    let files = ChunkJob.AnalysisFiles(
      statistics: folder.file("stats-\(chunk.index)"), tree: folder.file("tree-\(chunk.index)"),
      size: PictureSize(320, 180))
    let job = AnalysisJob(
      plan: plan, chunk: chunk, controls: EncodeControls(), statisticsPath: files.statistics,
      treePath: files.tree)
    var reader = try reader(plan)
    return (try ChunkAnalyser.analyse(job, reader: &reader) { _ in }, files)
  }

  private func samples(_ path: String) throws -> (TrackFormat, [CodedSample]) {
    let reader = try PacketFileReader(path: path)
    var samples: [CodedSample] = []
    while let sample = try reader.next() { samples.append(sample) }
    return (reader.format, samples)
  }

  /// Encodes a chunk for some rungs from its analysis, and gives the packet files' bytes.
  private func encode(
    _ plan: VideoPlan, _ chunk: Chunk, _ files: ChunkJob.AnalysisFiles, rungs: [Int], tag: String
  ) throws -> [String] {
    var reader = try reader(plan)
    return try encode(plan, chunk, files, rungs: rungs, tag: tag, reader: &reader)
  }

  private func encode(
    _ plan: VideoPlan, _ chunk: Chunk, _ files: ChunkJob.AnalysisFiles, rungs: [Int], tag: String,
    reader: inout PictureReader
  ) throws -> [String] {
    let jobs = rungs.map { index in
      let rung = plan.rungs[index]
      return ChunkJob.RungJob(
        rung: rung, path: folder.file("\(rung.name)-\(chunk.index)-\(tag)"),
        allotment: Allotment(
          bitrate: rung.bitrate, scale: BitScale(from: PictureSize(320, 180), to: rung.size),
          buffer: Allotment.Buffer(bits: rung.maxBitrate * 3 / 2, startFullness: 0.9)))
    }
    let job = ChunkJob(
      plan: plan, chunk: chunk, controls: EncodeControls(), rungs: jobs, analysis: files)
    var frames = 0
    let result = try ChunkEncoder.encode(job, reader: &reader) { frames += $0 }
    #expect(frames == chunk.frames)
    #expect(result.bytes.count == rungs.count)
    return jobs.map(\.path)
  }

  @Test("both passes see the same frames; times run on from chunk to chunk; parameter sets are equal")
  func twoChunks() throws {
    let plan = holiday()
    var formats: [Data] = []
    for chunk in plan.chunks {
      let (analysis, files) = try analyse(plan, chunk)
      #expect(analysis.bits.frames == chunk.frames)
      #expect(analysis.gopBits.count == 2)
      let paths = try encode(plan, chunk, files, rungs: [0, 1], tag: "a")
      for path in paths {
        let (_, samples) = try samples(path)
        #expect(samples.count == chunk.frames)
        #expect(
          samples.map(\.presentation).sorted()
            == (chunk.firstFrame..<chunk.firstFrame + chunk.frames).map(Int64.init))
        let syncs = samples.indices.filter { samples[$0].isSync }
        #expect(syncs == [0, 30])
      }
      formats.append(try samples(paths[0]).0.configuration)
      // What only the encoder needed is gone.
      let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(!left.contains { $0.contains(".stats") })
    }
    #expect(formats[0] == formats[1])
  }

  @Test("the same bytes again, and whichever rungs share a job")
  func deterministic() throws {
    let plan = holiday()
    let chunk = plan.chunks[1]
    let (_, files) = try analyse(plan, chunk)
    let together = try encode(plan, chunk, files, rungs: [0, 1], tag: "together")
    let again = try encode(plan, chunk, files, rungs: [0, 1], tag: "again")
    let small = try encode(plan, chunk, files, rungs: [1], tag: "alone")
    for (a, b) in zip(together, again) {
      #expect(try samples(a).1 == samples(b).1)
    }
    #expect(try samples(together[1]).1 == samples(small[0]).1)
  }

  @Test("pictures that the analysis kept are the ones that decoding gives")
  func keptPictures() throws {
    let plan = holiday()
    let chunk = plan.chunks[0]
    let (_, files) = try analyse(plan, chunk)
    let decoded = try encode(plan, chunk, files, rungs: [0, 1], tag: "decoded")
    var reader = try reader(plan)
    let analysis = AnalysisJob(
      plan: plan, chunk: chunk, controls: EncodeControls(), statisticsPath: folder.file("kept-stats"),
      treePath: folder.file("kept-tree"))
    #expect(analysis.keepsPictures)
    _ = try ChunkAnalyser.analyse(analysis, reader: &reader) { _ in }
    let kept = try encode(plan, chunk, files, rungs: [0, 1], tag: "kept", reader: &reader)
    for (a, b) in zip(decoded, kept) { #expect(try samples(a).1 == samples(b).1) }
  }

  @Test("after what was kept the source goes on, and a moment that no run began with is decoded")
  func beyondWhatWasKept() throws {
    let plan = holiday()
    var reader = try reader(plan)
    let times = plan.schedule.values
    func shown(from first: Int, count: Int, for purpose: PictureReader.Purpose) throws -> [Double] {
      try reader.start(at: times[first], seek: times[0], for: purpose)
      var lumas: [Double] = []
      for time in times[first..<first + count] {
        #expect(try reader.show(time))
        #expect(reader.pictureTime == time)
        lumas.append(reader.picture.meanLuma)
      }
      return lumas
    }
    let looked = try shown(from: 0, count: 10, for: .lookingAndKeeping)
    reader.endKeeping()
    #expect(try reader.show(times[30]))
    let again = try shown(from: 0, count: 20, for: .showing)
    #expect(Array(again.prefix(10)) == looked)
    #expect(try shown(from: 0, count: 20, for: .showing) == again)
    #expect(try shown(from: 5, count: 15, for: .showing) == Array(again.suffix(15)))
    #expect(reader.refusedPackets == 0)
  }

  @Test("a trial tells how many more bits a larger picture takes")
  func calibration() throws {
    let plan = holiday()
    let (_, files) = try analyse(plan, plan.chunks[0])
    let jobs = plan.rungs.map {
      ChunkJob.RungJob(
        rung: $0, path: folder.file("trial-\($0.name)"),
        allotment: Allotment(bitrate: $0.bitrate, scale: BitScale(from: PictureSize(320, 180), to: $0.size)))
    }
    let job = CalibrationJob(
      chunk: ChunkJob(
        plan: plan, chunk: plan.chunks[0], controls: EncodeControls(), rungs: jobs, analysis: files),
      of: plan.frames)
    #expect(job.frames == 15)
    var reader = try reader(plan)
    let result = try Calibration.measure(job, reader: &reader)
    // Of the whole chunk, although its beginning alone was tried.
    #expect(result.analysed.frames == 60)
    let (large, small) = (try #require(result.rungs["180p"]), try #require(result.rungs["90p"]))
    #expect(large.frames == 60 && small.frames == 60)
    // The analysis of this source is at its own size: at the same quantiser the larger rung costs about the same.
    let alike = large.bits(at: 29) / result.analysed.bits(at: 29)
    #expect(alike > 0.7 && alike < 1.3)
    #expect(small.bits(at: 29) < large.bits(at: 29))
    #expect(result.only("90p").rungs.keys.sorted() == ["90p"])
  }

  @Test("pictures are shown by their times: repeated, left out, and held at the end")
  func schedule() throws {
    let plan = holiday()
    var reader = try reader(plan)
    let wanted: [Int64] = [10240, 10240, 10752, 12288, 122_368, 999_999]
    var shown: [Int64?] = []
    try reader.start(at: wanted[0], seek: 10240)
    for time in wanted {
      #expect(try reader.show(time))
      shown.append(reader.pictureTime)
    }
    #expect(shown == [10240, 10240, 10752, 12288, 122_368, 122_368])
  }

  @Test("a seek that lands too late is found out and taken back")
  func wrongSeek() throws {
    let plan = holiday()
    var reader = try reader(plan)
    try reader.start(at: 5120, seek: 61440)
    #expect(reader.pictureTime == 5120)
  }
}

@Suite("Sound") struct AudioRenditionTests {
  @Test("silence before late sound and after its end; the length is the title's")
  func lateSound() throws {
    let folder = try TemporaryFolder("sound")
    let source = try Opened("late-audio.mkv")
    let demuxer = try Demuxer.open(descriptor: source.descriptor, name: source.name)
    let stream = try #require(demuxer.streams.first { $0.kind == .audio }?.index)
    let audio = AudioPlan(
      name: "audio-aac-2-und", group: "audio-aac-2", stream: stream, codec: .aac, channels: 2,
      sampleRate: 48000, bitrate: 64000, language: nil, label: "Audio", isDefault: true)
    let millisecond = Rational(1, 1000)
    let timeline = Timeline(
      start: MediaTime(0, millisecond), duration: MediaTime(5000, millisecond),
      cuts: [MediaTime(5000, millisecond)], segmentDuration: MediaTime(5000, millisecond))
    let result = try AudioRendition.make(
      AudioJob(audio: audio, timeline: timeline, path: folder.file("sound")), descriptor: source.descriptor,
      name: source.name
    ) { _ in }
    #expect(result.samples == 240_000)
    // The sound begins 1.5 s late.
    #expect(result.silence > 70_000 && result.silence < 75_000 + 48_000)
    // What was put there and what is heard agree.
    #expect(result.silentHead > 70_000 && result.silentHead < 75_000, "\(result)")
    #expect(result.silentTail > 0 && result.silentHead + result.silentTail < result.samples, "\(result)")
    let reader = try PacketFileReader(path: folder.file("sound"))
    #expect(reader.format.audio?.priming == 1024)
    var packets: [CodedSample] = []
    while let packet = try reader.next() { packets.append(packet) }
    #expect(packets.first?.presentation == -1024)
    #expect(packets.count == (240_000 + 1024 + 1023) / 1024)
    #expect(zip(packets.dropFirst(), packets).allSatisfy { $0.presentation - $1.presentation == 1024 })
  }
}

@Suite("Picture filters") struct PictureFilterTests {
  @Test(
    "what makes pictures upright, progressive and standard-range",
    arguments: [
      (0, false, Deinterlacing.off, nil),
      (90, false, .off, "transpose=dir=clock"),
      (180, false, .off, "hflip,vflip"),
      (270, true, .off, "hflip,transpose=dir=cclock"),
      (0, false, .frame, "bwdif=mode=send_frame:parity=tff:deint=all"),
    ] as [(Int, Bool, Deinterlacing, String?)])
  func filters(_ degrees: Int, _ mirrored: Bool, _ deinterlacing: Deinterlacing, _ expected: String?) {
    var source = PictureSource(timebase: Rational(1, 25), codedSize: PictureSize(320, 180))
    source.orientation = Orientation(degrees: degrees, mirrored: mirrored)
    source.deinterlacing = deinterlacing
    source.fieldOrder = deinterlacing == .off ? .progressive : .topFirst
    let picture = PictureKind(size: PictureSize(320, 180), format: "yuv420p")
    #expect(PictureFilters.description(for: source, like: picture) == expected)
  }

  @Test("what is transparent is multiplied by its alpha, before anything is turned")
  func alpha() {
    var source = PictureSource(timebase: Rational(1, 25), codedSize: PictureSize(320, 180))
    source.orientation = Orientation(degrees: 180)
    var picture = PictureKind(size: PictureSize(320, 180), format: "yuva420p")
    picture.hasAlpha = true
    #expect(
      PictureFilters.description(for: source, like: picture)
        == "format=yuva444p,premultiply=inplace=1,format=yuv444p,hflip,vflip")
    (picture.isRGB, picture.bitDepth) = (true, 16)
    #expect(
      PictureFilters.description(for: source, like: picture)
        == "format=rgba64,format=gbrap16,premultiply=inplace=1,format=gbrp16,hflip,vflip")
  }

  @Test(
    "pictures of another size, shape or range are fitted into the source's",
    arguments: [
      (PictureSize(240, 240), nil, "yuv420p", "scale=180:180,pad=320:180:-1:-1:black"),
      (PictureSize(640, 360), nil, "yuv420p", "scale=320:180"),
      (PictureSize(320, 180), Rational(4, 3), "yuv420p", "scale=320:136,pad=320:180:-1:-1:black"),
      (PictureSize(320, 180), Rational(100, 99), "yuv420p", nil),
      (
        PictureSize(320, 180), nil, "yuvj422p", "scale=in_range=full:out_range=limited,format=yuv422p"
      ),
    ] as [(PictureSize, Rational?, String, String?)])
  func fitting(_ size: PictureSize, _ ratio: Rational?, _ format: String, _ expected: String?) {
    let source = PictureSource(timebase: Rational(1, 25), codedSize: PictureSize(320, 180))
    var picture = PictureKind(size: size, format: format)
    picture.sampleAspectRatio = ratio
    #expect(PictureFilters.description(for: source, like: picture) == expected)
  }
}
