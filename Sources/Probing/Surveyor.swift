internal import LibAV
internal import Media

/// The demux-only pass: reads every packet of an open source once, and gives for each stream what its packets
/// told. Nothing is decoded.
struct Surveyor {
  /// What the pass found out.
  struct Result {
    /// By stream index, for video streams.
    var pictures: [Int: PictureFindings] = [:]
    /// By stream index, for audio streams with presented sound.
    var sound: [Int: AudioSpan] = [:]
    /// Of the streams of both kinds.
    var holes: [Int: [LostStretches.Hole]] = [:]
    var tallies: [Int: Tally] = [:]
    var faults: [Fault] = []
    var packets = 0
    /// Times step back, or ahead by more than any recording lasts.
    var hasSteps = false
  }

  struct PictureFindings {
    var times: PictureTimes?
    var cadence: Cadence
    /// As HLS names them; nil when there are none.
    var captions: [String]?
  }

  /// Bytes and the stretch of time of any stream.
  struct Tally {
    var bytes: Int64 = 0
    var packets = 0
    var first: Int64?
    var end: Int64?
  }

  private let streams: [DemuxedStream]
  private var pictures: [Int: PictureCollector] = [:]
  private var sound: [Int: SoundCollector] = [:]
  private var captions: [Int: CaptionCollector] = [:]
  private var searches: [Int: CaptionSearch] = [:]
  private var tallies: [Int: Tally] = [:]
  private var damaged: [Int: Int] = [:]
  private var packets = 0
  private var decodes: [Int: Int64] = [:]
  private var hasSteps = false
  private var lastIsDamaged = false
  private var isMatroska = false

  /// Reading goes on after a failure as long as packets come, but not for ever.
  private static let toleratedFailures = 64

  init(streams: [DemuxedStream]) {
    self.streams = streams
    for stream in streams {
      switch stream.kind {
      case .video: pictures[stream.index] = PictureCollector(stream: stream.index, timebase: stream.timebase)
      case .audio:
        sound[stream.index] = SoundCollector(
          stream: stream.index, timebase: stream.timebase, sampleRate: stream.sampleRate,
          frameSamples: stream.frameSamples, priming: stream.codec == "vorbis" ? 1 : 0)
      default: break
      }
    }
  }

  /// Reads to the end. What the file system cannot read is a failure; what the format cannot is a fault.
  mutating func run(_ demuxer: borrowing Demuxer) throws(AVFailure) -> Result {
    isMatroska = demuxer.formatName == "matroska,webm"
    for stream in streams where stream.kind == .video && !stream.isEncrypted && !stream.isCover {
      searches[stream.index] = CaptionSearch(
        codec: stream.codec, extradata: demuxer.extradata(of: stream.index))
    }
    let packet = try Packet()
    var faults: [Fault] = []
    var failures = 0
    while true {
      do throws(AVFailure) {
        guard try demuxer.read(into: packet) else { break }
      } catch {
        if let failure = demuxer.readFailure { throw failure }
        failures += 1
        if failures == 1 { faults.append(Fault(code: "damaged", message: "reading failed: \(error.reason)")) }
        if failures >= Surveyor.toleratedFailures { break }
        continue
      }
      add(packet)
    }
    if lastIsDamaged { faults.append(Surveyor.truncated("the last packet is cut off")) }
    for (stream, count) in damaged.sorted(by: { $0.key < $1.key }) where !(lastIsDamaged && count == 1) {
      faults.append(
        Fault(code: "damaged", message: "\(count) packets that the container calls damaged", stream: stream))
    }
    return finish(faults)
  }

  static func truncated(_ what: String) -> Fault {
    Fault(code: "truncated", message: "\(what): the file is not whole; what is there is used")
  }

