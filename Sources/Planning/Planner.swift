package import Media

/// The planning step: what probing found, what the survey timed, a ladder and a request in; the plan, or why there can
/// be none, out. It computes and opens nothing: the same values give the same plan on any machine.
///
/// 1. The tracks: the main video stream and every audio stream that can be decoded.
/// 2. The timeline: from the earliest presented start to the latest end of these tracks. With video it is whole output
///    frames, to the nearest one and never fewer than the pictures take.
/// 3. The picture (`VideoPlanner`), the sound (`AudioPlanner`), the subtitles (`TextPlanner`), the cuts (`SegmentGrid`), the layout, and a note
///    for everything that is left out.
package enum Planner {
  package static func plan(
    report: SourceReport, survey: SourceSurvey, ladder: Ladder, request: PlanRequest
  ) throws(PlanFailure) -> Plan {
    let ladder = try checked(ladder, request)
    try checkWhole(report, request.limits)
    let audio = AudioPlanner(report: report, survey: survey, ladder: ladder).plan()
    let video = try pictures(report, survey, request.limits)
    guard video != nil || !audio.plans.isEmpty else { throw nothing(report) }
    let (start, finish) = try ends(video?.times, audio.spans, request.limits)

    var notes: [PlanNote] = []
    var result: VideoPlanner.Result?
    if let video {
      let planned = try VideoPlanner(
        stream: video.stream, times: video.times, ladder: ladder, restarts: survey.restarts
      )
      .plan(from: start, to: finish)
      notes += planned.notes
      result = planned
    } else {
      notes.append(PlanNote("video", "the source has no moving picture; only the sound is packaged"))
    }
    let timeline =
      if let result {
        pictureTimeline(result, start)
      } else {
        soundTimeline(ladder, audio.plans, start, finish)
      }
    let text = TextPlanner(report: report, sidecars: request.sidecars, ladder: ladder).plan()
    let layout = try LayoutPlanner(ladder: ladder, request: request).layout(
      rungs: result?.plan.rungs.map(\.name) ?? [], audio: audio.plans.map(\.name),
      text: text.plans.map(\.name))

    var plan = Plan(ladder: ladder.name, timeline: timeline, layout: layout)
    plan.outputs = ladder.outputs
    plan.segmentFormat = ladder.segments
    plan.addressing = ladder.addressing
    plan.copy = ladder.copy
    plan.partBytes = ladder.partBytes
    plan.images = ladder.outputs.contains(.images) ? ladder.images ?? ImagesPlan() : nil
    plan.video = result?.plan
    plan.audio = audio.plans
    plan.text = text.plans
    plan.controls = controls(ladder)
    if video == nil, plan.images != nil { plan.cover = cover(report, request.limits) }
    plan.notes =
      notes + audio.notes
      + leftOut(
        report, taken: video?.stream.common.index ?? plan.cover?.stream, subtitles: text.notes)
    try checkOutput(plan, request.limits)
    return plan
  }

  /// A file that was cut off long before its end is no film that anybody wants to show.
  private static func checkWhole(_ report: SourceReport, _ limits: PlanLimits) throws(PlanFailure) {
    guard let found = report.duration else { return }
    let promised = report.promised ?? found
    let whole = max(promised.approximateSeconds, found.approximateSeconds)
    let lost = report.lost?.approximateSeconds ?? 0
    guard whole - found.approximateSeconds + lost > limits.tolerance * whole else { return }
    if let gaps = report.lost, report.promised == nil { throw .gaps(lost: gaps, of: found) }
    throw .incomplete(promised: promised, found: found)
  }

  /// The picture that stands for sound: the first that is attached to it.
  private static func cover(_ report: SourceReport, _ limits: PlanLimits) -> CoverPicture? {
    let usable = report.video.first { stream in
      stream.isCover && !stream.isEncrypted && report.canDecode(stream.common)
        && (1...limits.side).contains(stream.codedSize.width)
        && (1...limits.side).contains(stream.codedSize.height)
    }
    return usable.map { stream in
      var source = PictureSource(timebase: stream.common.timebase, stream: stream)
      source.sampleAspectRatio =
        stream.sampleAspectRatio.isPositive ? stream.sampleAspectRatio : Rational(1, 1)
      source.orientation = stream.orientation
      source.colour = ColourRules.colours(of: stream).source
      source.pixelFormat = stream.pixelFormat
      return CoverPicture(stream: stream.common.index, source: source)
    }
  }

  /// A long title of many renditions is a lot of bytes, whoever sends it.
  private static func checkOutput(_ plan: Plan, _ limits: PlanLimits) throws(PlanFailure) {
    let rates = (plan.video?.rungs ?? []).map(\.bitrate) + plan.audio.map(\.bitrate)
    let bytes = rates.reduce(0.0) { $0 + Double($1) } / 8 * plan.timeline.duration.approximateSeconds
    guard bytes <= Double(limits.outputBytes) else {
      throw .tooMuchOutput(bytes: Int64(exactly: bytes.rounded()) ?? Int64.max, limit: limits.outputBytes)
    }
  }

  private static func checked(_ ladder: Ladder, _ request: PlanRequest) throws(PlanFailure) -> Ladder {
    guard AssetID.isValid(request.id) else { throw .badID(request.id) }
    if let creator = request.creator, !AssetID.isValid(creator) { throw .badCreator(creator) }
    do {
      return try ladder.applying(request.overrides)
    } catch {
      throw .ladder(error)
    }
  }

  /// The main video stream with usable times; nil when the source has none.
  /// Why neither a picture nor sound is left.
  private static func nothing(_ report: SourceReport) -> PlanFailure {
    guard let sound = report.audio.first else { return .nothingToPackage }
    if sound.isEncrypted { return .encryptedSound(stream: sound.common.index) }
    if !report.canDecode(sound.common) { return .unknownAudioCodec(stream: sound.common.index) }
    return .nothingToPackage
  }

  private static func pictures(
    _ report: SourceReport, _ survey: SourceSurvey, _ limits: PlanLimits
  ) throws(PlanFailure) -> (stream: VideoStream, times: PictureTimes)? {
    guard let stream = report.mainVideo else { return nil }
    let index = stream.common.index
    if stream.isEncrypted { throw .encryptedVideo(stream: index) }
    if !report.canDecode(stream.common) { throw .unknownVideoCodec(stream: index) }
    if report.faults.contains(where: { $0.code == "codec-changes" && $0.stream == index }) {
      throw .codecChanges(stream: index)
    }
    let size = stream.displayedSize
    guard (1...limits.side).contains(size.width), (1...limits.side).contains(size.height) else {
      throw .badPictureSize(stream: index, size)
    }
    for size in [stream.codedSize, size] {
      let (pixels, overflow) = Int64(max(0, size.width)).multipliedReportingOverflow(
        by: Int64(max(0, size.height)))
      if overflow || pixels > limits.pixels {
        throw .tooManyPixels(stream: index, size, limit: limits.pixels)
      }
    }
    guard var times = survey.video, times.stream == index, !times.times.values.isEmpty else {
      throw .noPictures(stream: index)
    }
    // Doubled for fields and compared by differences: a quarter of the range is room enough.
    let sane = Int64.min / 4...Int64.max / 4
    guard times.timebase.isPositive, sane.contains(times.end), times.timebase.denominator <= Int64.max / 2,
      times.times.values.allSatisfy(sane.contains), times.keyframes.values.allSatisfy(sane.contains)
    else { throw .badTimestamps(stream: index) }
    times.times.values.sort()
    times.keyframes.values.sort()
    times.end = max(times.end, times.times.values.last ?? times.end)
    return (stream, times)
  }

  private static func ends(
    _ video: PictureTimes?, _ audio: [AudioSpan], _ limits: PlanLimits
  ) throws(PlanFailure) -> (start: MediaTime, finish: MediaTime) {
    var spans = audio.map { (stream: $0.stream, start: $0.start, end: $0.end, timebase: $0.timebase) }
    if let video, let first = video.times.values.first {
      spans.insert((video.stream, first, video.end, video.timebase), at: 0)
    }
    var (starts, finishes) = ([MediaTime](), [MediaTime]())
    for span in spans {
      starts.append(MediaTime(span.start, span.timebase))
      finishes.append(MediaTime(span.end, span.timebase))
      // Three hundred years from zero: no clock says that, and beyond it frame counts no longer fit 64 bits.
      let isFar = [starts, finishes].contains { abs($0.last?.approximateSeconds ?? 0) > 1e10 }
      if isFar { throw .badTimestamps(stream: span.stream) }
    }
    guard let start = starts.min(), let finish = finishes.max() else { throw .nothingToPackage }
    let seconds = Rational(1, 1)
    let length = finish.ticks(in: seconds, rounding: .up)
      .subtractingReportingOverflow(start.ticks(in: seconds, rounding: .down))
    if length.overflow || length.partialValue > limits.seconds {
      throw .tooLong(seconds: length.overflow ? Int64.max : length.partialValue, limit: limits.seconds)
    }
    return (start, finish)
  }

  private static func pictureTimeline(_ result: VideoPlanner.Result, _ start: MediaTime) -> Timeline {
    let timebase = result.plan.timebase
    return Timeline(
      start: start, duration: MediaTime(Int64(result.plan.frames), timebase),
      cuts: result.plan.segmentFrames.dropFirst().map { MediaTime(Int64($0), timebase) },
      segmentDuration: MediaTime(Int64(result.segmentFrames), timebase))
  }

  /// In samples of the first rendition.
  private static func soundTimeline(
    _ ladder: Ladder, _ audio: [AudioPlan], _ start: MediaTime, _ finish: MediaTime
  ) -> Timeline {
    let timebase = Rational(1, Int64(audio.first?.sampleRate ?? 48_000))
    let length = max(1, finish.ticks(in: timebase) &- start.ticks(in: timebase))
    let step = Int64(SegmentGrid.frames(ladder.segmentSeconds, rate: timebase.inverse))
    let gop = Int64(SegmentGrid.frames(ladder.gopSeconds, rate: timebase.inverse))
    let cuts = SegmentGrid.cuts(length: length, step: step, gop: gop)
    return Timeline(
      start: start, duration: MediaTime(length, timebase),
      cuts: cuts.dropFirst().map { MediaTime($0, timebase) }, segmentDuration: MediaTime(step, timebase))
  }

  private static func controls(_ ladder: Ladder) -> EncodeControls {
    var controls = EncodeControls()
    controls.rateControl = ladder.rateControl
    controls.quality = ladder.quality
    controls.bufferSeconds = ladder.bufferSeconds
    controls.speed = ladder.speed
    controls.dropsRedundant = ladder.dropRedundant
    return controls
  }

  /// Notes for streams that no rendition is made of.
  private static func leftOut(
    _ report: SourceReport, taken: Int?, subtitles: [PlanNote]
  ) -> [PlanNote] {
    var notes: [PlanNote] = []
    for stream in report.video where stream.common.index != taken {
      notes.append(
        stream.isCover
          ? PlanNote("cover \(stream.common.index)", "it is a still cover picture")
          : PlanNote(
            "video \(stream.common.index)",
            "another picture is packaged; --video-track \(stream.common.index) takes this one"))
    }
    notes += subtitles
    for stream in report.other {
      let reason =
        stream.kind == "attachment" ? "attachments are not packaged" : "it is neither picture nor sound"
      notes.append(PlanNote("\(stream.kind) \(stream.common.index)", reason))
    }
    return notes
  }
}

extension SourceReport {
  /// The libraries know the stream's codec and have a decoder for it.
  func canDecode(_ stream: StreamFacts) -> Bool {
    stream.codec != "unknown" && !faults.contains { $0.code == "no-decoder" && $0.stream == stream.index }
  }
}
