internal import LibAV
internal import Media

/// Makes a CMAF header: `ftyp` and `moov` for one track, without samples or durations. Libavformat writes it, since
/// it knows every codec's sample entry; the fragments are our own.
enum InitSegment {
  /// `first` is the track's first sample: AC-3's and E-AC-3's sample entries are made from it.
  static func make(
    name: String, format: TrackFormat, clock: TrackClock, first: CodedSample, payload: [UInt8],
    skipped: Int64,
    language: String?
  ) throws -> [UInt8] {
    var format = format
    format.timebase = Rational(1, Int64(clock.timescale))
    var options: [String: String] = [:]
    if format.codec.isVideo {
      // No edit list: pictures are reordered by negative composition offsets instead.
      options["movflags"] = "cmaf+frag_custom+delay_moov+skip_trailer"
      options["use_editlist"] = "-1"
      options["video_track_timescale"] = String(clock.timescale)
    } else {
      // One edit that skips the priming, which the flag `cmaf` would be against.
      options["movflags"] = "empty_moov+default_base_moof+frag_custom+delay_moov+skip_trailer"
      options["use_editlist"] = "1"
    }
    let sink = MuxerBuffer()
    let muxer = try Muxer.open(
      .mp4, tracks: [MuxerTrack(format, language: language)], options: options, sink: sink)
    let packet = try Packet.copying(payload)
    let start = 0 &- (try clock.units(skipped))
    packet.stream = 0
    packet.presentation = start
    packet.decode = start
    packet.duration = try clock.units(first.duration)
    packet.isKey = true
    try muxer.write(packet)
    // With delay_moov the first flush writes the moov and nothing else; the packet stays behind.
    try muxer.flush()
    guard let movie = Boxes.movie(sink.bytes) else {
      throw PackagingFailure.configuration(rendition: name, format.codec)
    }
    return fileType + ChannelCounts.corrected(movie, [format])
  }

  /// `cmfc` (ISO/IEC 23000-19 7.2) for every track alike, and `iso6` for movie fragments with `tfdt` and
  /// moof-relative addresses.
  private static var fileType: [UInt8] {
    var writer = BoxWriter()
    writer.box("ftyp") { box in
      box.append(name: "iso6")
      box.append(UInt32(0))
      for brand in ["iso6", "cmfc", "mp41"] as [StaticString] { box.append(name: brand) }
    }
    return writer.bytes
  }
}

/// Looks at the boxes that libavformat wrote.
enum Boxes {
  /// The whole box at the end of a way of first boxes: `moov`, `trak` ... None on the way is a full box.
  static func inside(_ bytes: [UInt8], _ way: [String]) -> [UInt8]? {
    var range = bytes.startIndex..<bytes.endIndex
    for (index, name) in way.enumerated() {
      guard let box = find(name, bytes, range) else { return nil }
      if index == way.count - 1 { return Array(bytes[box]) }
      range = box.lowerBound + 8..<box.upperBound
    }
    return nil
  }

  private static func find(_ name: String, _ bytes: [UInt8], _ range: Range<Int>) -> Range<Int>? {
    var position = range.lowerBound
    while range.upperBound - position >= 8 {
      let size = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      guard size >= 8, size <= range.upperBound - position else { return nil }
      if bytes[position + 4..<position + 8].elementsEqual(name.utf8) { return position..<position + size }
      position += size
    }
    return nil
  }

  /// The whole `moov`, nil when it is not there.
  static func movie(_ bytes: [UInt8]) -> [UInt8]? { inside(bytes, ["moov"]) }
}
