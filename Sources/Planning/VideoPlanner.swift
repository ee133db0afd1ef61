internal import Media

/// Plans the picture: the video stream, its times and the timeline's ends in; rungs, rate, schedule, grid and chunks
/// out.
struct VideoPlanner {
  var stream: VideoStream
  var times: PictureTimes
  var ladder: Ladder
  var restarts: [ClockRestart] = []

  struct Result {
    var plan: VideoPlan
    var segmentFrames: Int
    var notes: [PlanNote]
  }

  func plan(from start: MediaTime, to finish: MediaTime) throws(PlanFailure) -> Result {
    var notes: [PlanNote] = []
    let sourceRate = sourceRate()
    let (rate, fields) = outputRate(sourceRate, &notes)
    let schedule = FrameSchedule(
      times: times.times.values, end: times.end, timebase: times.timebase, start: start, finish: finish,
      sourceRate: sourceRate, outputRate: rate, fields: fields)
    var plan = VideoPlan(
      stream: stream.common.index, source: source(fields: fields), frameRate: rate)
    plan.schedule = TickList(schedule.ticks())
    plan.frames = plan.schedule.values.count
    plan.gopFrames = SegmentGrid.gopFrames(ladder.gopSeconds, rate: rate)
    let segment = SegmentGrid.segmentFrames(ladder.segmentSeconds, rate: rate, gop: plan.gopFrames)
    plan.segmentFrames = SegmentGrid.cuts(
      length: Int64(plan.frames), step: Int64(segment), gop: Int64(plan.gopFrames)
    ).map { Int($0) }
    let factor: Int64 = fields ? 2 : 1
    plan.chunks =
      ChunkPlanner(
        pictures: times.times.values.map { $0 &* factor },
        keyframes: times.keyframes.values.map { $0 &* factor }, schedule: plan.schedule.values,
        gop: plan.gopFrames, rate: rate, needsNeighbour: plan.source.deinterlacing != .off
      ).chunks()
    let colours = ColourRules.colours(of: stream)
    plan.colour = colours.output
    if ladder.hdr == .keep, let kept = colours.kept {
      plan.kept = KeptRange(colour: kept, metadata: stream.hdr?.forEncoders)
    }
    let fitted = RungFitting(ladder: ladder, picture: stream.displayedSize).fit()
    plan.rungs = try rungs(fitted.rungs, rate, keepsRange: plan.kept != nil)
    if !plan.rungs.contains(where: \.keepsRange) { plan.kept = nil }
    notes += rangeNotes(plan)
    plan.source = plan.source.reduced(to: largest(plan.rungs.filter { !$0.keepsRange }))
    return Result(plan: plan, segmentFrames: segment, notes: fitted.notes + notes)
  }

  /// The largest picture that anything needs: the top rung, or a poster of 1920x1080.
  private func largest(_ rungs: [Rung]) -> PictureSize {
    let displayed = stream.displayedSize
    let (long, short) = (max(displayed.width, displayed.height), min(displayed.width, displayed.height))
    let scale = min(1, 1920 / Double(max(long, 1)), 1080 / Double(max(short, 1)))
    func even(_ side: Int) -> Int { max(2, Int((Double(side) * scale / 2).rounded()) * 2) }
    let poster = PictureSize(even(displayed.width), even(displayed.height))
    guard let top = rungs.map(\.size).max(by: { $0.area < $1.area }), top.area >= poster.area else {
      return poster
    }
    return top
  }

  /// Film in soft telecine comes at two intervals.
  private func sourceRate() -> Rational {
    let found = Cadence.rate(of: times.times.values, timebase: times.timebase)
    guard stream.telecine == .soft else { return found }
    return Telecine.filmRate(times) ?? found
  }

  /// Its pictures are whole ones, whatever the stream says of its fields.
  private var isInterlaced: Bool { stream.fieldOrder.isInterlaced && stream.telecine != .soft }

  /// The ladder's rate; or the source's, of fields where the ladder wants them, halved until it fits.
  private func outputRate(_ source: Rational, _ notes: inout [PlanNote]) -> (rate: Rational, fields: Bool) {
    let wantsFields = ladder.deinterlace == .field && isInterlaced
    if let rate = ladder.frameRate { return (rate, wantsFields && source < rate) }
    let fieldRate = Rational(source.numerator &* 2, source.denominator).reduced
    if wantsFields, !(ladder.maxFrameRate < fieldRate) { return (fieldRate, true) }
    let rate = StandardRate.halved(source, atMost: ladder.maxFrameRate)
    if rate != source {
      notes.append(
        PlanNote(
          "frame rate",
          "\(DecimalText.rate(source)) is above the ladder's \(DecimalText.rate(ladder.maxFrameRate)); "
            + "it becomes \(DecimalText.rate(rate))"))
    }
    return (rate, false)
  }

  private func source(fields: Bool) -> PictureSource {
    // Half a tick of the stream names a second field half-way between two pictures.
    let timebase =
      fields
      ? Rational(times.timebase.numerator, times.timebase.denominator &* 2) : times.timebase
    var source = PictureSource(timebase: timebase, stream: stream)
    let colours = ColourRules.colours(of: stream)
    source.sampleAspectRatio =
      stream.sampleAspectRatio.isPositive ? stream.sampleAspectRatio : Rational(1, 1)
    source.orientation = stream.orientation
    source.deinterlacing = isInterlaced ? (fields ? .field : .frame) : .off
    source.fieldOrder = stream.fieldOrder
    source.colour = colours.source
    source.pixelFormat = stream.pixelFormat
    source.mapsTones = colours.mapsTones
    source.outliers = times.outliers
    source.restarts = restarts
    return source
  }

  /// What becomes of a high dynamic range.
  private func rangeNotes(_ plan: VideoPlan) -> [PlanNote] {
    var notes: [PlanNote] = []
    if plan.source.mapsTones {
      let name = stream.colour.isPQ ? "PQ" : "HLG"
      let kept = plan.rungs.filter(\.keepsRange).map(\.name)
      let mapped = "is mapped to standard range (BT.709)"
      let reason =
        kept.isEmpty
        ? "\(name) \(mapped)"
        : kept.count == plan.rungs.count
          ? "\(name) is kept in every rung: screens in standard range have to map it themselves"
          : "\(name) is kept in \(kept.joined(separator: ", ")); elsewhere it \(mapped)"
      notes.append(PlanNote("high dynamic range", reason))
    }
    if stream.hdr?.dolbyVisionProfile == 5 {
      notes.append(
        PlanNote("Dolby Vision", "profile 5 has no ordinary picture underneath: colours will be off"))
    }
    return notes
  }

  private func rungs(
    _ fitted: [RungFitting.Fitted], _ rate: Rational, keepsRange: Bool
  ) throws(PlanFailure) -> [Rung] {
    var rungs: [Rung] = []
    for rung in fitted {
      let levels = CodecLevels(
        size: rung.size, frameRate: rate, peak: rung.maxBitrate,
        buffer: Int((ladder.bufferSeconds * Double(rung.maxBitrate)).rounded()))
      guard let level = levels.level(rung.codec) else {
        throw .beyondLevels(rung: rung.name, codec: rung.codec)
      }
      // 10-bit H.264 plays hardly anywhere.
      let keeps = keepsRange && rung.codec != .h264
      rungs.append(
        Rung(
          name: rung.name, codec: rung.codec, size: rung.size, bitrate: rung.bitrate,
          maxBitrate: rung.maxBitrate, profile: CodecLevels.profile(rung.codec, keepsRange: keeps),
          level: level, keepsRange: keeps))
    }
    return rungs
  }
}
