internal import Media

/// Checks the segments of one transport stream rendition in order (rule 19): bytes in; stream facts, segment
/// times and keyframes out. Packets are read in order and only one PES packet of each stream is kept.
struct TransportTrack {
  static let clock: Int64 = 90_000
  private static let unitLimit = 16 << 20
  /// What is kept of a picture that is not looked into: enough for its header and the head of its parameter sets.
  private static let plainBytes = 160
  private static let blockPackets: Int64 = 348

  private struct Span {
    var start: Int64
    var end: Int64
    var bytes: Int64
    var isDiscontinuous: Bool
  }

  private let findings: Findings
  private let deep: Bool
  private var tables = ProgramTables()
  /// The last count of each PID; -1: none yet.
  private var counters = [Int8](repeating: -1, count: 1 << 13)
  private var video: PacketizedUnit?
  private var audio: PacketizedUnit?
  private var spans: [Span] = []
  private var elementary: ElementaryTimes
  private(set) var keyframes: [Rendition.Keyframe] = []

  // Of the segment that is being read
  private var path = ""
  private var lastTables: Int64?
  private var hasClock = false
  private var (hasAssociation, hasMap) = (false, false)
  private var videoUnits = 0
  private var begun: Set<Int> = []

  init(deep: Bool, findings: Findings) {
    self.deep = deep
    self.findings = findings
    elementary = ElementaryTimes(deep: deep, findings: findings)
  }

  var dependentSegments: Int { elementary.dependentSegments }
  var pictures: Int { elementary.pictures }
  var soundFrames: Int { elementary.soundFrames }
  var facts: [CodecFacts] { [elementary.video, elementary.audio].compactMap { $0 } }
  var frameTicks: Int64 { elementary.frameTicks }
  var frameSpan: ClosedRange<Int64> { elementary.frameSpan }
  var audioFrameTicks: Int64 { elementary.audioFrameTicks }
  var longestGOP: Nanoseconds {
    zip(keyframes.dropFirst(), keyframes).map { distance($0.time, $1.time) }.max() ?? 0
  }
  var audioLead: Nanoseconds? {
    guard let audio = elementary.firstAudio, let video = elementary.firstVideo else { return nil }
    return nanoseconds(sum(audio, -video), TransportTrack.clock)
  }

  /// Starts are presentation times; a segment lasts until the next one starts, the last until its last frame ends.
  var segments: [Rendition.Segment] {
    spans.indices.map { index in
      let span = spans[index]
      var end = span.end
      if index + 1 < spans.count, !spans[index + 1].isDiscontinuous { end = spans[index + 1].start }
      return Rendition.Segment(
        start: nanoseconds(span.start, TransportTrack.clock),
        duration: nanoseconds(max(0, sum(end, -span.start)), TransportTrack.clock), bytes: span.bytes)
    }
  }

  /// false when the segment could not be read to its end.
  mutating func segment(_ file: InputFile, _ range: Range<Int64>, isDiscontinuous: Bool) -> Bool {
    path = file.path
    (lastTables, hasClock, videoUnits, begun) = (nil, false, 0, [])
    (hasAssociation, hasMap) = (false, false)
    if isDiscontinuous { counters = [Int8](repeating: -1, count: counters.count) }
    elementary.beginSegment(path, isDiscontinuous: isDiscontinuous)
    let length = range.upperBound - range.lowerBound
    let size = Int64(TransportPacket.size)
    if length % size != 0 {
      findings.add(.tsSync, path, "\(length) bytes, expected a multiple of \(TransportPacket.size)")
    }
    var offset = range.lowerBound
    while offset + size <= range.upperBound {
      do throws(Malformed) {
        let count = min((range.upperBound - offset) / size, Self.blockPackets) * size
        try packets(try file.read(offset, Int(count)), at: offset, from: range.lowerBound)
        offset += count
      } catch {
        findings.add(.tsSync, path, error.what)
        (video, audio) = (nil, nil)
        return false
      }
    }
    for pid in [tables.video?.pid, tables.audio?.pid].compactMap({ $0 }).sorted() { finish(pid) }
    guard !tables.streams.isEmpty else {
      findings.add(.tsTables, path, "no program map, so no streams")
      return false
    }
    if !hasAssociation || !hasMap {
      findings.add(.tsTables, path, "no \(hasAssociation ? "PMT" : "PAT") in this segment, expected both")
    }
    if !hasClock { findings.add(.tsClock, path, "no PCR, expected one in every segment") }
    guard let span = elementary.span else {
      findings.add(.tsPackets, path, "no timestamps of pictures or sound")
      return false
    }
    spans.append(Span(start: span.start, end: span.end, bytes: length, isDiscontinuous: isDiscontinuous))
    return true
  }

  /// Whole packets. Most hold nothing but the middle of a picture that nobody looks into: these are only counted.
  private mutating func packets(_ block: ArraySlice<UInt8>, at start: Int64, from first: Int64)
    throws(Malformed)
  {
    let size = TransportPacket.size
    var index = block.startIndex
    while index + size <= block.endIndex {
      let offset = start + Int64(index - block.startIndex)
      let head = Int(block[index + 1]) << 8 | Int(block[index + 2])
      let pid = head & 0x1FFF
      if block[index] == 0x47, head & 0xC000 == 0, block[index + 3] & 0xF0 == 0x10, pid == tables.video?.pid,
        let isSkipped = video?.isSkipped, isSkipped
      {
        count(pid, Int8(block[index + 3] & 15), hasPayload: true, isDiscontinuous: false, offset)
        video?.total += 184
        video?.end = offset + Int64(size)
      } else {
        do throws(Malformed) {
          take(
            try TransportPacket(block[index..<index + size]), offset, index: (offset - first) / Int64(size))
        } catch {
          throw Malformed("packet at \(offset): \(error.what)")
        }
      }
      index += size
    }
  }

