internal import LibAV
internal import Media

/// Takes the bytes of the MPEG-TS muxer packet by packet and hands them to the media object that is open: without
/// the service description (PID 17), which has no place before PAT and PMT (RFC 8216 3.2), and noting where
/// I-frames lie.
final class TransportSink: MuxerSink {
  static let packetBytes = 188
  /// A little over the 256 KB from which on a media object takes bytes as they are.
  private static let flushAt = 1400 * packetBytes
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

  func write(_ bytes: Span<UInt8>) throws {
    var next = 0
    if !partial.isEmpty {
      next = min(Self.packetBytes - partial.count, bytes.count)
      append(bytes, 0..<next, to: &partial)
      guard partial.count == Self.packetBytes else { return }
      let packet = partial
      partial = []
      if try takes(packet.span, at: 0) { ready += packet }
    }
    // Packets are passed on in runs, from one that is dropped to the next.
    var run = next
    while bytes.count - next >= Self.packetBytes {
      let isTaken = try takes(bytes, at: next)
      if !isTaken { append(bytes, run..<next, to: &ready) }
      next += Self.packetBytes
      if !isTaken { run = next }
    }
    append(bytes, run..<next, to: &ready)
    append(bytes, next..<bytes.count, to: &partial)
    if ready.count >= Self.flushAt { try pass() }
  }

  private func append(_ bytes: Span<UInt8>, _ range: Range<Int>, to array: inout [UInt8]) {
    guard !range.isEmpty else { return }
    unsafe bytes.extracting(range).withUnsafeBufferPointer { unsafe array.append(contentsOf: $0) }
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

  /// Looks at the packet that begins at `first`; false when it is to be dropped.
  private func takes(_ bytes: Span<UInt8>, at first: Int) throws -> Bool {
    guard bytes[first] == 0x47 else { throw PackagingFailure.notTransportPackets(rendition: name) }
    let pid = Int(bytes[first + 1] & 0x1f) << 8 | Int(bytes[first + 2])
    if pid == Self.servicePID { return false }
    if watch != nil { note(pid, startsUnit: bytes[first + 1] & 0x40 != 0) }
    position += Int64(Self.packetBytes)
    return true
  }

  private func note(_ pid: Int, startsUnit: Bool) {
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
    // What was passed on may still be hashed: it is no longer this one's to write to.
    ready = []
    ready.reserveCapacity(Self.flushAt + (1 << 18))
  }
}
