internal import Media

/// Compares what came out of a stream with what came out of its source: how long it lasts, how sound and pictures lie
/// to one another, how many pictures there are.
struct SourceChecks {
  /// Half of what a viewer notices (ITU-R BT.1359).
  private static let noticed: Nanoseconds = 45_000_000
  private static let longest: Nanoseconds = second / 4
  let findings: Findings

  func check(
    _ played: [PlaybackChecks.Played], _ source: (name: String, tracks: [PlayedTrack])
  ) {
    let (pictures, sound) = (source.tracks.first(where: \.isVideo), source.tracks.first { !$0.isVideo })
    let starts = source.tracks.compactMap(\.start)
    guard let start = starts.min(), let end = source.tracks.map(\.end).max() else { return }
    let expected = sum(end, -start)
    for one in played {
      let covered = one.what.duration
      if distance(covered, expected) > Self.longest {
        findings.add(
          .againstDuration, one.path,
          "it lasts \(seconds(covered)), expected \(seconds(expected)) as \(source.name)")
      }
      if let video = one.video, let pictures {
        frames(one.path, video, pictures, isUneven: one.what.isUneven)
      }
    }
    guard let pictures, let sound else { return }
    skew(played, pictures, sound, source.name)
  }

  /// At the source's own rate every picture has to be there; at another, as many as its length holds.
  private func frames(_ path: String, _ video: PlayedTrack, _ source: PlayedTrack, isUneven: Bool) {
    guard video.step > 0, source.step > 0, let start = source.start else { return }
    let isSameRate = distance(video.step, source.step) <= source.step / 50
    let length = distance(source.end, start)
    let expected = isSameRate || isUneven ? Int64(source.frames) : length / video.step
    let allowed = max(3, expected / 200)
    if sum(Int64(video.frames), allowed) < expected {
      findings.add(
        .againstFrames, path,
        "\(video.frames) pictures, expected \(expected) of the source's \(source.frames): \(expected - Int64(video.frames)) were dropped"
      )
    }
  }

  /// Where in the source each rendition's pictures, and each one's sound, lie is found by their shapes; the difference
  /// of the two is what a viewer sees.
  private func skew(
    _ played: [PlaybackChecks.Played], _ pictures: PlayedTrack, _ sound: PlayedTrack, _ name: String
  ) {
    let videos = played.compactMap { one in one.video.flatMap { lag($0, pictures) }.map { (one.path, $0) } }
    let sounds = played.compactMap { one in one.audio.flatMap { lag($0, sound) }.map { (one.path, $0) } }
    for (path, video) in videos {
      // Of a muxed rendition its own sound; otherwise that of each audio rendition.
      let beside = sounds.first { $0.0 == path }.map { [$0] } ?? sounds
      for (other, audio) in beside where distance(audio, video) > Self.noticed {
        let late = audio > video ? "later" : "earlier"
        findings.add(
          .againstSkew, path,
          "sound\(other == path ? "" : " of \(findings.relative(other))") comes \(seconds(distance(audio, video))) \(late) than in \(name), expected within \(seconds(Self.noticed))",
          with: [other])
      }
    }
  }

  /// How much later on its clock a track shows what the source shows; nil where their shapes do not tell.
  private func lag(_ track: PlayedTrack, _ source: PlayedTrack) -> Nanoseconds? {
    guard let shift = ShapeMatch.lag(Array(track.shape.values), Array(source.shape.values)) else {
      return nil
    }
    let steps = Nanoseconds((shift * Double(PlayedTrack.Shape.step)).rounded())
    return sum(steps, sum(track.shape.start, -source.shape.start))
  }
}

/// Finds how far one row of values lies behind another by correlation.
enum ShapeMatch {
  /// 1 s.
  private static let farthest = 50
  private static let least = 100
  /// Ten minutes tell as much as an hour.
  private static let most = 30_000

  /// In steps, with a fraction; nil where nothing stands out.
  static func lag(_ values: [UInt8], _ source: [UInt8]) -> Double? {
    let count = min(values.count, source.count, most)
    guard count > least + 2 * farthest else { return nil }
    let (a, b) = (normalised(values.prefix(count)), normalised(source.prefix(count)))
    guard let a, let b else { return nil }
    var scores: [Double] = []
    for shift in -farthest...farthest {
      var sum = 0.0
      for index in farthest..<count - farthest { sum += a[index] * b[index - shift] }
      scores.append(sum / Double(count - 2 * farthest))
    }
    guard let best = scores.indices.max(by: { scores[$0] < scores[$1] }), best > 0, best < scores.count - 1,
      scores[best] > 0.4
    else { return nil }
    // Something that repeats fits in several places.
    let rival = scores.indices.filter { abs($0 - best) > 8 }.map { scores[$0] }.max() ?? 0
    guard scores[best] - rival > 0.08 else { return nil }
    let (left, middle, right) = (scores[best - 1], scores[best], scores[best + 1])
    let curve = left - 2 * middle + right
    let fraction = curve < 0 ? (left - right) / (2 * curve) : 0
    return Double(best - farthest) + max(-1, min(1, fraction))
  }

  /// Mean 0 and variance 1; nil where nothing changes.
  private static func normalised(_ values: ArraySlice<UInt8>) -> [Double]? {
    let mean = values.reduce(0.0) { $0 + Double($1) } / Double(max(1, values.count))
    let variance =
      values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(max(1, values.count))
    guard variance > 0.5 else { return nil }
    return values.map { (Double($0) - mean) / variance.squareRoot() }
  }
}
