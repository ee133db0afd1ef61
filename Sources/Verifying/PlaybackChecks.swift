package import Media

/// A stretch of a rendition that is played by itself: files and ranges that stand one after another in it.
package struct PlayPiece: Sendable, Equatable {
  package var path: String
  package var offset: Int64
  package var length: Int64
}

/// Decodes what it is given, in a process of its own: pieces that are one stream in, what came out of each track out.
package protocol RenditionPlayer: Sendable {
  func play(_ pieces: [PlayPiece], name: String) throws -> [PlayedTrack]
  /// The source that a stream was made of; nil where there is none to compare with.
  func playSource() throws -> (name: String, tracks: [PlayedTrack])?
}

/// Plays every rendition and judges what came out by what its boxes or headers said, and by its source. Long
/// renditions are played in pieces, each of which begins with a segment.
struct PlaybackChecks {
  private static let pieceBytes: Int64 = 48 << 20
  private static let pieceTime = 60 * second
  /// Shorter stretches are a fade or a cut.
  private static let longBlack = 2 * second
  private static let longStill = 4 * second

  let findings: Findings
  let options: VerifyOptions

  /// A rendition as it was played, its pieces joined.
  struct Played {
    var path: String
    var video: PlayedTrack?
    var audio: PlayedTrack?
  }

  func check(_ renditions: [Rendition]) {
    guard let player = options.player else { return }
    let playable = renditions.filter {
      $0.isWhole && !$0.isSubtitles && !$0.segments.isEmpty && !$0.facts.isEmpty
    }
    guard !playable.isEmpty else { return }
    var played: [Played] = []
    for rendition in playable where !options.isCancelled() {
      if let one = play(rendition, player) { played.append(one) }
    }
    var source: (name: String, tracks: [PlayedTrack])?
    do { source = try player.playSource() } catch {
      findings.add(.deepUnreadable, playable[0].path, "the source to compare with cannot be played: \(error)")
    }
    for one in played { stretches(one, source?.tracks) }
    if let source { SourceChecks(findings: findings).check(played, playable, source) }
  }

  private func play(_ rendition: Rendition, _ player: any RenditionPlayer) -> Played? {
    var result = Played(path: rendition.path)
    var (videoFrames, soundFrames, played) = (0, 0, 0)
    for piece in pieces(rendition) {
      guard !options.isCancelled() else { return nil }
      do {
        let tracks = try player.play(piece.files, name: rendition.path)
        played += 1
        for track in tracks {
          judge(track, piece, rendition)
          if track.isVideo {
            videoFrames += track.frames
            join(&result.video, track, at: piece.start)
          } else {
            soundFrames += track.frames
            join(&result.audio, track, at: piece.start)
          }
        }
      } catch {
        findings.add(.deepUnreadable, rendition.path, "\(piece.name) cannot be played: \(error)")
        return nil
      }
    }
    counts(rendition, videoFrames, soundFrames, played)
    return result
  }

  // MARK: Pieces

  struct Piece {
    var name: String
    var start: Nanoseconds
    var files: [PlayPiece]
  }

  private func pieces(_ rendition: Rendition) -> [Piece] {
    var result: [Piece] = []
    var (files, bytes, time): ([PlayPiece], Int64, Nanoseconds) = ([], 0, 0)
    var first = 0
    var map: Resource?
    func close(_ end: Int) {
      guard !files.isEmpty else { return }
      result.append(
        Piece(name: "segments \(first + 1) to \(end)", start: rendition.segments[first].start, files: files))
      (files, bytes, time, map) = ([], 0, 0, nil)
    }
    for (index, segment) in zip(rendition.playlist.segments, rendition.segments).enumerated() {
      let item = segment.0
      if files.isEmpty { first = index }
      if !files.isEmpty, item.map != map || item.isDiscontinuous {
        close(index)
        first = index
      }
      if files.isEmpty, let head = item.map {
        files.append(PlayPiece(path: head.path, offset: head.offset, length: head.length))
      }
      map = item.map
      files.append(
        PlayPiece(path: item.resource.path, offset: item.resource.offset, length: item.resource.length))
      bytes = sum(bytes, item.resource.length)
      time = sum(time, segment.1.duration)
      if bytes >= Self.pieceBytes || time >= Self.pieceTime { close(index + 1) }
    }
    close(rendition.segments.count)
    return result
  }

