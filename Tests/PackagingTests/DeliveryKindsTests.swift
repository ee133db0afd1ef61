internal import Foundation
internal import Media
internal import TestKit
internal import Testing

@testable import Packaging

/// DASH, one file a rendition, and whole files: the same real tracks through each.
@Suite struct DeliveryKindsTests {
  static func plan(_ format: SegmentFormat = .fmp4, _ change: (inout Plan) -> Void) -> Plan {
    var plan = Samples.plan(format)
    let ending = format == .ts ? "ts" : "mp4"
    plan.layout.templates[.file] = "packaged/{id}/hls/{rendition}/{rendition}-{version}.\(ending)"
    plan.layout.templates[.dash] = "packaged/{id}/hls/manifest.mpd"
    plan.layout.templates[.mp4] = "packaged/{id}/mp4/video_{height}.mp4"
    change(&plan)
    return plan
  }

  static func package(_ plan: Plan, _ inputs: [RenditionInput] = Samples.real()) throws -> (
    MemoryTarget, PackagedAsset
  ) {
    let target = MemoryTarget()
    return (target, try Packager.package(plan: plan, renditions: inputs, into: target))
  }

  @Test func manifestOverTheSameSegments() throws {
    let (target, asset) = try Self.package(Self.plan { $0.outputs = [.hls, .dash] })
    #expect(asset.master == "packaged/clip/hls/master.m3u8")
    Golden.expect(target.text("packaged/clip/hls/manifest.mpd"), "dash/manifest.mpd")
    #expect(target.objects["packaged/clip/hls/manifest.mpd"]?.type == .dash)
    // The master is last, the MPD before it and after the media.
    #expect(target.events.suffix(2).first == "put packaged/clip/hls/manifest.mpd")
  }

  @Test func dashAlone() throws {
    let plan = Self.plan {
      $0.outputs = [.dash]
      for slot in [Layout.Slot.master, .media, .iframes] { $0.layout.templates[slot] = nil }
    }
    let (target, asset) = try Self.package(plan)
    #expect(asset.master == "packaged/clip/hls/manifest.mpd")
    #expect(asset.renditions.allSatisfy { $0.playlist.isEmpty && $0.iframePlaylist == nil })
    #expect(!target.objects.keys.contains { $0.hasSuffix(".m3u8") })
  }

  @Test(arguments: [
    ("seg-{version}-{n:05}.m4s", "seg-$Number%05d$.m4s", "startNumber=\"1\""),
    ("s{index}.m4s", "s$Number$.m4s", "startNumber=\"0\""),
    ("{n}-{n:03}.m4s", "<SegmentURL media=\"90p/1-001.m4s\"/>", "SegmentList"),
  ])
  func namesFollowTheLayout(_ template: String, _ wanted: String, _ scheme: String) throws {
    let plan = Self.plan {
      $0.outputs = [.hls, .dash]
      $0.layout.templates[.segment] = "packaged/{id}/hls/{rendition}/" + template
    }
    let (target, asset) = try Self.package(plan)
    let version = asset.renditions.first?.version ?? ""
    let text = target.text("packaged/clip/hls/manifest.mpd").replacingOccurrences(of: version + "-", with: "")
    #expect(text.contains(wanted) && text.contains(scheme), "\(text)")
  }

  @Test func languagesAreAdaptationSets() throws {
    let sounds = [
      Samples.sound(), Samples.sound("audio-aac-2-fr", language: "fr", label: "x", isDefault: false),
    ]
    let (target, _) = try Self.package(
      Self.plan { $0.outputs = [.hls, .dash] }, Samples.real(sounds: sounds))
    let text = target.text("packaged/clip/hls/manifest.mpd")
    #expect(text.components(separatedBy: "<AdaptationSet ").count == 4)
    #expect(text.contains("lang=\"en\"") && text.contains("lang=\"fr\""))
    #expect(text.components(separatedBy: "value=\"alternate\"").count == 2)
  }

  @Test(arguments: [SegmentFormat.fmp4, .ts])
  func oneFileARendition(_ format: SegmentFormat) throws {
    let plan = Self.plan(format) {
      $0.addressing = .byteRange
      if format == .fmp4 { $0.outputs = [.hls, .dash] }
    }
    let (target, asset) = try Self.package(plan)
    for record in asset.renditions {
      let media = target.objects.keys.filter { $0.contains("/\(record.name)/") && !$0.hasSuffix("m3u8") }
      #expect(media.count == 1, "\(media)")
      Golden.expect(target.text(record.playlist), "byte-range-\(format)/\(record.name).m3u8")
      if let iframes = record.iframePlaylist {
        Golden.expect(target.text(iframes), "byte-range-\(format)/\(record.name)-iframes.m3u8")
      }
    }
    if format == .fmp4 {
      Golden.expect(target.text("packaged/clip/hls/manifest.mpd"), "byte-range-fmp4/manifest.mpd")
    }
  }

