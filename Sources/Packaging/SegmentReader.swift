internal import Media

/// Divides a track at the plan's cuts: samples in decode order come in, and go out segment by segment.
///
/// Video: a segment starts at the sync sample that is presented exactly at the cut; if there is none, or if a later
/// picture is presented before it, that is an error, since no player could start there. Audio: a segment starts at
/// the frame whose start is nearest to the cut, so that it is within half a frame of the video's (A 8.22).
///
/// A copied picture track may have open GOPs: its segment starts at the sync sample whose decode time (when the first of
/// what follows is shown, see `CopiedTrack`) is the cut, and begins with the pictures that lead it.
final class SegmentReader {
  let name: String
  let format: TrackFormat
  /// From 0.
  private(set) var index = 0
  /// Presentation times at which the segments so far begin; sound's first one is below 0 by its priming.
  private(set) var starts: [MediaTime] = []
  /// Where the last sample read stops being presented.
  private(set) var end: MediaTime
  /// Audio that a decoder needs but a player skips: how far the first sample lies before 0.
  private(set) var skipped: Int64 = 0

  private let source: any SampleSource
  private let cuts: [MediaTime]
  /// Copied pictures.
  private let isCopied: Bool
  /// Ticks by which decode times have to be lowered where they may not come after presentation.
  let delay: Int64
  private var peeked: CodedSample?
  private var isFirstOfSegment = true
  private var segmentStart: Int64 = 0

  /// Reads the first sample.
  init(name: String, source: any SampleSource, cuts: [MediaTime], copied: CopiedTrack? = nil) throws {
    self.name = name
    isCopied = copied != nil && source.format.codec.isVideo
    delay = copied?.delay ?? 0
    self.source = source
    self.cuts = cuts
    format = source.format
    end = MediaTime(0, source.format.timebase)
    guard format.timebase.isPositive else {
      throw PackagingFailure.timebase(rendition: name, format.timebase)
    }
    peeked = try source.next()
    guard let first = peeked else { throw PackagingFailure.emptyTrack(rendition: name) }
    if first.presentation < 0 {
      if format.codec.isVideo { throw PackagingFailure.startsBeforeZero(rendition: name) }
      skipped = 0 &- first.presentation
    }
  }

  /// The sample that `next` gives next, whatever its segment; nil at the end of the track.
  var upcoming: CodedSample? { peeked }

  /// The next sample of the current segment; nil at its end.
  func next() throws -> CodedSample? {
    guard let sample = peeked else {
      guard index >= cuts.count - 1 else {
        throw PackagingFailure.endsEarly(rendition: name, segment: index + 1, of: cuts.count)
      }
      if isFirstOfSegment { throw PackagingFailure.emptySegment(rendition: name, segment: index + 1) }
      return nil
    }
    if try startsNextSegment(sample) {
      if isFirstOfSegment { throw PackagingFailure.emptySegment(rendition: name, segment: index + 1) }
      return nil
    }
    try take(sample)
    peeked = try source.next()
    return sample
  }

  /// Goes on to the next segment; false when the track is at its end.
  func advance() -> Bool {
    guard peeked != nil, index < cuts.count - 1 else { return false }
    index += 1
    isFirstOfSegment = true
    return true
  }

  private func startsNextSegment(_ sample: CodedSample) throws -> Bool {
    guard index < cuts.count - 1 else { return false }
    let cut = cuts[index]
    guard format.codec.isVideo else {
      // Frame k starts a segment if it is nearer to the cut than frame k + 1.
      let starts = sample.presentation.addingReportingOverflow(sample.presentation &+ sample.duration)
      let twice = cut.ticks.multipliedReportingOverflow(by: 2)
      guard !starts.overflow, !twice.overflow else { throw PackagingFailure.timeOutOfRange(rendition: name) }
      return MediaTime(starts.partialValue, format.timebase) >= MediaTime(twice.partialValue, cut.timebase)
    }
    let boundary = cut.ticks(in: format.timebase)
    let start = isCopied ? sample.decode : sample.presentation
    if start < boundary { return false }
    guard sample.isSync, start == boundary else {
      throw PackagingFailure.noSyncSample(rendition: name, at: cut)
    }
    return true
  }

  private func take(_ sample: CodedSample) throws {
    let start = isCopied ? sample.decode : sample.presentation
    let time = MediaTime(start, format.timebase)
    guard sample.duration > 0 else { throw PackagingFailure.duration(rendition: name, at: time) }
    if isFirstOfSegment {
      if format.codec.isVideo, !sample.isSync {
        throw PackagingFailure.noSyncSample(rendition: name, at: time)
      }
      segmentStart = start
      starts.append(time)
      isFirstOfSegment = false
    } else if format.codec.isVideo, sample.presentation < segmentStart {
      throw PackagingFailure.leadingPicture(rendition: name, at: time)
    }
    let stop = start.addingReportingOverflow(sample.duration)
    guard !stop.overflow else { throw PackagingFailure.timeOutOfRange(rendition: name) }
    end = max(end, MediaTime(stop.partialValue, format.timebase))
  }
}
