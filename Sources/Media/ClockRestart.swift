/// Where a source's clock begins anew, as in recordings that were put one behind the other: from a place in the file on
/// its times are shifted, so that they go on where those before ended.
package struct ClockRestart: Codable, Sendable, Equatable {
  /// Bytes from the beginning of the file.
  package var position: Int64
  /// Of streams for which it is another place: packets of several streams lie among one another.
  package var positions: [Int: Int64]
  /// What is added to all times from there on, in microseconds; not on top of the restarts before.
  package var shift: Int64

  package init(position: Int64, positions: [Int: Int64] = [:], shift: Int64) {
    self.position = position
    self.positions = positions
    self.shift = shift
  }
}
