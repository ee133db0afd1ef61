/// Compares the renditions of one master playlist: the same time covered, the same boundaries, one start, one
/// target duration (rules 3, 4, 15 and 18).
struct AlignmentChecks {
  let findings: Findings

  func check(_ all: [Rendition]) {
    targets(all)
    let whole = all.filter { $0.isWhole && !$0.segments.isEmpty }
    guard let reference = whole.first(where: { $0.video != nil }) ?? whole.first else { return }
    for other in all where other.isSubtitles {
      coverage(other, reference, covered: other.playlist.duration, within: second)
      SubtitleChecks(findings: findings).check(other, beside: reference)
    }
    for other in whole where other.path != reference.path && !other.isSubtitles {
      let frame = max(reference.videoFrame, reference.audioFrame, other.audioFrame)
      coverage(other, reference, covered: AlignmentChecks.shown(other), within: frame)
      if other.video != nil, reference.video != nil {
        pictures(other, reference)
      } else {
        sound(other, reference)
      }
    }
  }

  private func targets(_ all: [Rendition]) {
    let targets = Set(all.compactMap(\.playlist.target))
    let least = all.map(\.playlist.leastTarget).max() ?? 0
    for rendition in all {
      guard let target = rendition.playlist.target else { continue }
      if targets.count > 1, target != targets.max() {
        findings.error(
          .targetDiffers, rendition.path,
          "EXT-X-TARGETDURATION is \(target), expected \(targets.max() ?? 0) as in the other playlists")
      }
      if target > least {
        findings.error(.targetHigh, rendition.path, "EXT-X-TARGETDURATION is \(target), expected \(least)")
      }
    }
  }

  /// How much time of it is presented: without the priming that the edit list skips.
  private static func shown(_ rendition: Rendition) -> Nanoseconds {
    rendition.start < 0 ? sum(rendition.duration, rendition.start) : rendition.duration
  }

  private func coverage(
    _ other: Rendition, _ reference: Rendition, covered: Nanoseconds, within tolerance: Nanoseconds
  ) {
    let expected = AlignmentChecks.shown(reference)
    // A tick may be rounded at either end.
    if distance(covered, expected) > tolerance + 50_000 {
      findings.error(
        .coverage, other.path,
        "it covers \(seconds(covered)) s, expected \(seconds(expected)) s as \(findings.relative(reference.path))",
        with: [reference.path])
    }
  }

  private func pictures(_ other: Rendition, _ reference: Rendition) {
    if other.segments.count != reference.segments.count {
      findings.error(
        .alignVideo, other.path, "\(other.segments.count) segments, expected \(reference.segments.count)")
      return
    }
    let tolerance: Nanoseconds = 1000
    for (index, (a, b)) in zip(other.segments, reference.segments).enumerated()
    where distance(a.start, b.start) > tolerance {
      findings.error(
        .alignVideo, other.path,
        "segment \(index + 1) begins at \(seconds(a.start)), expected \(seconds(b.start))")
    }
  }

  private func sound(_ other: Rendition, _ reference: Rendition) {
    let frame = max(other.audioFrame, second / 100)
    let start = max(other.start, other.skipped > 0 ? 0 : other.start)
    // A transport stream cannot skip priming: its sound begins up to one frame early, and what is heard is in time.
    let residue = other.isFragmented ? frame - 1 : frame + second / 90_000
    if reference.video != nil, distance(start, reference.start) > residue {
      findings.error(
        .startSkew, other.path,
        "sound begins at \(seconds(start)) and pictures at \(seconds(reference.start)), expected less than one audio frame apart",
        with: [reference.path])
    }
    if other.segments.count != reference.segments.count {
      findings.error(
        .alignAudio, other.path, "\(other.segments.count) segments, expected \(reference.segments.count)")
      return
    }
    for (index, (a, b)) in zip(other.segments, reference.segments).enumerated().dropFirst()
    where distance(a.start, b.start) > frame {
      findings.error(
        .alignAudio, other.path,
        "segment \(index + 1) begins at \(seconds(a.start)), expected within one audio frame of \(seconds(b.start))"
      )
    }
  }
}
