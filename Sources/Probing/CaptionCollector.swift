internal import Media

/// Collects the captions of one stream's packets, which come in the order of decoding, and tells which channels they
/// have, which shows in the order of presentation.
struct CaptionCollector {
  private var waiting: [(time: Int64, bytes: [UInt8])] = []
  private var channels = CaptionChannels()
  private var latest: Int64 = .min

  /// No decoder holds back more pictures.
  private static let reordered = 32

  /// A picture without a time of its own comes after the one before.
  mutating func add(_ bytes: [UInt8], at time: Int64?) {
    let time = time ?? latest
    latest = time
    let place = waiting.lastIndex { $0.time <= time }.map { $0 + 1 } ?? 0
    waiting.insert((time, bytes), at: place)
    if waiting.count > Self.reordered { channels.add(waiting.removeFirst().bytes) }
  }

  /// Their names as HLS has them.
  consuming func finish() -> [String] {
    for picture in waiting { channels.add(picture.bytes) }
    return channels.names
  }
}
