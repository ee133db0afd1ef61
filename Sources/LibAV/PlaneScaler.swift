internal import CFFmpeg
internal import CZimg
internal import Media

/// 4:2:0 pictures of 8 or 10 bits in, the same in another size out; sole owner of one zimg filter graph.
///
/// It takes half of libswscale's time, knows where chroma samples lie, and gives the same bytes whatever vector
/// instructions the machine has. Other formats, odd sizes and colours that have to be converted are `Scaler`'s.
@safe struct PlaneScaler: ~Copyable {
  /// Rows have to begin at multiples of this.
  private static let alignment = 64

  private let graph: OpaquePointer
  private let scratch: UnsafeMutableRawPointer
  private let output: Frame
  /// A copy of pictures whose rows begin elsewhere (cropped ones).
  private let aligned: Frame
  private let colour: Colour

  /// What a graph can be made for: size of the picture, and where its chroma lies.
  struct Input: Equatable {
    var size: PictureSize
    /// Also of what comes out.
    var format: PixelFormat
    fileprivate var siting: Int32

    /// nil where a picture is not of the kind that this scales.
    init?(_ frame: borrowing Frame) {
      guard let format = [PixelFormat.yuv420p, .yuv420p10].first(where: { $0.number == frame.format }),
        frame.size.width % 2 == 0, frame.size.height % 2 == 0
      else { return nil }
      self.format = format
      size = frame.size
      let location = unsafe frame.raw.pointee.chroma_location
      siting =
        switch location {
        case AVCHROMA_LOC_CENTER: Int32(ZIMG_CHROMA_CENTER.rawValue)
        case AVCHROMA_LOC_TOPLEFT: Int32(ZIMG_CHROMA_TOP_LEFT.rawValue)
        case AVCHROMA_LOC_TOP: Int32(ZIMG_CHROMA_TOP.rawValue)
        case AVCHROMA_LOC_BOTTOMLEFT: Int32(ZIMG_CHROMA_BOTTOM_LEFT.rawValue)
        case AVCHROMA_LOC_BOTTOM: Int32(ZIMG_CHROMA_BOTTOM.rawValue)
        default: Int32(ZIMG_CHROMA_LEFT.rawValue)
        }
    }
  }

  private init(
    _ graph: OpaquePointer, _ scratch: UnsafeMutableRawPointer, _ output: consuming Frame,
    _ aligned: consuming Frame, _ colour: Colour
  ) {
    unsafe self.graph = graph
    unsafe self.scratch = scratch
    self.output = output
    self.aligned = aligned
    self.colour = colour
  }

  /// nil when zimg cannot (a size that it does not take).
  static func open(
    from input: Input, to target: PictureSize, colour: Colour, kernel: Scaler.Kernel
  ) throws(AVFailure) -> PlaneScaler? {
    guard target.width % 2 == 0, target.height % 2 == 0 else { return nil }
    let filter =
      switch kernel {
      case .bilinear, .area: ZIMG_RESIZE_BILINEAR
      case .bicubic: ZIMG_RESIZE_BICUBIC
      case .lanczos: ZIMG_RESIZE_LANCZOS
      }
    let output = try Frame.picture(target, format: input.format, alignment: alignment)
    let aligned = try Frame.picture(input.size, format: input.format, alignment: alignment)
    guard
      let graph = unsafe rung_zimg_graph(
        UInt32(clamping: input.size.width), UInt32(clamping: input.size.height),
        UInt32(clamping: target.width),
        UInt32(clamping: target.height), input.siting, Int32(filter.rawValue),
        input.format == .yuv420p10 ? 10 : 8,
        CPUFeatures.isOldest ? 1 : 0)
    else { return nil }
    var bytes = 0
    let code = unsafe zimg_filter_graph_get_tmp_size(graph, &bytes)
    // av_malloc aligns for the widest vectors that FFmpeg knows; the rest is made up here.
    guard code == ZIMG_ERROR_SUCCESS, let scratch = unsafe av_malloc(bytes + alignment) else {
      unsafe zimg_filter_graph_free(graph)
      throw .outOfMemory("av_malloc")
    }
    return unsafe PlaneScaler(graph, scratch, output, aligned, colour)
  }

  deinit {
    unsafe zimg_filter_graph_free(graph)
    unsafe av_free(scratch)
  }

  /// Scales into `picture`.
  func scale(_ frame: borrowing Frame) throws(AVFailure) {
    try output.makeWritable()
    if Self.isAligned(frame) {
      try run(frame)
    } else {
      try unsafe check("av_frame_copy", av_frame_copy(aligned.raw, frame.raw))
      try run(aligned)
    }
    output.tag(colour)
    output.presentation = frame.presentation
  }

  /// The picture of the last `scale`.
  var picture: Frame { _read { yield output } }

  private func run(_ frame: borrowing Frame) throws(AVFailure) {
    let from = unsafe frame.raw.pointee
    let to = unsafe output.raw.pointee
    let fromPlanes = unsafe [from.data.0, from.data.1, from.data.2]
    let toPlanes = unsafe [to.data.0, to.data.1, to.data.2]
    let start = unsafe UnsafeMutableRawPointer(
      bitPattern: (UInt(bitPattern: unsafe scratch) + UInt(Self.alignment) - 1) & ~(UInt(Self.alignment) - 1))
    let code = unsafe rung_zimg_scale(
      graph, fromPlanes, [from.linesize.0, from.linesize.1, from.linesize.2], toPlanes,
      [to.linesize.0, to.linesize.1, to.linesize.2], start)
    guard code == Int32(ZIMG_ERROR_SUCCESS.rawValue) else {
      throw AVFailure("zimg_filter_graph_process", code: rung_averror(EINVAL), context: "error \(code)")
    }
  }

  private static func isAligned(_ frame: borrowing Frame) -> Bool {
    let raw = unsafe frame.raw.pointee
    let planes = unsafe [raw.data.0, raw.data.1, raw.data.2]
    let strides = unsafe [raw.linesize.0, raw.linesize.1, raw.linesize.2]
    return unsafe planes.allSatisfy { UInt(bitPattern: $0) % UInt(alignment) == 0 }
      && strides.allSatisfy { $0 > 0 && Int($0) % alignment == 0 }
  }
}