  private mutating func add(_ packet: borrowing Packet) {
    let index = packet.stream
    packets += 1
    tallies[index, default: Tally()].add(packet)
    lastIsDamaged = packet.isCorrupt
    if packet.isCorrupt { damaged[index, default: 0] += 1 }
    guard streams.indices.contains(index), packet.count > 0 else { return }
    if let time = packet.decode ?? packet.presentation {
      let before = decodes.updateValue(time, forKey: index)
      if let before, ClockScan.isStep(from: before, to: time, streams[index].timebase) { hasSteps = true }
    }
    if pictures[index] != nil, isShown(packet, streams[index]) {
      pictures[index]?.add(
        PictureSample(
          presentation: packet.presentation, decode: packet.decode, duration: packet.duration,
          isKey: packet.isKey, isDiscarded: packet.isDiscarded))
      addCaptions(packet)
    } else if sound[index] != nil {
      let trimmed = trimmed(packet, streams[index])
      sound[index]?.add(
        presentation: packet.presentation, decode: packet.decode, duration: packet.duration,
        isDiscarded: packet.isDiscarded, trimmed: trimmed)
    }
  }

  private mutating func addCaptions(_ packet: borrowing Packet) {
    guard let search = searches[packet.stream] else { return }
    let bytes = packet.captions(search)
    if !bytes.isEmpty {
      captions[packet.stream, default: CaptionCollector()].add(bytes, at: packet.presentation)
    }
  }

  /// Matroska states Opus' delay in the header alone, and FFmpeg counts it into the times: what lies before 0 is what
  /// the decoder drops.
  private func trimmed(_ packet: borrowing Packet, _ stream: DemuxedStream) -> (start: Int64, end: Int64) {
    let stated = packet.trimmedSamples
    guard isMatroska, stream.codec == "opus", let time = packet.presentation, time < 0, time > -1 << 40,
      stream.sampleRate > 0
    else { return stated }
    let early = MediaTime(-time, stream.timebase).ticks(in: Rational(1, Int64(stream.sampleRate)))
    return (max(stated.start, early), stated.end)
  }

  /// VP8 has pictures that are only referred to: bit 4 of the first byte is 0 (RFC 6386, 9.1).
  private func isShown(_ packet: borrowing Packet, _ stream: DemuxedStream) -> Bool {
    guard stream.codec == "vp8", !stream.isEncrypted, let byte = packet.head(1).first else { return true }
    return byte & 0x10 != 0
  }

  private mutating func finish(_ faults: [Fault]) -> Result {
    var result = Result(tallies: tallies, faults: faults, packets: packets, hasSteps: hasSteps)
    var runs: [Int: [FarIslands.Run]] = [:]
    for stream in streams where !stream.isCover {
      runs[stream.index] = pictures[stream.index]?.runs() ?? sound[stream.index]?.runs()
    }
    for stream in streams {
      let others = runs.filter { $0.key != stream.index }.flatMap(\.value)
      if let collector = pictures[stream.index] {
        let hints = [stream.averageRate, stream.nominalRate].compactMap { $0 }
        let found = collector.finish(hints: hints, others: others)
        let channels = captions[stream.index]?.finish() ?? []
        result.pictures[stream.index] = PictureFindings(
          times: found.times, cadence: found.cadence, captions: channels.isEmpty ? nil : channels)
        result.holes[stream.index] = found.times.map {
          LostStretches.holes($0, interval: found.cadence.interval)
        }
        if !stream.isCover { result.faults += found.faults }
      }
      if let collector = sound[stream.index] {
        let holes = collector.stretchesWithoutSound
        let found = collector.finish(others: others)
        result.sound[stream.index] = found.span
        result.holes[stream.index] = found.span.map { LostStretches.inside(holes, $0) } ?? []
        result.faults += found.faults
      }
    }
    return result
  }
}

extension Surveyor.Tally {
  fileprivate mutating func add(_ packet: borrowing Packet) {
    bytes &+= Int64(packet.count)
    packets += 1
    guard let time = packet.presentation ?? packet.decode else { return }
    first = min(first ?? time, time)
    end = max(end ?? time, time.addingReportingOverflow(max(0, packet.duration)).partialValue)
  }
}
