/// Judges the WebVTT segments of one playlist, and what they have to agree on with the pictures (rule 13).
struct SubtitleChecks {
  private static let millisecond: Nanoseconds = second / 1000
  let findings: Findings

  /// Every segment is WebVTT with the same map, holds cues of its own time only, and all that reach into it.
  func check(_ rendition: inout Rendition) {
    rendition.isSubtitles = true
    var time: Nanoseconds = 0
    var before: [WebVTTFile.Cue] = []
    var origins: Set<Nanoseconds> = []
    for item in rendition.playlist.segments {
      let path = item.resource.path
      let bytes = try? InputFile.open(path)?.read(
        item.resource.offset, Int(min(item.resource.length, Int64(WebVTTFile.limit))))
      let file = WebVTTFile(Array(bytes ?? []))
      let end = sum(time, item.extinf)
      defer { time = end }
      guard file.isWebVTT else {
        findings.add(.segmentFormat, path, "the first line is not WEBVTT, or it is not UTF-8")
        before = []
        continue
      }
      for fault in file.faults.prefix(8) { findings.add(.subtitleCue, path, fault) }
      if let fault = file.mapFault { findings.add(.subtitleMap, path, fault) }
      if let origin = file.origin {
        origins.insert(origin)
      } else if file.mapFault == nil {
        findings.add(.subtitleMap, path, "no X-TIMESTAMP-MAP, expected one after WEBVTT")
      }
      places(file.cues, time..<max(end, time), before, path)
      before = file.cues
    }
    if origins.count > 1 {
      findings.add(
        .subtitleMap, rendition.path,
        "segments have \(origins.count) timestamp maps, expected the same in all of them")
    }
    rendition.textOrigin = origins.count == 1 ? origins.first : nil
  }

  private func places(
    _ cues: [WebVTTFile.Cue], _ span: Range<Nanoseconds>, _ before: [WebVTTFile.Cue], _ path: String
  ) {
    let outside = cues.first {
      $0.end <= span.lowerBound - Self.millisecond || $0.start >= span.upperBound + Self.millisecond
    }
    if let cue = outside {
      findings.add(
        .subtitleCue, path,
        "a cue from \(seconds(cue.start)) to \(seconds(cue.end)), the segment is from \(seconds(span.lowerBound)) to \(seconds(span.upperBound))"
      )
    }
    let lost = before.first { $0.end > span.lowerBound + Self.millisecond && !cues.contains($0) }
    if let cue = lost, span.lowerBound + Self.millisecond < span.upperBound {
      findings.add(
        .subtitleCue, path,
        "the cue from \(seconds(cue.start)) to \(seconds(cue.end)) reaches into this segment and is not in it"
      )
    }
  }

  /// The map leads to where the pictures begin, and the segments are theirs.
  func check(_ text: Rendition, beside media: Rendition) {
    if let origin = text.textOrigin, media.isWhole {
      let frame = max(media.videoFrame, media.audioFrame, second / 25)
      // Sound's priming lies before the beginning.
      let start = media.isFragmented ? max(media.start, 0) : media.start
      if distance(origin, start) > sum(frame, frame) {
        findings.add(
          .subtitleMap, text.path,
          "cue time 0 is \(seconds(origin)) on the media's clock, which begins at \(seconds(start))")
      }
    }
    let (own, other) = (text.playlist.segments, media.playlist.segments)
    let isSame =
      own.count == other.count
      && zip(own, other).allSatisfy { distance($0.extinf, $1.extinf) <= Self.millisecond }
    if !isSame {
      findings.add(
        .subtitleGrid, text.path,
        "\(own.count) segments, expected the \(other.count) of \(findings.relative(media.path)) with their durations"
      )
    }
  }
}
