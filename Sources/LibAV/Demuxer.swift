internal import CFFmpeg
package import Media

/// Why a source could not be opened.
package enum DemuxFailure: Error, Equatable, Sendable {
  /// There is not a single byte in it.
  case empty
  case unreadable(AVFailure)
  /// No format that FFmpeg knows looks like this.
  case unrecognised
  /// Recognised, but not among the formats that Rung opens; FFmpeg's name for it.
  case refused(format: String)
  case unopenable(format: String, AVFailure)
  /// Its header asks for more streams than `streams`, or for more memory than there is.
  case tooLarge(format: String, streams: Int)
}

/// An open source: a descriptor in, streams, packets and chapters out; sole owner of one `AVFormatContext`.
///
/// Hostile files are kept from reaching anything but their own bytes: the format is chosen by probing and held
/// against an allow list, every other open that a format asks for is refused, and external references are off.
/// It belongs to the thread that opened it.
@safe package struct Demuxer: ~Copyable {
  private let context: UnsafeMutablePointer<AVFormatContext>
  private let input: SourceInput
  private let descriptor: Int32
  private let name: String
  private let clock = DecodeClock()
  /// What went wrong while the streams were being analysed; such a source may be readable all the same.
  package let analysisFailure: AVFailure?

  /// Opens the file behind `descriptor`, which stays the caller's to close, after this demuxer is gone. `name`
  /// is never opened: only its extension is looked at, as a hint for formats that are hard to tell apart.
  package static func open(descriptor: Int32, name: String) throws(DemuxFailure) -> Demuxer {
    AVLog.ensureCaptured()
    let input: SourceInput
    do { input = try SourceInput.open(descriptor: descriptor) } catch { throw .unreadable(error) }
    guard input.bytes > 0 else { throw .empty }
    let hint = hint(name)
    var probed: UnsafePointer<AVInputFormat>?
    var score = unsafe av_probe_input_buffer2(input.raw, &probed, hint, nil, 0, 0)
    // By its name alone a picture is a numbered row of files; by its bytes it is a picture.
    if score >= 0, let rows = unsafe probed, unsafe String(cString: rows.pointee.name) == "image2" {
      unsafe probed = nil
      score = unsafe av_probe_input_buffer2(input.raw, &probed, "source", nil, 0, 0)
    }
    if let failure = input.failure { throw .unreadable(failure) }
    guard score >= 0, let found = unsafe probed else { throw .unrecognised }
    let format = unsafe score <= weakScore ? (named(hint) ?? found) : found
    let formatName = unsafe String(cString: format.pointee.name)
    guard allowedFormats.contains(formatName) else {
      throw score <= weakScore ? .unrecognised : .refused(format: formatName)
    }

    guard let made = unsafe avformat_alloc_context() else {
      throw .unreadable(.outOfMemory("avformat_alloc_context"))
    }
    unsafe made.pointee.pb = unsafe input.raw
    unsafe made.pointee.flags |= AVFMT_FLAG_CUSTOM_IO
    unsafe made.pointee.io_open = { _, _, _, _, _ in rung_averror(EACCES) }
    var options: OpaquePointer?
    for (key, value) in openOptions { unsafe av_dict_set(&options, key, value, 0) }
    unsafe av_dict_set(&options, "format_whitelist", formatName, 0)
    unsafe av_dict_set_int(&options, "max_streams", Int64(SourceCaps.streams), 0)
    var opened: UnsafeMutablePointer<AVFormatContext>? = unsafe made
    let code = unsafe avformat_open_input(&opened, hint, format, &options)
    unsafe av_dict_free(&options)
    // On failure FFmpeg has freed the context.
    guard code >= 0, let context = unsafe opened else {
      if let failure = input.failure { throw .unreadable(failure) }
      // A score this low comes from the extension alone.
      if score <= weakScore, code == rung_averror_invaliddata() { throw .unrecognised }
      if code == rung_averror(ENOMEM) { throw .tooLarge(format: formatName, streams: SourceCaps.streams) }
      throw .unopenable(format: formatName, AVFailure("avformat_open_input", code: code, context: formatName))
    }
    let analysed = unsafe analyse(context)
    // Pictures were decoded to analyse them, which leaves megabytes of free memory behind for as long as this is open.
    rung_trim_memory()
    return unsafe Demuxer(
      context: context, input: input, descriptor: descriptor, name: name,
      analysisFailure: analysed < 0 ? AVFailure("avformat_find_stream_info", code: analysed) : nil)
  }

  /// Looks into the streams. A picture that is beyond the cap by no more than this much is still looked at here, once,
  /// so that its size is known and can be named.
  private static let pixelAllowance: Int64 = 4

  private static func analyse(_ context: UnsafeMutablePointer<AVFormatContext>) -> Int32 {
    let count = Int(unsafe context.pointee.nb_streams)
    let (many, overflow) = SourceCaps.pixels.multipliedReportingOverflow(by: pixelAllowance)
    let pixels = overflow ? SourceCaps.pixels : many
    let options = UnsafeMutablePointer<OpaquePointer?>.allocate(capacity: max(1, count))
    unsafe options.initialize(repeating: nil, count: max(1, count))
    for index in 0..<count { unsafe av_dict_set_int(options + index, "max_pixels", pixels, 0) }
    defer {
      for index in 0..<count { unsafe av_dict_free(options + index) }
      unsafe options.deallocate()
    }
    return unsafe avformat_find_stream_info(context, options)
  }

  private init(
    context: UnsafeMutablePointer<AVFormatContext>, input: consuming SourceInput, descriptor: Int32,
    name: String,
    analysisFailure: AVFailure?
  ) {
    unsafe self.context = context
    self.input = input
    self.descriptor = descriptor
    self.name = name
    self.analysisFailure = analysisFailure
  }

  deinit {
    // `input` is destroyed after this body: the context never outlives what it reads from.
    var last: UnsafeMutablePointer<AVFormatContext>? = unsafe context
    unsafe avformat_close_input(&last)
    rung_trim_memory()
  }

  /// FFmpeg's name of the container: `mov,mp4,m4a,3gp,3g2,mj2`.
  package var formatName: String { unsafe String(cString: context.pointee.iformat.pointee.name) }
  /// The length of the file.
  package var bytes: Int64 { input.bytes }
  package var streamCount: Int { Int(unsafe context.pointee.nb_streams) }

  /// The next packet in file order; false at the end. A failure may be followed by readable packets.
  package func read(into packet: borrowing Packet) throws(AVFailure) -> Bool {
    var code: Int32
    repeat {
      packet.clear()
      code = unsafe av_read_frame(context, packet.raw)
      // Packets that were read while the streams were analysed come whatever was set since.
    } while code >= 0 && isLeftOut(packet.stream)
    if code >= 0 {
      WorkMeter.add()
      if isElementary { stamp(packet) }
      if !clock.restarts.isEmpty { shift(packet) }
      return true
    }
    if let failure = input.failure { throw failure }
    if code == rung_averror_eof() { return false }
    throw AVFailure("av_read_frame", code: code, context: formatName)
  }

  /// Goes to the last keyframe of `stream` at or before `time` (ticks of that stream), as far as the container
  /// can tell: what comes next has to be looked at. Bare elementary streams have no times to look for, so with
  /// them it always fails, and reading goes on where it was.
  package func seek(stream: Int, to time: Int64) throws(AVFailure) {
    guard !isElementary, clock.restarts.isEmpty else {
      throw AVFailure("av_seek_frame", code: rung_averror(ENOSYS), context: formatName)
    }
    try unsafe check(
      "av_seek_frame",
      av_seek_frame(context, Int32(truncatingIfNeeded: stream), time, AVSEEK_FLAG_BACKWARD))
  }

  /// Goes back to the first packet, by opening the source again: the only way that every format has.
  /// What `discard` set has to be set again, and pointers to parameters are no longer valid.
  package mutating func rewind() throws(DemuxFailure) {
    let restarts = clock.restarts
    self = try Demuxer.open(descriptor: descriptor, name: name)
    clock.restarts = restarts
  }

  /// From now on times are those that go on over the restarts of the source's clock; there is no seeking then, since
  /// one time may be in several places of the file.
  package func follow(_ restarts: [ClockRestart]) { clock.restarts = restarts }

  private func shift(_ packet: borrowing Packet) {
    let index = packet.stream
    // Only the first of several frames that came together has a place.
    if let place = packet.offset { clock.places[index] = place }
    guard let place = clock.places[index],
      let restart = clock.restarts.last(where: { ($0.positions[index] ?? $0.position) <= place })
    else { return }
    let ticks = MediaTime(restart.shift, Rational(1, 1_000_000)).ticks(in: timebase(of: index))
    packet.presentation = packet.presentation.map { $0 &+ ticks }
    packet.decode = packet.decode.map { $0 &+ ticks }
  }

  /// Leaves out the packets of all other streams, which formats with an index then do not even read.
  package func discard(allExcept kept: [Int]) {
    for index in 0..<streamCount {
      guard let stream = unsafe self.stream(index) else { continue }
      unsafe stream.pointee.discard = kept.contains(index) ? AVDISCARD_DEFAULT : AVDISCARD_ALL
    }
  }

  private func isLeftOut(_ index: Int) -> Bool {
    guard let stream = unsafe self.stream(index) else { return true }
    return unsafe stream.pointee.discard == AVDISCARD_ALL
  }

  /// How many packets of a stream the container's index lists so far; 0 where there is none.
  package func indexedPackets(of index: Int) -> Int {
    guard let stream = unsafe self.stream(index) else { return 0 }
    return max(0, Int(unsafe avformat_index_get_entries_count(stream)))
  }

  /// Ticks of a stream's packets; 1/1000000 for a stream that is not there.
  package func timebase(of index: Int) -> Rational {
    guard let stream = unsafe self.stream(index) else { return Rational(1, 1_000_000) }
    return Rational(unsafe stream.pointee.time_base)
  }

  /// The container's for all pictures, or else that of `picture`; nil where neither is known or believable.
  func sampleAspectRatio(of index: Int, in picture: borrowing Frame) -> Rational? {
    guard let stream = unsafe self.stream(index) else { return nil }
    let ratio = Rational(unsafe av_guess_sample_aspect_ratio(context, stream, picture.raw))
    return ratio.isPositive && ratio.approximate < 16 && ratio.approximate > 1.0 / 16 ? ratio : nil
  }

  /// What a decoder is made from; valid as long as this demuxer and until it is rewound.
  func parameters(_ index: Int) -> UnsafePointer<AVCodecParameters>? {
    guard let stream = unsafe self.stream(index), let found = unsafe stream.pointee.codecpar else {
      return nil
    }
    return unsafe UnsafePointer(found)
  }

  func stream(_ index: Int) -> UnsafeMutablePointer<AVStream>? {
    guard index >= 0, index < streamCount, let streams = unsafe context.pointee.streams else { return nil }
    return unsafe streams[index]
  }

  /// For what the facts need of the container itself.
  var raw: UnsafePointer<AVFormatContext> { unsafe UnsafePointer(context) }

  /// Whether reading failed in the file system rather than in the format.
  package var readFailure: AVFailure? { input.failure }

  /// Pictures without a container, and so without times of their own.
  package var isElementary: Bool { Demuxer.elementaryFormats.contains(formatName) }

  /// Counts packets where neither a presentation nor a decode time is known, so that each has a decode time.
  private func stamp(_ packet: borrowing Packet) {
    let index = packet.stream
    if let known = packet.decode ?? packet.presentation {
      clock.next[index] = known &+ max(1, packet.duration)
      return
    }
    let now = clock.next[index] ?? 0
    packet.decode = now
    var step = packet.duration
    if step <= 0, let stream = unsafe self.stream(index) {
      let rate = Rational(unsafe stream.pointee.avg_frame_rate)
      let frame = rate.isPositive ? rate.inverse : Rational(1, 25)
      step = max(1, MediaTime(1, frame).ticks(in: timebase(of: index)))
      packet.duration = step
    }
    clock.next[index] = now &+ step
  }

  /// A name with nothing but the extension left of the source's own, and that only when it is a plain one.
  private static func hint(_ name: String) -> String {
    guard let dot = name.lastIndex(of: ".") else { return "source" }
    let ending = name[name.index(after: dot)...].lowercased()
    let isPlain = ending.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) }
    return isPlain && (1...8).contains(ending.utf8.count) ? "source.\(ending)" : "source"
  }

  /// Formats that begin anywhere, so that damage at the beginning makes them look like something else: with a weak
  /// score the extension is believed.
  private static func named(_ hint: String) -> UnsafePointer<AVInputFormat>? {
    let ending = hint.dropFirst("source.".count)
    guard ["mp3", "aac", "ac3", "eac3", "h264", "hevc"].contains(ending) else { return nil }
    return unsafe av_find_input_format(String(ending))
  }

  /// A probing score up to this may come from the file's extension alone, or from noise.
  private static let weakScore = Int32(26)

  /// FFmpeg's names of the formats that hold media and nothing that points elsewhere. Playlists and scripts (hls,
  /// dash, concat, sdp, imf …), file name patterns, devices and text are not among them.
  package static let allowedFormats: Set<String> = [
    "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "mpegts", "mpeg", "avi", "flv", "live_flv", "asf", "mxf",
    "dv", "gif",
    "ogg", "wav", "w64", "mp3", "aac", "flac", "ac3", "eac3", "amr", "aiff", "caf",
    "h264", "hevc", "obu", "ivf", "mpegvideo", "mjpeg",
    "png_pipe", "jpeg_pipe", "webp_pipe",
  ]

  private static let elementaryFormats: Set<String> = ["h264", "hevc", "obu", "mpegvideo", "mjpeg"]

  private static let openOptions: [(key: String, value: String)] = [
    // Streams that begin late in a transport stream are still found; other formats stop long before.
    ("probesize", "33554432"), ("analyzeduration", "15000000"),
    ("protocol_whitelist", "none"),
    // Media of a QuickTime file that lies in other files is not followed.
    ("enable_drefs", "0"), ("use_absolute_path", "0"),
  ]
}

/// The decode time of the next packet of each stream, for streams that have none of their own.
private final class DecodeClock {
  var next: [Int: Int64] = [:]
  var restarts: [ClockRestart] = []
  /// Where the last packet of each stream lay in the file.
  var places: [Int: Int64] = [:]
}
