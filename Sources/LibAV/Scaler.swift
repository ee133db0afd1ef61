internal import CFFmpeg
package import Media

/// Pictures of one size and format in, pictures of another out; sole owner of one `SwsContext`.
///
/// `SWS_ACCURATE_RND | SWS_BITEXACT`: without them machines with other SIMD levels give other bytes.
@safe package struct Scaler: ~Copyable {
  /// How samples are weighed; what each costs and gives is measured in `.ci/bench`.
  package enum Kernel: Sendable { case bilinear, bicubic, lanczos, area }

  private let context: OpaquePointer
  private let output: Frame
  private let outputColour: Colour

  private init(_ context: OpaquePointer, _ output: consuming Frame, _ colour: Colour) {
    unsafe self.context = context
    self.output = output
    outputColour = colour
  }

  package static func open(
    from size: PictureSize, format: Int32, colour: Colour, to target: PictureSize,
    targetFormat: PixelFormat = .yuv420p, targetColour: Colour, kernel: Kernel = .bicubic
  ) throws(AVFailure) -> Scaler {
    let output = try Frame.picture(target, format: targetFormat)
    var flags = SWS_ACCURATE_RND | SWS_BITEXACT
    switch kernel {
    case .bilinear: flags |= SWS_BILINEAR
    case .bicubic: flags |= SWS_BICUBIC
    case .lanczos: flags |= SWS_LANCZOS
    case .area: flags |= SWS_AREA
    }
    guard let context = unsafe sws_alloc_context() else { throw .outOfMemory("sws_alloc_context") }
    // The ranges are told before the start: for pictures of one size and format libswscale then chooses a plain
    // copy, and would keep to it when it hears of another range later.
    let settings: [(String, Int)] = [
      ("srcw", size.width), ("srch", size.height), ("src_format", Int(format)),
      ("src_range", colour.fullRange ? 1 : 0), ("dstw", target.width), ("dsth", target.height),
      ("dst_format", Int(targetFormat.raw)), ("dst_range", targetColour.fullRange ? 1 : 0),
      ("sws_flags", Int(flags)),
    ]
    var code: Int32 = 0
    for (name, value) in settings where code >= 0 {
      code = unsafe av_opt_set_int(UnsafeMutableRawPointer(context), name, Int64(value), 0)
    }
    if code >= 0 { code = unsafe sws_init_context(context, nil, nil) }
    guard code >= 0 else {
      unsafe sws_freeContext(context)
      throw AVFailure("sws_init_context", code: code, context: "\(size) \(format) to \(target)")
    }
    let scaler = unsafe Scaler(context, output, targetColour)
    let from = unsafe sws_getCoefficients(Scaler.coefficients(colour.matrix))
    let to = unsafe sws_getCoefficients(Scaler.coefficients(targetColour.matrix))
    // A format without a range of its own (RGB) answers −1, and needs none.
    _ = unsafe sws_setColorspaceDetails(
      context, from, colour.fullRange ? 1 : 0, to, targetColour.fullRange ? 1 : 0, 0, 1 << 16, 1 << 16)
    return scaler
  }

  deinit { unsafe sws_freeContext(context) }

  /// Scales and lends the result until the next call.
  package func scale<Result, Failure: Error>(
    _ frame: borrowing Frame, _ body: (borrowing Frame) throws(Failure) -> Result
  ) throws -> Result {
    try output.makeWritable()
    try unsafe check("sws_scale_frame", sws_scale_frame(context, output.raw, frame.raw))
    output.tag(outputColour)
    output.presentation = frame.presentation
    return try body(output)
  }

  /// The picture of the last `scale`.
  package var picture: Frame { _read { yield output } }

  private static func coefficients(_ matrix: Int) -> Int32 {
    switch matrix {
    case 1: SWS_CS_ITU709
    case 4: SWS_CS_FCC
    case 7: SWS_CS_SMPTE240M
    case 9, 10: SWS_CS_BT2020
    default: SWS_CS_ITU601
    }
  }
}
