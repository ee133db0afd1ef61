/// Judges an I-frame playlist against the keyframes that were found in the segments it points into (rule 12).
struct IFrameChecks {
  let findings: Findings

  /// `entry` is the master playlist's line for it, with that playlist's path.
  func check(
    _ playlist: MediaPlaylist, _ entry: (variant: MasterPlaylist.Variant, master: String)?,
    _ renditions: [String: Rendition]
  ) {
    let path = playlist.path
    if !playlist.isIFramesOnly {
      findings.add(.iframeRange, path, "no EXT-X-I-FRAMES-ONLY, expected in an I-frame playlist")
    }
    guard let first = playlist.segments.first else { return }
    let owners = renditions.values.filter {
      $0.playlist.files.contains(first.resource.path) && $0.video != nil
    }
    guard let owner = owners.min(by: { $0.path < $1.path }) else {
      // Of a rendition that cannot be read nothing is known but that.
      guard renditions.values.allSatisfy({ $0.isWhole }) else { return }
      findings.add(.iframeCoverage, path, "no media playlist has the segments that it points into")
      return
    }
    guard owner.isWhole else { return }
    if playlist.segments.first?.map != owner.playlist.segments.first?.map {
      findings.add(.mapChanged, path, "EXT-X-MAP is another one than in \(findings.relative(owner.path))")
    }
    if playlist.segments.count != owner.keyframes.count {
      findings.add(
        .iframeCoverage, path,
        "\(playlist.segments.count) I-frames, expected \(owner.keyframes.count), one a GOP")
    } else if owner.syncSamples > playlist.segments.count {
      findings.add(
        .iframeCoverage, path,
        "\(playlist.segments.count) I-frames, of \(owner.syncSamples) that the fragments hold; one a moof would let all be named",
        as: .warning)
    }
    ranges(playlist, owner)
    guard let entry else { return }
    compare(entry.variant, entry.master, playlist, owner)
  }

  private func ranges(_ playlist: MediaPlaylist, _ owner: Rendition) {
    let path = playlist.path
    var places: [String: [Int64: Int]] = [:]
    for (index, keyframe) in owner.keyframes.enumerated() {
      for start in keyframe.starts { places[keyframe.path, default: [:]][start] = index }
    }
    let end = sum(owner.segments.last?.start ?? 0, owner.segments.last?.duration ?? 0)
    for (index, item) in playlist.segments.enumerated() {
      let resource = item.resource
      guard let number = places[resource.path]?[resource.offset] else {
        findings.add(
          .iframeRange, path,
          "entry \(index + 1) begins at \(resource.offset) of \(findings.relative(resource.path)), where no GOP begins"
        )
        continue
      }
      let keyframe = owner.keyframes[number]
      if resource.end != keyframe.end {
        findings.add(
          .iframeRange, path,
          "entry \(index + 1) ends at \(resource.end) of \(findings.relative(resource.path)), expected \(keyframe.end), where its I-frame ends"
        )
      }
      let next = number + 1 < owner.keyframes.count ? owner.keyframes[number + 1].time : end
      let expected = sum(next, -keyframe.time)
      if distance(item.extinf, expected) > second / 1000 {
        findings.add(
          .extinfWrong, path,
          "EXTINF of entry \(index + 1) is \(seconds(item.extinf)), expected \(seconds(expected)) to the next I-frame"
        )
      }
    }
  }

  private func compare(
    _ variant: MasterPlaylist.Variant, _ path: String, _ playlist: MediaPlaylist, _ owner: Rendition
  ) {
    let rendition = Rendition(playlist: playlist)
    let place = Place.line(variant.line)
    VariantChecks.compare(
      variant.attributes, rendition.peakRate, rendition.averageRate, path, place, findings)
    if let text = variant.attributes["CODECS"], let video = owner.video,
      CodecFacts.comparable(text) != CodecFacts.comparable(video.codecs)
    {
      findings.add(.codecsWrong, path, "CODECS is \"\(text)\", expected \"\(video.codecs)\"", at: place)
    }
    if let text = variant.attributes["RESOLUTION"], let size = owner.video?.size, text != size.description {
      findings.add(.resolutionWrong, path, "RESOLUTION is \(text), expected \(size)", at: place)
    }
  }
}
