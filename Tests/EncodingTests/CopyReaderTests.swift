internal import Foundation
internal import Media
internal import TestKit
internal import Testing

@testable import Encoding

/// Packets of odd clips as copies: their times, where their bytes are, and what is refused.
@Suite struct CopyReaderTests {
  private struct Copied {
    var result: CopyResult
    var samples: [Int: [CodedSample]]
    var formats: [Int: TrackFormat]
  }

  private func copy(
    _ fixture: String, video: Int? = 0, rate: Rational = Rational(25, 1), rebuilds: Bool = false,
    codec: Codec = .h264, audio: [Int] = [], start: MediaTime = .zero, end: MediaTime? = nil,
    keepsPriming: Bool = true
  ) throws -> Copied {
    let folder = try TemporaryFolder("rung-copy")
    var copies = CopyPlan()
    if let video {
      copies.video = VideoCopy(
        stream: video,
        rung: Rung(
          name: "v", codec: codec, size: PictureSize(320, 180), bitrate: 0, maxBitrate: 0, profile: "",
          level: 0),
        frameRate: rate, rebuildsTimes: rebuilds, colour: .bt709)
    }
    copies.audio = audio.map { stream in
      AudioCopy(
        stream: stream,
        audio: AudioPlan(
          name: "a\(stream)", group: "a", stream: stream, codec: .aac, channels: 2, sampleRate: 48_000,
          bitrate: 0, language: nil, label: "Audio", isDefault: true))
    }
    let job = CopyJob(copies: copies, start: start, end: end, keepsPriming: keepsPriming) {
      folder.file("\($0).packets")
    }
    let handle = try #require(FileHandle(forReadingAtPath: Fixture.path(fixture)))
    defer { try? handle.close() }
    let result = try CopyReader.copy(job, descriptor: handle.fileDescriptor, name: fixture) { _ in }
    var copied = Copied(result: result, samples: [:], formats: [:])
    for track in result.tracks {
      let reader = try PacketFileReader(path: folder.file("\(track.stream).packets"))
      copied.formats[track.stream] = reader.format
      var samples: [CodedSample] = []
      while let sample = try reader.next() { samples.append(sample) }
      copied.samples[track.stream] = samples
    }
    return copied
  }

  @Test func takesRangesOfAnISOFile() throws {
    let copied = try copy("holiday.mp4", rate: Rational(30, 1), audio: [1])
    #expect(copied.result.refusals.isEmpty)
    let track = try #require(copied.result.tracks.first)
    #expect(track.liesInSource)
    #expect(track.samples == 240)
    #expect(track.delay == 1024)
    #expect(track.end == 8 * 15_360)
    #expect(!track.hasLeadingPictures)
    let samples = try #require(copied.samples[0])
    #expect(samples[0].payload == .source(offset: 10_175, count: 752))
    #expect(samples.prefix(4).map(\.presentation) == [0, 1024, 512, 1536])
    // The first ones of ascending presentation times.
    #expect(samples.prefix(4).map(\.decode) == [0, 512, 1024, 1536])
    #expect(samples.allSatisfy { $0.duration == 512 && $0.decode - track.delay <= $0.presentation })
    let sound = try #require(copied.samples[1])
    #expect(sound[0].presentation == -1024)
    #expect(copied.formats[1]?.audio?.priming == 1024)
    #expect(zip(sound, sound.dropFirst()).allSatisfy { $0.presentation + $0.duration == $1.presentation })
  }

  @Test func rangesHoldWhatPacketsHold() throws {
    let source = try Fixture.bytes("holiday.mp4")
    let copied = try copy("holiday.mp4", rate: Rational(30, 1))
    for sample in try #require(copied.samples[0]) {
      guard case .source(let offset, let count) = sample.payload else {
        Issue.record("a sample is not in the source")
        return
      }
      // One length-prefixed NAL unit or more fill it exactly.
      var position = Int(offset)
      while position < Int(offset) + count {
        position += 4 + source[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      }
      #expect(position == Int(offset) + count)
    }
  }

