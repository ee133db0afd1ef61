internal import LibAV
internal import Media

/// Takes the bytes of the MPEG-TS muxer packet by packet and hands them to the media object that is open: without
/// the service description (PID 17), which has no place before PAT and PMT (RFC 8216 3.2), and noting where
/// I-frames lie.
final class TransportSink: MuxerSink {
  static let packetBytes = 188
  private static let flushAt = 1024 * packetBytes
  private static let servicePID = 17
  private static let tablesPID = 0
  /// Where libavformat puts the program map and the first stream.
  private static let mapPID = 0x1000
  private static let firstStreamPID = 0x100

  private let name: String
  private var object: (any MediaSink)?
  private var partial: [UInt8] = []
  private var ready: [UInt8] = []
  /// Bytes of the open object so far.
  private(set) var position: Int64 = 0
  private var watch: Watch?

  /// What was seen since `startWatching`.
  private struct Watch {
    var tables: Int64?
    var start: Int64?
    var end: Int64?
  }

  init(name: String) { self.name = name }

  func open(_ object: any MediaSink) {
    self.object = object
    position = 0
  }

  func close() throws -> MediaObject? {
    guard partial.isEmpty else { throw PackagingFailure.notTransportPackets(rendition: name) }
    try pass()
    defer { object = nil }
    return try object?.finish()
  }

  func write(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    if !partial.isEmpty {
      let wanted = Self.packetBytes - partial.count
      partial += rest.prefix(wanted)
      rest = rest.dropFirst(wanted)
      guard partial.count == Self.packetBytes else { return }
      let packet = partial
      partial = []
      try take(packet[...])
    }
    while rest.count >= Self.packetBytes {
      try take(rest.prefix(Self.packetBytes))
      rest = rest.dropFirst(Self.packetBytes)
    }
    partial += rest
    if ready.count >= Self.flushAt { try pass() }
  }

  /// From here on until `stopWatching` one picture of the first stream is written.
  func startWatching() { watch = Watch() }

  /// Offset and length of the picture's packets, with the tables right before them.
  func stopWatching() -> (offset: Int64, count: Int64)? {
    defer { watch = nil }
    guard let start = watch?.start, let end = watch?.end else { return nil }
    let from = watch?.tables ?? start
    return (from, end - from)
  }

  private func take(_ packet: ArraySlice<UInt8>) throws {
    let first = packet.startIndex
    guard packet[first] == 0x47 else { throw PackagingFailure.notTransportPackets(rendition: name) }
    let pid = Int(packet[first + 1] & 0x1f) << 8 | Int(packet[first + 2])
    if pid == Self.servicePID { return }
    note(pid, startsUnit: packet[first + 1] & 0x40 != 0)
    ready += packet
    position += Int64(Self.packetBytes)
  }

  private func note(_ pid: Int, startsUnit: Bool) {
    guard watch != nil else { return }
    switch pid {
    case Self.tablesPID: watch?.tables = position
    case Self.mapPID: break
    case Self.firstStreamPID:
      if startsUnit, watch?.start == nil { watch?.start = position }
      watch?.end = position + Int64(Self.packetBytes)
    default:
      // Sound between the tables and the picture: the range starts at the picture.
      if watch?.start == nil { watch?.tables = nil }
    }
  }

  private func pass() throws {
    if !ready.isEmpty { try object?.write(ready) }
    ready.removeAll(keepingCapacity: true)
  }
}
