internal import Foundation
internal import Media
internal import TestKit
internal import Testing

@testable import Packaging

/// Parts of real H.264 and AAC, and of made tracks of which only times and sizes matter.
@Suite struct PartsPackagerTests {
  private func plan() -> Plan {
    let layout = Layout(
      templates: [
        .partsManifest: "packaged/{id}/parts/manifest.json",
        .part: "packaged/{id}/parts/part-{version}-{n:05}.mp4",
      ], id: "clip")
    let timeline = Timeline(
      start: .zero, duration: .zero, cuts: [], segmentDuration: MediaTime(6, Rational(1, 1)))
    var plan = Plan(ladder: "test", timeline: timeline, layout: layout)
    plan.outputs = [.parts]
    return plan
  }

  private func real() -> [PartTrack] {
    [
      PartTrack(name: "90p") { try Samples.file("video-160") },
      PartTrack(name: "audio-aac-2-en", language: "en") { try Samples.file("sound-aac") },
    ]
  }

  @Test func goldens() throws {
    let target = MemoryTarget()
    let parts = try PartsPackager.package(plan: plan(), tracks: real(), partBytes: 12_000, into: target)
    #expect(parts.manifest == "packaged/clip/parts/manifest.json")
    Golden.expect(target.text(parts.manifest), "parts/manifest.json")
    Golden.expect(target.events.joined(separator: "\n"), "parts/events.txt")
    let keys = target.objects.keys.filter { $0.hasSuffix(".mp4") }.sorted()
    let boxes = keys.map { "\($0)\n\(BoxDump.text(target.objects[$0]?.bytes ?? []))" }
    Golden.expect(boxes.joined(separator: "\n"), "parts/boxes.txt")
    #expect(keys.count == parts.record.segments)
    #expect(parts.record.kind == .parts)
  }

  @Test func everyPartBeginsWithTheSameInitAndHoldsItsLimit() throws {
    let target = MemoryTarget()
    _ = try PartsPackager.package(plan: plan(), tracks: real(), partBytes: 12_000, into: target)
    let parts = target.objects.filter { $0.key.hasSuffix(".mp4") }.values.map(\.bytes)
    let text = target.text("packaged/clip/parts/manifest.json")
    let manifest = try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
    let head = try #require(manifest.first?["init_bytes"] as? Int)
    #expect(parts.count > 1)
    #expect(Set(parts.map { Array($0.prefix(head)) }).count == 1)
    #expect(parts.allSatisfy { $0.count <= 12_000 })
    for part in manifest {
      let rows = try #require(part["fragments"] as? [[Double]])
      let bytes = try #require(part["bytes"] as? Int)
      #expect(rows.first?[1] == Double(head))
      #expect(rows.last.map { $0[1] + $0[2] } == Double(bytes))
      #expect(zip(rows, rows.dropFirst()).allSatisfy { $0[1] + $0[2] == $1[1] && $0[0] < $1[0] })
    }
  }

  @Test func aGOPThatDoesNotFitIsNamed() throws {
    let video = PartTrack(name: "v") {
      try Samples.video(frames: 90, gop: 30, bytes: { $0 < 60 ? 100 : 4000 })
    }
    var failure: PartsFailure?
    do {
      _ = try PartsPackager.package(plan: plan(), tracks: [video], partBytes: 65_536, into: MemoryTarget())
    } catch let error as PartsFailure { failure = error }
    guard case .tooLargeGOP(let time, let bytes, let limit) = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(time == MediaTime(60, Rational(1, 30)))
    #expect(bytes > 120_000)
    #expect(limit == 65_536)
    #expect(failure?.description.contains("the GOP at 2.000 s") == true)
  }

  @Test func soundGoesWithTheNearestGOP() throws {
    let tracks = [
      PartTrack(name: "v") { try Samples.video(frames: 90, gop: 30, reorders: true) },
      PartTrack(name: "a") { try Samples.audio(frames: 142) },
    ]
    let fragmenter = try PartFragmenter(tracks)
    var sounds: [Int] = []
    var bases: [Int64] = []
    while let fragment = try fragmenter.next() {
      #expect(fragment.tracks[0].samples.count == 30)
      #expect(fragment.tracks[0].samples.first?.isSync == true)
      sounds.append(fragment.tracks[1].samples.count)
      bases.append(fragment.tracks[1].baseDecodeTime)
    }
    // Priming and 1 s of 46.875 frames.
    #expect(sounds == [48, 47, 47])
    #expect(bases == [0, 48 * 1024, 95 * 1024])
  }

