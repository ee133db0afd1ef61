internal import Media

/// Reads a media playlist's segments one at a time and judges them against it: rules 5, 6, 14, 16 to 19. A parsed
/// playlist in, a `Rendition` out, and the hashes of those files that somebody waits for. For one thread.
struct RenditionChecker {
  let findings: Findings
  let options: VerifyOptions
  let files: SegmentFiles
  private var deep: Bool { options.deep }

  init(findings: Findings, options: VerifyOptions, wanted: Set<String> = []) {
    self.findings = findings
    self.options = options
    files = SegmentFiles(wanted: wanted, makeHash: options.makeHash)
  }

  func check(_ playlist: MediaPlaylist) -> Rendition {
    var rendition = Rendition(playlist: playlist)
    defer { files.finish() }
    guard !playlist.isEncrypted, let first = playlist.segments.first else {
      rendition.isWhole = false
      return rendition
    }
    findings.checked.segments += playlist.segments.count
    findings.checked.bytes = playlist.segments.reduce(findings.checked.bytes) { sum($0, $1.resource.length) }
    let head =
      (try? InputFile.open(first.resource.path)?.read(first.resource.offset, 2)).map(Array.init) ?? []
    if first.resource.path.hasSuffix(".vtt") || first.resource.path.hasSuffix(".webvtt") {
      SubtitleChecks(findings: findings).check(&rendition)
    } else if first.map != nil {
      fragmented(&rendition)
    } else if head.first == 0x47 {
      transport(&rendition)
    } else if head == [0x49, 0x44] || head.first == 0xFF || head == [0x0B, 0x77] {
      PackedAudio(findings: findings, files: files).check(&rendition)
    } else {
      fragmented(&rendition)
    }
    if rendition.isWhole, !rendition.isSubtitles { durations(rendition) }
    if playlist.isDamaged { rendition.isWhole = false }
    if playlist.isIndependent { independence(rendition, at: playlist.path) }
    if let rate = rendition.frameRate, rate.approximate > 60.06 {
      findings.add(
        .frameRateHigh, playlist.path,
        "\(DecimalText.rate(rate)) pictures a second, expected at most 60")
    }
    return rendition
  }

  /// A claim that every segment can be decoded alone, made in a playlist.
  func independence(_ rendition: Rendition, at path: String) {
    guard rendition.dependentSegments > 0 else { return }
    findings.add(
      .independentFalse, path,
      "EXT-X-INDEPENDENT-SEGMENTS, but \(rendition.dependentSegments) segments of \(findings.relative(rendition.path)) need those before them",
      with: [rendition.path])
  }

  // MARK: fMP4

  private func fragmented(_ rendition: inout Rendition) {
    let playlist = rendition.playlist
    guard let map = playlist.segments.first?.map else {
      if isBoxes(playlist) {
        findings.add(.mapMissing, playlist.path, "fMP4 segments without EXT-X-MAP")
      } else {
        findings.add(
          .segmentFormat, playlist.path, "the first segment is neither fMP4, MPEG-TS, packed audio nor WebVTT"
        )
      }
      rendition.isWhole = false
      return
    }
    rendition.isFragmented = true
    guard let initial = initSegment(map) else {
      rendition.isWhole = false
      return
    }
    var walk = FragmentWalk(initial, deep: deep, findings: findings)
    var last = map
    for item in playlist.segments where !options.isCancelled() {
      if item.isDiscontinuous { walk.discontinuity() }
      if let next = item.map, next != last {
        last = next
        _ = initSegment(next)
      }
      guard let file = files.open(item.resource.path),
        let measured = walk.segment(file, item.resource.offset..<item.resource.end)
      else {
        rendition.isWhole = false
        continue
      }
      rendition.segments.append(measured)
    }
    fill(&rendition, walk)
  }

  private func isBoxes(_ playlist: MediaPlaylist) -> Bool {
    guard let first = playlist.segments.first, let file = InputFile.open(first.resource.path) else {
      return false
    }
    var walker = BoxWalker(file, first.resource.offset..<first.resource.end)
    guard let box = try? walker.next() else { return false }
    return ["styp", "sidx", "moof", "ftyp", "emsg", "prft"].contains(box.type)
  }

