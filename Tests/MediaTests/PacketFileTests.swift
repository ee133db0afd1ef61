internal import Foundation
internal import Media
internal import TestKit
internal import Testing

@Suite struct PacketFileTests {
  static func format(_ configuration: [UInt8] = [1, 100, 0, 31]) -> TrackFormat {
    var format = TrackFormat(
      codec: .h264, timebase: Rational(1001, 30000), configuration: Data(configuration), bitRate: 800_000)
    format.video = VideoFormat(size: PictureSize(640, 360), frameRate: Rational(30000, 1001))
    return format
  }

  static let samples = [
    CodedSample(presentation: 0, decode: -2, duration: 1, isSync: true, bytes: [0, 0, 0, 1, 0x65]),
    CodedSample(presentation: 2, decode: -1, duration: 1, isSync: false, bytes: []),
    CodedSample(
      presentation: .min, decode: .max, duration: 0, isSync: false,
      payload: .source(offset: 5_000_000_000, count: 77)),
    CodedSample(presentation: 1, decode: 0, duration: 1, isSync: false, bytes: Array(0...40)),
  ]

  static func write(_ path: String, _ samples: [CodedSample], configuration: [UInt8] = [1, 100, 0, 31]) throws
  {
    let writer = try PacketFileWriter(path: path, format: format(configuration))
    for sample in samples { try writer.append(sample) }
    try writer.finish()
  }

  static func read(_ source: some SampleSource) throws -> [CodedSample] {
    var result: [CodedSample] = []
    while let sample = try source.next() { result.append(sample) }
    return result
  }

  @Test func givesBackWhatWasWritten() throws {
    let folder = try TemporaryFolder()
    try Self.write(folder.file("a.pkt"), Self.samples)
    let reader = try PacketFileReader(path: folder.file("a.pkt"))
    #expect(reader.format == Self.format())
    #expect(try Self.read(reader) == Self.samples)
    #expect(try reader.next() == nil)
  }

  @Test func givesBackSamplesLargerThanItsBuffer() throws {
    let folder = try TemporaryFolder()
    var random = SeededRandom(seed: 3)
    let sizes = [1, 300_000, 5, 262_144, 262_143, 0, 900_000]
    let samples = sizes.enumerated().map { index, size in
      CodedSample(
        presentation: Int64(index), decode: Int64(index), duration: 1, isSync: index == 0,
        bytes: (0..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) })
    }
    try Self.write(folder.file("a.pkt"), samples)
    #expect(try Self.read(PacketFileReader(path: folder.file("a.pkt"))) == samples)
  }

  @Test func aFileCutAnywhereIsDamaged() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.pkt")
    try Self.write(path, Self.samples)
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    for length in 0..<whole.count {
      try folder.write(Array(whole[..<length]), "cut.pkt")
      do {
        _ = try Self.read(PacketFileReader(path: folder.file("cut.pkt")))
        Issue.record("cut at \(length) of \(whole.count) went unseen")
      } catch PacketFileFailure.damaged {
        continue
      }
    }
  }

  @Test func anAlteredByteNeverCrashes() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.pkt")
    try Self.write(path, Self.samples)
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    var damaged = 0
    for index in whole.indices {
      var altered = whole
      altered[index] ^= 0x81
      try folder.write(altered, "altered.pkt")
      do {
        _ = try Self.read(PacketFileReader(path: folder.file("altered.pkt")))
      } catch is PacketFileFailure {
        damaged += 1
      }
    }
    #expect(damaged > 12)
  }

  @Test func whatIsNoPacketFileIsRefused() throws {
    let folder = try TemporaryFolder()
    try folder.write("RUNGPKT2....{}", "other.pkt")
    try folder.write(Array("RUNGPKT1".utf8) + [255, 255, 255, 255], "long.pkt")
    for name in ["other.pkt", "long.pkt"] {
      #expect(throws: PacketFileFailure.self) { try PacketFileReader(path: folder.file(name)) }
    }
    #expect(throws: PacketFileFailure.cannotOpen(path: folder.file("none.pkt"), errno: ENOENT)) {
      try PacketFileReader(path: folder.file("none.pkt"))
    }
    #expect(throws: PacketFileFailure.cannotOpen(path: folder.file("no/a.pkt"), errno: ENOENT)) {
      try PacketFileWriter(path: folder.file("no/a.pkt"), format: Self.format())
    }
  }

  @Test func aChainReadsItsFilesAsOne() throws {
    let folder = try TemporaryFolder()
    let paths = (0..<3).map { folder.file("\($0).pkt") }
    try Self.write(paths[0], Self.samples)
    try Self.write(paths[1], [])
    try Self.write(paths[2], Array(Self.samples.reversed()))
    let chain = try PacketFileChain(paths: paths)
    #expect(chain.format == Self.format())
    #expect(try Self.read(chain) == Self.samples + Self.samples.reversed())
  }

  @Test func aChainRefusesOtherParameterSets() throws {
    let folder = try TemporaryFolder()
    try Self.write(folder.file("0.pkt"), Self.samples)
    try Self.write(folder.file("1.pkt"), Self.samples, configuration: [1, 100, 0, 40])
    let chain = try PacketFileChain(paths: [folder.file("0.pkt"), folder.file("1.pkt")])
    #expect(throws: PacketFileFailure.self) { try Self.read(chain) }
    #expect(throws: PacketFileFailure.self) { try PacketFileChain(paths: []) }
  }
}
