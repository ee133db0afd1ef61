internal import Media

/// Compares the renditions of one master playlist: the same time covered, the same boundaries, one start, one
/// target duration (rules 3, 4, 15 and 18).
struct AlignmentChecks {
  let findings: Findings

  func check(_ all: [Rendition]) {
    targets(all)
    discontinuities(all)
    aspects(all)
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
        findings.add(
          .targetDiffers, rendition.path,
          "EXT-X-TARGETDURATION is \(target), expected \(targets.max() ?? 0) as in the other playlists")
      }
      if target > least {
        findings.add(.targetHigh, rendition.path, "EXT-X-TARGETDURATION is \(target), expected \(least)")
      }
    }
  }

  /// Players switch from one rendition to another by the count of discontinuities (RFC 8216 6.2.4).
  private func discontinuities(_ all: [Rendition]) {
    let places = { (rendition: Rendition) in
      rendition.playlist.segments.indices.filter { rendition.playlist.segments[$0].isDiscontinuous }
    }
    guard let first = all.first else { return }
    let expected = places(first)
    for other in all.dropFirst() where places(other) != expected {
      findings.add(
        .discontinuityDiffers, other.path,
        "discontinuities at segments \(AlignmentChecks.list(places(other))), expected \(AlignmentChecks.list(expected)) as \(findings.relative(first.path))"
      )
    }
  }

  private static func list(_ places: [Int]) -> String {
    places.isEmpty ? "none" : places.prefix(8).map { String($0 + 1) }.joined(separator: ", ")
  }

  /// Sizes are rounded to even numbers, so a picture may be two pixels wider or narrower than its shape.
  private func aspects(_ all: [Rendition]) {
    func shape(_ rendition: Rendition) -> (width: Int64, height: Int64)? {
      guard let video = rendition.video, let size = video.size, size.width > 0, size.height > 0 else {
        return nil
      }
      let aspect = video.pixelAspect.flatMap { $0.isPositive ? $0 : nil } ?? Rational(1, 1)
      return (
        rescale(Int64(size.width), from: Rational(aspect.numerator, aspect.denominator), to: Rational(1, 1)),
        Int64(size.height)
      )
    }
    let shown = all.compactMap { rendition in shape(rendition).map { (rendition, $0) } }
    guard let (first, reference) = shown.max(by: { $0.1.height < $1.1.height }) else { return }
    for (other, own) in shown where other.path != first.path {
      let width = rescale(own.height, from: Rational(reference.width, reference.height), to: Rational(1, 1))
      let height = rescale(own.width, from: Rational(reference.height, reference.width), to: Rational(1, 1))
      if distance(width, own.width) > 2, distance(height, own.height) > 2 {
        findings.add(
          .aspectDiffers, other.path,
          "its pictures are shown as \(own.width)x\(own.height), expected the shape \(reference.width)x\(reference.height) of \(findings.relative(first.path))",
          with: [first.path])
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
      findings.add(
        .coverage, other.path,
        "it covers \(seconds(covered)) s, expected \(seconds(expected)) s as \(findings.relative(reference.path))",
        with: [reference.path])
    }
  }

  private func pictures(_ other: Rendition, _ reference: Rendition) {
    if other.segments.count != reference.segments.count {
      findings.add(
        .alignVideo, other.path, "\(other.segments.count) segments, expected \(reference.segments.count)")
      return
    }
    let tolerance: Nanoseconds = 1000
    for (index, (a, b)) in zip(other.segments, reference.segments).enumerated()
    where distance(a.start, b.start) > tolerance {
      findings.add(
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
      findings.add(
        .startSkew, other.path,
        "sound begins at \(seconds(start)) and pictures at \(seconds(reference.start)), expected less than one audio frame apart",
        with: [reference.path])
    }
    if other.segments.count != reference.segments.count {
      findings.add(
        .alignAudio, other.path, "\(other.segments.count) segments, expected \(reference.segments.count)")
      return
    }
    for (index, (a, b)) in zip(other.segments, reference.segments).enumerated().dropFirst()
    where distance(a.start, b.start) > frame {
      findings.add(
        .alignAudio, other.path,
        "segment \(index + 1) begins at \(seconds(a.start)), expected within one audio frame of \(seconds(b.start))"
      )
    }
  }
}
