internal import Foundation
internal import LibAV
internal import Media
internal import TestKit
internal import Testing

@testable internal import Encoding

/// The same bytes on every machine: decoding, filters, scaling and each encoder with all that this processor has, and
/// with what the oldest x86-64 processor has. Each level in a process of its own, since FFmpeg's choice is global.
@Suite("Processors") struct CPULevelTests {
  @Test(
    "pictures and packets are the same with every instruction set",
    arguments: [
      "holiday.mp4", "10bit.mkv", "pal-interlaced.ts", "screen-444.mkv", "full-range-yuvj.mp4",
      "odd-size.mp4",
    ])
  func levels(_ fixture: String) async throws {
    let folder = try TemporaryFolder("levels")
    let (newest, oldest) = (folder.file("newest"), folder.file("oldest"))
    await #expect(processExitsWith: .success) { [fixture = fixture as String, newest = newest as String] in
      try EncodedOnce(fixture, folder: newest, isOldest: false).write()
    }
    await #expect(processExitsWith: .success) { [fixture = fixture as String, oldest = oldest as String] in
      try EncodedOnce(fixture, folder: oldest, isOldest: true).write()
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: newest).sorted()
    #expect(names == ["av1", "h264", "hevc", "pictures-0", "pictures-1"])
    for name in names {
      let bytes = try #require(FileManager.default.contents(atPath: "\(newest)/\(name)"))
      #expect(bytes.count > 500, "\(name)")
      #expect(bytes == FileManager.default.contents(atPath: "\(oldest)/\(name)"), "\(name)")
    }
  }
}

/// The first pictures of a fixture, scaled as for a ladder: without loss, and through each encoder as it is opened for
/// a rung, in files named after these.
private struct EncodedOnce {
  private static let frames = 24
  private let folder: String
  private let isOldest: Bool
  private let descriptor: Int32
  private let fixture: String
  private let times: [Int64]
  private var plan: VideoPlan

  init(_ fixture: String, folder: String, isOldest: Bool) throws {
    if isOldest { CPUFeatures.useOldest() }
    (self.fixture, self.folder, self.isOldest) = (fixture, folder, isOldest)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    descriptor = unsafe open(Fixture.path(fixture), O_RDONLY | O_CLOEXEC)
    let demuxer = try Demuxer.open(descriptor: descriptor, name: fixture)
    let stream = try #require(demuxer.streams.first { $0.kind == .video }?.index)
    var source = PictureSource(timebase: demuxer.timebase(of: stream), codedSize: PictureSize(320, 180))
    source.colour = .bt709
    source.colour.fullRange = fixture.hasPrefix("full-range")
    if fixture.hasPrefix("pal") { (source.deinterlacing, source.fieldOrder) = (.frame, .topFirst) }
    plan = VideoPlan(stream: stream, source: source, frameRate: Rational(25, 1))
    plan.frames = Self.frames
    plan.gopFrames = 12
    let packet = try Packet()
    var times: [Int64] = []
    while times.count < 2 * Self.frames, try demuxer.read(into: packet) {
      if packet.stream == stream, let time = packet.presentation { times.append(time) }
    }
    self.times = Array(times.sorted().prefix(Self.frames))
    plan.schedule = TickList(self.times)
    plan.chunks = [Chunk(index: 0, firstFrame: 0, frames: Self.frames, seek: self.times.first ?? 0)]
    plan.rungs = [
      Self.rung(.h264, PictureSize(256, 144), 31), Self.rung(.hevc, PictureSize(160, 90), 60),
      Self.rung(.av1, PictureSize(160, 90), 0),
    ]
  }

  private static func rung(_ codec: Codec, _ size: PictureSize, _ level: Int) -> Rung {
    Rung(
      name: codec.rawValue, codec: codec, size: size, bitrate: 200_000, maxBitrate: 300_000,
      profile: codec == .h264 ? "high" : "main", level: level)
  }

  func write() throws {
    let controls = EncodeControls()
    let statistics = folder + "/statistics"
    let analysis = AnalysisJob(
      plan: plan, chunk: plan.chunks[0], controls: controls, statisticsPath: statistics,
      treePath: statistics + ".mbtree")
    try encode([("first", EncoderTuning.analysis(of: analysis))])
    let jobs = plan.rungs.map {
      ChunkJob.RungJob(rung: $0, path: "", allotment: Allotment(bitrate: 200_000, scale: .none))
    }
    let job = ChunkJob(plan: plan, chunk: plan.chunks[0], controls: controls, rungs: jobs)
    let rungs = jobs.map {
      ($0.rung.name, EncoderTuning.settings(for: $0, in: job, statistics: statistics))
    }
    let lossless = PictureSize.cascade(of: plan.rungs).enumerated().map { index, size in
      (
        "pictures-\(index)",
        VideoEncoderSettings(
          encoder: "ffv1", size: size, frameRate: plan.frameRate, colour: .bt709, gopFrames: 1)
      )
    }
    try encode(rungs + lossless)
    for name in ["first", "statistics", "statistics.mbtree"] {
      try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
    }
  }

  /// What the source shows, once through the encoders.
  private func encode(_ wanted: [(name: String, settings: VideoEncoderSettings)]) throws {
    let sizes = PictureSize.cascade(of: plan.rungs)
    var reader = try PictureReader.open(
      descriptor: descriptor, name: fixture, stream: plan.stream, source: plan.source)
    var cascade = PictureCascade(sizes: sizes, sourceColour: plan.source.colour, colour: .bt709)
    let lanes = try wanted.map { try Lane(lowered($0.settings), size: $0.settings.size) }
    for (index, time) in times.enumerated() {
      if index == 0 { try reader.start(at: time, seek: plan.chunks[0].seek) }
      try #require(try reader.show(time))
      try cascade.scale(reader.picture, count: sizes.count) { size, picture in
        picture.presentation = Int64(index)
        picture.forgetPictureType()
        for lane in lanes where lane.size == sizes[size] { try lane.encode(picture) }
      }
    }
    for (lane, (name, _)) in zip(lanes, wanted) {
      try lane.finish()
      try lane.bytes.write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }
  }

  /// The encoders look at the processor themselves.
  private func lowered(_ settings: VideoEncoderSettings) -> VideoEncoderSettings {
    guard isOldest else { return settings }
    var settings = settings
    for index in settings.options.indices where settings.options[index].name.hasSuffix("-params") {
      settings.options[index].value += ":asm=sse2"
    }
    return settings
  }

  private final class Lane {
    let size: PictureSize
    private(set) var bytes = Data()
    private var encoder: VideoEncoder?

    init(_ settings: VideoEncoderSettings, size: PictureSize) throws {
      self.size = size
      let encoder = try VideoEncoder.open(settings)
      bytes.append(contentsOf: encoder.extradata)
      self.encoder = consume encoder
    }

    func encode(_ picture: borrowing Frame) throws {
      try encoder?.encode(picture) { self.bytes.append(contentsOf: $0.bytes) }
    }

    func finish() throws { try encoder.take()?.finish { self.bytes.append(contentsOf: $0.bytes) } }
  }
}
