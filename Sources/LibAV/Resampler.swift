internal import CFFmpeg
internal import Media

/// Sound of one rate, layout and sample format in, planar float of another out; sole owner of one `SwrContext`.
@safe package struct Resampler: ~Copyable {
  private let context: OpaquePointer
  package let channels: Int

  private init(_ context: OpaquePointer, channels: Int) {
    unsafe self.context = context
    self.channels = channels
  }

  /// `first` tells what all frames are like.
  package static func open(like first: borrowing Frame, channels: Int, rate: Int) throws(AVFailure)
    -> Resampler
  {
    var target = unsafe AVChannelLayout()
    unsafe av_channel_layout_default(&target, Int32(clamping: channels))
    var source = unsafe AVChannelLayout()
    // A frame whose layout has no order (raw PCM) gets the usual one for its number of channels.
    if unsafe first.raw.pointee.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC {
      unsafe av_channel_layout_default(&source, first.raw.pointee.ch_layout.nb_channels)
    } else {
      try unsafe check(
        "av_channel_layout_copy", av_channel_layout_copy(&source, &first.raw.pointee.ch_layout))
    }
    defer { unsafe av_channel_layout_uninit(&source) }
    var made: OpaquePointer?
    let code = unsafe swr_alloc_set_opts2(
      &made, &target, AV_SAMPLE_FMT_FLTP, Int32(clamping: rate), &source, AVSampleFormat(first.format),
      Int32(clamping: first.sampleRate), 0, nil)
    try check("swr_alloc_set_opts2", code)
    guard let context = unsafe made else { throw .outOfMemory("swr_alloc_set_opts2") }
    let resampler = unsafe Resampler(context, channels: channels)
    try unsafe check("swr_init", swr_init(context))
    return resampler
  }

  deinit {
    var last: OpaquePointer? = unsafe context
    unsafe swr_free(&last)
  }

  /// Converts a frame (or, with nil, what is still delayed) and appends it to `planes`, one array a channel.
  package func convert(_ frame: borrowing Frame, onto planes: inout [[Float]]) throws(AVFailure) {
    try unsafe convert(frame.raw.pointee.extended_data, frame.raw.pointee.nb_samples, onto: &planes)
  }

  package func drain(onto planes: inout [[Float]]) throws(AVFailure) {
    try unsafe convert(nil, 0, onto: &planes)
  }

  private func convert(
    _ data: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?, _ count: Int32, onto planes: inout [[Float]]
  ) throws(AVFailure) {
    let most = unsafe swr_get_out_samples(context, count)
    try check("swr_get_out_samples", most)
    guard most > 0 else { return }
    let scratch = UnsafeMutablePointer<Float>.allocate(capacity: Int(most) * channels)
    defer { unsafe scratch.deallocate() }
    var outputs: [UnsafeMutablePointer<UInt8>?] = unsafe (0..<channels).map { channel in
      unsafe UnsafeMutableRawPointer(scratch + channel * Int(most)).assumingMemoryBound(to: UInt8.self)
    }
    let got = unsafe outputs.withUnsafeMutableBufferPointer { output in
      unsafe data.withConstPointers { input in
        unsafe swr_convert(context, output.baseAddress, most, input, count)
      }
    }
    try check("swr_convert", got)
    for channel in 0..<channels {
      unsafe planes[channel].append(
        contentsOf: UnsafeBufferPointer(start: scratch + channel * Int(most), count: Int(got)))
    }
  }
}

extension Optional where Wrapped == UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?> {
  /// The same pointers as `const uint8_t **`, which is what `swr_convert` takes.
  fileprivate func withConstPointers<Result>(
    _ body: (UnsafeMutablePointer<UnsafePointer<UInt8>?>?) -> Result
  ) -> Result {
    guard let pointers = self else { return body(nil) }
    return unsafe UnsafeMutableRawPointer(pointers).withMemoryRebound(
      to: UnsafePointer<UInt8>?.self, capacity: 64
    ) { unsafe body($0) }
  }
}
