internal import Synchronization

/// What a source may ask of the libraries, for the whole process: set once, before a source is opened.
package enum SourceCaps {
  private static let pixelCount = Atomic<Int64>(8192 * 8192)
  private static let streamCount = Atomic<Int>(256)

  /// Of one picture; a larger one is not decoded.
  package static var pixels: Int64 { pixelCount.load(ordering: .relaxed) }
  /// Of one source; one with more is not opened.
  package static var streams: Int { streamCount.load(ordering: .relaxed) }

  package static func set(pixels: Int64, streams: Int) {
    pixelCount.store(max(1, pixels), ordering: .relaxed)
    streamCount.store(min(max(1, streams), 10_000), ordering: .relaxed)
  }
}
