internal import Media

/// Plans the picture: the video stream, its times and the timeline's ends in; rungs, rate, schedule, grid and chunks
/// out.
struct VideoPlanner {
  var stream: VideoStream
  var times: PictureTimes
  var ladder: Ladder

  struct Result {
    var plan: VideoPlan
    var segmentFrames: Int
    var notes: [PlanNote]
  }

  func plan(from start: MediaTime, to finish: MediaTime) throws(PlanFailure) -> Result {
    var notes: [PlanNote] = []
    let sourceRate = Cadence.rate(of: times.times.values, timebase: times.timebase)
    let (rate, fields) = outputRate(sourceRate, &notes)
    let schedule = FrameSchedule(
      times: times.times.values, end: times.end, timebase: times.timebase, start: start, finish: finish,
      sourceRate: sourceRate, outputRate: rate, fields: fields)
    var plan = VideoPlan(
      stream: stream.common.index, source: source(fields: fields, &notes), frameRate: rate)
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
    plan.colour = ColourRules.colours(of: stream).output
    let fitted = RungFitting(ladder: ladder, picture: stream.displayedSize).fit()
    plan.rungs = try rungs(fitted.rungs, rate)
    plan.source = plan.source.reduced(to: largest(plan.rungs))
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

  /// The ladder's rate; or the source's, of fields where the ladder wants them, halved until it fits.
  private func outputRate(_ source: Rational, _ notes: inout [PlanNote]) -> (rate: Rational, fields: Bool) {
    let wantsFields = ladder.deinterlace == .field && stream.fieldOrder.isInterlaced
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

  private func source(fields: Bool, _ notes: inout [PlanNote]) -> PictureSource {
    // Half a tick of the stream names a second field half-way between two pictures.
    let timebase =
      fields
      ? Rational(times.timebase.numerator, times.timebase.denominator &* 2) : times.timebase
    var source = PictureSource(timebase: timebase, stream: stream)
    let colours = ColourRules.colours(of: stream)
    source.sampleAspectRatio =
      stream.sampleAspectRatio.isPositive ? stream.sampleAspectRatio : Rational(1, 1)
    source.orientation = stream.orientation
    source.deinterlacing = stream.fieldOrder.isInterlaced ? (fields ? .field : .frame) : .off
    source.fieldOrder = stream.fieldOrder
    source.colour = colours.source
    source.pixelFormat = stream.pixelFormat
    source.mapsTones = colours.mapsTones
    if colours.mapsTones {
      notes.append(
        PlanNote(
          "high dynamic range", "\(stream.colour.isPQ ? "PQ" : "HLG") is mapped to standard range (BT.709)"))
    }
    if stream.hdr?.dolbyVisionProfile == 5 {
      notes.append(
        PlanNote("Dolby Vision", "profile 5 has no ordinary picture underneath: colours will be off"))
    }
    return source
  }

  private func rungs(
    _ fitted: [RungFitting.Fitted], _ rate: Rational
  ) throws(PlanFailure) -> [Rung] {
    var rungs: [Rung] = []
    for rung in fitted {
      let levels = CodecLevels(
        size: rung.size, frameRate: rate, peak: rung.maxBitrate,
        buffer: Int((ladder.bufferSeconds * Double(rung.maxBitrate)).rounded()))
      guard let level = levels.level(rung.codec) else {
        throw .beyondLevels(rung: rung.name, codec: rung.codec)
      }
      rungs.append(
        Rung(
          name: rung.name, codec: rung.codec, size: rung.size, bitrate: rung.bitrate,
          maxBitrate: rung.maxBitrate, profile: CodecLevels.profile(rung.codec), level: level))
    }
    return rungs
  }
}
