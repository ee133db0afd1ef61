internal import Foundation
internal import Media
internal import TestKit
internal import Verifying

/// Plays what the fixture holds without decoding it: tracks as they would come out, with what a test changes.
struct StubPlayer: RenditionPlayer {
  struct Failure: Error {}

  var fails = false
  var hasSource = false
  var edit: @Sendable (inout PlayedTrack) -> Void = { _ in }
  var editSource: @Sendable (inout PlayedTrack) -> Void = { _ in }

  /// Six seconds whose shape is found nowhere else.
  static func track(isVideo: Bool) -> PlayedTrack {
    var random = SeededGenerator(state: isVideo ? 1 : 2)
    var track = PlayedTrack(isVideo: isVideo)
    track.frames = isVideo ? 60 : 283
    track.step = isVideo ? 100_000_000 : 21_333_333
    (track.start, track.end) = (0, 6_000_000_000)
    track.shape.values = Data((0..<300).map { _ in UInt8.random(in: 0...255, using: &random) })
    return track
  }

  func play(_ pieces: [PlayPiece], name: String) throws -> [PlayedTrack] {
    if fails { throw Failure() }
    var track = Self.track(isVideo: !name.contains("audio"))
    edit(&track)
    return [track]
  }

  func playSource() throws -> (name: String, tracks: [PlayedTrack])? {
    guard hasSource else { return nil }
    var tracks = [Self.track(isVideo: true), Self.track(isVideo: false)]
    for index in tracks.indices { editSource(&tracks[index]) }
    return ("source.mov", tracks)
  }
}

extension Mutation {
  private static func played(
    _ code: FindingCode, _ name: String, _ player: StubPlayer
  ) -> Mutation {
    var mutation = Mutation(code, name, deep: true, path: master) { _ in }
    mutation.player = player
    return mutation
  }

  static let playbacks: [Mutation] = [
    played(.deepUnreadable, "the player dies", StubPlayer(fails: true)),
    played(.deepDecode, "a packet refused", StubPlayer(edit: { $0.refused = 1 })),
    played(.deepFrames, "a picture less", StubPlayer(edit: { if $0.isVideo { $0.frames -= 1 } })),
    played(
      .deepTimes, "a hole",
      StubPlayer(edit: { $0.holes = [PlayedTrack.Stretch(start: 0, end: 900_000_000)] })),
    played(
      .deepBlack, "no light, and no source to ask",
      StubPlayer(edit: { $0.black = [PlayedTrack.Stretch(start: 0, end: 3_000_000_000)] })),
    played(
      .deepFrozen, "standing still where the source moves",
      StubPlayer(hasSource: true, edit: { $0.frozen = [PlayedTrack.Stretch(start: 0, end: 5_000_000_000)] })),
    played(
      .againstDuration, "a second less than the source",
      StubPlayer(hasSource: true, editSource: { if !$0.isVideo { $0.end = 7_000_000_000 } })),
    played(
      .againstSkew, "sound 200 ms late",
      StubPlayer(
        hasSource: true,
        editSource: {
          guard !$0.isVideo else { return }
          $0.shape.values = Data($0.shape.values.dropFirst(10) + Array(repeating: 0, count: 10))
        })),
    played(
      .againstFrames, "half of the source's pictures",
      StubPlayer(hasSource: true, editSource: { if $0.isVideo { $0.frames = 120 } })),
  ]

  static let goldens: [Mutation] = [
    golden(.goldenDiffers, "another name") { $0.replace(master, "English", "Engelsk") },
    golden(.goldenMissing, "a playlist more in the kept tree") {
      $0.files[hls + "old.m3u8"] = $0.files[index]
    },
    golden(.goldenAdded, "a playlist less in the kept tree") { $0.delete(index) },
  ]

  private static func golden(
    _ code: FindingCode, _ name: String, _ change: @escaping @Sendable (inout FileTree) -> Void
  ) -> Mutation {
    var mutation = Mutation(code, name) { _ in }
    mutation.golden = change
    return mutation
  }
}
