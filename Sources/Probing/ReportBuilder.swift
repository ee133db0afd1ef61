internal import LibAV
internal import Media

/// Puts a report together: the container's facts and what the survey saw in, what a person wants to know out.
struct ReportBuilder {
  let streams: [DemuxedStream]
  let survey: Surveyor.Result
  /// By stream.
  let crops: [Int: ContainerCrop.Found]
  private(set) var report: SourceReport

  init(
    name: String, bytes: Int64, format: String, streams: [DemuxedStream], survey: Surveyor.Result,
    crops: [Int: ContainerCrop.Found] = [:]
  ) {
    self.crops = crops
    self.streams = streams
    self.survey = survey
    report = SourceReport(name: name, bytes: bytes, format: format)
    report.faults = survey.faults
  }

  mutating func build(
    chapters: [Chapter], statedDuration: MediaTime?, hasAllSamples: Bool = false
  ) -> SourceReport {
    for stream in streams {
      switch stream.kind {
      case .video: report.video.append(video(stream))
      case .audio: report.audio.append(audio(stream))
      case .subtitle: report.subtitles.append(OtherStream(common: common(stream), kind: "subtitle"))
      default: report.other.append(OtherStream(common: common(stream), kind: stream.kind.rawValue))
      }
    }
    report.chapters = chapters.map { Chapter(start: $0.start, end: $0.end, title: $0.title?.presentable) }
    measureWhole(statedDuration, hasAllSamples)
    return report
  }

  private mutating func video(_ stream: DemuxedStream) -> VideoStream {
    var video = VideoStream(common: common(stream), codedSize: stream.size)
    let findings = survey.pictures[stream.index]
    video.orientation = orientation(stream)
    video.sampleAspectRatio = aspect(stream)
    cut(&video)
    video.displayedSize = Uprighting.displayedSize(
      coded: video.crop?.size ?? stream.size, sampleAspectRatio: video.sampleAspectRatio,
      orientation: video.orientation)
    video.frameRate = findings?.cadence.rate
    video.isConstantFrameRate = findings?.cadence.isConstant ?? false
    video.fieldOrder = stream.fieldOrder
    video.pixelFormat = stream.pixelFormat
    video.bitDepth = stream.bitDepth ?? 8
    video.colour = stream.colour
    video.hdr = stream.hdr
    video.pictures = findings?.times?.times.values.count ?? 0
    video.keyframes = findings?.times?.keyframes.values.count ?? 0
    video.isCover = stream.isCover
    video.isEncrypted = stream.isEncrypted
    video.captions = findings?.captions
    noteObstacles(stream)
    if stream.size.width <= 0 || stream.size.height <= 0 {
      note("no-picture-size", "the picture size is not known; such a stream cannot be decoded", stream)
    }
    return video
  }

  /// A crop that does not fit the pictures that the decoder gives is none.
  private func cut(_ video: inout VideoStream) {
    guard let found = crops[video.common.index],
      let crop = ContainerCrop.crop(
        left: found.left, top: found.top, width: found.width, height: found.height, of: video.codedSize)
    else { return }
    // Chroma begins at even places.
    video.crop = PictureCrop(
      left: crop.left / 2 * 2, top: crop.top / 2 * 2, size: PictureSize(crop.width, crop.height))
    guard found.aspectIsOfCrop else { return }
    let (ratio, coded) = (video.sampleAspectRatio, video.codedSize)
    let (wide, wideOverflows) = ratio.numerator.multipliedReportingOverflow(
      by: Int64(coded.width) &* Int64(crop.height))
    let (high, highOverflows) = ratio.denominator.multipliedReportingOverflow(
      by: Int64(coded.height) &* Int64(crop.width))
    if !wideOverflows, !highOverflows, high > 0 { video.sampleAspectRatio = Rational(wide, high).reduced }
  }

  private mutating func audio(_ stream: DemuxedStream) -> AudioStream {
    var audio = AudioStream(
      common: common(stream), channels: stream.channels, layout: stream.layout, sampleRate: stream.sampleRate)
    audio.isEncrypted = stream.isEncrypted
    noteObstacles(stream)
    if stream.channels <= 0 || stream.sampleRate <= 0 {
      note(
        "no-sound-format", "channels or sample rate are not known; such a stream cannot be decoded", stream)
    }
    return audio
  }

  private func common(_ stream: DemuxedStream) -> StreamFacts {
    var facts = StreamFacts(index: stream.index, codec: stream.codec, timebase: stream.timebase)
    facts.profile = stream.profile
    facts.level = CodecNames.level(codec: stream.codec, stream.level)
    facts.language = Languages.tag(stream.language)
    facts.title = stream.title?.presentable
    facts.disposition = stream.disposition
    if !stream.isCover, let range = range(stream) {
      facts.start = MediaTime(range.start, stream.timebase)
      let length = range.end.subtractingReportingOverflow(range.start)
      if !length.overflow { facts.duration = MediaTime(max(0, length.partialValue), stream.timebase) }
    }
    facts.bitRate =
      stream.bitRate ?? survey.tallies[stream.index].flatMap { rate($0.bytes, over: facts.duration) }
    return facts
  }

