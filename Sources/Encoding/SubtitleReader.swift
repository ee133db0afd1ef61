internal import Foundation
internal import LibAV
internal import Media

/// Reads subtitles as cues: an open descriptor and a job in, cues on the asset's timeline out. A track that cannot be
/// read is a fault of that track and not of the source.
package enum SubtitleReader {
  /// Reading goes on after a failure as long as packets come, but not for ever.
  private static let toleratedFailures = 64

  /// Text streams of a source, all in one pass.
  package static func read(
    _ job: SubtitleJob, descriptor: Int32, name: String
  ) throws -> SubtitleResult {
    let demuxer = try Demuxer.open(descriptor: descriptor, name: name)
    demuxer.discard(allExcept: job.streams)
    let codecs = demuxer.streams.map(\.codec)
    let tracks = job.streams.map { stream in
      Track(stream: stream, codec: codecs.indices.contains(stream) ? codecs[stream] : "unknown")
    }
    for track in tracks { track.open(demuxer) }
    let packet = try Packet()
    var failures = 0
    while tracks.contains(where: \.isReading) {
      do throws(AVFailure) {
        guard try demuxer.read(into: packet) else { break }
      } catch {
        if let failure = demuxer.readFailure { throw failure }
        failures += 1
        if failures >= toleratedFailures { break }
        continue
      }
      guard let track = tracks.first(where: { $0.stream == packet.stream }) else { continue }
      try track.add(packet, demuxer.timebase(of: track.stream), start: job.start)
    }
    return within(SubtitleLimits.resultBytes, tracks.map { $0.finish(job.duration) })
  }

  /// All tracks go to the parent in one line of bounded length: those that no longer fit are left out.
  static func within(_ budget: Int, _ tracks: [SubtitleTrack]) -> SubtitleResult {
    var used = 0
    return SubtitleResult(
      tracks: tracks.map { track in
        let size = track.cues.reduce(0) { $0 + SubtitleLimits.cueOverhead + 2 * $1.text.utf8.count }
        guard used + size <= budget else {
          return SubtitleTrack(fault: "the subtitles together have more text than is read")
        }
        used += size
        return track
      })
  }

  /// A sidecar: a file of nothing but subtitles.
  package static func read(_ job: SidecarJob, descriptor: Int32) throws -> SubtitleResult {
    guard let bytes = content(descriptor) else {
      return SubtitleResult(tracks: [SubtitleTrack(fault: "the disk does not give its bytes")])
    }
    let text: SidecarText
    do throws(SidecarText.Fault) { text = try SidecarText.read(bytes) } catch {
      return SubtitleResult(tracks: [SubtitleTrack(fault: error.message)])
    }
    let file: SubtitleFile
    do throws(AVFailure) { file = try SubtitleFile.open(text.text, format: text.format) } catch {
      return SubtitleResult(tracks: [SubtitleTrack(fault: "it cannot be read: \(error.reason)")])
    }
    let track = Track(stream: 0, codec: text.format.rawValue)
    track.open(file)
    let packet = try Packet()
    while track.isReading {
      do throws(AVFailure) {
        guard try file.read(into: packet) else { break }
      } catch {
        break
      }
      try track.add(packet, file.timebase, start: .zero)
    }
    var result = track.finish(job.duration)
    if let note = text.note { result.notes.insert(note, at: 0) }
    return SubtitleResult(tracks: [result])
  }

  private static func content(_ descriptor: Int32) -> [UInt8]? {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { return nil }
    let count = Int(min(Int64(status.st_size), SubtitleLimits.fileBytes))
    var hasFailed = false
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { space, filled in
      while filled < count {
        let got = unsafe pread(
          descriptor, space.baseAddress?.advanced(by: filled), count - filled, off_t(filled))
        if got < 0, errno == EINTR { continue }
        if got < 0 { hasFailed = true }
        guard got > 0 else { return }
        filled += got
      }
    }
    return hasFailed ? nil : bytes
  }

  /// One track being read. A class, since it holds a decoder, which no array can.
  private final class Track {
    let stream: Int
    private let kind: CueText.Kind
    private var decoder: SubtitleDecoder?
    private var text = CueText(kind: .converted)
    private var list = CueList()
    private var fault: String?
    private var undated = 0

    init(stream: Int, codec: String) {
      self.stream = stream
      kind =
        switch codec {
        case "ass", "ssa": .ass
        case "webvtt": .webvtt
        default: .converted
        }
    }

    var isReading: Bool { fault == nil && !list.isOverfull }

    func open(_ demuxer: borrowing Demuxer) {
      do throws(AVFailure) { begin(try SubtitleDecoder.open(demuxer, stream: stream)) } catch {
        fault = "its format cannot be read: \(error.reason)"
      }
    }

    func open(_ file: borrowing SubtitleFile) {
      do throws(AVFailure) { begin(try SubtitleDecoder.open(file)) } catch {
        fault = "its format cannot be read: \(error.reason)"
      }
    }

    private func begin(_ opened: consuming SubtitleDecoder) {
      text = CueText(kind: kind, header: opened.header)
      decoder = consume opened
    }

    /// What a container calls to be discarded began before an edit and may last into it: times decide.
    func add(_ packet: borrowing Packet, _ timebase: Rational, start origin: MediaTime) throws {
      guard isReading, let time = packet.presentation ?? packet.decode else {
        undated += 1
        return
      }
      let events = try decoder?.decode(packet) ?? []
      guard !events.isEmpty else { return }
      let micro = Rational(1, 1_000_000)
      let begin = MediaTime(time, timebase).ticks(in: micro)
        .subtractingReportingOverflow(origin.ticks(in: micro))
      let length = MediaTime(packet.duration, timebase).ticks(in: micro)
      let end = begin.partialValue.addingReportingOverflow(length)
      guard !begin.overflow, !end.overflow else {
        undated += 1
        return
      }
      let settings = packet.cueSettings
      for event in events {
        guard let content = text.content(ofEvent: event, settings: settings) else { continue }
        list.add(
          start: MediaTime(begin.partialValue, micro).ticks(in: Cue.timebase),
          end: packet.duration > 0 ? MediaTime(end.partialValue, micro).ticks(in: Cue.timebase) : nil,
          content)
      }
    }

    func finish(_ duration: MediaTime) -> SubtitleTrack {
      if let fault { return SubtitleTrack(fault: fault) }
      if list.isOverfull {
        return SubtitleTrack(fault: "there is more text in it than any subtitles have")
      }
      var result = SubtitleTrack(cues: list.arranged(until: duration))
      let refused = (decoder?.refused ?? 0) + undated
      if refused > 0 {
        result.notes.append("\(refused) of its texts are damaged and left out")
      }
      if result.cues.isEmpty {
        result.fault =
          "there is no text in it within the \(DecimalText.seconds(duration, places: 3)) s of the asset"
      }
      return result
    }
  }
}
