internal import Foundation
package import Media

/// Deals the captions of a source's pictures out to the frames of an output, by the schedule alone.
///
/// In: what pictures carry, by their times, and for each frame the time of the picture that it shows. Out: the frames
/// that carry something, by their numbers. Bytes wait in a queue: those of a picture that no frame shows move on to
/// the next frame, a frame that shows a picture again has none of its own. A frame takes what its picture and those
/// before it brought, as much as it holds; when that is too much, padding goes first and the rest waits.
package enum CaptionQueue {
  /// `cc_count` has five bits (CTA-708 table 2).
  private static let most = 31 * 3

  package static func frames(_ pictures: [CaptionedPicture], schedule: [Int64]) -> [CaptionedPicture] {
    // Damage may bring pictures out of order.
    let pictures = pictures.enumerated().sorted {
      ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
    }
    .map(\.element)
    var frames: [CaptionedPicture] = []
    var queue: [UInt8] = []
    var next = 0
    for (frame, time) in schedule.enumerated() {
      // What comes after the last picture shown has nowhere else to go.
      let isLast = frame + 1 == schedule.count
      while next < pictures.count, isLast || pictures[next].time <= time {
        queue += pictures[next].bytes
        next += 1
      }
      guard !queue.isEmpty else { continue }
      if queue.count > most { queue = withoutPadding(queue) }
      guard !queue.isEmpty else { continue }
      frames.append(CaptionedPicture(time: Int64(frame), bytes: Data(queue.prefix(most))))
      queue.removeFirst(min(most, queue.count))
    }
    return frames
  }

  /// Without triplets that are not valid, and without empty pairs of CEA-608.
  private static func withoutPadding(_ queue: [UInt8]) -> [UInt8] {
    var kept: [UInt8] = []
    for start in stride(from: 0, to: queue.count - 2, by: 3) {
      let (head, first, second) = (queue[start], queue[start + 1], queue[start + 2])
      let isEmptyPair = head & 2 == 0 && first & 0x7f == 0 && second & 0x7f == 0
      if head & 4 != 0, !isEmptyPair { kept += [head, first, second] }
    }
    return kept
  }
}

/// What a chunk's source pictures carry in captions, whichever of them are shown.
package struct ChunkCaptions: Codable, Sendable, Equatable {
  package var pictures: [CaptionedPicture]
  /// As HLS names them.
  package var channels: [String]

  package init(pictures: [CaptionedPicture], channels: [String]) {
    self.pictures = pictures
    self.channels = channels
  }
}
