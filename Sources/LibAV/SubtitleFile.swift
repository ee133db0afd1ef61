internal import CFFmpeg
internal import Glibc
package import Media

/// The text of one subtitle file in, packets for a `SubtitleDecoder` out; sole owner of one `AVFormatContext`. The
/// text is UTF-8 and in memory, its format was chosen from three, and FFmpeg opens nothing else for it.
@safe package struct SubtitleFile: ~Copyable {
  /// FFmpeg's names of the formats.
  package enum Format: String, Sendable { case srt, webvtt, ass }

  private let context: UnsafeMutablePointer<AVFormatContext>
  private let input: TextInput

  package static func open(_ text: [UInt8], format: Format) throws(AVFailure) -> SubtitleFile {
    AVLog.ensureCaptured()
    let input = try TextInput.open(text)
    guard let known = unsafe av_find_input_format(format.rawValue) else {
      throw AVFailure("av_find_input_format", code: rung_averror(ENOSYS), context: format.rawValue)
    }
    guard let made = unsafe avformat_alloc_context() else { throw .outOfMemory("avformat_alloc_context") }
    unsafe made.pointee.pb = unsafe input.raw
    unsafe made.pointee.flags |= AVFMT_FLAG_CUSTOM_IO
    unsafe made.pointee.io_open = { _, _, _, _, _ in rung_averror(EACCES) }
    var opened: UnsafeMutablePointer<AVFormatContext>? = unsafe made
    let code = unsafe avformat_open_input(&opened, "subtitles", known, nil)
    // On failure FFmpeg has freed the context.
    guard code >= 0, let context = unsafe opened else {
      throw AVFailure("avformat_open_input", code: code, context: format.rawValue)
    }
    return unsafe SubtitleFile(context: context, input: input)
  }

  private init(context: UnsafeMutablePointer<AVFormatContext>, input: consuming TextInput) {
    unsafe self.context = context
    self.input = input
  }

  deinit {
    // `input` is destroyed after this body: the context never outlives what it reads from.
    var last: UnsafeMutablePointer<AVFormatContext>? = unsafe context
    unsafe avformat_close_input(&last)
  }

  /// Ticks of its packets; 1/1000000 where there is no stream.
  package var timebase: Rational {
    guard let stream = unsafe stream else { return Rational(1, 1_000_000) }
    return Rational(unsafe stream.pointee.time_base)
  }

  /// What a decoder is made from; valid as long as this file.
  var parameters: UnsafePointer<AVCodecParameters>? {
    guard let stream = unsafe stream, let found = unsafe stream.pointee.codecpar else { return nil }
    return unsafe UnsafePointer(found)
  }

  private var stream: UnsafeMutablePointer<AVStream>? {
    guard unsafe context.pointee.nb_streams > 0, let streams = unsafe context.pointee.streams else {
      return nil
    }
    return unsafe streams[0]
  }

  /// The next packet, by time; false at the end.
  package func read(into packet: borrowing Packet) throws(AVFailure) -> Bool {
    packet.clear()
    let code = unsafe av_read_frame(context, packet.raw)
    if code == rung_averror_eof() { return false }
    try check("av_read_frame", code)
    return true
  }
}

/// A text in memory as FFmpeg reads it; sole owner of one `AVIOContext`, its buffer and a copy of the text.
@safe struct TextInput: ~Copyable {
  private static let bufferBytes: Int32 = 1 << 15

  private struct State {
    let bytes: [UInt8]
    var position = 0
  }

  let raw: UnsafeMutablePointer<AVIOContext>
  private let state: UnsafeMutablePointer<State>

  static func open(_ text: [UInt8]) throws(AVFailure) -> TextInput {
    guard let buffer = unsafe av_malloc(Int(bufferBytes)) else { throw .outOfMemory("av_malloc") }
    let state = UnsafeMutablePointer<State>.allocate(capacity: 1)
    unsafe state.initialize(to: State(bytes: text))
    let context = unsafe avio_alloc_context(
      buffer.assumingMemoryBound(to: UInt8.self), bufferBytes, 0, state, read, nil, seek)
    guard let context = unsafe context else {
      unsafe av_free(buffer)
      unsafe state.deinitialize(count: 1)
      unsafe state.deallocate()
      throw .outOfMemory("avio_alloc_context")
    }
    return unsafe TextInput(raw: context, state: state)
  }

  private init(raw: UnsafeMutablePointer<AVIOContext>, state: UnsafeMutablePointer<State>) {
    unsafe self.raw = raw
    unsafe self.state = state
  }

  deinit {
    unsafe av_freep(&raw.pointee.buffer)
    var last: UnsafeMutablePointer<AVIOContext>? = unsafe raw
    unsafe avio_context_free(&last)
    unsafe state.deinitialize(count: 1)
    unsafe state.deallocate()
  }

  private static let read:
    @convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<UInt8>?, Int32) -> Int32 = {
      opaque, destination, count in
      guard let opaque = unsafe opaque, let destination = unsafe destination, count > 0 else {
        return rung_averror(EINVAL)
      }
      let state = unsafe opaque.assumingMemoryBound(to: State.self)
      let start = unsafe state.pointee.position
      let length = unsafe min(Int(count), state.pointee.bytes.count - start)
      guard length > 0 else { return rung_averror_eof() }
      unsafe state.pointee.bytes.withUnsafeBufferPointer { text in
        guard let base = text.baseAddress else { return }
        unsafe destination.update(from: base + start, count: length)
      }
      unsafe state.pointee.position = start + length
      return Int32(length)
    }

  private static let seek: @convention(c) (UnsafeMutableRawPointer?, Int64, Int32) -> Int64 = {
    opaque, offset, whence in
    guard let opaque = unsafe opaque else { return Int64(rung_averror(EINVAL)) }
    let state = unsafe opaque.assumingMemoryBound(to: State.self)
    let count = unsafe state.pointee.bytes.count
    let base: Int
    switch whence & ~AVSEEK_FORCE {
    case AVSEEK_SIZE: return Int64(count)
    case SEEK_SET: base = 0
    case SEEK_CUR: base = unsafe state.pointee.position
    case SEEK_END: base = count
    default: return Int64(rung_averror(EINVAL))
    }
    let (target, overflow) = Int64(base).addingReportingOverflow(offset)
    guard !overflow, (0...Int64(count)).contains(target) else { return Int64(rung_averror(EINVAL)) }
    unsafe state.pointee.position = Int(target)
    return target
  }
}
