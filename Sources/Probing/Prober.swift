internal import LibAV
package import Media

/// Everything that probing hands on: what the source is, and when its pictures and its sound are presented.
package struct Examination: Codable, Sendable, Equatable {
  package var report: SourceReport
  package var survey: SourceSurvey

  package init(report: SourceReport, survey: SourceSurvey) {
    self.report = report
    self.survey = survey
  }
}

/// Examines one source: an open descriptor in, a report and a survey out.
///
/// The container's header gives the facts, one demux-only pass over all packets gives the times; where the two
/// differ, the packets are believed.
package enum Prober {
  /// `descriptor` stays the caller's; `name` is the source's own name, which is not opened; `videoTrack` is the index
  /// of the stream that is to be the picture, nil for the main one.
  package static func examine(
    descriptor: Int32, name: String, videoTrack: Int? = nil
  ) throws(ProbeFailure) -> Examination {
    var demuxer: Demuxer
    do { demuxer = try Demuxer.open(descriptor: descriptor, name: name) } catch {
      let failure = ProbeFailure(error)
      if case .damaged("mp4", _) = failure, beginsWithFragment(descriptor) { throw .fragment }
      throw failure
    }
    let format = CodecNames.format(demuxer.formatName, majorBrand: demuxer.majorBrand)
    var surveyed: (streams: [DemuxedStream], result: Surveyor.Result)
    var restarts: [ClockRestart] = []
    var indexed: [Int] = []
    for stream in 0..<demuxer.streamCount { indexed.append(demuxer.indexedPackets(of: stream)) }
    do throws(AVFailure) {
      let streams = demuxer.streams
      var surveyor = Surveyor(streams: streams)
      surveyed = (streams, try surveyor.run(demuxer))
      if surveyed.result.hasSteps, ["mpegts", "mpegps"].contains(format) {
        restarts = try follow(&demuxer, &surveyed)
      }
    } catch {
      throw ProbeFailure.unreadable(error.reason)
    }
    guard !surveyed.streams.isEmpty else { throw ProbeFailure.noStreams(format: format) }
    guard surveyed.result.packets > 0 else {
      throw ProbeFailure.damaged(format: format, reason: "no packet can be read")
    }
    let crops = crops(surveyed.streams, format, descriptor: descriptor)
    var builder = ReportBuilder(
      name: name, bytes: demuxer.bytes, format: format, streams: surveyed.streams, survey: surveyed.result,
      crops: crops)
    var report = builder.build(
      chapters: demuxer.chapters, statedDuration: demuxer.statedDuration,
      hasAllSamples: hasAllSamples(surveyed.result, format, indexed: indexed))
    // Formats without a header show their streams only while they are read.
    let late = demuxer.streamCount - surveyed.streams.count
    let analysisFailure = demuxer.analysisFailure
    // Its index of a long source is large, and looking at the pictures makes another.
    _ = consume demuxer
    try select(videoTrack, &report)
    noteLost(surveyed.result, &report)
    look(at: &report, surveyed.result, descriptor: descriptor, name: name)
    if let failure = analysisFailure {
      report.faults.insert(Fault(code: "damaged", message: "analysis failed: \(failure.reason)"), at: 0)
    }
    if late > 0 {
      report.faults.append(
        Fault(code: "late-streams", message: "\(late) streams begin too late and are left out"))
    }
    let main = report.mainVideo.flatMap { surveyed.result.pictures[$0.common.index]?.times }
    if AVLog.hasSaid(.severalCodecs), let main, lacksPictures(main, report) {
      report.faults.append(
        Fault(
          code: "codec-changes",
          message: "the pictures change their codec, and only those in the first one are read",
          stream: main.stream))
    }
    let audio = surveyed.streams.compactMap { surveyed.result.sound[$0.index] }
    var survey = SourceSurvey(video: main, audio: audio)
    survey.restarts = restarts
    return Examination(report: report, survey: survey)
  }

  /// Looks for places where the clock begins anew, and where there are any surveys the source once more over them.
  private static func follow(
    _ demuxer: inout Demuxer, _ surveyed: inout (streams: [DemuxedStream], result: Surveyor.Result)
  ) throws(AVFailure) -> [ClockRestart] {
    guard (try? demuxer.rewind()) != nil, let found = try? ClockScan.restarts(demuxer, demuxer.streams),
      !found.isEmpty, (try? demuxer.rewind()) != nil
    else { return [] }
    demuxer.follow(found)
    let streams = demuxer.streams
    var surveyor = Surveyor(streams: streams)
    surveyed = (streams, try surveyor.run(demuxer))
    surveyed.result.faults.append(
      Fault(
        code: "clock-restarts",
        message: "the clock begins anew \(found.count)\u{d7}, as in recordings put one behind the other; "
          + "they are shown in turn"))
    return found
  }

  /// Segments of CMAF begin with one of these (ISO/IEC 23000-19 7.3.2.3).
  private static func beginsWithFragment(_ descriptor: Int32) -> Bool {
    let type = FileReading(descriptor: descriptor).read(4, 4).map { String(decoding: $0, as: UTF8.self) }
    return ["styp", "moof", "sidx", "emsg", "prft"].contains(type)
  }

  /// What only pictures tell; a source whose pictures cannot be decoded is none the worse for it here.
  private static func look(
    at report: inout SourceReport, _ survey: Surveyor.Result, descriptor: Int32, name: String
  ) {
    guard let main = report.mainVideo, !main.isEncrypted,
      let index = report.video.firstIndex(where: { $0.common.index == main.common.index })
    else { return }
    let isVideoRate = main.frameRate.map { (28.5...31.5).contains($0.approximate) } ?? false
    let mayHide = main.fieldOrder.isInterlaced && isVideoRate
    let mayBeFlagged =
      main.common.codec == "mpeg2video" || (main.common.codec == "h264" && !main.isConstantFrameRate)
    let pictures = mayHide ? TelecineJudge.pictures : mayBeFlagged ? TelecineJudge.flagged : 1
    guard
      let look = try? PictureLook.take(
        descriptor: descriptor, name: name, stream: main.common.index, pictures: pictures,
        comparesFields: mayHide)
    else { return }
    if let edges = look.crop, !edges.isPadding { report.video[index].bitstreamCrop = edges }
    if let light = look.light { report.video[index].hdr = (main.hdr ?? HDRMetadata()).filled(from: light) }
    guard mayHide || mayBeFlagged else { return }
    report.video[index].telecine = TelecineJudge.judge(look)
    if report.video[index].telecine == .soft, let times = survey.pictures[main.common.index]?.times,
      let rate = Telecine.filmRate(times)
    {
      report.video[index].frameRate = rate
    }
  }

  /// What the container cuts off, by stream.
  private static func crops(_ streams: [DemuxedStream], _ format: String, descriptor: Int32)
    -> [Int: ContainerCrop.Found]
  {
    let moving = streams.filter { $0.kind == .video && !$0.isCover }
    var crops: [Int: ContainerCrop.Found] = [:]
    if ["mp4", "mov", "3gp"].contains(format) {
      let found = ContainerCrop.ofMovie(descriptor: descriptor)
      for stream in moving { crops[stream.index] = found[stream.number] }
    } else if format == "matroska" {
      let found = ContainerCrop.ofMatroska(descriptor: descriptor)
      guard found.count == moving.count else { return [:] }
      for (stream, crop) in zip(moving, found) { crops[stream.index] = crop }
    }
    return crops
  }

  private static func select(_ track: Int?, _ report: inout SourceReport) throws(ProbeFailure) {
    guard let track else { return }
    let known = report.video.filter { !$0.isCover }.map(\.common.index)
    guard known.contains(track) else { throw .noSuchTrack(track, known: known) }
    report.chosenVideo = track
  }

  /// Pictures alone may rest: without a sound track nobody knows.
  private static func noteLost(_ survey: Surveyor.Result, _ report: inout SourceReport) {
    let sound = report.audio.map(\.common.index).filter { survey.sound[$0] != nil }
    guard !sound.isEmpty else { return }
    let main = report.mainVideo.map { [$0.common.index] } ?? []
    guard let lost = LostStretches.total((main + sound).map { survey.holes[$0] ?? [] }) else { return }
    report.lost = lost.length
    report.faults.append(
      Fault(
        code: "gap",
        message:
          "\(DecimalText.seconds(lost.length, places: 1)) s in \(lost.places) places have neither picture nor sound"
      ))
  }

  /// An ISO file's index lists its samples before any is read: when all of them came, nothing is cut off, whatever
  /// length the header states. Of a fragmented file it lists the first fragment, and more come than that.
  private static func hasAllSamples(_ survey: Surveyor.Result, _ format: String, indexed: [Int]) -> Bool {
    guard ["mp4", "mov", "3gp"].contains(format) else { return false }
    let listed = indexed.indices.filter { indexed[$0] > 0 }
    return !listed.isEmpty && listed.allSatisfy { (survey.tallies[$0]?.packets ?? 0) == indexed[$0] }
  }

  /// By their rate there are fewer than nineteen of twenty.
  private static func lacksPictures(_ times: PictureTimes, _ report: SourceReport) -> Bool {
    guard let rate = report.mainVideo?.frameRate, rate.isPositive, let first = times.times.values.first else {
      return false
    }
    let expected = rescale(times.end &- first, from: times.timebase, to: rate.inverse)
    return Int64(times.times.values.count) < expected &- expected / 20
  }
}

extension ProbeFailure {
  init(_ failure: DemuxFailure) {
    switch failure {
    case .empty: self = .empty
    case .unreadable(let cause): self = .unreadable(cause.reason)
    case .unrecognised: self = .notMedia
    case .refused(let format): self = .refusedFormat(format)
    case .tooLarge(let format, let streams):
      self = .tooLarge(format: CodecNames.format(format, majorBrand: nil), streams: streams)
    case .unopenable(let format, let cause):
      // The brand is not known yet.
      let short = format.hasPrefix("mov,") ? "mp4" : CodecNames.format(format, majorBrand: nil)
      self = .damaged(format: short, reason: cause.reason)
    }
  }
}
