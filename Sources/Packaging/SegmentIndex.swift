internal import Media

/// The `sidx` box of a rendition in one file (ISO/IEC 14496-12 8.16.3): sizes and decode times of the segments come
/// in, the bytes that stand between the init segment and the first segment go out.
///
/// It precedes what it describes, so a rendition that is to have one is measured first: written once into nothing.
enum SegmentIndex {
  /// nil where a box cannot hold it: more than 65535 segments, or one of 2 GiB.
  static func box(of measured: WrittenRendition) -> [UInt8]? {
    let times = measured.decodeTimes
    guard let count = UInt16(exactly: measured.segments.count), times.count == measured.segments.count + 1
    else { return nil }
    var references: [(size: UInt32, duration: UInt32, sap: UInt32)] = []
    for (index, segment) in measured.segments.enumerated() {
      guard let size = UInt32(exactly: segment.range.count), size < 1 << 31,
        let duration = UInt32(exactly: times[index + 1] - times[index])
      else { return nil }
      references.append((size, duration, UInt32(segment.sap)))
    }
    var writer = BoxWriter()
    writer.fullBox("sidx", version: 1, flags: 0) { box in
      box.append(UInt32(1))
      box.append(measured.timescale)
      box.append(times[0])
      box.append(UInt64(0))
      box.append(UInt16(0))
      box.append(count)
      for reference in references {
        box.append(reference.size)
        box.append(reference.duration)
        // starts_with_SAP, SAP_type, SAP_delta_time 0.
        box.append(0x8000_0000 | reference.sap << 28)
      }
    }
    return writer.bytes
  }
}

/// A target that counts: media goes in and is forgotten.
final class CountingTarget: DeliveryTarget {
  private final class Sink: MediaSink {
    private var count: Int64 = 0
    func write(_ bytes: [UInt8]) { count += Int64(bytes.count) }
    func finish() -> MediaObject { MediaObject(token: 0, bytes: count, sha256: "") }
  }

  func open(rendition: String) -> any MediaSink { Sink() }
  func version(of rendition: String) -> String { "" }
  func place(_ object: MediaObject, key: String, type: ContentType, cache: CachePolicy) {}
  func put(_ bytes: [UInt8], key: String, type: ContentType, cache: CachePolicy) {}
}
