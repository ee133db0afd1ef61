internal import Foundation
package import Media

/// How large the first picture of whole files may be: a plan in; for a first chunk whose first picture came out too
/// large, what it is to be made again with, out.
///
/// A whole file is shown from its first bytes: its index is first, then the first picture. A player that has asked for
/// 64 KB can show it if both fit into that. A keyframe of much detail does not, so its quantiser is raised by as much
/// as is needed, and the pictures that follow it get the bits.
package struct OpeningPicture: Sendable {
  /// What a player asks for first.
  private static let head = 65_536
  /// A first picture of less than this would be a poor one: where the index leaves no more, the file is too long to
  /// begin from its first 64 KB.
  private static let leastRoom = 32_768
  /// A picture that was raised and takes less of its room than this was raised too far.
  private static let leastUsed = 0.6
  /// In steps of the quantiser.
  private static let mostRaised = 24.0

  /// The bytes that the first picture may have.
  package let room: Int

  /// nil where nothing but whole files is made, or where their index is too large.
  package init?(_ plan: Plan) {
    guard let video = plan.video, plan.outputs.contains(.mp4),
      !plan.outputs.contains(where: { $0 == .hls || $0 == .dash || $0 == .parts })
    else { return nil }
    room = Self.head - Self.index(plan, video)
    guard room >= Self.leastRoom else { return nil }
  }

  /// The most that `ftyp` and `moov` take: what each box has whatever is in it, and what its tables have for each
  /// picture, packet of sound, keyframe, and run of half a second.
  private static func index(_ plan: Plan, _ video: VideoPlan) -> Int {
    let seconds = Double(video.frames) / max(0.001, video.frameRate.approximate)
    let runs = Int(2 * seconds) + 2
    let keyframes = video.frames / max(1, video.gopFrames) + 1
    var bytes = 900 + 12 * video.frames + 4 * keyframes + 16 * runs
    let copied = plan.copies?.audio.map(\.audio) ?? []
    for sound in plan.audio + copied {
      // Of the usual codecs AAC has the shortest packets that come one by one.
      let packets = Int(seconds * Double(max(48_000, sound.sampleRate)) / 960) + 4
      bytes += 750 + 4 * packets + 16 * runs
    }
    return bytes
  }

  /// `size`: of the first picture as it was made with `allotment`. nil: it is right, or nothing more can be done.
  package func again(_ size: Int, _ allotment: Allotment) -> Allotment? {
    let raised = allotment.openingRaised ?? 0
    let steps: Double
    if size > room {
      guard raised < Self.mostRaised else { return nil }
      // Six steps take a bit more than half of the bits, of noise three quarters.
      steps = max(1, Self.steps(size, to: 0.95, of: room, exponent: 1.1))
    } else {
      // Noise was made coarser than it had to be. Half of the way back, so that it still fits.
      guard raised > 0, Double(size) < Self.leastUsed * Double(room) else { return nil }
      steps = Self.steps(size, to: 0.9, of: room, exponent: 2)
    }
    var mended = allotment
    mended.openingRaised = max(0, min(Self.mostRaised, raised + steps))
    return mended
  }

  private static func steps(_ size: Int, to share: Double, of room: Int, exponent: Double) -> Double {
    6 * log2(Double(max(1, size)) / (share * Double(room))) / exponent
  }
}
