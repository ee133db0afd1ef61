/// Judges an init segment by rule 17 and rule 18's edit list.
struct InitChecks {
  let path: String
  let findings: Findings

  /// `tracks` is how many there may be: one in CMAF, two in a muxed part.
  func check(_ segment: InitSegment, tracks: Int, cmaf: Bool = true) {
    if cmaf, Set(segment.brands).isDisjoint(with: ["cmfc", "cmf2"]) {
      findings.add(
        .initBrand, path, "ftyp brands are \(segment.brands.joined(separator: " ")), expected cmfc among them"
      )
    }
    if !segment.hasExtends { findings.add(.initStructure, path, "moov without mvex") }
    if !segment.strangers.isEmpty {
      findings.add(
        .initStructure, path, "boxes \(segment.strangers.joined(separator: " ")), expected only ftyp and moov"
      )
    }
    if segment.tracks.isEmpty || segment.tracks.count > tracks {
      findings.add(
        .initTracks, path, "\(segment.tracks.count) tracks, expected \(tracks)",
        as: segment.tracks.isEmpty ? .error : nil)
    }
    for duration in segment.movieDurations + segment.tracks.flatMap(\.durations)
    where duration != 0 && duration != 0xFFFF_FFFF && duration != -1 {
      findings.add(
        .initDuration, path, "a duration of \(duration), expected 0 since the samples come later")
      break
    }
    for track in segment.tracks {
      check(track)
      if track.isVideo, track.isTurned {
        findings.add(.rotation, path, "track \(track.id) has a matrix that turns its pictures, expected none")
      }
    }
  }

  private func check(_ track: InitSegment.Track) {
    let name = "track \(track.id)"
    if track.defaults == nil { findings.add(.initStructure, path, "\(name) has no trex") }
    if track.timescale <= 0 { findings.add(.initStructure, path, "\(name) has the timescale 0") }
    if track.hasSamples { findings.add(.initSamples, path, "\(name) has samples in moov, expected none") }
    edits(track, name)
    guard track.entries.count == 1, let entry = track.entries.first else {
      findings.add(.initConfig, path, "\(name) has \(track.entries.count) sample entries, expected one")
      return
    }
    if entry.isEncrypted {
      findings.add(
        .encrypted, path, "\(name) is encrypted (\(entry.format)): its samples are not looked into")
      return
    }
    guard ["vide", "soun"].contains(track.handler) else { return }
    guard let facts = entry.facts else {
      findings.add(.initConfig, path, "\(name) is coded as \(entry.format), which is not known here")
      return
    }
    if ["avc3", "hev1"].contains(entry.format) {
      findings.add(.initConfig, path, "\(name) is \(entry.format), expected avc1 or hvc1 (A 1.10)")
    }
    facts.isVideo ? video(entry, facts, name) : audio(track, entry, facts, name)
  }

  private func video(_ entry: SampleEntry, _ facts: CodecFacts, _ name: String) {
    if facts.isInterlaced {
      findings.add(
        .interlaced, path, "\(name) is coded for fields (frame_mbs_only_flag is 0), expected frames")
    }
    if let coded = facts.size, let claimed = entry.size, coded != claimed {
      findings.add(.initConfig, path, "\(name): the sample entry says \(claimed), the bitstream \(coded)")
    }
    if !entry.hasColour { findings.add(.initColour, path, "\(name) has no colr box of type nclx") }
    guard let aspect = entry.pixelAspect else {
      findings.add(.initColour, path, "\(name) has no pasp box")
      return
    }
    if aspect.numerator != aspect.denominator || aspect.numerator == 0 {
      findings.add(.pixelAspect, path, "\(name) has pixels of \(aspect), expected square ones")
    }
  }

  private func audio(_ track: InitSegment.Track, _ entry: SampleEntry, _ facts: CodecFacts, _ name: String) {
    if let coded = facts.channels, let claimed = entry.channels, coded != claimed,
      facts.codecs.hasPrefix("mp4a.40.2")
    {
      findings.add(
        .initConfig, path, "\(name): the sample entry says \(claimed) channels, the bitstream \(coded)")
    }
    if let coded = facts.sampleRate, let claimed = entry.sampleRate, coded < 65536, coded != claimed,
      facts.codecs.hasPrefix("mp4a.40.2")
    {
      findings.add(
        .initConfig, path, "\(name): the sample entry says \(claimed) Hz, the bitstream \(coded)")
    }
  }

  /// In samples: a quarter of a second is more than any encoder's at usual rates, not at 8000 a second.
  private static let longestPriming: Int64 = 4096

  /// One edit that skips encoder delay, in audio; none in video.
  private func edits(_ track: InitSegment.Track, _ name: String) {
    if track.edits.contains(where: { $0.mediaTime < 0 }) {
      findings.add(.editList, path, "\(name) has an empty edit, which players treat differently")
    }
    let real = track.edits.filter { $0.mediaTime >= 0 }
    if real.count > 1 {
      findings.add(.editList, path, "\(name) has \(real.count) edits, expected one at most")
    }
    guard let skipped = real.first?.mediaTime, skipped > 0 else { return }
    if track.isVideo {
      findings.add(.editList, path, "\(name): a video edit list skips \(skipped) ticks, expected none")
    } else if track.timescale > 0, skipped > max(track.timescale / 4, InitChecks.longestPriming) {
      findings.add(
        .editList, path,
        "\(name): the edit list skips \(skipped) ticks of \(track.timescale) a second, more than priming")
    }
  }
}
