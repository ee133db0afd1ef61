internal import Foundation
internal import Media
internal import TestKit
internal import Testing

@testable import Packaging

/// Real H.264 and AAC through the whole step.
@Suite struct PackagerTests {
  @Test(arguments: [SegmentFormat.fmp4, .ts])
  func goldens(_ format: SegmentFormat) throws {
    let target = MemoryTarget()
    let asset = try Packager.package(plan: Samples.plan(format), renditions: Samples.real(), into: target)
    #expect(asset.master == "packaged/clip/hls/master.m3u8")
    Golden.expect(target.text(asset.master), "\(format)/master.m3u8")
    for record in asset.renditions {
      Golden.expect(target.text(record.playlist), "\(format)/\(record.name).m3u8")
      if let iframes = record.iframePlaylist {
        Golden.expect(target.text(iframes), "\(format)/\(record.name)-iframes.m3u8")
      }
    }
    Golden.expect(target.events.joined(separator: "\n"), "\(format)/events.txt")
    if format == .fmp4 {
      for rendition in asset.renditions {
        let boxes = target.objects.keys.filter { $0.contains("/\(rendition.name)/") && !$0.hasSuffix("m3u8") }
          .sorted().map { "\($0)\n\(BoxDump.text(target.objects[$0]?.bytes ?? []))" }
        Golden.expect(boxes.joined(separator: "\n"), "fmp4/\(rendition.name)-boxes.txt")
      }
    }
  }

  @Test(arguments: [SegmentFormat.fmp4, .ts])
  func sameInputSameBytes(_ format: SegmentFormat) throws {
    let (first, second) = (MemoryTarget(), MemoryTarget())
    for target in [first, second] {
      _ = try Packager.package(plan: Samples.plan(format), renditions: Samples.real(), into: target)
    }
    #expect(first.objects == second.objects)
    #expect(first.objects.count > 10)
  }

  @Test func progressAndMemory() throws {
    let target = MemoryTarget()
    var heard: [String] = []
    _ = try Packager.package(plan: Samples.plan(.fmp4), renditions: Samples.real(), into: target) {
      heard.append("\($0) \(DecimalText.seconds($1, places: 3))")
    }
    #expect(heard.prefix(3) == ["90p 1.001", "90p 2.002", "90p 3.237"])
    #expect(heard.count == 9)
  }

  @Test func objectsHaveTypesAndCacheRules() throws {
    let target = MemoryTarget()
    _ = try Packager.package(plan: Samples.plan(.fmp4), renditions: Samples.real(), into: target)
    for (key, object) in target.objects {
      let isPlaylist = key.hasSuffix(".m3u8")
      #expect(object.cache == (isPlaylist ? .short : .immutable), "\(key)")
      switch object.type {
      case .playlist: #expect(isPlaylist)
      case .segment: #expect(key.hasSuffix(".m4s"))
      case .videoMP4: #expect(key.contains("/init-") && key.contains("p/"))
      case .audioMP4: #expect(key.contains("/audio-aac-2-en/init-"))
      default: Issue.record("\(key) is \(object.type)")
      }
    }
    // Media before the playlists that name it, the master last (rule 22).
    let lastMedia = target.events.lastIndex { $0.hasPrefix("place ") } ?? Int.max
    let firstPlaylist = target.events.firstIndex { $0.hasPrefix("put ") } ?? 0
    #expect(lastMedia < firstPlaylist)
    #expect(target.events.last == "put packaged/clip/hls/master.m3u8")
  }

  @Test func aFullDiskStopsIt() throws {
    for format in [SegmentFormat.fmp4, .ts] {
      let target = MemoryTarget()
      target.capacity = 5000
      #expect(throws: MemoryTarget.Failure.full) {
        try Packager.package(plan: Samples.plan(format), renditions: Samples.real(), into: target)
      }
      #expect(!target.events.contains { $0.hasPrefix("put ") })
    }
  }
}

/// Everything that the step makes, in the eyes of a checker written apart from it.
@Suite struct IndependentCheckTests {
  private static let checker = ProcessInfo.processInfo.environment["RUNG_HLSCHECK"] ?? ""

  struct Case: Sendable, CustomStringConvertible {
    var description: String
    var format: SegmentFormat
    var inputs: @Sendable () -> [RenditionInput]
    var cuts = Samples.realCuts
  }

  private static let languages = [
    Samples.sound(),
    Samples.sound("audio-aac-2-fr", language: "fr", label: "Français \"VF\"", isDefault: false),
  ]

  static let cases = [
    Case(description: "fmp4", format: .fmp4, inputs: { Samples.real() }),
    Case(description: "fmp4 two languages", format: .fmp4, inputs: { Samples.real(sounds: languages) }),
    Case(description: "fmp4 44100", format: .fmp4, inputs: { Samples.real(fixture: "sound-aac-44100") }),
    Case(description: "fmp4 video only", format: .fmp4, inputs: { Samples.real(sounds: []) }),
    Case(description: "fmp4 audio only", format: .fmp4, inputs: { Samples.real(rungs: []) }),
    Case(description: "ts", format: .ts, inputs: { Samples.real() }),
    Case(description: "ts 44100", format: .ts, inputs: { Samples.real(fixture: "sound-aac-44100") }),
    Case(description: "ts two languages", format: .ts, inputs: { Samples.real(sounds: languages) }),
    Case(description: "ts video only", format: .ts, inputs: { Samples.real(sounds: []) }),
    Case(description: "ts audio only", format: .ts, inputs: { Samples.real(rungs: []) }),
    Case(description: "hevc", format: .fmp4, inputs: { [Samples.single("video-hevc")] }, cuts: [4]),
    Case(description: "av1", format: .fmp4, inputs: { [Samples.single("video-av1")] }, cuts: [4]),
    Case(description: "ac3", format: .fmp4, inputs: { [Samples.single("sound-ac3")] }, cuts: [4]),
    Case(description: "flac", format: .fmp4, inputs: { [Samples.single("sound-flac")] }, cuts: [4]),
    Case(description: "opus", format: .fmp4, inputs: { [Samples.single("sound-opus")] }, cuts: [4]),
    Case(description: "ac3 in ts", format: .ts, inputs: { [Samples.single("sound-ac3")] }, cuts: [4]),
  ]

  @Test(
    .enabled(
      if: !checker.isEmpty, "RUNG_HLSCHECK names no hlscheck.py, so nothing outside judged the output"),
    arguments: cases)
  func passes(_ example: Case) throws {
    let target = MemoryTarget()
    let asset = try Packager.package(
      plan: Samples.plan(example.format, cuts: example.cuts), renditions: example.inputs(), into: target)
    let folder = try TemporaryFolder("packaging")
    try target.write(to: folder)
    let result = try Shell.run(
      "python3", [Self.checker, folder.file(asset.master), "--deep", "--root", folder.path])
    #expect(result.succeeded, "\(result)")
    // The rate of I-frames goes by the rule of 0.5 to 1.5 target durations; the clip's last GOP is shorter.
    let findings = result.output.split(separator: "\n").filter {
      !$0.hasPrefix("SUMMARY") && !$0.contains("covers the peak by the rule of 0.5-1.5 target durations")
    }
    #expect(findings.isEmpty, "\(result)")
  }
}
