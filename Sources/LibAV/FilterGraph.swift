internal import CFFmpeg
package import Media

/// A chain of libavfilter filters for pictures: frames in, frames out; sole owner of one `AVFilterGraph`. Used for
/// what only libavfilter does: deinterlacing, turning, tone mapping. The description is made by Rung's own code,
/// never from a source's strings.
@safe package struct FilterGraph: ~Copyable {
  private let graph: UnsafeMutablePointer<AVFilterGraph>
  private let input: UnsafeMutablePointer<AVFilterContext>
  private let output: UnsafeMutablePointer<AVFilterContext>

  private init(
    _ graph: UnsafeMutablePointer<AVFilterGraph>, _ input: UnsafeMutablePointer<AVFilterContext>,
    _ output: UnsafeMutablePointer<AVFilterContext>
  ) {
    unsafe self.graph = graph
    unsafe self.input = input
    unsafe self.output = output
  }

  /// `first` tells size and format of all pictures that will come.
  package static func open(
    _ description: String, like first: borrowing Frame, timebase: Rational
  ) throws(AVFailure) -> FilterGraph {
    guard let graph = unsafe avfilter_graph_alloc() else { throw .outOfMemory("avfilter_graph_alloc") }
    do throws(AVFailure) {
      unsafe graph.pointee.nb_threads = 1
      // Also of the scalers that libavfilter puts in itself: the same bytes on every machine.
      unsafe graph.pointee.scale_sws_opts = av_strdup("flags=bicubic+accurate_rnd+full_chroma_int+bitexact")
      let frame = unsafe first.raw.pointee
      let source =
        unsafe "video_size=\(frame.width)x\(frame.height):pix_fmt=\(frame.format)"
        + ":time_base=\(timebase.numerator)/\(timebase.denominator):pixel_aspect=1/1"
      let input = unsafe try filter("buffer", "in", source, in: graph)
      let output = unsafe try filter("buffersink", "out", nil, in: graph)
      try unsafe link(description, input, output, in: graph)
      try unsafe check("avfilter_graph_config", avfilter_graph_config(graph, nil), context: description)
      return unsafe FilterGraph(graph, input, output)
    } catch {
      var last: UnsafeMutablePointer<AVFilterGraph>? = unsafe graph
      unsafe avfilter_graph_free(&last)
      throw error
    }
  }

  deinit {
    var last: UnsafeMutablePointer<AVFilterGraph>? = unsafe graph
    unsafe avfilter_graph_free(&last)
  }

  /// Of the frames that come out; a deinterlacer halves it.
  package var timebase: Rational { Rational(unsafe av_buffersink_get_time_base(output)) }

  /// Takes the frame's contents.
  package func send(_ frame: borrowing Frame) throws(AVFailure) {
    try unsafe check("av_buffersrc_add_frame", av_buffersrc_add_frame(input, frame.raw))
  }

  package func sendEnd() throws(AVFailure) {
    try unsafe check("av_buffersrc_add_frame", av_buffersrc_add_frame(input, nil))
  }

  /// The next frame; false when another is needed first, or at the end.
  package func receive(into frame: borrowing Frame) throws(AVFailure) -> Bool {
    let code = unsafe av_buffersink_get_frame(output, frame.raw)
    if code == rung_averror_eagain() || code == rung_averror_eof() { return false }
    try check("av_buffersink_get_frame", code)
    return true
  }

  private static func filter(
    _ kind: String, _ name: String, _ options: String?, in graph: UnsafeMutablePointer<AVFilterGraph>
  ) throws(AVFailure) -> UnsafeMutablePointer<AVFilterContext> {
    var made: UnsafeMutablePointer<AVFilterContext>?
    let code = unsafe avfilter_graph_create_filter(
      &made, avfilter_get_by_name(kind), name, options, nil, graph)
    try check("avfilter_graph_create_filter", code, context: kind)
    guard let made = unsafe made else { throw .outOfMemory("avfilter_graph_create_filter") }
    return unsafe made
  }

  private static func link(
    _ description: String, _ input: UnsafeMutablePointer<AVFilterContext>,
    _ output: UnsafeMutablePointer<AVFilterContext>, in graph: UnsafeMutablePointer<AVFilterGraph>
  ) throws(AVFailure) {
    // Named from the chain's side: its open input is fed by "in", its open output feeds "out".
    var outputs = unsafe avfilter_inout_alloc()
    var inputs = unsafe avfilter_inout_alloc()
    defer {
      unsafe avfilter_inout_free(&outputs)
      unsafe avfilter_inout_free(&inputs)
    }
    guard let feeding = unsafe outputs, let taking = unsafe inputs else {
      throw .outOfMemory("avfilter_inout_alloc")
    }
    unsafe feeding.pointee.name = av_strdup("in")
    unsafe feeding.pointee.filter_ctx = unsafe input
    unsafe taking.pointee.name = av_strdup("out")
    unsafe taking.pointee.filter_ctx = unsafe output
    try unsafe check(
      "avfilter_graph_parse_ptr", avfilter_graph_parse_ptr(graph, description, &inputs, &outputs, nil),
      context: description)
  }
}