  private func fill(_ rendition: inout Rendition, _ walk: FragmentWalk) {
    rendition.facts = walk.tracks.compactMap(\.track.facts)
    if let video = walk.video {
      let timescale = video.track.timescale
      rendition.keyframes = video.keyframes
      rendition.videoFrame = video.frame
      rendition.videoSamples = video.samples
      rendition.syncSamples = video.syncSamples
      rendition.dependentSegments = video.dependentSegments
      if video.frameTicks > 0 { rendition.frameRate = Rational(timescale, video.frameTicks) }
      rendition.unevenRates = RenditionChecker.rates(video.frameSpan, timescale)
      gops(video.longestGOP, rendition)
    }
    guard let audio = walk.audio else { return }
    rendition.audioFrame = audio.frame
    rendition.audioSamples = audio.samples
    if let video = walk.video {
      if let sound = audio.firstShown, let pictures = video.firstShown {
        // What comes before 0 is skipped.
        rendition.audioLead = sum(max(sound, min(pictures, 0)), -pictures)
      }
      lead(rendition)
    } else {
      rendition.skipped = nanoseconds(audio.track.skipped, audio.track.timescale)
    }
  }

  private func initSegment(_ map: Resource) -> InitSegment? {
    guard let file = InputFile.open(map.path) else { return nil }
    do throws(Malformed) {
      guard map.length <= Int64(InitSegment.limit) else {
        throw Malformed("an init segment of \(map.length) bytes")
      }
      let segment = try InitSegment.parse(try file.read(map.offset, Int(map.length)))
      InitChecks(path: map.path, findings: findings).check(segment, tracks: 1)
      return segment
    } catch {
      findings.add(.boxMalformed, map.path, error.what)
      return nil
    }
  }

  // MARK: MPEG-TS

  private func transport(_ rendition: inout Rendition) {
    var checker = TransportTrack(deep: deep, findings: findings)
    for item in rendition.playlist.segments where !options.isCancelled() {
      guard let file = files.open(item.resource.path),
        checker.segment(file, item.resource.offset..<item.resource.end, isDiscontinuous: item.isDiscontinuous)
      else {
        rendition.isWhole = false
        continue
      }
    }
    rendition.segments = checker.segments
    // One picture alone has no duration in a transport stream but the one that the playlist gives it.
    if let last = rendition.segments.indices.last, rendition.segments[last].duration == 0,
      checker.frameTicks == 0, let item = rendition.playlist.segments.last
    {
      rendition.segments[last].duration = item.extinf
    }
    rendition.facts = checker.facts
    rendition.keyframes = checker.keyframes
    rendition.audioFrame = nanoseconds(checker.audioFrameTicks, TransportTrack.clock)
    rendition.audioLead = checker.audioLead
    rendition.dependentSegments = checker.dependentSegments
    (rendition.videoSamples, rendition.audioSamples) = (checker.pictures, checker.soundFrames)
    if rendition.video != nil, checker.frameTicks > 0 {
      rendition.videoFrame = nanoseconds(checker.frameTicks, TransportTrack.clock)
      rendition.frameRate = RenditionChecker.rate(ticks: checker.frameTicks)
      rendition.unevenRates = RenditionChecker.rates(checker.frameSpan, TransportTrack.clock)
      gops(checker.longestGOP, rendition)
    }
    if rendition.video?.isInterlaced ?? false {
      findings.add(
        .interlaced, rendition.path,
        "pictures are coded for fields (frame_mbs_only_flag is 0), expected frames")
    }
    lead(rendition)
  }

  /// Sound and pictures of one rendition begin together.
  private func lead(_ rendition: Rendition) {
    guard let lead = rendition.audioLead, rendition.isWhole else { return }
    let frame = max(rendition.audioFrame, second / 50)
    // Priming that a transport stream cannot skip comes one frame early; what is heard is in time.
    if distance(lead, 0) > frame * (rendition.isFragmented ? 1 : 2) {
      findings.add(
        .startSkew, rendition.path,
        "sound begins \(seconds(lead)) s after the pictures, expected within one audio frame")
    }
  }

