internal import Media

/// Checks the segments of one transport stream rendition in order (rule 19): bytes in; stream facts, segment
/// times and keyframes out. Packets are read in order and only one PES packet of each stream is kept.
struct TransportTrack {
  static let clock: Int64 = 90_000
  private static let unitLimit = 16 << 20

  private struct Span {
    var start: Int64
    var end: Int64
    var bytes: Int64
    var isDiscontinuous: Bool
  }

  private let findings: Findings
  private let deep: Bool
  private var tables = ProgramTables()
  private var counters: [Int: Int] = [:]
  private var units: [Int: PacketizedUnit] = [:]
  private var spans: [Span] = []
  private var elementary: ElementaryTimes
  private(set) var keyframes: [Rendition.Keyframe] = []

  // Of the segment that is being read
  private var path = ""
  private var lastTables: Int64?
  private var hasClock = false
  private var videoUnits = 0
  private var begun: Set<Int> = []

  init(deep: Bool, findings: Findings) {
    self.deep = deep
    self.findings = findings
    elementary = ElementaryTimes(deep: deep, findings: findings)
  }

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
    if isDiscontinuous { counters = [:] }
    elementary.beginSegment(path, isDiscontinuous: isDiscontinuous)
    let length = range.upperBound - range.lowerBound
    if length % Int64(TransportPacket.size) != 0 {
      findings.error(.tsSync, path, "\(length) bytes, expected a multiple of \(TransportPacket.size)")
    }
    var offset = range.lowerBound
    while offset + Int64(TransportPacket.size) <= range.upperBound {
      do throws(Malformed) {
        let packet = try TransportPacket(try file.read(offset, TransportPacket.size))
        let index = (offset - range.lowerBound) / Int64(TransportPacket.size)
        take(packet, offset, index: index)
        if index > 0 { offset = try takeRun(of: packet.pid, file, after: offset, before: range.upperBound) }
      } catch {
        findings.error(.tsSync, path, "packet at \(offset): \(error.what)")
        units = [:]
        return false
      }
      offset += Int64(TransportPacket.size)
    }
    for pid in units.keys.sorted() { finish(pid) }
    if tables.streams.isEmpty {
      findings.error(.tsTables, path, "no program map, so no streams")
      return false
    }
    if !hasClock { findings.error(.tsClock, path, "no PCR, expected one in every segment") }
    guard let span = elementary.span else {
      findings.error(.tsPackets, path, "no timestamps of pictures or sound")
      return false
    }
    spans.append(Span(start: span.start, end: span.end, bytes: length, isDiscontinuous: isDiscontinuous))
    return true
  }

  private mutating func take(_ packet: TransportPacket, _ offset: Int64, index: Int64) {
    if packet.isDamaged || packet.isScrambled {
      findings.error(
        .tsSync, path, "packet at \(offset) is marked as \(packet.isDamaged ? "damaged" : "scrambled")")
    }
    count(packet, offset)
    if index == 0, packet.pid != 0 {
      findings.error(.tsTables, path, "the first packet has PID \(packet.pid), expected the PAT")
    }
    if let time = packet.clock, packet.pid == tables.clockPID {
      hasClock = true
      elementary.clock(time)
    }
    if packet.pid == 0 || packet.pid == tables.mapPID { table(packet, offset) }
    if index == 1, packet.pid != tables.mapPID {
      findings.error(.tsTables, path, "the second packet has PID \(packet.pid), expected the PMT")
    }
    guard let payload = packet.payload, tables.streams.contains(where: { $0.pid == packet.pid }) else {
      return
    }
    if packet.startsUnit {
      finish(packet.pid)
      begun.insert(packet.pid)
      units[packet.pid] = PacketizedUnit(
        pid: packet.pid, offset: offset, tablesOffset: lastTables, end: offset,
        isRandomAccess: packet.isRandomAccess)
      lastTables = nil
    } else if begun.insert(packet.pid).inserted {
      findings.error(.tsPackets, path, "PID \(packet.pid) begins in the middle of a PES packet")
    }
    collect(payload, packet.pid, end: offset + Int64(TransportPacket.size))
  }

  /// Takes the packets that merely go on with the PES packet of `pid`, as nearly all of a stream do: with its next
  /// counts, without marks and without an adaptation field. Gives where the last one is; whatever else comes next is
  /// looked at as any packet.
  private mutating func takeRun(
    of pid: Int, _ file: InputFile, after offset: Int64, before end: Int64
  ) throws(Malformed) -> Int64 {
    var last = offset
    let size = Int64(TransportPacket.size)
    guard pid != 0, pid != tables.mapPID, var counter = counters[pid],
      var unit = units.removeValue(forKey: pid)
    else { return last }
    defer {
      units[pid] = unit
      counters[pid] = counter
    }
    let limit = unitLimit(unit)
    while last + 2 * size <= end {
      let packet = try file.read(last + size, TransportPacket.size)
      let first = packet.startIndex
      let next = (counter + 1) & 15
      guard packet[first] == 0x47, Int(packet[first + 1]) << 8 | Int(packet[first + 2]) == pid,
        Int(packet[first + 3]) == 0x10 | next
      else { break }
      counter = next
      last += size
      let room = limit - unit.bytes.count
      if room > 0 { unit.bytes.append(contentsOf: packet.dropFirst(4).prefix(room)) }
      unit.total += TransportPacket.size - 4
      unit.end = last + size
    }
    return last
  }

  /// Between finding a picture's header and a keyframe's bytes lies most of the work: other pictures are skipped.
  private func unitLimit(_ unit: PacketizedUnit) -> Int {
    let isPlain = unit.pid == tables.video?.pid && !unit.isRandomAccess && videoUnits > 0 && !deep
    return isPlain ? 64 : TransportTrack.unitLimit
  }

  private mutating func collect(_ payload: ArraySlice<UInt8>, _ pid: Int, end: Int64) {
    guard var unit = units.removeValue(forKey: pid) else { return }
    let room = unitLimit(unit) - unit.bytes.count
    if room > 0 { unit.bytes.append(contentsOf: payload.prefix(room)) }
    unit.total += payload.count
    unit.end = end
    units[pid] = unit
  }

  private mutating func count(_ packet: TransportPacket, _ offset: Int64) {
    guard packet.pid != 0x1FFF else { return }
    if let last = counters[packet.pid], !packet.isDiscontinuous {
      let expected = packet.payload == nil ? last : (last + 1) & 15
      if packet.counter != expected {
        findings.error(
          .tsContinuity, path,
          "packet at \(offset): PID \(packet.pid) counts \(packet.counter) after \(last), expected \(expected)"
        )
      }
    }
    counters[packet.pid] = packet.counter
  }

  private mutating func table(_ packet: TransportPacket, _ offset: Int64) {
    guard let payload = packet.payload, packet.startsUnit else { return }
    do throws(Malformed) {
      if packet.pid == 0 {
        lastTables = offset
        try tables.association(payload)
      } else {
        let known = tables.streams
        try tables.map(payload)
        if !known.isEmpty, known != tables.streams {
          findings.error(.tsTables, path, "packet at \(offset): the program map changed")
        }
        elementary.streams(tables)
      }
    } catch {
      findings.error(.tsTables, path, "packet at \(offset): \(error.what)")
    }
  }

  private mutating func finish(_ pid: Int) {
    guard let unit = units.removeValue(forKey: pid) else { return }
    do throws(Malformed) {
      let header = try unit.header()
      if header.length > 0, header.length + 6 != unit.total {
        findings.error(
          .tsPackets, path,
          "PES packet at \(unit.offset) has \(unit.total) bytes, its header says \(header.length + 6)")
      }
      if pid == tables.video?.pid {
        videoUnits += 1
        let time = elementary.picture(unit, header, isFirst: videoUnits == 1)
        guard unit.isRandomAccess || videoUnits == 1 else { return }
        keyframes.append(
          Rendition.Keyframe(
            path: path, starts: [unit.offset] + (unit.tablesOffset.map { [$0] } ?? []), end: unit.end,
            time: nanoseconds(time, TransportTrack.clock)))
      } else if pid == tables.audio?.pid {
        elementary.sound(unit, header)
      }
    } catch {
      findings.error(.tsPackets, path, "PES packet at \(unit.offset): \(error.what)")
    }
  }
}
