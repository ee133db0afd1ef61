internal import CFFmpeg
internal import Glibc

/// The bytes of a source, read from a descriptor that somebody else opened; sole owner of one `AVIOContext`, its
/// buffer and its position. The descriptor stays the caller's and its own offset is never moved, so several
/// inputs can read the same one.
@safe struct SourceInput: ~Copyable {
  /// Large, since reading is sequential for most of the time and every refill is a system call, but no larger than what
  /// stays in a core's own cache until it is copied on.
  private static let bufferBytes: Int32 = 1 << 18

  private struct State {
    var descriptor: Int32
    var position: Int64
    var bytes: Int64
    var failure: Int32
    /// What lies before this was read at some time.
    var farthest: Int64 = 0
  }

  let raw: UnsafeMutablePointer<AVIOContext>
  private let state: UnsafeMutablePointer<State>
  /// The length of the file when it was opened.
  let bytes: Int64

  static func open(descriptor: Int32) throws(AVFailure) -> SourceInput {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw AVFailure("fstat", code: rung_averror(errno))
    }
    let kind = status.st_mode & S_IFMT
    guard kind == S_IFREG || kind == S_IFBLK else {
      throw AVFailure("fstat", code: rung_averror(kind == S_IFDIR ? EISDIR : ESPIPE))
    }
    let state = UnsafeMutablePointer<State>.allocate(capacity: 1)
    unsafe state.initialize(
      to: State(descriptor: descriptor, position: 0, bytes: Int64(status.st_size), failure: 0))
    guard let buffer = unsafe av_malloc(Int(bufferBytes)) else {
      unsafe state.deallocate()
      throw .outOfMemory("av_malloc")
    }
    let context = unsafe avio_alloc_context(
      buffer.assumingMemoryBound(to: UInt8.self), bufferBytes, 0, state, read, nil, seek)
    guard let context = unsafe context else {
      unsafe av_free(buffer)
      unsafe state.deallocate()
      throw .outOfMemory("avio_alloc_context")
    }
    return unsafe SourceInput(raw: context, state: state, bytes: Int64(status.st_size))
  }

  private init(raw: UnsafeMutablePointer<AVIOContext>, state: UnsafeMutablePointer<State>, bytes: Int64) {
    unsafe self.raw = raw
    unsafe self.state = state
    self.bytes = bytes
  }

  deinit {
    // The buffer may have been replaced since it was handed over, while probing for instance.
    unsafe av_freep(&raw.pointee.buffer)
    var last: UnsafeMutablePointer<AVIOContext>? = unsafe raw
    unsafe avio_context_free(&last)
    unsafe state.deallocate()
  }

  /// What the system said when reading failed; nil when it never did. Demuxers often take that for the end.
  var failure: AVFailure? {
    let code = unsafe state.pointee.failure
    return code == 0 ? nil : AVFailure("pread", code: code)
  }

  private static let read:
    @convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<UInt8>?, Int32) -> Int32 = {
      opaque, destination, count in
      guard let opaque = unsafe opaque, let destination = unsafe destination, count > 0 else {
        return rung_averror(EINVAL)
      }
      let state = unsafe opaque.assumingMemoryBound(to: State.self)
      while true {
        let got = unsafe pread(
          state.pointee.descriptor, destination, Int(count), off_t(state.pointee.position))
        if got > 0 {
          unsafe state.pointee.position += Int64(got)
          if unsafe state.pointee.position > state.pointee.farthest {
            unsafe state.pointee.farthest = state.pointee.position
            WorkMeter.add()
          }
          return Int32(got)
        }
        if got == 0 { return rung_averror_eof() }
        if errno == EINTR { continue }
        let code = rung_averror(errno)
        unsafe state.pointee.failure = code
        return code
      }
    }

  private static let seek: @convention(c) (UnsafeMutableRawPointer?, Int64, Int32) -> Int64 = {
    opaque, offset, whence in
    guard let opaque = unsafe opaque else { return Int64(rung_averror(EINVAL)) }
    let state = unsafe opaque.assumingMemoryBound(to: State.self)
    let base: Int64
    switch whence & ~AVSEEK_FORCE {
    case AVSEEK_SIZE: return unsafe state.pointee.bytes
    case SEEK_SET: base = 0
    case SEEK_CUR: base = unsafe state.pointee.position
    case SEEK_END: base = unsafe state.pointee.bytes
    default: return Int64(rung_averror(EINVAL))
    }
    let (target, overflow) = base.addingReportingOverflow(offset)
    guard !overflow, target >= 0 else { return Int64(rung_averror(EINVAL)) }
    unsafe state.pointee.position = target
    return target
  }
}
