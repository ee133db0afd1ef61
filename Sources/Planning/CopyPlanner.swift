package import Media

/// Decides what of a plan is copied: the plan as if everything were encoded, and what is known of the source, in; the
/// plan in which copied tracks are named as such and no longer encoded, out.
///
/// A stream that cannot be copied is encoded, and a note says why; where the ladder's `copy` is `strict` that is a
/// failure instead.
package enum CopyPlanner {
  /// `refused`: streams of which copying found, while reading, that they cannot be taken as they are, and why.
  package static func apply(
    _ plan: Plan, report: SourceReport, survey: SourceSurvey, ladder: Ladder, request: PlanRequest,
    refused: [Int: String] = [:]
  ) throws(PlanFailure) -> Plan {
    let ladder = try applied(ladder, request)
    var plan = plan
    let isParts = ladder.outputs.contains(.parts) && !ladder.outputs.contains { $0 == .hls || $0 == .dash }
    if isParts { keepOne(&plan) }
    guard ladder.copy != .never else { return try withLayout(plan, ladder, request) }
    let rules = CopyRules(ladder: ladder)
    var copies = CopyPlan(isStrict: ladder.copy == .strict)
    var notes: [PlanNote] = []
    if plan.video != nil, let stream = report.mainVideo {
      let fault = refused[stream.common.index] ?? rules.fault(stream, survey.video, report)
      if let fault {
        try refuse("video \(stream.common.index)", fault, copies.isStrict, &notes)
      } else if let times = survey.video {
        copies.video = video(stream, times, report)
        plan.video = nil
      }
    }
    try takeSound(&plan, into: &copies, report, ladder, refused, &notes)
    plan.copies = copies.isEmpty ? nil : copies
    if copies.video != nil { plan.notes.removeAll { isOfEncoding($0, ladder) } }
    plan.notes = notes + plan.notes
    if let times = survey.video, copies.video != nil {
      let start = plan.timeline.start.ticks(in: times.timebase)
      cut(
        &plan, starts: times.keyframes.values.map { $0 &- start }, end: times.end &- start,
        timebase: times.timebase, ladder: ladder)
    }
    return try withLayout(plan, ladder, request)
  }

  /// The plan with the times that copying found: the cuts are where segments really begin.
  package static func settle(_ plan: Plan, copied: [CopiedTrack], ladder: Ladder) -> Plan {
    var plan = plan
    guard let video = plan.copies?.video, let track = copied.first(where: { $0.stream == video.stream })
    else {
      return plan
    }
    cut(&plan, starts: track.starts.values, end: track.end, timebase: track.timebase, ladder: ladder)
    return plan
  }

  private static func applied(_ ladder: Ladder, _ request: PlanRequest) throws(PlanFailure) -> Ladder {
    do { return try ladder.applying(request.overrides) } catch { throw .ladder(error) }
  }

  private static func refuse(
    _ subject: String, _ fault: String, _ isStrict: Bool, _ notes: inout [PlanNote]
  ) throws(PlanFailure) {
    if isStrict { throw .cannotCopy(subject: subject, reason: fault) }
    notes.append(PlanNote(subject, "it is encoded, not copied: \(fault)"))
  }

  /// Parts hold one picture and one sound track: the best and the default one.
  private static func keepOne(_ plan: inout Plan) {
    let top = plan.video?.rungs.prefix(1) ?? []
    plan.video?.rungs = Array(top)
    guard let main = plan.audio.first(where: \.isDefault) ?? plan.audio.first else { return }
    for audio in plan.audio where audio.stream != main.stream {
      plan.notes.append(PlanNote("audio \(audio.stream)", "parts hold one sound track"))
    }
    plan.audio = [main]
  }

  private static func cut(
    _ plan: inout Plan, starts: [Int64], end: Int64, timebase: Rational, ladder: Ladder
  ) {
    let half = Rational(ladder.gopSeconds.numerator, ladder.gopSeconds.denominator &* 2)
    plan.timeline.cuts = CopyGrid.cuts(
      starts: starts, end: end, timebase: timebase, step: ladder.segmentSeconds, runt: half)
    plan.timeline.duration = max(plan.timeline.duration, MediaTime(end, timebase))
    plan.timeline.segmentDuration = MediaTime(
      rescale(
        ladder.segmentSeconds.numerator, from: Rational(1, ladder.segmentSeconds.denominator), to: timebase),
      timebase)
  }

  /// Notes on rungs and rates that are not made do not matter where the picture stays as it is.
  private static func isOfEncoding(_ note: PlanNote, _ ladder: Ladder) -> Bool {
    ["frame rate", "high dynamic range"].contains(note.subject)
      || ladder.rungs.contains { $0.name == note.subject }
  }

  private static func video(_ stream: VideoStream, _ times: PictureTimes, _ report: SourceReport)
    -> VideoCopy?
  {
    guard let codec = Codec(rawValue: stream.common.codec) else { return nil }
    let size = stream.codedSize
    let (long, short) = (
      max(stream.displayedSize.width, stream.displayedSize.height),
      min(stream.displayedSize.width, stream.displayedSize.height)
    )
    // By the 16:9 box that it fills: 1920x804 is 1080p.
    let height = max(short, (long &* 9 &+ 8) / 16)
    let bitrate = Int(clamping: stream.common.bitRate ?? report.bitRate ?? 0)
    let rung = Rung(
      name: "\(height)p", codec: codec, size: size, bitrate: bitrate, maxBitrate: bitrate,
      profile: stream.common.profile ?? "", level: 0)
    let rate = Cadence.exactRate(of: times.times.values, timebase: times.timebase)
    return VideoCopy(
      stream: stream.common.index, rung: rung, frameRate: rate,
      rebuildsTimes: RoundedTimes.fit(times.times.values, timebase: times.timebase, rate: rate),
      colour: ColourRules.colours(of: stream).source)
  }

  /// The sound that is copied leaves `plan` for `copies`; what is left is encoded.
  private static func takeSound(
    _ plan: inout Plan, into copies: inout CopyPlan, _ report: SourceReport, _ ladder: Ladder,
    _ refused: [Int: String], _ notes: inout [PlanNote]
  ) throws(PlanFailure) {
    let rules = CopyRules(ladder: ladder)
    var faults: [Int: String] = [:]
    for audio in plan.audio {
      guard let stream = report.audio.first(where: { $0.common.index == audio.stream }) else { continue }
      faults[audio.stream] = refused[audio.stream] ?? rules.fault(stream, report)
    }
    // Encoding what does not fit the others settles it: the second time round nothing is in another codec.
    for _ in 0..<2 {
      switch SoundGroups.sort(members(plan.audio, report, faults), target: ladder.audio.first?.codec ?? .aac)
      {
      case .encode(let streams):
        for stream in streams { faults[stream] = SoundGroups.complaint }
      case .grouped(let members):
        plan.audio = members.filter { !$0.isCopied }.map(\.audio)
        copies.audio = members.filter(\.isCopied).map { AudioCopy(stream: $0.audio.stream, audio: $0.audio) }
        for (stream, fault) in faults.sorted(by: { $0.key < $1.key }) {
          try refuse("audio \(stream)", fault, copies.isStrict, &notes)
        }
        return
      }
    }
  }

  private static func members(_ planned: [AudioPlan], _ report: SourceReport, _ faults: [Int: String])
    -> [SoundGroups.Member]
  {
    var members: [SoundGroups.Member] = []
    for audio in planned {
      guard let stream = report.audio.first(where: { $0.common.index == audio.stream }) else { continue }
      let label = AudioPlanner.label(stream, audio.language)
      if faults[audio.stream] != nil {
        members.append(SoundGroups.Member(audio: audio, isCopied: false, label: label))
      } else if !members.contains(where: { $0.audio.stream == audio.stream }) {
        members.append(SoundGroups.Member(audio: copied(audio, stream), isCopied: true, label: label))
      }
    }
    return members
  }

  private static func copied(_ planned: AudioPlan, _ stream: AudioStream) -> AudioPlan {
    var audio = planned
    audio.codec = Codec(rawValue: stream.common.codec) ?? planned.codec
    audio.channels = stream.channels
    audio.sampleRate = stream.sampleRate
    audio.bitrate = Int(clamping: stream.common.bitRate ?? 0)
    audio.group = AudioTarget.group(audio.codec, channels: audio.channels)
    return audio
  }

  private static func withLayout(_ plan: Plan, _ ladder: Ladder, _ request: PlanRequest) throws(PlanFailure)
    -> Plan
  {
    var plan = plan
    let rungs = (plan.copies?.video.map { [$0.rung.name] } ?? []) + (plan.video?.rungs.map(\.name) ?? [])
    let audio = (plan.copies?.audio.map(\.audio.name) ?? []) + plan.audio.map(\.name)
    plan.layout = try LayoutPlanner(ladder: ladder, request: request).layout(
      rungs: rungs, audio: audio, text: plan.text.map(\.name))
    return plan
  }
}
