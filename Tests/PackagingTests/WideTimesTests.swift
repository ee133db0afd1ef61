internal import Foundation
internal import Media
internal import TestKit
internal import Testing

@testable import Packaging

/// Times and sizes of more than 32 bits.
@Suite struct WideTimesTests {
  private static let long: Int64 = 5_000_000_000

  @Test func decodeTimesHave64Bits() throws {
    let run = TrackRun(
      track: 1, baseDecodeTime: UInt64(Self.long),
      samples: [RunSample(duration: 40, size: 4, compositionOffset: 0, isSync: true)])
    let head = try #require(FragmentWriter.head(sequence: 1, runs: [run]))
    let place = try #require(head.firstRange(of: Array("tfdt".utf8))?.upperBound)
    #expect(Array(head[place..<place + 12]) == [1, 0, 0, 0, 0, 0, 0, 1, 0x2a, 0x05, 0xf2, 0])
  }

  @Test func anIndexHasTimesOf64Bits() throws {
    var written = WrittenRendition(name: "v", formats: [], end: .zero)
    written.timescale = 10_000_000
    written.decodeTimes = [Self.long, Self.long + 60_000_000, Self.long + 120_000_000]
    let timebase = Rational(1, 10_000_000)
    written.segments = [
      WrittenSegment(
        range: MediaRange(object: 0, offset: 0, count: 100), start: MediaTime(Self.long, timebase)),
      WrittenSegment(
        range: MediaRange(object: 0, offset: 100, count: 1 << 30),
        start: MediaTime(Self.long + 60_000_000, timebase), sap: 3),
    ]
    let box = try #require(SegmentIndex.box(of: written))
    #expect(Array(box[8..<12]) == [1, 0, 0, 0])
    #expect(Array(box[20..<28]) == [0, 0, 0, 1, 0x2a, 0x05, 0xf2, 0])
    // starts_with_SAP and SAP_type of each reference.
    #expect([box[48], box[60]] == [0x90, 0xb0])
    written.segments[1].range.count = 1 << 31
    #expect(SegmentIndex.box(of: written) == nil)
  }

  @Test func payloadsOf4GiBDoNotFitAFragment() {
    let samples = [RunSample](
      repeating: RunSample(duration: 1, size: 1 << 31, compositionOffset: 0, isSync: true), count: 2)
    #expect(
      FragmentWriter.head(sequence: 1, runs: [TrackRun(track: 1, baseDecodeTime: 0, samples: samples)]) == nil
    )
  }

  /// A whole file longer than 2^32 ticks and larger than 4 GiB: wide headers, `co64`, a long `mdat`.
  @Test func aWholeFileHasWideBoxes() throws {
    func head(samples: Int64, size: Int, duration: Int64) throws -> [UInt8] {
      var format = TrackFormat(
        codec: .aac, timebase: Rational(1, 48_000), configuration: Data([0x11, 0x90]), bitRate: 0)
      format.audio = AudioFormat(
        sampleRate: 48_000, channels: 2, channelMask: 3, frameSize: 1024, priming: 0)
      let list = (0..<samples).map { index in
        CodedSample(
          presentation: index * duration, decode: index * duration, duration: duration, isSync: true,
          payload: index == 0 ? .bytes([0x21, 0]) : .source(offset: 0, count: size))
      }
      let plan = AudioPlan(
        name: "a", group: "a", stream: 0, codec: .aac, channels: 2, sampleRate: 48_000, bitrate: 0,
        language: nil, label: "Audio", isDefault: true)
      let table = try SampleTable.read(
        RenditionInput(audio: plan) { SampleList(format, list) }, run: Rational(1, 2),
        payloads: PayloadReader(rendition: "a", source: nil))
      return try MovieLayout(tables: [table], runs: table.runs.map { (track: 0, bytes: $0.bytes) }).head()
    }
    let wide = try head(samples: 5, size: 1 << 30, duration: 1 << 30)
    func version(_ name: String, _ bytes: [UInt8]) -> UInt8? {
      bytes.firstRange(of: Array(name.utf8)).map { bytes[$0.upperBound] }
    }
    for name in ["mvhd", "tkhd", "mdhd"] { #expect(version(name, wide) == 1) }
    #expect(wide.firstRange(of: Array("co64".utf8)) != nil)
    #expect(Array(wide.suffix(16).prefix(8)) == [0, 0, 0, 1] + Array("mdat".utf8))
    let usual = try head(samples: 5, size: 1000, duration: 1024)
    for name in ["mvhd", "tkhd", "mdhd"] { #expect(version(name, usual) == 0) }
    #expect(usual.firstRange(of: Array("stco".utf8)) != nil)
  }
}