  /// The media of one file is that of the many files, with the index after the init segment.
  @Test func oneFileHoldsTheSameSegments() throws {
    let (many, _) = try Self.package(Self.plan { $0.outputs = [.hls] })
    let (one, _) = try Self.package(
      Self.plan {
        $0.outputs = [.hls, .dash]
        $0.addressing = .byteRange
      })
    let parts = many.objects.keys.filter { $0.contains("/90p/") && !$0.hasSuffix("m3u8") }.sorted()
    let file = try #require(one.objects.first { $0.key.contains("/90p/") && $0.key.hasSuffix(".mp4") }).value
    let start = many.objects[parts[0]]?.bytes ?? []
    let media = parts.dropFirst().flatMap { many.objects[$0]?.bytes ?? [] }
    #expect(file.bytes.starts(with: start))
    #expect(file.bytes.suffix(media.count).elementsEqual(media))
    let index = file.bytes[start.count..<file.bytes.count - media.count]
    #expect(index.dropFirst(4).prefix(4).elementsEqual("sidx".utf8))
    #expect(index.count == 12 + 28 + 12 * 3)
  }

  @Test func wholeFiles() throws {
    let plan = Self.plan {
      $0.outputs = [.mp4]
      $0.layout.templates[.summary] = "packaged/{id}/video.json"
      for slot in [Layout.Slot.master, .dash, .media, .iframes] { $0.layout.templates[slot] = nil }
    }
    let (target, asset) = try Self.package(plan)
    #expect(asset.master == "packaged/clip/video.json")
    #expect(
      asset.renditions.map(\.file) == ["packaged/clip/mp4/video_90.mp4", "packaged/clip/mp4/video_54.mp4"])
    Golden.expect(target.text("packaged/clip/video.json"), "mp4/video.json")
    for record in asset.renditions {
      let bytes = target.objects[record.file ?? ""]?.bytes ?? []
      #expect(record.bytes == Int64(bytes.count))
      Golden.expect(BoxDump.text(bytes), "mp4/\(record.name)-boxes.txt")
      // The first picture is there long before the file is.
      #expect(record.head.first?.bytes ?? .max < 65_536)
    }
    let (again, _) = try Self.package(plan)
    #expect(again.objects == target.objects)
  }

  /// Another program reads all samples of a whole file, in time.
  @Test(.enabled(if: Shell.find("ffprobe") != nil && Shell.find("ffmpeg") != nil, "there is no ffmpeg"))
  func wholeFilesPlay() throws {
    let (target, asset) = try Self.package(Self.plan { $0.outputs = [.hls, .mp4] })
    let folder = try TemporaryFolder("whole")
    try target.write(to: folder)
    let record = try #require(asset.renditions.first)
    let file = folder.file(try #require(record.file))
    let decoded = try Shell.run(
      "ffmpeg", ["-nostdin", "-v", "warning", "-i", file, "-map", "0", "-f", "null", "-"])
    #expect(decoded.succeeded && decoded.errors.isEmpty, "\(decoded)")
    let probed = try Shell.run(
      "ffprobe",
      [
        "-v", "error", "-show_entries", "stream=codec_type,start_time,nb_frames", "-of", "csv=p=0", file,
      ])
    #expect(probed.output.contains("video,0.000000,97"), "\(probed.output)")
    #expect(probed.output.contains("audio,0.000000,"), "\(probed.output)")
  }

  @Test func soundAloneIsAWholeFileToo() throws {
    let plan = Self.plan { $0.outputs = [.mp4] }
    let (target, asset) = try Self.package(plan, Samples.real(rungs: []))
    let key = try #require(asset.renditions.first?.file)
    #expect(key == "packaged/clip/mp4/video_audio-aac-2-en.mp4")
    #expect(target.objects[key]?.type == .audioMP4)
  }

  @Test func markupIsEscaped() {
    #expect(XMLText.escaped("a<b>&\"c\"\u{1}") == "a&lt;b&gt;&amp;&quot;c&quot; ")
    #expect(XMLText.escaped("a\n\u{1b}b", keepsLines: true) == "a\n b" && XMLText.escaped("a\nb") == "a b")
  }
}