  /// A rate like 24000/1001 has frames of 3753.75 ticks: the standard rate whose frame rounds to these ticks.
  private static func rate(ticks: Int64) -> Rational {
    let standard = [(24000, 1001), (30000, 1001), (48000, 1001), (60000, 1001)].map { Rational($0.0, $0.1) }
    let exact = Rational(TransportTrack.clock, ticks)
    if TransportTrack.clock % ticks == 0 { return exact }
    return standard.first { rate in
      let frame = rescale(
        rate.denominator, from: Rational(1, rate.numerator), to: Rational(1, TransportTrack.clock))
      return distance(frame, ticks) <= 1
    } ?? exact
  }

  /// nil where the lengths differ by no more than rounding to ticks does.
  private static func rates(_ span: ClosedRange<Int64>, _ timescale: Int64) -> ClosedRange<Int64>? {
    guard span.lowerBound > 0, span.upperBound - span.lowerBound > 2 else { return nil }
    let rate = { (ticks: Int64) in
      rescale(timescale, from: Rational(1, ticks), to: Rational(1, 1000))
    }
    return rate(span.upperBound)...rate(span.lowerBound)
  }

  private func gops(_ longest: Nanoseconds, _ rendition: Rendition) {
    if longest > second * 21 / 10 {
      findings.add(.gopLong, rendition.path, "GOPs last up to \(seconds(longest)) s, expected 2 s")
    }
    guard rendition.isWhole, rendition.segments.count > 1, let last = rendition.segments.last, longest > 0
    else {
      return
    }
    // Long GOPs do not make a runt of what would be none among those of 2 s.
    let least = min(longest / 2, second)
    if last.duration < least {
      findings.add(
        .segmentRunt, rendition.path,
        "the last segment lasts \(seconds(last.duration)) s, expected it joined to the one before (GOPs of \(seconds(longest)) s)"
      )
    }
  }

  // MARK: Durations

  /// Each EXTINF is its segment's real length, and their sum does not drift.
  private func durations(_ rendition: Rendition) {
    guard rendition.segments.count == rendition.playlist.segments.count else { return }
    // A tick may be rounded at either end.
    let frame = max(rendition.videoFrame, rendition.video == nil ? rendition.audioFrame : 0, 1000) + 23_000
    // Of a run of segments the error is the difference of the sums before it and at its end.
    var drift: Nanoseconds = 0
    var (least, most): (Nanoseconds, Nanoseconds) = (0, 0)
    for (index, (item, real)) in zip(rendition.playlist.segments, rendition.segments).enumerated() {
      let difference = sum(item.extinf, -real.duration)
      // The first audio segment may be counted with or without the priming that its edit list skips.
      let skipped = index == 0 ? rendition.skipped : 0
      let nearest = min(distance(difference, 0), distance(sum(difference, skipped), 0))
      if nearest > RenditionChecker.tolerance(item.decimals, rendition.isFragmented) {
        findings.add(
          .extinfWrong, rendition.path,
          "EXTINF of segment \(index + 1) is \(seconds(item.extinf)), expected \(seconds(real.duration))",
          at: .line(item.line), as: nearest <= frame ? .warning : nil)
      }
      if index > 0 || distance(difference, 0) == nearest { drift = sum(drift, difference) }
      (least, most) = (min(least, drift), max(most, drift))
      if distance(most, least) > frame {
        findings.add(
          .extinfDrift, rendition.path,
          "up to segment \(index + 1) the EXTINF sum of a run of segments is \(seconds(distance(most, least))) s off, expected within \(seconds(frame)) s",
          at: .line(item.line))
        return
      }
    }
  }

  /// One unit of the last decimal written, at most a millisecond; a transport stream's ticks add two of theirs.
  private static func tolerance(_ decimals: Int, _ isFragmented: Bool) -> Nanoseconds {
    var unit = second
    for _ in 0..<min(decimals, 9) { unit /= 10 }
    return min(max(unit, 1000), second / 1000) + (isFragmented ? 0 : 23_000)
  }
}
