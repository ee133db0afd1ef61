package import Foundation

/// What came out when a track was decoded from its first to its last packet.
package struct PlayedTrack: Codable, Sendable, Equatable {
  /// How much changes from moment to moment, in steps of a fixed length: pictures by how much they differ from the one
  /// before, sound by how loud it is. Two recordings of the same thing have the same shape.
  package struct Shape: Codable, Sendable, Equatable {
    /// Of one value, in nanoseconds.
    package static let step: Int64 = 20_000_000
    /// 8 hours: what is beyond is not compared.
    package static let most = 8 * 3600 * 50

    /// When the first value begins.
    package var start: Int64
    package var values: Data

    package init(start: Int64, values: Data = Data()) { (self.start, self.values) = (start, values) }

    /// The greatest of what falls into one step counts.
    package mutating func add(_ value: UInt8, at time: Int64) {
      let (offset, overflow) = time.subtractingReportingOverflow(start)
      guard !overflow, offset >= 0, offset / Self.step < Int64(Self.most) else { return }
      let index = Int(offset / Self.step)
      if index >= values.count { values.append(Data(count: index + 1 - values.count)) }
      let place = values.startIndex + index
      values[place] = max(values[place], value)
    }
  }

  /// From its first to its last moment, in nanoseconds of the stream's clock.
  package struct Stretch: Codable, Sendable, Equatable {
    package var start: Int64
    package var end: Int64
    package init(start: Int64, end: Int64) { (self.start, self.end) = (start, end) }
  }

  package var isVideo: Bool
  package var frames = 0
  /// Packets that the decoder did not take, and frames of which it made up a part.
  package var refused = 0
  package var concealed = 0
  /// The commonest time from one frame to the next, in nanoseconds.
  package var step: Int64 = 0
  package var start: Int64?
  package var end: Int64 = 0
  /// Where the next frame comes much later than the commonest step.
  package var holes: [Stretch] = []
  /// Pictures without light, and without change.
  package var black: [Stretch] = []
  package var frozen: [Stretch] = []
  package var shape = Shape(start: 0)

  package init(isVideo: Bool) { self.isVideo = isVideo }
}