  private mutating func take(_ packet: TransportPacket, _ offset: Int64, index: Int64) {
    if packet.isDamaged || packet.isScrambled {
      findings.add(
        .tsSync, path, "the packet is marked as \(packet.isDamaged ? "damaged" : "scrambled")",
        at: .byte(offset))
    }
    count(
      packet.pid, Int8(packet.counter), hasPayload: packet.payload != nil,
      isDiscontinuous: packet.isDiscontinuous, offset)
    if index == 0, packet.pid != 0 {
      findings.add(
        .tsTablesFirst, path, "the first packet has PID \(packet.pid), expected the PAT", at: .byte(offset))
    }
    if let time = packet.clock, packet.pid == tables.clockPID {
      hasClock = true
      elementary.clock(time)
    }
    if packet.pid == 0 || packet.pid == tables.mapPID { table(packet, offset) }
    if index == 1, packet.pid != tables.mapPID, hasAssociation {
      findings.add(
        .tsTablesFirst, path, "the second packet has PID \(packet.pid), expected the PMT", at: .byte(offset))
    }
    let isVideo = packet.pid == tables.video?.pid
    guard let payload = packet.payload, isVideo || packet.pid == tables.audio?.pid else { return }
    if packet.startsUnit {
      finish(packet.pid)
      begun.insert(packet.pid)
      let unit = PacketizedUnit(
        pid: packet.pid, offset: offset, tablesOffset: lastTables, end: offset,
        isRandomAccess: packet.isRandomAccess)
      if isVideo { video = unit } else { audio = unit }
      lastTables = nil
    } else if begun.insert(packet.pid).inserted {
      findings.add(
        .tsPackets, path, "PID \(packet.pid) begins in the middle of a PES packet", at: .byte(offset))
    }
    collect(payload, isVideo: isVideo, end: offset + Int64(TransportPacket.size))
  }

  private mutating func collect(_ payload: ArraySlice<UInt8>, isVideo: Bool, end: Int64) {
    guard isVideo else {
      audio?.append(payload, end: end, room: TransportTrack.unitLimit)
      return
    }
    // Between finding a picture's header and a keyframe's bytes lies most of the work: other pictures are skipped.
    let isPlain = !(video?.isRandomAccess ?? false) && videoUnits > 0 && !deep
    video?.append(payload, end: end, room: isPlain ? TransportTrack.plainBytes : TransportTrack.unitLimit)
    let isEnough = (video?.bytes.count ?? 0) >= TransportTrack.plainBytes
    video?.isSkipped = isPlain && isEnough
  }

  private mutating func count(
    _ pid: Int, _ counter: Int8, hasPayload: Bool, isDiscontinuous: Bool, _ offset: Int64
  ) {
    guard pid != 0x1FFF else { return }
    let last = counters[pid]
    counters[pid] = counter
    guard last >= 0, !isDiscontinuous else { return }
    let expected = hasPayload ? (last + 1) & 15 : last
    if counter != expected {
      findings.add(
        .tsContinuity, path, "PID \(pid) counts \(counter) after \(last), expected \(expected)",
        at: .byte(offset))
    }
  }

  private mutating func table(_ packet: TransportPacket, _ offset: Int64) {
    guard let payload = packet.payload, packet.startsUnit else { return }
    do throws(Malformed) {
      if packet.pid == 0 {
        lastTables = offset
        hasAssociation = true
        try tables.association(payload)
      } else {
        hasMap = true
        let known = tables.streams
        try tables.map(payload)
        if !known.isEmpty, known != tables.streams {
          findings.add(.tsTables, path, "the program map changed", at: .byte(offset))
        }
        elementary.streams(tables)
      }
    } catch {
      findings.add(.tsTables, path, "\(error.what)", at: .byte(offset))
    }
  }

  private mutating func finish(_ pid: Int) {
    let isVideo = pid == tables.video?.pid
    guard let unit = isVideo ? video : audio else { return }
    if isVideo { video = nil } else { audio = nil }
    do throws(Malformed) {
      let header = try unit.header()
      if header.length > 0, header.length + 6 != unit.total {
        findings.add(
          .tsPackets, path, "a PES packet of \(unit.total) bytes, its header says \(header.length + 6)",
          at: .byte(unit.offset))
      }
      guard isVideo else { return elementary.sound(unit, header) }
      videoUnits += 1
      let time = elementary.picture(unit, header, isFirst: videoUnits == 1)
      guard elementary.isKey || videoUnits == 1 else { return }
      keyframes.append(
        Rendition.Keyframe(
          path: path, starts: [unit.offset] + (unit.tablesOffset.map { [$0] } ?? []), end: unit.end,
          time: nanoseconds(time, TransportTrack.clock)))
    } catch {
      findings.add(.tsPackets, path, error.what, at: .byte(unit.offset))
    }
  }
}