  @Test func decodeTimesGoBeyond32Bits() throws {
    var format = try Samples.file("video-160").format
    format.timebase = Rational(1, 90_000)
    let far: Int64 = 5_000_000_000
    let samples = (0..<4).map { (index: Int) -> CodedSample in
      let time = far + Int64(index) * 3000
      let head: UInt8 = index % 2 == 0 ? 0x65 : 0x41
      return CodedSample(
        presentation: time, decode: time, duration: 3000, isSync: index % 2 == 0,
        bytes: [0, 0, 0, 2, head, 1])
    }
    let target = MemoryTarget()
    let fixed = format
    let parts = try PartsPackager.package(
      plan: plan(), tracks: [PartTrack(name: "v") { SampleList(fixed, samples) }], partBytes: 65_536,
      into: target)
    #expect(target.text(parts.manifest).contains("\"start\": 55555.555556"))
  }

  @Test func rangesOfTheSourceAreReadInBlocks() throws {
    final class Counting: SourceBytes {
      var reads: [[SourceRange]] = []
      func bytes(offset: Int64, count: Int) -> [UInt8] { [UInt8](repeating: 1, count: count) }
      func bytes(_ ranges: [SourceRange]) -> [UInt8] {
        reads.append(ranges)
        return [UInt8](repeating: 1, count: ranges.reduce(0) { $0 + $1.count })
      }
    }
    let source = Counting()
    let reader = PayloadReader(rendition: "v", source: source)
    let payloads: [CodedSample.Payload] = [
      .source(offset: 100, count: 50), .source(offset: 150, count: 50), .source(offset: 300, count: 10),
      .bytes([9, 9]), .source(offset: 1000, count: 3 << 20),
    ]
    var sizes: [Int] = []
    try reader.blocks(payloads) { sizes.append($0.count) }
    #expect(sizes == [110, 2] + Array(repeating: 1 << 18, count: 12))
    #expect(
      source.reads.first == [SourceRange(offset: 100, count: 100), SourceRange(offset: 300, count: 10)])
  }

  @Test(arguments: [
    (nil, "part-"), ("https://cdn.example.com", "https://cdn.example.com/packaged/clip/parts/part-"),
    ("/media/", "/media/packaged/clip/parts/part-"),
  ])
  func addressesParts(_ base: String?, _ wanted: String) throws {
    let target = MemoryTarget()
    let parts = try PartsPackager.package(
      plan: plan(), tracks: real(), partBytes: 1 << 20, baseURL: base, into: target)
    #expect(target.text(parts.manifest).contains("\"url\": \"\(wanted)"))
  }
}

/// Copied pictures in segments: open GOPs and cuts where the first picture is shown.
@Suite struct CopiedSegmentTests {
  /// Two GOPs, the second open: its keyframe at 5 is led by pictures at 3 and 4.
  private func open() throws -> SampleList {
    var format = try Samples.file("video-160").format
    format.timebase = Rational(1, 25)
    let shown: [Int64] = [0, 1, 2, 5, 3, 4, 6, 7]
    let samples = shown.enumerated().map { (index: Int, time: Int64) -> CodedSample in
      let isSync = index == 0 || index == 3
      let bytes: [UInt8] = [0, 0, 0, 2, isSync ? 0x65 : 0x41, 1]
      return CodedSample(
        presentation: time, decode: Int64(index), duration: 1, isSync: isSync, bytes: bytes)
    }
    return SampleList(format, samples)
  }

  private func copied() -> CopiedTrack {
    var track = CopiedTrack(stream: 0, timebase: Rational(1, 25))
    track.delay = 1
    track.hasLeadingPictures = true
    return track
  }

  @Test func segmentsBeginWhereTheirFirstPictureIsShown() throws {
    let cuts = [3, 8].map { MediaTime(Int64($0), Rational(1, 25)) }
    let reader = try SegmentReader(name: "v", source: open(), cuts: cuts, copied: copied())
    var counts: [Int] = []
    repeat {
      var count = 0
      while try reader.next() != nil { count += 1 }
      counts.append(count)
    } while reader.advance()
    #expect(counts == [3, 5])
    #expect(reader.starts.map(\.ticks) == [0, 3])
    #expect(reader.end.ticks == 8)
    // Encoded pictures may not lead their keyframe.
    let strict = try SegmentReader(name: "v", source: open(), cuts: cuts)
    #expect(throws: PackagingFailure.self) { while try strict.next() != nil {} }
  }

  @Test func openGOPsAreNotCalledIndependent() throws {
    let rung = Rung(
      name: "90p", codec: .h264, size: PictureSize(160, 90), bitrate: 0, maxBitrate: 0, profile: "", level: 0)
    var plan = Samples.plan(.fmp4, cuts: [3, 8], timebase: Rational(1, 25), audio: [])
    plan.outputs = [.hls, .dash]
    plan.layout.templates[.dash] = "packaged/{id}/hls/manifest.mpd"
    let target = MemoryTarget()
    let asset = try Packager.package(
      plan: plan, renditions: [RenditionInput(rung: rung, copied: copied()) { try open() }], into: target)
    #expect(target.text("packaged/clip/hls/manifest.mpd").contains("startWithSAP=\"3\""))
    #expect(!target.text(asset.master).contains("INDEPENDENT-SEGMENTS"))
    #expect(asset.renditions.first?.plannedBitrate == nil)
  }
}
