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
  private(set) var pictures = 0
  private(set) var soundFrames = 0
  private(set) var dependentSegments = 0
  /// The picture that was judged last begins a GOP.
  private(set) var isKey = false
  private var gopStart: Int64?
  private var gopIsFirst = false
  private var isOpen = false

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
    (gopStart, gopIsFirst, isOpen) = (nil, false, false)
    isRestarted = isDiscontinuous
    if isDiscontinuous { (lastTime, lastDecode, nextAudio, lastClock, ownClock) = (nil, nil, nil, nil, nil) }
  }

  mutating func streams(_ tables: ProgramTables) {
    (videoType, audioType) = (tables.video?.type, tables.audio?.type)
    // Timed ID3 and splice points are carried beside media.
    for stream in tables.streams
    where ![0x1B, 0x24, 0x0F, 0x03, 0x04, 0x81, 0x87, 0x15, 0x86].contains(stream.type) {
      let known = [
        0xDB: "encrypted H.264", 0xCF: "encrypted AAC", 0xC1: "encrypted AC-3", 0x02: "MPEG-2 video",
      ]
      findings.add(
        .tsStream, path,
        "PID \(stream.pid) is of stream type \(stream.type)\(known[stream.type].map { " (\($0))" } ?? ""), expected H.264, AAC, AC-3, E-AC-3 or MP3"
      )
    }
    if videoType == 0x24 { findings.add(.tsStream, path, "HEVC in a transport stream, expected fMP4 for it") }
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
        findings.add(.tsClock, path, "a PCR of \(clock) after the decode time \(decode) of its picture")
      }
    }
    ownClock = lastClock
    if let lastDecode {
      let step = decode - lastDecode
      if step <= 0 {
        findings.add(.tsTimestamps, path, "decode time \(decode) after \(lastDecode), expected a later one")
      } else if isFirst, !isRestarted, frameTicks > 0, isSteady, distance(step, frameTicks) > frameTicks / 2 {
        findings.add(
          .tsTimestamps, path,
          "the first picture is decoded at \(decode), expected \(lastDecode + frameTicks) by the segment before"
        )
      }
      if step > 0, !(isFirst && isRestarted), steps.count < 4096 { steps[step, default: 0] += 1 }
    }
    if presentation < decode {
      findings.add(
        .tsTimestamps, path, "a picture is shown at \(presentation), before it is decoded at \(decode)")
    }
    (lastDecode, lastTime) = (decode, decode)
    let span = videoSpan ?? (presentation, presentation)
    videoSpan = (min(span.first, presentation), max(span.last, presentation))
    pictures += 1
    let body = Array(unit.bytes.dropFirst(header.body))
    let codec: CodecFacts.NAL = videoType == 0x24 ? .hevc : .avc
    var isAlone = true
    if isFirst || unit.isRandomAccess || deep {
      isAlone = bitstream(unit, body, codec, isFirst: isFirst)
      isKey = isAlone
    } else {
      // Whoever sets no random access indicator is told by the parameter sets.
      isKey = NALUnits.annexB(body[...]).contains { NALUnits.isParameterSet(NALUnits.type($0, codec), codec) }
      if isKey {
        findings.add(
          .tsRandomAccess, path, "a picture with parameter sets has no random access indicator",
          at: .byte(unit.offset))
      }
    }
    leading(presentation, isFirst: isFirst, unit.offset)
    if isFirst, !isAlone { dependentSegments += 1 }
    return presentation
  }

  /// A picture that is shown before the one that begins its GOP needs the GOP before.
  private mutating func leading(_ presentation: Int64, isFirst: Bool, _ offset: Int64) {
    if isKey || isFirst {
      (gopStart, gopIsFirst, isOpen) = (presentation, isFirst, false)
    } else if let gopStart, presentation < gopStart, !isOpen {
      isOpen = true
      if gopIsFirst { dependentSegments += 1 }
      findings.add(
        .gopOpen, path, "a picture is shown before the one that begins its GOP, expected closed GOPs",
        at: .byte(offset))
    }
  }

  /// Whether it begins decoding anew.
  private mutating func bitstream(
    _ unit: PacketizedUnit, _ bytes: [UInt8], _ codec: CodecFacts.NAL, isFirst: Bool
  ) -> Bool {
    let units = NALUnits.annexB(bytes[...])
    let types = units.map { NALUnits.type($0, codec) }
    let picture = types.first { NALUnits.isPicture($0, codec) }
    let isIDR = picture.map { NALUnits.isIDR($0, codec) } ?? false
    guard let picture else {
      findings.add(.nalFraming, path, "a PES packet without a picture", at: .byte(unit.offset))
      return false
    }
    if isFirst {
      if !unit.isRandomAccess {
        findings.add(.tsRandomAccess, path, "the first picture has no random access indicator")
      }
      if !isIDR {
        findings.add(.segmentNotIDR, path, "the first picture has NAL type \(picture), expected an IDR")
      }
      if !types.contains(where: { NALUnits.isParameterSet($0, codec) }) {
        findings.add(.parameterSets, path, "the first picture comes without parameter sets")
      }
    } else if unit.isRandomAccess != isIDR {
      findings.add(
        .tsRandomAccess, path,
        "the picture is\(isIDR ? "" : " not") an IDR, its random access indicator says otherwise",
        at: .byte(unit.offset))
    }
    let wanted = codec == .avc ? 7 : 33
    guard let set = units.first(where: { NALUnits.type($0, codec) == wanted }) else { return isIDR }
    do throws(Malformed) {
      let facts = codec == .avc ? try AVC.sequence(set) : try HEVC.sequence(set)
      if let video, video.codecs != facts.codecs || video.size != facts.size {
        findings.add(
          .parameterSets, path, "the SPS changed to \(facts.codecs), expected \(video.codecs) throughout")
      }
      if video == nil { video = facts }
    } catch {
      findings.add(.parameterSets, path, "SPS: \(error.what)", at: .byte(unit.offset))
    }
    return isIDR
  }

  mutating func sound(_ unit: PacketizedUnit, _ header: PacketizedUnit.Header) {
    let start = unwrap(header.presentation, near: lastTime ?? nextAudio)
    if firstAudio == nil { firstAudio = start }
    if let nextAudio, distance(start, nextAudio) > ElementaryTimes.audioTolerance {
      findings.add(.tsTimestamps, path, "sound at \(start), expected \(nextAudio) by the sound before")
    }
    if videoType == nil { lastTime = start }
    var end = start
    if audioType == 0x0F {
      let (frames, rate) = adts(unit.bytes.dropFirst(header.body), unit.offset)
      if rate > 0 {
        audioFrameTicks = 1024 * 90_000 / rate
        end = sum(start, Int64(frames) * 1024 * 90_000 / rate)
        soundFrames += frames
        nextAudio = end
      }
    } else if let type = audioType,
      let length = SoundFrames.length(
        unit.bytes.dropFirst(header.body)[...], type: UInt8(truncatingIfNeeded: type))
    {
      end = sum(start, length.samples * 90_000 / length.rate)
      soundFrames += Int(
        length.samples / (type == 0x03 || type == 0x04 ? (length.rate < 32_000 ? 576 : 1152) : 1536))
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
      guard let frame = ADTS.header(rest) else {
        findings.add(
          .audioFrame, path, "a PES packet without an ADTS header at frame \(frames)", at: .byte(offset))
        break
      }
      guard frame.length <= rest.count else {
        findings.add(
          .audioFrame, path, "an ADTS frame of \(frame.length) bytes where \(rest.count) are left",
          at: .byte(offset))
        break
      }
      rate = frame.rate
      if audio == nil { audio = frame.facts }
      frames += 1
      rest = rest.dropFirst(frame.length)
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
