internal import Foundation
internal import Media
internal import TestKit

@testable import Packaging

/// Coded samples for tests: real ones from `Fixtures/`, and made ones of which only times and sizes matter.
enum Samples {
  /// 30000/1001 frames a second, one tick a frame.
  static let ntsc = Rational(1001, 30_000)
  /// Frames at which the real tracks are cut: three segments of whole GOPs, the runt joined to the last.
  static let realCuts = [30, 60, 97]

  static func file(_ name: String) throws -> PacketFileReader {
    try PacketFileReader(path: Checkout.path("Tests/PackagingTests/Fixtures/\(name).packets"))
  }

  static func real(
    rungs: [String] = ["160", "96"], sounds: [AudioPlan] = [sound()], fixture: String = "sound-aac"
  ) -> [RenditionInput] {
    let video = rungs.map { width in
      let name = width == "160" ? "90p" : "54p"
      let size = width == "160" ? PictureSize(160, 90) : PictureSize(96, 54)
      let rung = Rung(
        name: name, codec: .h264, size: size, bitrate: 100_000, maxBitrate: 107_000, profile: "high",
        level: 11)
      return RenditionInput(rung: rung) { try file("video-\(width)") }
    }
    return video + sounds.map { audio in RenditionInput(audio: audio) { try file(fixture) } }
  }

  /// One track alone, of any codec.
  static func single(_ fixture: String) -> RenditionInput {
    if fixture.hasPrefix("video") {
      let rung = Rung(
        name: "64p", codec: .hevc, size: PictureSize(64, 64), bitrate: 1, maxBitrate: 1, profile: "main",
        level: 30)
      return RenditionInput(rung: rung) { try file(fixture) }
    }
    return RenditionInput(audio: sound("audio-2", language: nil)) { try file(fixture) }
  }

  static func sound(
    _ name: String = "audio-aac-2-en", language: String? = "en", label: String = "English",
    isDefault: Bool = true
  ) -> AudioPlan {
    AudioPlan(
      name: name, group: "audio-aac-2", stream: 1, codec: .aac, channels: 2, sampleRate: 48_000,
      bitrate: 48_000,
      language: language, label: label, isDefault: isDefault)
  }

  static func plan(
    _ format: SegmentFormat, cuts: [Int] = realCuts, timebase: Rational = ntsc, audio: [AudioPlan] = [sound()]
  ) -> Plan {
    let times = cuts.map { MediaTime(Int64($0), timebase) }
    let timeline = Timeline(
      start: .zero, duration: times.last ?? .zero, cuts: times, segmentDuration: times.first ?? .zero)
    var templates: [Layout.Slot: String] = [
      .master: "packaged/{id}/hls/master.m3u8",
      .media: "packaged/{id}/hls/{rendition}/index.m3u8",
      .iframes: "packaged/{id}/hls/{rendition}/iframes.m3u8",
      .`init`: "packaged/{id}/hls/{rendition}/init-{version}.mp4",
      .segment: "packaged/{id}/hls/{rendition}/seg-{version}-{n:05}.m4s",
    ]
    if format == .ts { templates[.segment] = "packaged/{id}/hls/{rendition}/seg-{version}-{n:05}.ts" }
    var plan = Plan(ladder: "test", timeline: timeline, layout: Layout(templates: templates, id: "clip"))
    plan.segmentFormat = format
    plan.audio = audio
    return plan
  }

  /// An H.264 track with the real configuration and payloads of `bytes` bytes, reordered where `reorders` says so.
  static func video(
    frames: Int, gop: Int, rate: Rational = Rational(30, 1), bytes: (Int) -> Int = { _ in 100 },
    reorders: Bool = false
  ) throws -> SampleList {
    var format = try file("video-160").format
    format.timebase = rate.inverse
    format.video?.frameRate = rate
    let samples = (0..<frames).map { index in
      // I P B: the last two of each three are coded the other way round.
      let inGOP = index % gop
      var shown = index
      if reorders, inGOP > 0, gop - (inGOP - 1) / 2 * 2 > 2 { shown += inGOP % 2 == 1 ? 1 : -1 }
      let count = max(6, bytes(index))
      let unit = [UInt8](repeating: 0xaa, count: count - 5)
      let head = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: (count - 4) >> $0) }
      return CodedSample(
        presentation: Int64(shown), decode: Int64(index - (reorders ? 1 : 0)), duration: 1,
        isSync: inGOP == 0,
        bytes: head + [inGOP == 0 ? 0x65 : 0x41] + unit)
    }
    return SampleList(format, samples)
  }

  static func audio(frames: Int, rate: Int = 48_000, frame: Int = 1024, priming: Int = 1024) throws
    -> SampleList
  {
    var format = try file("sound-aac").format
    format.timebase = Rational(1, Int64(rate))
    format.audio = AudioFormat(
      sampleRate: rate, channels: 2, channelMask: 3, frameSize: frame, priming: priming)
    let samples = (0..<frames).map { index in
      CodedSample(
        presentation: Int64(index * frame - priming), decode: Int64(index * frame - priming),
        duration: Int64(frame), isSync: true, bytes: [UInt8](repeating: 7, count: 20))
    }
    return SampleList(format, samples)
  }
}