  @Test func rebuildsRoundedTimes() throws {
    // 29.97 pictures a second in milliseconds.
    let copied = try copy("ntsc.mkv", rate: Rational(30_000, 1001), rebuilds: true, audio: [1])
    let track = try #require(copied.result.tracks.first)
    #expect(track.timebase == Rational(1, 30_000))
    #expect(try #require(copied.samples[0]).allSatisfy { $0.duration == 1001 })
    let sound = try #require(copied.samples[1])
    #expect(sound.allSatisfy { $0.duration == 1024 })
    #expect(sound.first.map { abs($0.presentation) } == 0)
  }

  @Test func makesAnnexBAndADTSBare() throws {
    let copied = try copy("open-gop.ts", audio: [1], start: MediaTime(131_280, Rational(1, 90_000)))
    #expect(copied.result.refusals.isEmpty)
    let first = try #require(copied.samples[0]?.first)
    guard case .bytes(let bytes) = first.payload else {
      Issue.record("it should hold bytes")
      return
    }
    #expect(bytes[4] & 31 == 5 || bytes[4] & 31 == 6)
    #expect(copied.formats[0]?.configuration.first == 1)
    // AAC-LC, 48 kHz, two channels.
    #expect(copied.formats[1]?.configuration == Data([0x11, 0x90]))
    // Only the IDR picture counts; the recovery points of open GOPs do not.
    #expect(copied.samples[0]?.filter(\.isSync).count == 1)
    #expect(copied.samples[0]?.first?.presentation == 1920)
  }

  @Test func refusesAnEditInsideAGOP() throws {
    let copied = try copy("negative-start.mp4", audio: [1])
    #expect(copied.result.refusals.map(\.reason) == [.editInsideGOP])
    #expect(copied.result.refusals.first?.stream == 0)
    // The sound goes on alone; of its long priming a frame stays.
    let sound = try #require(copied.samples[1])
    #expect(sound[0].presentation == -1984)
    let bare = try copy("negative-start.mp4", audio: [1], keepsPriming: false)
    #expect(bare.samples[1]?.first?.presentation == -960)
  }

  /// Silence before sound that begins late, of which the edit list skips what is too much; every frame as long as the
  /// others.
  @Test func fillsSoundThatBeginsLate() throws {
    let copied = try copy("late-audio.mkv", audio: [1])
    #expect(copied.result.refusals.isEmpty)
    let sound = try #require(copied.samples[1])
    let silent = sound.prefix { $0.payload == sound[0].payload }
    #expect(silent.count > 10)
    #expect((-1024...0).contains(sound[0].presentation))
    #expect(copied.formats[1]?.audio?.priming == Int(-sound[0].presentation))
    #expect(sound.allSatisfy { $0.duration == 1024 })
    #expect(zip(sound, sound.dropFirst()).allSatisfy { $0.presentation + $0.duration == $1.presentation })
  }

  /// Sound that stops early goes on in silence to the end of the pictures, within half a frame.
  @Test func fillsSoundThatStopsEarly() throws {
    let copied = try copy("short-audio.mp4", audio: [1])
    #expect(copied.result.refusals.isEmpty)
    let video = try #require(copied.result.tracks.first { $0.stream == 0 })
    let audio = try #require(copied.result.tracks.first { $0.stream == 1 })
    let distance = MediaTime(video.end, video.timebase).ticks(in: audio.timebase) - audio.end
    #expect(abs(distance) <= 512)
    let sound = try #require(copied.samples[1])
    #expect(sound.suffix(10).allSatisfy { $0.payload == sound[sound.count - 1].payload })
  }

  /// Beside sound that is encoded and lasts longer, the last picture is held; and it is not in a transport stream.
  @Test func holdsTheLastPicture() throws {
    let end = MediaTime(20, Rational(1, 1))
    let held = try copy("holiday.mp4", rate: Rational(30, 1), end: end)
    #expect(try #require(held.result.tracks.first).end == 20 * 15_360)
    #expect(try #require(held.samples[0]?.last).duration == 12 * 15_360 + 512)
    let ends = try copy("holiday.mp4", rate: Rational(30, 1), end: end, keepsPriming: false)
    #expect(try #require(ends.result.tracks.first).end == 8 * 15_360)
  }

