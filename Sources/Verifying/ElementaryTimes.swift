/// Checks the pictures and the sound inside of a transport stream: PES packets in; codec facts, frame durations
/// and the time that each segment covers out. Times are 90 kHz ticks, unwrapped from 33 bits.
struct ElementaryTimes {
  private static let wrap: Int64 = 1 << 33
  /// 1 ms: sound is stamped in rounded ticks, one stamp for several frames.
  private static let audioTolerance: Int64 = 90

  private let findings: Findings
  private let deep: Bool
  private var path = ""
  private var videoType: Int?
  private var audioType: Int?
  private(set) var video: CodecFacts?
  private(set) var audio: CodecFacts?
  private(set) var firstVideo: Int64?
  private(set) var firstAudio: Int64?
  private var lastTime: Int64?
  private var lastDecode: Int64?
  private var lastClock: Int64?
  /// What came with the picture that is judged next: a picture is whole only when the next one begins.
  private var ownClock: Int64?
  private var steps: [Int64: Int] = [:]
  private var nextAudio: Int64?
  private(set) var audioFrameTicks: Int64 = 0
  private var videoSpan: (first: Int64, last: Int64)?
  private var audioSpan: (first: Int64, last: Int64)?
  private var isRestarted = false

  init(deep: Bool, findings: Findings) {
    self.deep = deep
    self.findings = findings
  }

  /// The commonest distance of decode times. Of a rate like 23.976 the ticks alternate, and this is one of them.
  var frameTicks: Int64 { steps.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? 0 }
  /// First presentation time and end of what the segment shows.
  var span: (start: Int64, end: Int64)? {
    if let videoSpan { return (videoSpan.first, sum(videoSpan.last, frameTicks)) }
    return audioSpan.map { ($0.first, $0.last) }
  }

  mutating func beginSegment(_ path: String, isDiscontinuous: Bool) {
    self.path = path
    (videoSpan, audioSpan) = (nil, nil)
    isRestarted = isDiscontinuous
    if isDiscontinuous { (lastTime, lastDecode, nextAudio, lastClock, ownClock) = (nil, nil, nil, nil, nil) }
  }

  mutating func streams(_ tables: ProgramTables) {
    (videoType, audioType) = (tables.video?.type, tables.audio?.type)
    for stream in tables.streams
    where ![0x1B, 0x24, 0x0F, 0x03, 0x04, 0x81, 0x87, 0x15].contains(stream.type) {
      findings.error(.tsTables, path, "stream type \(stream.type), expected H.264, AAC, AC-3, E-AC-3 or MP3")
    }
    if videoType == 0x24 {
      findings.error(.tsTables, path, "HEVC in a transport stream, expected fMP4 for it (A 1.5)")
    }
    switch audioType {
    case 0x81: audio = CodecFacts(codecs: "ac-3", isVideo: false)
    case 0x87: audio = CodecFacts(codecs: "ec-3", isVideo: false)
    case 0x03, 0x04: audio = CodecFacts(codecs: "mp4a.40.34", isVideo: false)
    default: break
    }
  }

  /// The shortest and the longest of usual frames.
  var frameSpan: ClosedRange<Int64> { FrameSpan.around(frameTicks, of: steps) }

  /// No picture so far lasts much longer or shorter than the others: pictures of an uneven rate, and one that is held,
  /// may end anywhere.
  private var isSteady: Bool {
    let frame = frameTicks
    return steps.keys.allSatisfy { distance($0, frame) <= frame / 2 }
  }

  /// A PCR, which must not be later than the picture that it comes with.
  mutating func clock(_ time: Int64) { lastClock = time }

  private func unwrap(_ time: Int64, near: Int64?) -> Int64 {
    guard let near else { return time }
    let half = ElementaryTimes.wrap / 2
    let difference = (time - near) % ElementaryTimes.wrap
    if difference > half { return near + difference - ElementaryTimes.wrap }
    if difference < -half { return near + difference + ElementaryTimes.wrap }
    return near + difference
  }

  /// Judges one picture and returns its presentation time.
  mutating func picture(_ unit: PacketizedUnit, _ header: PacketizedUnit.Header, isFirst: Bool) -> Int64 {
    let decode = unwrap(header.decode, near: lastTime)
    let presentation = unwrap(header.presentation, near: decode)
    if firstVideo == nil { firstVideo = presentation }
    if let ownClock {
      let clock = unwrap(ownClock, near: decode)
      if clock > decode {
        findings.error(.tsClock, path, "a PCR of \(clock) after the decode time \(decode) of its picture")
      }
    }
    ownClock = lastClock
    if let lastDecode {
      let step = decode - lastDecode
      if step <= 0 {
        findings.error(.tsTimestamps, path, "decode time \(decode) after \(lastDecode), expected a later one")
      } else if isFirst, !isRestarted, frameTicks > 0, isSteady, distance(step, frameTicks) > frameTicks / 2 {
        findings.error(
          .tsTimestamps, path,
          "the first picture is decoded at \(decode), expected \(lastDecode + frameTicks) by the segment before"
        )
      }
      if step > 0, !(isFirst && isRestarted), steps.count < 4096 { steps[step, default: 0] += 1 }
    }
    if presentation < decode {
      findings.error(
        .tsTimestamps, path, "a picture is shown at \(presentation), before it is decoded at \(decode)")
    }
    (lastDecode, lastTime) = (decode, decode)
    let span = videoSpan ?? (presentation, presentation)
    videoSpan = (min(span.first, presentation), max(span.last, presentation))
    if isFirst || unit.isRandomAccess || deep {
      bitstream(unit, Array(unit.bytes.dropFirst(header.body)), isFirst: isFirst)
    }
    return presentation
  }

