internal import CFFmpeg

/// Where a muxer's bytes go, in the order in which it writes them; it never seeks.
package protocol MuxerSink: AnyObject {
  func write(_ bytes: Span<UInt8>) throws
}

/// A sink in memory: for init segments.
package final class MuxerBuffer: MuxerSink {
  package private(set) var bytes: [UInt8] = []
  package init() {}
  package func write(_ bytes: Span<UInt8>) {
    unsafe bytes.withUnsafeBufferPointer { unsafe self.bytes.append(contentsOf: $0) }
  }
}

/// What the C callback sees: the sink, and the error that it threw, which cannot pass through C.
final class SinkBox {
  let sink: any MuxerSink
  var failure: (any Error)?

  init(_ sink: any MuxerSink) { self.sink = sink }

  func take(_ bytes: UnsafeBufferPointer<UInt8>) -> Int32 {
    if failure != nil { return rung_averror(EIO) }
    do {
      try unsafe sink.write(bytes.span)
      return Int32(clamping: bytes.count)
    } catch {
      failure = error
      return rung_averror(EIO)
    }
  }
}

/// Sole owner of an `AVIOContext` that writes to a sink.
@safe struct SinkIO: ~Copyable {
  let raw: UnsafeMutablePointer<AVIOContext>
  let box: SinkBox

  private init(raw: UnsafeMutablePointer<AVIOContext>, box: SinkBox) {
    unsafe self.raw = raw
    self.box = box
  }

  static func open(_ sink: any MuxerSink, bufferBytes: Int = 188 * 1024) throws(AVFailure) -> SinkIO {
    let box = SinkBox(sink)
    guard let buffer = unsafe av_malloc(bufferBytes) else { throw .outOfMemory("av_malloc") }
    let opaque = unsafe Unmanaged.passUnretained(box).toOpaque()
    let context = unsafe avio_alloc_context(
      buffer.assumingMemoryBound(to: UInt8.self), Int32(clamping: bufferBytes), 1, opaque, nil,
      { opaque, bytes, count in
        guard let opaque = unsafe opaque, let bytes = unsafe bytes else { return rung_averror(EINVAL) }
        // The box lives as long as the owner of this context.
        let box = unsafe Unmanaged<SinkBox>.fromOpaque(opaque).takeUnretainedValue()
        return unsafe box.take(UnsafeBufferPointer(start: bytes, count: Int(count)))
      }, nil)
    guard let context = unsafe context else {
      unsafe av_free(buffer)
      throw .outOfMemory("avio_alloc_context")
    }
    return unsafe SinkIO(raw: context, box: box)
  }

  deinit {
    // The buffer may have been replaced by libavformat: it is freed by what the context holds now.
    unsafe av_freep(&raw.pointee.buffer)
    var last: UnsafeMutablePointer<AVIOContext>? = unsafe raw
    unsafe avio_context_free(&last)
  }
}
