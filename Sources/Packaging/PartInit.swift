internal import LibAV
internal import Media

/// Makes the init segment of parts: one `moov` for both tracks. Libavformat writes it from the first sample of each;
/// pictures are reordered by negative composition offsets and have no edit list, sound has one that skips its priming.
enum PartInit {
  static func make(
    _ fragmenter: PartFragmenter, languages: [String?], payloads: PayloadReader
  ) throws -> [UInt8] {
    var tracks: [MuxerTrack] = []
    var options = [
      "movflags":
        "empty_moov+default_base_moof+frag_custom+delay_moov+skip_trailer+negative_cts_offsets",
      "use_editlist": "1",
    ]
    for (index, format) in fragmenter.formats.enumerated() {
      var format = format
      let timescale = fragmenter.clocks[index].timescale
      format.timebase = Rational(1, Int64(timescale))
      if format.codec.isVideo { options["video_track_timescale"] = String(timescale) }
      tracks.append(MuxerTrack(format, language: languages[index]))
    }
    let sink = MuxerBuffer()
    let muxer = try Muxer.open(.mp4, tracks: tracks, options: options, sink: sink)
    for (index, first) in fragmenter.firstSamples.enumerated() {
      let clock = fragmenter.clocks[index]
      let start = 0 &- (try clock.units(fragmenter.skipped[index]))
      let packet = try Packet.copying(try payloads.bytes(first))
      packet.stream = index
      packet.presentation = start
      packet.decode = start
      packet.duration = try clock.units(first.duration)
      packet.isKey = true
      try muxer.write(packet)
    }
    // With delay_moov the first flush writes the moov and nothing else.
    try muxer.flush()
    guard let movie = Boxes.movie(sink.bytes) else { throw PartsFailure.initSegment }
    return fileType + ChannelCounts.corrected(movie, fragmenter.formats)
  }

  /// Movie fragments with signed composition offsets and `tfdt` (ISO/IEC 14496-12 Annex E).
  private static var fileType: [UInt8] {
    var writer = BoxWriter()
    writer.box("ftyp") { box in
      box.append(name: "iso6")
      box.append(UInt32(0))
      for brand in ["iso6", "mp41"] as [StaticString] { box.append(name: brand) }
    }
    return writer.bytes
  }
}
