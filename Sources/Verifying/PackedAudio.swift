internal import Media

/// Judges segments of packed audio (RFC 8216 3.4): an ID3 tag with the time, then whole ADTS, MP3 or AC-3 frames. A
/// parsed playlist in; durations, codec and findings out.
struct PackedAudio {
  private static let segmentLimit: Int64 = 64 << 20
  private static let owner = Array("com.apple.streaming.transportStreamTimestamp".utf8)
  private static let tolerance: Nanoseconds = second / 1000

  let findings: Findings
  let files: SegmentFiles

  private struct Frames {
    var count = 0
    var samples: Int64 = 0
    var rate: Int64 = 0
  }

  func check(_ rendition: inout Rendition) {
    var expected: Nanoseconds?
    for item in rendition.playlist.segments {
      if item.isDiscontinuous { expected = nil }
      guard item.resource.length <= Self.segmentLimit, let file = files.open(item.resource.path),
        let bytes = try? file.read(item.resource.offset, Int(item.resource.length))
      else {
        findings.add(
          .segmentFormat, item.resource.path, "\(item.resource.length) bytes of packed audio cannot be read")
        rendition.isWhole = false
        continue
      }
      let path = item.resource.path
      let (stamp, body) = tag(bytes)
      if let stamp {
        if let expected, distance(stamp, expected) > Self.tolerance {
          findings.add(
            .audioTimestamp, path,
            "the ID3 tag says \(seconds(stamp)), expected \(seconds(expected)) by the segment before",
            at: .byte(item.resource.offset))
        }
      } else {
        findings.add(
          .audioTimestamp, path, "no ID3 tag with a timestamp, expected one at the beginning",
          at: .byte(item.resource.offset))
      }
      let frames = frames(body, path, item.resource.offset + Int64(bytes.count - body.count), &rendition)
      guard frames.rate > 0 else {
        rendition.isWhole = false
        continue
      }
      let duration = nanoseconds(frames.samples, frames.rate)
      let start = stamp ?? expected ?? sum(rendition.start, rendition.duration)
      rendition.audioFrame = duration / Int64(max(1, frames.count))
      rendition.audioSamples += frames.count
      rendition.segments.append(
        Rendition.Segment(start: start, duration: duration, bytes: item.resource.length))
      expected = stamp.map { sum($0, duration) }
    }
  }

  /// The time of the tag's PRIV frame and what comes after the tag (ID3v2.4 3.1, 4.27).
  private func tag(_ bytes: ArraySlice<UInt8>) -> (Nanoseconds?, ArraySlice<UInt8>) {
    let head = Array(bytes.prefix(10))
    guard head.count == 10, head.starts(with: [0x49, 0x44, 0x33]) else { return (nil, bytes) }
    let size = head[6...9].reduce(0) { $0 << 7 | Int($1 & 127) }
    guard size + 10 <= bytes.count else { return (nil, bytes) }
    let body = bytes.dropFirst(10).prefix(min(size, 1 << 16))
    let rest = bytes.dropFirst(10 + size)
    guard let place = body.indices.first(where: { body[$0...].starts(with: Self.owner) }) else {
      return (nil, rest)
    }
    let stamp = Array(body[place...].dropFirst(Self.owner.count + 1).prefix(8))
    guard stamp.count == 8 else { return (nil, rest) }
    let ticks = stamp.reduce(Int64(0)) { $0 << 8 | Int64($1) }
    return (nanoseconds(ticks & ((1 << 33) - 1), 90_000), rest)
  }

  private func frames(
    _ bytes: ArraySlice<UInt8>, _ path: String, _ offset: Int64, _ rendition: inout Rendition
  ) -> Frames {
    var result = Frames()
    if let first = ADTS.header(bytes) {
      if rendition.facts.isEmpty { rendition.facts = [first.facts] }
      var rest = bytes
      while !rest.isEmpty {
        guard let frame = ADTS.header(rest), frame.length <= rest.count else {
          findings.add(
            .audioFrame, path,
            "no whole ADTS frame after \(result.count), expected frames to the segment's end",
            at: .byte(offset + Int64(bytes.count - rest.count)))
          break
        }
        result.count += 1
        result.samples += 1024
        result.rate = frame.rate
        rest = rest.dropFirst(frame.length)
      }
      return result
    }
    for (type, codec) in [(UInt8(0x03), "mp4a.40.34"), (0x81, "ac-3")] {
      guard let length = SoundFrames.length(bytes, type: type) else { continue }
      if rendition.facts.isEmpty { rendition.facts = [CodecFacts(codecs: codec, isVideo: false)] }
      let each: Int64 = type == 0x03 ? (length.rate < 32_000 ? 576 : 1152) : 1536
      return Frames(count: Int(length.samples / each), samples: length.samples, rate: length.rate)
    }
    findings.add(
      .audioFrame, path, "neither ADTS, MP3 nor AC-3 frames to the segment's end", at: .byte(offset))
    return result
  }
}

/// The header of an AAC frame in a stream (ISO 14496-3 1.A.2.2).
struct ADTS {
  let length: Int
  let rate: Int64
  let facts: CodecFacts

  static func header(_ bytes: ArraySlice<UInt8>) -> ADTS? {
    let head = Array(bytes.prefix(7))
    guard head.count == 7, head[0] == 0xFF, head[1] & 0xF6 == 0xF0 else { return nil }
    let length = Int(head[3] & 3) << 11 | Int(head[4]) << 3 | Int(head[5]) >> 5
    let index = Int(head[2] >> 2 & 15)
    guard length > 7, index < AAC.rates.count else { return nil }
    var facts = CodecFacts(codecs: "mp4a.40.\(head[2] >> 6 + 1)", isVideo: false)
    let layout = Int(head[2] & 1) << 2 | Int(head[3] >> 6)
    facts.channels = layout > 0 ? AAC.channels[layout] : nil
    facts.sampleRate = AAC.rates[index]
    return ADTS(length: length, rate: AAC.rates[index], facts: facts)
  }
}
