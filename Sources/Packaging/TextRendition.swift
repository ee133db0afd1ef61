package import Media

/// The subtitles to be packaged: what they are and their cues, in order.
package struct TextInput: Sendable, Equatable {
  package var plan: TextPlan
  package var cues: [Cue]

  package init(plan: TextPlan, cues: [Cue]) {
    self.plan = plan
    self.cues = cues
  }
}

/// Writes subtitles as WebVTT segments: cues and the segment grid of another rendition in, one small file a segment
/// out, with a cue in every segment that it touches, with its whole time (RFC 8216bis 3.1.4). A segment without cues
/// is a valid file too.
struct TextRendition {
  let input: TextInput
  /// Where segments begin, and where the last one ends.
  let starts: [MediaTime]
  let end: MediaTime
  /// What the media's clock of 90 kHz says at the beginning of the asset.
  let origin: Int64

  func write(into target: any DeliveryTarget) throws -> WrittenRendition {
    var result = WrittenRendition(name: input.plan.name, formats: [], end: end)
    result.isText = true
    var rest = input.cues[...]
    for (index, start) in starts.enumerated() {
      let next = index + 1 < starts.count ? starts[index + 1] : end
      let (from, to) = (start.ticks(in: Cue.timebase), next.ticks(in: Cue.timebase, rounding: .up))
      // Starts ascend: what ended before this segment is in no later one.
      while let first = rest.first, first.end <= from { rest = rest.dropFirst() }
      let cues = rest.prefix { $0.start < to }.filter { touches($0, start, next) }
      let sink = try target.open(rendition: input.plan.name)
      try sink.write(Array(text(cues).utf8))
      let object = try sink.finish()
      let range = MediaRange(object: result.objects.count, offset: 0, count: object.bytes)
      result.objects.append(object)
      result.segments.append(WrittenSegment(range: range, start: start))
    }
    return result
  }

  private func touches(_ cue: Cue, _ start: MediaTime, _ end: MediaTime) -> Bool {
    MediaTime(cue.start, Cue.timebase) < end && start < MediaTime(cue.end, Cue.timebase)
  }

  private func text(_ cues: [Cue]) -> String {
    let head = "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:\(origin),LOCAL:00:00:00.000\n"
    return cues.reduce(into: head) { text, cue in
      let settings = cue.settings.isEmpty ? "" : " " + cue.settings
      text += "\n\(WebVTT.time(cue.start)) --> \(WebVTT.time(cue.end))\(settings)\n\(cue.text)\n"
    }
  }
}

enum WebVTT {
  /// `00:01:02.345`; hours take as many digits as they need (WebVTT 4.1).
  static func time(_ milliseconds: Int64) -> String {
    let value = max(0, milliseconds)
    let seconds = value / 1000
    let fields = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }
    return fields.joined(separator: ":") + "." + padded(value % 1000, 3)
  }

  private static func padded(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}

extension Measuring {
  /// Sums subtitles up as `record` does media.
  static func record(
    _ text: TextPlan, _ placed: PlacedRendition, _ playlists: PutPlaylists, targetDuration: Int
  ) -> RenditionRecord {
    let media = placed.media
    var record = RenditionRecord(
      name: media.name, kind: .text, codecs: "webvtt", playlist: playlists.media ?? "",
      version: placed.version,
      duration: media.end)
    record.segments = media.segments.count
    record.bytes = media.bytes
    record.targetDuration = targetDuration
    record.peakBitrate = BitRates.peak(media.segmentPieces, targetDuration: targetDuration)
    record.averageBitrate = BitRates.average(media.segmentPieces)
    record.group = MasterPlaylist.textGroup
    record.language = text.language
    record.label = text.label
    record.isForced = text.isForced
    record.isHearingImpaired = text.isHearingImpaired ? true : nil
    return record
  }
}