  /// Puts a piece's times onto the rendition's clock, and what it holds behind what was before.
  private func join(_ whole: inout PlayedTrack?, _ track: PlayedTrack, at start: Nanoseconds) {
    // Of sound the container's own times are those of presentation; of pictures FFmpeg shows some a few frames late.
    let own = track.start ?? 0
    let isTimed = !track.isVideo && distance(own, start) < second
    let shift = isTimed ? 0 : sum(start, -own)
    func moved(_ stretches: [PlayedTrack.Stretch]) -> [PlayedTrack.Stretch] {
      stretches.map { PlayedTrack.Stretch(start: sum($0.start, shift), end: sum($0.end, shift)) }
    }
    guard var known = whole else {
      var first = track
      (first.start, first.end) = (track.start.map { sum($0, shift) }, sum(track.end, shift))
      (first.black, first.frozen) = (moved(track.black), moved(track.frozen))
      first.shape.start = sum(track.shape.start, shift)
      whole = first
      return
    }
    known.frames += track.frames
    known.end = sum(track.end, shift)
    known.black = Self.joined(known.black + moved(track.black))
    known.frozen = Self.joined(known.frozen + moved(track.frozen))
    let base = sum(track.shape.start, shift)
    for (index, value) in track.shape.values.enumerated() {
      known.shape.add(value, at: sum(base, Int64(index) * PlayedTrack.Shape.step))
    }
    whole = known
  }

  private static func joined(_ stretches: [PlayedTrack.Stretch]) -> [PlayedTrack.Stretch] {
    var result: [PlayedTrack.Stretch] = []
    for next in stretches {
      if let last = result.last, distance(next.start, last.end) < second / 5 {
        result[result.count - 1].end = next.end
      } else {
        result.append(next)
      }
    }
    return result
  }

  // MARK: Judging

  private func judge(_ track: PlayedTrack, _ piece: Piece, _ rendition: Rendition) {
    let kind = track.isVideo ? "pictures" : "sound"
    if track.refused > 0 || track.concealed > 0 {
      findings.add(
        .deepDecode, rendition.path,
        "\(piece.name), \(kind): \(track.refused) packets refused and \(track.concealed) frames in part made up, expected none"
      )
    }
    for hole in track.holes.prefix(8) {
      let start = sum(sum(hole.start, -(track.start ?? 0)), piece.start)
      findings.add(
        .deepTimes, rendition.path,
        "\(kind): after the frame at \(seconds(start)) the next comes \(seconds(distance(hole.end, hole.start))) later, expected \(seconds(track.step))"
      )
    }
  }

  /// As many frames come out as samples were counted. Priming may be cut off, and each piece's decoder begins anew.
  private func counts(_ rendition: Rendition, _ video: Int, _ sound: Int, _ pieces: Int) {
    let path = rendition.path
    if rendition.videoSamples > 0, rendition.dependentSegments == 0, video != rendition.videoSamples {
      findings.add(
        .deepFrames, path, "\(video) pictures came out, expected \(rendition.videoSamples)")
    }
    let spare = 3 + 2 * pieces
    if rendition.audioSamples > 0,
      !((rendition.audioSamples - spare)...(rendition.audioSamples + pieces)).contains(sound)
    {
      findings.add(
        .deepFrames, path, "\(sound) frames of sound came out, expected \(rendition.audioSamples)")
    }
  }

  /// Black or still for long. Whether the source is so, too, is known only where it is given.
  private func stretches(_ played: Played, _ source: [PlayedTrack]?) {
    guard let video = played.video else { return }
    let original = source?.first(where: \.isVideo)
    let origin = sum(video.start ?? 0, -(original?.start ?? 0))
    let kinds: [(FindingCode, String, Nanoseconds, [PlayedTrack.Stretch], [PlayedTrack.Stretch]?)] = [
      (.deepBlack, "black", Self.longBlack, video.black, original?.black),
      (.deepFrozen, "without change", Self.longStill, video.frozen, original.map { $0.frozen + $0.black }),
    ]
    for (code, word, longest, found, known) in kinds {
      for stretch in found where distance(stretch.end, stretch.start) >= longest {
        let isKnown = (known ?? []).contains {
          sum($0.start, origin) <= stretch.start + second / 2
            && sum($0.end, origin) >= stretch.end - second / 2
        }
        if isKnown { continue }
        findings.add(
          code, played.path,
          "pictures are \(word) from \(seconds(stretch.start)) to \(seconds(stretch.end))"
            + (known == nil
              ? "; give the source with --against to know whether it is so, too" : ", the source's are not"),
          as: known == nil ? .advice : nil)
      }
    }
  }
}