  /// Pictures that begin half a second after the timeline are shown from its beginning; the second one in its time. So
  /// it is in a transport stream, too.
  @Test func holdsTheFirstPicture() throws {
    let start = MediaTime(-1, Rational(1, 2))
    let held = try copy("holiday.mp4", rate: Rational(30, 1), start: start)
    let samples = try #require(held.samples[0])
    #expect(samples.prefix(2).map(\.decode) == [0, 7680 + 512])
    #expect(samples[0].presentation == 0)
    #expect(samples[0].duration == 7680 + 512)
    #expect(held.result.tracks.first?.starts.values.first == 0)
    let transport = try copy("holiday.mp4", rate: Rational(30, 1), start: start, keepsPriming: false)
    #expect(transport.samples[0]?.prefix(2).map(\.decode) == [0, 7680 + 512])
  }

  @Test func refusesAnotherCodecThanThePlans() throws {
    let copied = try copy("hdr10.mkv", codec: .h264)
    #expect(copied.result.refusals.map(\.reason) == [.configuration])
  }

  @Test func wordsEveryRefusal() {
    let faults: [CopyFault] = [
      .editInsideGOP, .openGOPs, .parametersChange, .configuration, .timesMissing, .timesJump, .sameTime,
      .noKeyframe, .damaged, .notBare, .empty, .soundMissing,
    ]
    #expect(Set(faults.map(\.message)).count == faults.count)
    let refusal = CopyRefusal(
      stream: 0, reason: .editInsideGOP, time: MediaTime(12_480, Rational(1, 1000)))
    #expect(
      refusal.message
        == "an edit cuts pictures away inside a GOP, which players of a copy would show, at 12.480 s")
  }
}

@Suite struct KeyframeCheckTests {
  // A baseline avcC with one SPS (67 42 c0 0a) and one PPS (68 ce).
  private static let configuration = Data([
    1, 0x42, 0xc0, 0x0a, 0xff, 0xe1, 0, 4, 0x67, 0x42, 0xc0, 0x0a, 1, 0, 2, 0x68, 0xce,
  ])

  private func unit(_ bytes: [UInt8]) -> [UInt8] { [0, 0, 0, UInt8(bytes.count)] + bytes }

  @Test func onlyIDRPicturesAreSync() throws {
    let check = try KeyframeCheck(codec: .h264, configuration: Self.configuration)
    #expect(check.isKeyframe(unit([6, 1]) + unit([0x65, 0x88]), isAnnexB: false))
    #expect(!check.isKeyframe(unit([6, 1]) + unit([0x61, 0xb0]), isAnnexB: false))
    #expect(!check.isKeyframe([], isAnnexB: false))
    #expect(!check.isKeyframe([0xff, 0xff, 0xff, 0xff, 0x65], isAnnexB: false) == false)
  }

  @Test func findsOtherParameterSets() throws {
    let check = try KeyframeCheck(codec: .h264, configuration: Self.configuration)
    #expect(!check.changesParameters(unit([0x67, 0x42, 0xc0, 0x0a]) + unit([0x68, 0xce]) + unit([0x65])))
    #expect(check.changesParameters(unit([0x67, 0x42, 0xc0, 0x0b]) + unit([0x65])))
    #expect(!check.changesParameters(unit([0x65]) + unit([0x67, 1])))
  }

  @Test func readsADTS() throws {
    // 48 kHz stereo, 12 bytes with the header, no CRC.
    let header: [UInt8] = [0xff, 0xf1, 0x4c, 0x80, 0x01, 0x9f, 0xfc]
    let parsed = try #require(ADTSHeader(header + [1, 2, 3, 4, 5]))
    #expect(parsed.headerBytes == 7)
    #expect(parsed.frameBytes == 12)
    #expect(parsed.configuration == [0x11, 0x90])
    #expect(ADTSHeader([0xff, 0xf1]) == nil)
    #expect(ADTSHeader([0x00] + header) == nil)
  }
}
