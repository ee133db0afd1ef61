internal import Media

/// What can be played of a tree: a rendition, a whole file or a row of parts, in pieces that each begin anew, and what
/// has to come out of it.
struct Playable {
  private static let pieceBytes: Int64 = 48 << 20
  private static let pieceTime = 60 * second

  struct Piece {
    var name: String
    var start: Nanoseconds
    var files: [PlayPiece]
  }

  var path: String
  var pieces: [Piece]
  var videoSamples: Int
  var audioSamples: Int
  /// How much of it is presented.
  var duration: Nanoseconds
  /// Every piece can be decoded alone.
  var isIndependent = true
  /// Its frames are of uneven length.
  var isUneven = false

  init(
    path: String, pieces: [Piece], videoSamples: Int, audioSamples: Int, duration: Nanoseconds
  ) {
    (self.path, self.pieces, self.duration) = (path, pieces, duration)
    (self.videoSamples, self.audioSamples) = (videoSamples, audioSamples)
  }

  /// nil of what cannot be read, or has nothing to decode. Long renditions are played in pieces of whole segments.
  init?(_ rendition: Rendition) {
    guard rendition.isWhole, !rendition.isSubtitles, !rendition.segments.isEmpty, !rendition.facts.isEmpty
    else {
      return nil
    }
    let covered = rendition.start < 0 ? sum(rendition.duration, rendition.start) : rendition.duration
    self.init(
      path: rendition.path, pieces: Self.pieces(rendition), videoSamples: rendition.videoSamples,
      audioSamples: rendition.audioSamples, duration: covered)
    isIndependent = rendition.dependentSegments == 0
    isUneven = rendition.unevenRates != nil
  }

  private static func pieces(_ rendition: Rendition) -> [Piece] {
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
      if bytes >= pieceBytes || time >= pieceTime { close(index + 1) }
    }
    close(rendition.segments.count)
    return result
  }
}
