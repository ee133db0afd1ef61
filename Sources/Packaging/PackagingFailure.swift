package import Media

/// How a track can be unfit for packaging, or a layout for holding it.
package enum PackagingFailure: Error, Equatable, Sendable, CustomStringConvertible {
  case noRenditions
  case emptyTrack(rendition: String)
  /// The samples stop before the last segment.
  case endsEarly(rendition: String, segment: Int, of: Int)
  case emptySegment(rendition: String, segment: Int)
  /// No sync sample is presented at a segment boundary.
  case noSyncSample(rendition: String, at: MediaTime)
  /// A picture of a segment is presented before the segment's first one: an open GOP.
  case leadingPicture(rendition: String, at: MediaTime)
  case duration(rendition: String, at: MediaTime)
  case decodeOrder(rendition: String, at: MediaTime)
  /// Audio whose frames do not follow one another without gaps or overlaps.
  case gap(rendition: String, at: MediaTime)
  case startsBeforeZero(rendition: String)
  /// Times that cannot be carried exactly, or that do not fit their field.
  case timebase(rendition: String, Rational)
  case timeOutOfRange(rendition: String)
  case fragmentTooLarge(rendition: String)
  case sampleInSource(rendition: String)
  case configuration(rendition: String, Codec)
  case codecNotInTransportStream(rendition: String, Codec)
  case layoutLacks(Layout.Slot)
  case notTransportPackets(rendition: String)

  package var description: String {
    switch self {
    case .noRenditions: "there is nothing to package: give at least one video or audio track"
    case .emptyTrack(let name): "\(name) has no samples: encode it again"
    case .endsEarly(let name, let segment, let count):
      "\(name) ends in segment \(segment) of \(count): its track is shorter than the plan's timeline; encode it again"
    case .emptySegment(let name, let segment):
      "\(name) has no samples in segment \(segment): its track does not cover the plan's timeline"
    case .noSyncSample(let name, let time):
      "\(name) has no keyframe at the segment boundary \(Self.seconds(time)): encode with the plan's GOPs"
    case .leadingPicture(let name, let time):
      "\(name) shows a picture at \(Self.seconds(time)), before its segment's keyframe: encode with closed GOPs"
    case .duration(let name, let time): "\(name) has a sample of no length at \(Self.seconds(time))"
    case .decodeOrder(let name, let time):
      "\(name) has decode times that do not ascend, or come after presentation, at \(Self.seconds(time))"
    case .gap(let name, let time):
      "\(name) has a gap or an overlap at \(Self.seconds(time)): encode the sound as one continuous track"
    case .startsBeforeZero(let name): "\(name) shows pictures before the timeline starts: cut them off first"
    case .timebase(let name, let timebase):
      "\(name) has times in units of \(timebase) s, which its sample rate or a 32-bit timescale cannot carry exactly"
    case .timeOutOfRange(let name): "\(name) has a time or length that does not fit the file format"
    case .fragmentTooLarge(let name): "\(name) has a GOP of 4 GiB or more: use shorter GOPs"
    case .sampleInSource(let name): "\(name) has samples that lie in the source, but no source was given"
    case .configuration(let name, let codec): "\(name) has no usable \(codec.rawValue) decoder configuration"
    case .codecNotInTransportStream(let name, let codec):
      "\(name) is \(codec.rawValue), which HLS does not carry in MPEG-TS: use fMP4 segments"
    case .layoutLacks(let slot):
      "the layout has no place for `\(slot.rawValue)`: add it to the ladder's layout"
    case .notTransportPackets(let name): "the MPEG-TS muxer gave \(name) bytes that are not packets"
    }
  }

  private static func seconds(_ time: MediaTime) -> String { DecimalText.seconds(time, places: 3) + " s" }
}
