/// Where a track is heard first and last: its samples in order, out come the silent ends.
struct SilenceMeter {
  /// -60 dBFS: below it are dither and the noise of good converters, above it nearly everything that was recorded.
  static let threshold: Float = 0.001

  private var count: Int64 = 0
  private var firstHeard: Int64?
  private var lastHeard: Int64 = 0

  var head: Int64 { firstHeard ?? count }
  var tail: Int64 { firstHeard == nil ? count : count - 1 - lastHeard }

  /// Takes the next samples, of every channel. What is no number is not heard.
  mutating func add(_ planes: [[Float]], from start: Int, count added: Int) {
    let end = start + added
    for plane in planes where end <= plane.count {
      if firstHeard == nil || firstHeard.map({ $0 >= count }) == true,
        let first = plane[start..<end].firstIndex(where: { abs($0) > Self.threshold })
      {
        let position = count + Int64(first - start)
        firstHeard = min(firstHeard ?? position, position)
      }
      if let last = plane[start..<end].lastIndex(where: { abs($0) > Self.threshold }) {
        lastHeard = max(lastHeard, count + Int64(last - start))
      }
    }
    count += Int64(added)
  }
}
