internal import Encoding
internal import Media

/// What came of the sound of a title, after it was encoded.
extension ChunkWork {
  /// A track of which less can be decoded is none.
  private static let least = 0.1

  /// A plan with all its sound made in; out comes the plan without tracks of which next to nothing could be decoded,
  /// with a note for each that is not whole. Of a track that is all that there is no more than `tolerance` may be missing.
  func withoutBrokenSound(_ plan: Plan, _ tolerance: Double) throws -> Plan {
    let shares = try plan.audio.filter(\.measuresLoudness).map { audio in
      let result = try soundResult(audio)
      return (stream: audio.stream, share: result.decodedShare, refused: result.refusedPackets)
    }
    let hasPictures = plan.video != nil || plan.copies?.video != nil
    let hasMore = hasPictures || plan.copies?.audio.isEmpty == false
    // A last packet that was cut off is no loss, however short the whole is.
    if !hasMore, let best = shares.max(by: { $0.share < $1.share }), 1 - best.share > tolerance,
      best.refused > 1 || best.share < Self.least
    {
      if best.share < Self.least { throw EncodingFailure.noSound(stream: best.stream) }
      throw EncodingFailure.brokenSound(stream: best.stream, percent: Self.missing(best.share))
    }
    var made = plan
    for (stream, share, _) in shares where share < 1 {
      let subject = "audio \(stream)"
      if share < Self.least {
        made.audio.removeAll { $0.stream == stream }
        made.notes.append(PlanNote(subject, "left out: nothing of it can be decoded; it is damaged"))
      } else if share < 1 - 1e-3 {
        made.notes.append(
          PlanNote(
            subject, "\(Self.missing(share)) % of it is silent: it is damaged there and cannot be decoded"))
      }
    }
    return made
  }

  /// In percent, rounded up.
  private static func missing(_ share: Double) -> Int { Int(((1 - share) * 100).rounded(.up)) }

  /// Listens to sound that is copied, where the ladder wants all of it to have one loudness: nobody can change it, but
  /// everybody can be told. It costs more than copying does, and so is not done unasked.
  func listening(to copy: AudioCopy, _ timeline: Timeline) throws -> WorkTask? {
    let result = measureName(copy)
    guard copy.audio.loudness != nil, try !isMade(result) else { return nil }
    var audio = copy.audio
    // What the stream is decoded to; it is measured with the channels that it has.
    (audio.channels, audio.sampleRate) = (2, 48_000)
    let job = AudioJob(audio: audio, timeline: timeline, path: "")
    return WorkTask(
      job: .measure(name: sourceName, job), doing: "listening to stream \(copy.stream)", countsFrames: false
    ) { answer in
      guard case .measure(let made) = answer else { throw WorkFailure.wrongAnswer }
      try keep(made, as: result)
    }
  }

  private func measureName(_ copy: AudioCopy) -> String { "sound-measure-\(copy.stream)" }

  /// What was heard of copied sound, where it was listened to.
  private func heard(_ copy: AudioCopy) throws -> Loudness? {
    guard copy.audio.loudness != nil else { return nil }
    let measure: SoundMeasure = try kept(measureName(copy))
    return measure.loudness
  }

  /// For each copied track that is not as loud as the ladder wants it.
  func loudnessNotes(_ plan: Plan) throws -> [PlanNote] {
    try (plan.copies?.audio ?? []).compactMap { copy in
      guard let target = copy.audio.loudness, let found = try heard(copy)?.integrated,
        abs(found - target) > 1
      else { return nil }
      return PlanNote(
        "audio \(copy.stream)",
        "it is copied and stays at \(Human.decimal(found, places: 1)) LUFS; only sound that is encoded is brought to "
          + Human.decimal(target, places: 1))
    }
  }

  /// The report with what encoding found of its sound: how loud each stream is, and what of it is damaged.
  func withSound(_ report: SourceReport, _ plan: Plan) throws -> SourceReport {
    var report = report
    for audio in plan.audio {
      guard audio.measuresLoudness,
        let index = report.audio.firstIndex(where: { $0.common.index == audio.stream })
      else { continue }
      let result = try soundResult(audio)
      report.audio[index].loudness = result.loudness
      report.audio[index].damagedPackets = result.refusedPackets > 0 ? result.refusedPackets : nil
    }
    for copy in plan.copies?.audio ?? [] {
      if let index = report.audio.firstIndex(where: { $0.common.index == copy.stream }) {
        report.audio[index].loudness = try heard(copy)
      }
    }
    return report
  }

  /// The records with what their sound was raised by.
  func withGains(_ records: [RenditionRecord], _ plan: Plan) throws -> [RenditionRecord] {
    var records = records
    for audio in plan.audio {
      guard let index = records.firstIndex(where: { $0.name == audio.name }) else { continue }
      records[index].gain = try soundResult(audio).gain
    }
    return records
  }
}
