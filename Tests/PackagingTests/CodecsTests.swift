internal import Foundation
internal import Media
internal import TestKit
internal import Testing

@testable import Packaging

/// Tracks of every codec, one segment each.
@Suite struct CodecsTests {
  private func package(_ fixture: String, _ format: SegmentFormat = .fmp4) throws -> (
    MemoryTarget, PackagedAsset
  ) {
    let target = MemoryTarget()
    let asset = try Packager.package(
      plan: Samples.plan(format, cuts: [4], audio: []), renditions: [Samples.single(fixture)], into: target)
    return (target, asset)
  }

  @Test(arguments: ["video-hevc", "video-av1", "sound-ac3", "sound-flac", "sound-opus", "sound-aac-44100"])
  func initSegments(_ fixture: String) throws {
    let (target, asset) = try package(fixture)
    let key = try #require(target.objects.keys.first { $0.contains("/init-") })
    let codecs = asset.renditions.map(\.codecs).joined()
    Golden.expect("\(codecs)\n" + BoxDump.text(target.objects[key]?.bytes ?? []), "codecs/\(fixture).txt")
  }

  @Test func whatTransportStreamsDoNotCarry() {
    for (fixture, codec) in [("video-hevc", Codec.hevc), ("video-av1", .av1)] {
      #expect(throws: PackagingFailure.codecNotInTransportStream(rendition: "64p", codec)) {
        try package(fixture, .ts)
      }
    }
    for (fixture, codec) in [("sound-flac", Codec.flac), ("sound-opus", .opus)] {
      #expect(throws: PackagingFailure.codecNotInTransportStream(rendition: "audio-2", codec)) {
        try package(fixture, .ts)
      }
    }
  }
}

/// Inputs that cannot be packaged, and how that is said.
@Suite struct PackagingFailureTests {
  private func failure(
    _ inputs: [RenditionInput], _ format: SegmentFormat = .fmp4, cuts: [Int] = [30],
    change: (inout Plan) -> Void = { _ in }
  ) -> PackagingFailure? {
    var plan = Samples.plan(format, cuts: cuts, timebase: Rational(1, 30))
    change(&plan)
    do {
      _ = try Packager.package(plan: plan, renditions: inputs, into: MemoryTarget())
      return nil
    } catch { return error as? PackagingFailure }
  }

  private func video(_ change: @escaping (inout [CodedSample], inout TrackFormat) -> Void) -> RenditionInput {
    let rung = Rung(
      name: "v", codec: .h264, size: PictureSize(160, 90), bitrate: 1, maxBitrate: 1, profile: "high",
      level: 11)
    return RenditionInput(rung: rung) {
      let list = try Samples.video(frames: 30, gop: 15)
      var (samples, format) = ([CodedSample](), list.format)
      while let sample = list.next() { samples.append(sample) }
      change(&samples, &format)
      return SampleList(format, samples)
    }
  }

  private func sound(_ change: @escaping (inout [CodedSample]) -> Void) -> RenditionInput {
    RenditionInput(audio: Samples.sound("a")) {
      let list = try Samples.audio(frames: 47)
      var samples: [CodedSample] = []
      while let sample = list.next() { samples.append(sample) }
      change(&samples)
      return SampleList(list.format, samples)
    }
  }

  @Test func cases() {
    let tick = Rational(1, 30)
    #expect(failure([]) == .noRenditions)
    #expect(failure([video { samples, _ in samples = [] }]) == .emptyTrack(rendition: "v"))
    #expect(failure([video { _, _ in }], cuts: [30, 60]) == .endsEarly(rendition: "v", segment: 1, of: 2))
    #expect(
      failure([video { samples, _ in samples[3].payload = .source(offset: 0, count: 9) }])
        == .sampleInSource(rendition: "v"))
    #expect(
      failure([video { samples, _ in samples[3].presentation = 1 << 40 }]) == .timeOutOfRange(rendition: "v"))
    #expect(
      failure([video { samples, _ in samples[4].decode = 2 }], .ts)
        == .decodeOrder(rendition: "v", at: MediaTime(4, tick)))
    #expect(
      failure([video { samples, _ in samples[4].decode = 5 }], .ts)
        == .decodeOrder(rendition: "v", at: MediaTime(4, tick)))
    #expect(
      failure([video { samples, _ in for index in 0..<30 { samples[index].decode -= 400 } }], .ts)
        == .timeOutOfRange(rendition: "v"))
    #expect(
      failure([sound { $0.remove(at: 4) }]) == .gap(rendition: "a", at: MediaTime(4096, Rational(1, 48_000))))
    #expect(failure([video { _, _ in }]) { $0.layout.templates[.segment] = nil } == .layoutLacks(.segment))
    #expect(failure([video { _, _ in }]) { $0.layout.templates[.master] = nil } == .layoutLacks(.master))
    #expect(failure([video { _, _ in }]) { $0.layout.templates[.iframes] = nil } == nil)
  }

  @Test func bytesOfTheSource() throws {
    final class Source: SourceBytes {
      func bytes(offset: Int64, count: Int) -> [UInt8] { [UInt8](repeating: UInt8(offset), count: count) }
    }
    let target = MemoryTarget()
    let input = video { samples, _ in
      for index in samples.indices { samples[index].payload = .source(offset: 77, count: 100) }
    }
    let asset = try Packager.package(
      plan: Samples.plan(.fmp4, cuts: [30], timebase: Rational(1, 30)), renditions: [input], source: Source(),
      into: target)
    #expect(asset.renditions.first?.segments == 1)
    let segment = try #require(target.objects.first { $0.key.hasSuffix(".m4s") }?.value.bytes)
    #expect(segment.suffix(15 * 100).allSatisfy { $0 == 77 })
  }

  @Test func everyMessageIsOneLineThatSaysWhatAndWhat() {
    let time = MediaTime(3, Rational(1, 2))
    let all: [PackagingFailure] = [
      .noRenditions, .emptyTrack(rendition: "720p"), .endsEarly(rendition: "720p", segment: 2, of: 9),
      .emptySegment(rendition: "720p", segment: 3), .noSyncSample(rendition: "720p", at: time),
      .leadingPicture(rendition: "720p", at: time), .duration(rendition: "720p", at: time),
      .decodeOrder(rendition: "720p", at: time), .gap(rendition: "a", at: time),
      .startsBeforeZero(rendition: "720p"), .timebase(rendition: "720p", Rational(1, 7)),
      .timeOutOfRange(rendition: "720p"), .fragmentTooLarge(rendition: "720p"),
      .sampleInSource(rendition: "720p"),
      .configuration(rendition: "720p", .hevc), .codecNotInTransportStream(rendition: "720p", .av1),
      .layoutLacks(.segment), .notTransportPackets(rendition: "720p"),
    ]
    Golden.expect(all.map(\.description).joined(separator: "\n"), "failures.txt")
    #expect(all.allSatisfy { !$0.description.contains("\n") })
  }
}