  private mutating func bitstream(_ unit: PacketizedUnit, _ bytes: [UInt8], isFirst: Bool) {
    let codec: CodecFacts.NAL = videoType == 0x24 ? .hevc : .avc
    let units = NALUnits.annexB(bytes[...])
    let types = units.map { NALUnits.type($0, codec) }
    let picture = types.first { NALUnits.isPicture($0, codec) }
    let isIDR = picture.map { NALUnits.isIDR($0, codec) } ?? false
    guard let picture else {
      findings.error(.nalFraming, path, "PES packet at \(unit.offset) has no picture")
      return
    }
    if isFirst {
      if !unit.isRandomAccess {
        findings.error(.tsRandomAccess, path, "the first picture has no random access indicator")
      }
      if !isIDR {
        findings.error(.segmentNotIDR, path, "the first picture has NAL type \(picture), expected an IDR")
      }
      if !types.contains(where: { NALUnits.isParameterSet($0, codec) }) {
        findings.error(.parameterSets, path, "the first picture comes without parameter sets")
      }
    } else if unit.isRandomAccess != isIDR {
      findings.error(
        .tsRandomAccess, path,
        "the picture at \(unit.offset) is\(isIDR ? "" : " not") an IDR, its random access indicator says otherwise"
      )
    }
    guard codec == .avc, let set = units.first(where: { NALUnits.type($0, codec) == 7 }) else { return }
    do throws(Malformed) {
      let facts = try AVC.sequence(set)
      if let video, video.codecs != facts.codecs || video.size != facts.size {
        findings.error(
          .parameterSets, path, "the SPS changed to \(facts.codecs), expected \(video.codecs) throughout")
      }
      if video == nil { video = facts }
    } catch {
      findings.error(.parameterSets, path, "SPS: \(error.what)")
    }
  }

  mutating func sound(_ unit: PacketizedUnit, _ header: PacketizedUnit.Header) {
    let start = unwrap(header.presentation, near: lastTime ?? nextAudio)
    if firstAudio == nil { firstAudio = start }
    if let nextAudio, distance(start, nextAudio) > ElementaryTimes.audioTolerance {
      findings.error(.tsTimestamps, path, "sound at \(start), expected \(nextAudio) by the sound before")
    }
    if videoType == nil { lastTime = start }
    var end = start
    if audioType == 0x0F {
      let (frames, rate) = adts(unit.bytes.dropFirst(header.body), unit.offset)
      if rate > 0 {
        audioFrameTicks = 1024 * 90_000 / rate
        end = sum(start, Int64(frames) * 1024 * 90_000 / rate)
        nextAudio = end
      }
    } else if let type = audioType,
      let length = SoundFrames.length(
        unit.bytes.dropFirst(header.body)[...], type: UInt8(truncatingIfNeeded: type))
    {
      end = sum(start, length.samples * 90_000 / length.rate)
      let isMPEG = type == 0x03 || type == 0x04
      audioFrameTicks = (isMPEG ? (length.rate < 32_000 ? 576 : 1152) : 1536) * 90_000 / length.rate
      nextAudio = end
    }
    audioSpan = (audioSpan?.first ?? start, end)
  }

  /// The AAC frames that must fill a PES packet: how many there are and their sample rate.
  private mutating func adts(_ bytes: ArraySlice<UInt8>, _ offset: Int64) -> (frames: Int, rate: Int64) {
    var (frames, rate): (Int, Int64) = (0, 0)
    var rest = bytes
    while !rest.isEmpty {
      let head = Array(rest.prefix(7))
      guard head.count == 7, head[0] == 0xFF, head[1] & 0xF6 == 0xF0 else {
        findings.error(.audioFrame, path, "PES packet at \(offset): no ADTS header at frame \(frames)")
        break
      }
      let length = Int(head[3] & 3) << 11 | Int(head[4]) << 3 | Int(head[5]) >> 5
      guard length > 7, length <= rest.count else {
        findings.error(
          .audioFrame, path,
          "PES packet at \(offset): an ADTS frame of \(length) bytes where \(rest.count) are left")
        break
      }
      let index = Int(head[2] >> 2 & 15)
      if index < AAC.rates.count { rate = AAC.rates[index] }
      if audio == nil {
        var facts = CodecFacts(codecs: "mp4a.40.\(head[2] >> 6 + 1)", isVideo: false)
        let layout = Int(head[2] & 1) << 2 | Int(head[3] >> 6)
        facts.channels = layout > 0 ? AAC.channels[layout] : nil
        facts.sampleRate = rate
        audio = facts
      }
      frames += 1
      rest = rest.dropFirst(length)
    }
    return (frames, rate)
  }
}

/// How much the lengths of frames differ: in a copy of a clip of uneven rate they do.
enum FrameSpan {
  /// Of lengths and how often they come, those within half of the commonest.
  static func around(_ frame: Int64, of lengths: [Int64: Int]) -> ClosedRange<Int64> {
    let near = lengths.keys.filter { distance($0, frame) <= frame / 2 }
    return (near.min() ?? frame)...(near.max() ?? frame)
  }
}
