internal import CFFmpeg

/// One compressed packet; sole owner of one `AVPacket`. It is filled by a demuxer or an encoder, or from bytes.
@safe package struct Packet: ~Copyable {
  let raw: UnsafeMutablePointer<AVPacket>

  package init() throws(AVFailure) {
    guard let packet = unsafe av_packet_alloc() else { throw .outOfMemory("av_packet_alloc") }
    unsafe raw = packet
  }

  /// A packet with a copy of `bytes`, with the padding that FFmpeg wants behind them.
  package static func copying(_ bytes: [UInt8]) throws(AVFailure) -> Packet {
    let packet = try Packet()
    guard let count = Int32(exactly: bytes.count) else { throw .outOfMemory("av_new_packet") }
    try unsafe check("av_new_packet", av_new_packet(packet.raw, count))
    unsafe bytes.withUnsafeBytes { source in
      if let base = source.baseAddress, let data = unsafe packet.raw.pointee.data {
        unsafe data.update(from: base.assumingMemoryBound(to: UInt8.self), count: bytes.count)
      }
    }
    return packet
  }

  /// A packet of `count` bytes that `fill` writes, with the padding that FFmpeg wants behind them.
  package static func filled(
    _ count: Int, by fill: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws -> Packet {
    let packet = try Packet()
    guard let size = Int32(exactly: count) else { throw AVFailure.outOfMemory("av_new_packet") }
    try unsafe check("av_new_packet", av_new_packet(packet.raw, size))
    guard let data = unsafe packet.raw.pointee.data else { throw AVFailure.outOfMemory("av_new_packet") }
    try unsafe fill(UnsafeMutableRawBufferPointer(start: data, count: count))
    return packet
  }

  deinit {
    var last: UnsafeMutablePointer<AVPacket>? = unsafe raw
    unsafe av_packet_free(&last)
  }

  /// Drops the contents, so that the packet can be filled again.
  package func clear() { unsafe av_packet_unref(raw) }

  package var stream: Int {
    get { Int(unsafe raw.pointee.stream_index) }
    nonmutating set { unsafe raw.pointee.stream_index = Int32(truncatingIfNeeded: newValue) }
  }

  /// nil where the container has none.
  package var presentation: Int64? {
    get { Packet.known(unsafe raw.pointee.pts) }
    nonmutating set { unsafe raw.pointee.pts = newValue ?? rung_nopts() }
  }

  package var decode: Int64? {
    get { Packet.known(unsafe raw.pointee.dts) }
    nonmutating set { unsafe raw.pointee.dts = newValue ?? rung_nopts() }
  }

  package var duration: Int64 {
    get { unsafe raw.pointee.duration }
    nonmutating set { unsafe raw.pointee.duration = newValue }
  }

  package var isKey: Bool {
    get { unsafe raw.pointee.flags & AV_PKT_FLAG_KEY != 0 }
    nonmutating set {
      unsafe raw.pointee.flags =
        newValue ? raw.pointee.flags | AV_PKT_FLAG_KEY : raw.pointee.flags & ~AV_PKT_FLAG_KEY
    }
  }

  /// The container says that it is damaged.
  package var isCorrupt: Bool { unsafe raw.pointee.flags & AV_PKT_FLAG_CORRUPT != 0 }
  /// To be decoded but not presented: before an edit's start.
  package var isDiscarded: Bool { unsafe raw.pointee.flags & AV_PKT_FLAG_DISCARD != 0 }
  /// The byte offset in the source, nil when unknown.
  package var offset: Int64? {
    let position = unsafe raw.pointee.pos
    return position < 0 ? nil : position
  }
  package var count: Int { Int(unsafe raw.pointee.size) }

  /// A copy of the payload.
  package var bytes: [UInt8] {
    guard let data = unsafe raw.pointee.data, count > 0 else { return [] }
    return unsafe Array(UnsafeBufferPointer(start: data, count: count))
  }

  private static func known(_ ticks: Int64) -> Int64? { ticks == rung_nopts() ? nil : ticks }
}
