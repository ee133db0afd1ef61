package import Media

/// What of a title's ends shows and says nothing: how long its pictures are black and its sound is silent, from the
/// start of the timeline and up to its end, for steps that choose pictures or offer to skip. A title that is black (or
/// silent) throughout has its whole length at both ends.
package struct SourceEnds: Sendable, Equatable {
  package struct Ends: Sendable, Equatable {
    package var head: MediaTime
    package var tail: MediaTime

    package init(head: MediaTime, tail: MediaTime) {
      self.head = head
      self.tail = tail
    }
  }

  /// nil where no pictures were looked at.
  package var black: Ends?
  /// Where none of the tracks is heard; nil where no sound was encoded.
  package var silent: Ends?

  /// `analyses` of all chunks in order (or none), and what came of each track of sound.
  package init(
    video: VideoPlan?, analyses: [ChunkAnalysis], sound: [(plan: AudioPlan, result: AudioResult)]
  ) {
    if let video, !analyses.isEmpty {
      let chunks = Array(zip(analyses, video.chunks))
      let tick = video.frameRate.inverse
      black = Ends(
        head: MediaTime(Self.run(chunks.map { ($0.0.blackHead, $0.1.frames) }), tick),
        tail: MediaTime(Self.run(chunks.reversed().map { ($0.0.blackTail, $0.1.frames) }), tick))
    }
    let tracks = sound.map { track in
      let tick = Rational(1, Int64(track.plan.sampleRate))
      return Ends(
        head: MediaTime(track.result.silentHead, tick), tail: MediaTime(track.result.silentTail, tick))
    }
    if let head = tracks.map(\.head).min(), let tail = tracks.map(\.tail).min() {
      silent = Ends(head: head, tail: tail)
    }
  }

  /// The black frames that follow one another over whole chunks into the first that is not black throughout.
  private static func run(_ chunks: [(black: Int, frames: Int)]) -> Int64 {
    var total: Int64 = 0
    for chunk in chunks {
      total += Int64(min(chunk.black, chunk.frames))
      if chunk.black < chunk.frames { break }
    }
    return total
  }
}
