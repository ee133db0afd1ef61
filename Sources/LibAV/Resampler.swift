internal import CFFmpeg
internal import Media

/// How the channels of a sound are laid out; two frames with equal values can go through one resampler.
package struct SoundFormat: Equatable, Sendable {
  package var rate: Int
  package var channels: Int
  /// FFmpeg's native mask, of raw sound the usual one; 0 where the channels are in no such order.
  package var mask: UInt64
  package var order: UInt32
  package var sampleFormat: Int32

  package init(of frame: borrowing Frame) {
    rate = frame.sampleRate
    channels = frame.channels
    unsafe order = frame.raw.pointee.ch_layout.order.rawValue
    sampleFormat = frame.format
    if unsafe frame.raw.pointee.ch_layout.order == AV_CHANNEL_ORDER_NATIVE {
      unsafe mask = frame.raw.pointee.ch_layout.u.mask
    } else if unsafe frame.raw.pointee.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC,
      SoundFormat.usual.contains(channels)
    {
      var layout = unsafe AVChannelLayout()
      unsafe av_channel_layout_default(&layout, Int32(clamping: channels))
      unsafe mask = layout.u.mask
    } else {
      mask = 0
    }
  }

  /// Mono, stereo, and what WAV means by four to eight channels: numbers of channels that have a usual layout where
  /// none is said (raw PCM).
  fileprivate static let usual: Set<Int> = [1, 2, 4, 5, 6, 7, 8]

  /// What each channel counts for loudness (ITU-R BS.1770-4 table 3): nothing of the low-frequency effects, 1.5 dB more
  /// of what comes from behind or from the side.
  package var loudnessWeights: [Double] {
    guard mask != 0 else { return Array(repeating: 1, count: channels) }
    let (low, behind) = (rung_channels_low(), rung_channels_behind())
    return (0..<UInt64(64)).filter { mask & (1 << $0) != 0 }.map { channel in
      if low & (1 << channel) != 0 { return 0 }
      return behind & (1 << channel) != 0 ? 1.41 : 1
    }
  }
}

