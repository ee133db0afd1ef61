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

/// Plays what a tree holds and judges what came out by what its boxes or headers said, and by its source.
struct PlaybackChecks {
  /// Shorter stretches are a fade or a cut.
  private static let longBlack = 2 * second
  private static let longStill = 4 * second

  let findings: Findings
  let options: VerifyOptions

  /// What was played, its pieces joined.
  struct Played {
    var what: Playable
    var video: PlayedTrack?
    var audio: PlayedTrack?
    var path: String { what.path }
  }

  func check(_ all: [Playable]) {
    guard let player = options.player, let first = all.first else { return }
    var played: [Played] = []
    for one in all where !options.isCancelled() {
      if let done = play(one, player) { played.append(done) }
    }
    var source: (name: String, tracks: [PlayedTrack])?
    do { source = try player.playSource() } catch {
      findings.add(.deepUnreadable, first.path, "the source to compare with cannot be played: \(error)")
    }
    for one in played { stretches(one, source?.tracks) }
    if let source { SourceChecks(findings: findings).check(played, source) }
  }

  private func play(_ what: Playable, _ player: any RenditionPlayer) -> Played? {
    var result = Played(what: what)
    var (videoFrames, soundFrames) = (0, 0)
    for piece in what.pieces {
      guard !options.isCancelled() else { return nil }
      do {
        for track in try player.play(piece.files, name: what.path) {
          judge(track, piece, what.path)
          if track.isVideo {
            videoFrames += track.frames
            join(&result.video, track, at: piece.start)
          } else {
            soundFrames += track.frames
            join(&result.audio, track, at: piece.start)
          }
        }
      } catch {
        findings.add(.deepUnreadable, what.path, "\(piece.name) cannot be played: \(error)")
        return nil
      }
    }
    counts(what, videoFrames, soundFrames)
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

  private func judge(_ track: PlayedTrack, _ piece: Playable.Piece, _ path: String) {
    let kind = track.isVideo ? "pictures" : "sound"
    if track.refused > 0 || track.concealed > 0 {
      findings.add(
        .deepDecode, path,
        "\(piece.name), \(kind): \(track.refused) packets refused and \(track.concealed) frames in part made up, expected none"
      )
    }
    for hole in track.holes.prefix(8) {
      let start = sum(sum(hole.start, -(track.start ?? 0)), piece.start)
      findings.add(
        .deepTimes, path,
        "\(kind): after the frame at \(seconds(start)) the next comes \(seconds(distance(hole.end, hole.start))) later, expected \(seconds(track.step))"
      )
    }
  }

  /// As many frames come out as samples were counted. Priming may be cut off, and each piece's decoder begins anew.
  private func counts(_ what: Playable, _ video: Int, _ sound: Int) {
    if what.videoSamples > 0, what.isIndependent, video != what.videoSamples {
      findings.add(.deepFrames, what.path, "\(video) pictures came out, expected \(what.videoSamples)")
    }
    let spare = 3 + 2 * what.pieces.count
    let expected = (what.audioSamples - spare)...(what.audioSamples + what.pieces.count)
    if what.audioSamples > 0, !expected.contains(sound) {
      findings.add(
        .deepFrames, what.path, "\(sound) frames of sound came out, expected \(what.audioSamples)")
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