  /// Where what is presented of a stream begins and ends.
  private func range(_ stream: DemuxedStream) -> (start: Int64, end: Int64)? {
    if let times = survey.pictures[stream.index]?.times, let first = times.times.values.first {
      return (first, times.end)
    }
    if let span = survey.sound[stream.index] { return (span.start, span.end) }
    guard let tally = survey.tallies[stream.index], let first = tally.first, let end = tally.end else {
      return nil
    }
    return (first, end)
  }

  private mutating func orientation(_ stream: DemuxedStream) -> Orientation {
    guard let matrix = stream.displayMatrix else { return Orientation() }
    let found = Uprighting.orientation(matrix)
    if !found.isExact {
      note(
        "odd-orientation",
        "the display matrix is not a quarter turn; taken as \(found.orientation.degrees)\u{b0}",
        stream)
    }
    return found.orientation
  }

  private mutating func aspect(_ stream: DemuxedStream) -> Rational {
    guard let ratio = stream.sampleAspectRatio else { return Rational(1, 1) }
    if Uprighting.isPlausible(ratio) { return ratio }
    note(
      "odd-aspect-ratio", "a sample aspect ratio of \(ratio) is not believable; square pixels are taken",
      stream)
    return Rational(1, 1)
  }

  private mutating func noteObstacles(_ stream: DemuxedStream) {
    if !stream.hasDecoder {
      let codec = stream.codec == "unknown" ? "its codec" : stream.codec
      note("no-decoder", "there is no decoder for \(codec); convert the stream with what made it", stream)
    }
    if stream.isEncrypted {
      note("encrypted", "the stream is encrypted and cannot be decoded; give an unprotected file", stream)
    }
  }

  private mutating func note(_ code: String, _ message: String, _ stream: DemuxedStream) {
    report.faults.append(Fault(code: code, message: message, stream: stream.index))
  }

  /// Start, duration and rate of the whole, from the streams that are presented; without them the container's word.
  private mutating func measureWhole(_ stated: MediaTime?, _ hasAllSamples: Bool) {
    let moving = report.video.filter { !$0.isCover }.map(\.common)
    var ranges = (moving + report.audio.map(\.common)).compactMap { interval($0) }
    if ranges.isEmpty { ranges = (report.subtitles + report.other).compactMap { interval($0.common) } }
    guard let start = ranges.map(\.start).min(), let end = ranges.map(\.end).max() else {
      report.duration = stated
      report.bitRate = rate(report.bytes, over: stated)
      return
    }
    report.start = start
    let micro = Rational(1, 1_000_000)
    let length = end.ticks(in: micro).subtractingReportingOverflow(start.ticks(in: micro))
    if !length.overflow { report.duration = MediaTime(max(0, length.partialValue), micro) }
    report.bitRate = rate(report.bytes, over: report.duration)
    noteMissingEnd(stated, hasAllSamples)
  }

  private func interval(_ facts: StreamFacts) -> (start: MediaTime, end: MediaTime)? {
    guard let start = facts.start, let duration = facts.duration else { return nil }
    let end = start.ticks.addingReportingOverflow(duration.ticks)
    return end.overflow ? nil : (start, MediaTime(end.partialValue, start.timebase))
  }

  /// The header promises more than there is.
  private mutating func noteMissingEnd(_ stated: MediaTime?, _ hasAllSamples: Bool) {
    guard let stated else { return }
    let ends =
      report.video.map(\.common) + report.audio.map(\.common) + report.subtitles.map(\.common)
      + report.other.map(\.common)
    let micro = Rational(1, 1_000_000)
    let intervals = ends.compactMap { interval($0) }
    guard let start = intervals.map(\.start).min(), let end = intervals.map(\.end).max() else { return }
    let length = end.ticks(in: micro).subtractingReportingOverflow(start.ticks(in: micro))
    guard !length.overflow, length.partialValue >= 0 else { return }
    let missing = stated.ticks(in: micro) &- length.partialValue
    if missing > max(500_000, stated.ticks(in: micro) / 50) {
      let promised = DecimalText.seconds(stated, places: 1)
      let found = DecimalText.seconds(MediaTime(length.partialValue, micro), places: 1)
      let what = "the header says \(promised) s but there are \(found) s"
      if hasAllSamples {
        report.faults.append(Fault(code: "duration-wrong", message: "\(what), and no sample is missing"))
        return
      }
      report.promised = stated
      if !report.faults.contains(where: { $0.code == "truncated" }) {
        report.faults.append(Surveyor.truncated(what))
      }
    }
  }

  private func rate(_ bytes: Int64, over duration: MediaTime?) -> Int64? {
    guard let duration, duration.ticks > 0 else { return nil }
    let seconds = duration.approximateSeconds
    let bits = Double(bytes) * 8 / seconds
    return bits.isFinite && bits < 1e15 ? Int64(bits.rounded()) : nil
  }
}