/// Sound of one rate, layout and sample format in, planar float of another out; sole owner of one `SwrContext`.
///
/// Channels are mixed down by the usual coefficients (ITU-R BS.775: -3 dB for the centre and for what comes from
/// behind), scaled down so that nothing clips. Where the channels are in no known order, every other one goes to the left.
@safe package struct Resampler: ~Copyable {
  private let context: OpaquePointer
  package let channels: Int
  private let rate: Int

  private init(_ context: OpaquePointer, channels: Int, rate: Int) {
    unsafe self.context = context
    self.channels = channels
    self.rate = rate
  }

  /// `first` tells what all frames are like. `channels` nil: as many as it has, where they are.
  package static func open(like first: borrowing Frame, channels: Int?, rate: Int) throws(AVFailure)
    -> Resampler
  {
    let count = channels ?? first.channels
    var source = unsafe AVChannelLayout()
    defer { unsafe av_channel_layout_uninit(&source) }
    try unsafe check(
      "av_channel_layout_copy", av_channel_layout_copy(&source, &first.raw.pointee.ch_layout))
    if unsafe source.order == AV_CHANNEL_ORDER_UNSPEC, SoundFormat.usual.contains(first.channels) {
      unsafe av_channel_layout_default(&source, Int32(clamping: first.channels))
    }
    if let channels {
      var target = unsafe AVChannelLayout()
      unsafe av_channel_layout_default(&target, Int32(clamping: channels))
      if unsafe source.order == AV_CHANNEL_ORDER_NATIVE,
        let made = try? unsafe make(first, source, target, count: count, rate: rate, matrix: nil)
      {
        return made
      }
      return try unsafe make(
        first, unknown(first.channels), unknown(channels), count: channels, rate: rate,
        matrix: mix(
          of: first.channels, into: channels,
          isAmbisonic: source.order == AV_CHANNEL_ORDER_AMBISONIC && first.channels >= 4))
    }
    return try unsafe make(
      first, unknown(count), unknown(count), count: count, rate: rate, matrix: nil)
  }

  private static func unknown(_ channels: Int) -> AVChannelLayout {
    var layout = unsafe AVChannelLayout()
    unsafe layout.order = AV_CHANNEL_ORDER_UNSPEC
    unsafe layout.nb_channels = Int32(clamping: channels)
    return unsafe layout
  }

  private static func make(
    _ first: borrowing Frame, _ source: AVChannelLayout, _ target: AVChannelLayout, count: Int, rate: Int,
    matrix: [Double]?
  ) throws(AVFailure) -> Resampler {
    var (source, target) = unsafe (source, target)
    var made: OpaquePointer?
    let code = unsafe swr_alloc_set_opts2(
      &made, &target, AV_SAMPLE_FMT_FLTP, Int32(clamping: rate), &source, AVSampleFormat(first.format),
      Int32(clamping: first.sampleRate), 0, nil)
    try check("swr_alloc_set_opts2", code)
    guard let context = unsafe made else { throw .outOfMemory("swr_alloc_set_opts2") }
    let resampler = unsafe Resampler(context, channels: count, rate: rate)
    let raw = unsafe UnsafeMutableRawPointer(context)
    // Sums are scaled so that full scale in every channel stays full scale.
    try unsafe check(
      "av_opt_set", av_opt_set_double(raw, "rematrix_maxval", 1, 0), context: "rematrix_maxval")
    if let matrix {
      let stride = unsafe Int32(clamping: source.nb_channels)
      try unsafe check(
        "swr_set_matrix",
        matrix.withUnsafeBufferPointer { unsafe swr_set_matrix(context, $0.baseAddress, stride) })
    }
    try unsafe check("swr_init", swr_init(context))
    return resampler
  }

  /// Rows are outputs. Ambisonic sound (its first channels are W and Y) gives two cardioids.
  private static func mix(of inputs: Int, into outputs: Int, isAmbisonic: Bool) -> [Double] {
    var matrix = Array(repeating: 0.0, count: inputs * outputs)
    for output in 0..<outputs {
      let row = output * inputs
      if outputs == 1 {
        for input in 0..<inputs {
          matrix[row + input] = isAmbisonic ? (input == 0 ? 1 : 0) : 1 / Double(inputs)
        }
      } else if output < 2 {
        if isAmbisonic {
          (matrix[row], matrix[row + 1]) = (0.5, output == 0 ? 0.5 : -0.5)
        } else if inputs == 1 {
          matrix[row] = 1
        } else {
          let mine = (0..<inputs).filter { $0 % 2 == output }
          for input in mine { matrix[row + input] = 1 / Double((inputs + 1) / 2) }
        }
      }
    }
    return matrix
  }

  deinit {
    var last: OpaquePointer? = unsafe context
    unsafe swr_free(&last)
  }

  /// Samples at the output's rate that went in and have not come out.
  package var delay: Int64 { unsafe swr_get_delay(context, Int64(rate)) }

  /// Over the next `distance` samples of output, gives `delta` more than the rates say.
  package func stretch(by delta: Int, over distance: Int) throws(AVFailure) {
    try unsafe check(
      "swr_set_compensation",
      swr_set_compensation(context, Int32(clamping: delta), Int32(clamping: distance)))
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
      let samples = unsafe UnsafeBufferPointer(start: scratch + channel * Int(most), count: Int(got))
      // What is no number (64-bit float can hold it) would spoil everything after it.
      if unsafe samples.allSatisfy({ $0.magnitude <= Resampler.largest }) {
        unsafe planes[channel].append(contentsOf: samples)
      } else {
        unsafe planes[channel].append(
          contentsOf: samples.map { $0.isNaN ? 0 : max(-Resampler.largest, min($0, Resampler.largest)) })
      }
    }
  }

  /// +18 dBFS: more is no sound.
  private static let largest: Float = 8
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
