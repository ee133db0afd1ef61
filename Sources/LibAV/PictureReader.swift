internal import Foundation
package import Media

/// Shows the pictures of one video stream in order of time, upright, progressive and in standard range.
///
/// In: the source and moments of its clock, ascending. Out: for each moment the picture that is presented then: the
/// last one whose time is not after it. Decoding starts at a keyframe before the first moment wanted; when the first
/// picture that comes is later than that (seeking in a container without an index is a guess), it starts from an
/// earlier place, at last from the beginning. A deinterlacer looks at neighbours, so there decoding starts earlier.
/// Where the reader already stands between that keyframe and the moment, it goes on from there.
///
/// A stream without presentation times (AVI, bare streams; told by its first packet, as in the survey) has its n-th
/// picture at the n-th decode time: each picture takes the earliest of the packets whose pictures have not come out.
/// There decoding starts at the beginning of the source, or goes on from any place before the moment.
///
/// Pictures can be kept while they are looked at: started at the same moment again, it shows those.
package struct PictureReader: ~Copyable {
  private var demuxer: Demuxer
  private var decoder: Decoder
  private var graph: FilterGraph?
  /// What the filters were chosen for.
  private var graphInput: PictureKind?
  private let stream: Int
  private let streamTimebase: Rational
  private let source: PictureSource
  private let packet: Packet
  private let decoded: Frame
  private let ahead: Frame
  private let shown: Frame
  private var aheadTime: Int64?
  private var shownTime: Int64?
  private var stage = Stage.reading
  /// Nothing was decoded yet: this is the beginning of the source.
  private var isFresh = true
  /// `packet` was read to look at it, and is the next one to decode.
  private var holdsPacket: Bool
  private let isCounted: Bool
  /// The decode times of packets whose pictures have not come out, ascending; where pictures are counted.
  private var awaited: [Int64] = []
  private var failures = 0
  /// What decoded pictures carried, shown or not, since it was taken last; kept where pictures are looked at.
  private var captions: [CaptionedPicture] = []

  private var purpose = Purpose.showing
  private let kept = KeptPictures()
  /// What is shown of what was kept, while that goes.
  private var replay: Replay?
  private let replayed: Frame

  private struct Replay {
    var run: Int64
    var seek: Int64
    var place = 0
    var time: Int64?
  }

  /// As many as the survey passes over.
  private static let toleratedFailures = 64

  /// What pictures are wanted for.
  package enum Purpose: Sendable {
    case showing
    /// To be looked at: they are decoded a little roughly (see `Decoder.decodeRoughly`), and their captions noted.
    case looking
    /// To be looked at, and shown later: exact, their captions noted, and kept until the reader goes.
    case lookingAndKeeping

    fileprivate var isRough: Bool { self == .looking }
    fileprivate var notesCaptions: Bool { self != .showing }
  }

  private enum Stage { case reading, drainingDecoder, drainingFilters, ended }

  package static func open(descriptor: Int32, name: String, stream: Int, source: PictureSource) throws
    -> PictureReader
  {
    let demuxer = try Demuxer.open(descriptor: descriptor, name: name)
    let decoder = try Decoder.open(demuxer, stream: stream)
    demuxer.discard(allExcept: [stream])
    demuxer.follow(source.restarts)
    let timebase = demuxer.timebase(of: stream)
    let packet = try Packet()
    var holdsPacket = false
    while !holdsPacket, (try? demuxer.read(into: packet)) == true {
      holdsPacket = packet.stream == stream && packet.count > 0
    }
    let isCounted = holdsPacket && packet.presentation == nil
    return PictureReader(
      demuxer: demuxer, decoder: decoder, graph: nil,
      stream: stream, streamTimebase: timebase, source: source, packet: packet, holdsPacket: holdsPacket,
      isCounted: isCounted, decoded: try Frame(), ahead: try Frame(),
      shown: try Frame(), replayed: try Frame())
  }

  private init(
    demuxer: consuming Demuxer, decoder: consuming Decoder, graph: consuming FilterGraph?,
    stream: Int, streamTimebase: Rational, source: PictureSource, packet: consuming Packet, holdsPacket: Bool,
    isCounted: Bool, decoded: consuming Frame, ahead: consuming Frame, shown: consuming Frame,
    replayed: consuming Frame
  ) {
    self.demuxer = demuxer
    self.decoder = decoder
    self.graph = graph
    self.stream = stream
    self.streamTimebase = streamTimebase
    self.source = source
    self.packet = packet
    self.holdsPacket = holdsPacket
    self.isCounted = isCounted
    self.decoded = decoded
    self.ahead = ahead
    self.shown = shown
    self.replayed = replayed
  }

  /// Where counting alone tells when a picture is presented, it has to begin at the beginning: after a seek into an
  /// open GOP the decoder leaves out as many pictures as it likes.
  private var mustCount: Bool { isCounted || demuxer.isElementary || !source.restarts.isEmpty }

  /// Packets that the decoder could not read so far.
  package var refusedPackets: Int { decoder.refused }
  /// Pictures of which the decoder made up a part.
  package var concealedPictures: Int { decoder.concealed }

  /// Makes ready to show pictures from `wanted` on; `seek` is the time of a keyframe not after it.
  package mutating func start(at wanted: Int64, seek: Int64, for purpose: Purpose = .showing) throws {
    kept.end()
    replay = nil
    if purpose == .showing, kept.has(wanted) {
      replay = Replay(run: wanted, seek: seek)
      _ = try show(wanted)
      return
    }
    let wasRough = self.purpose.isRough
    self.purpose = purpose
    if purpose == .lookingAndKeeping { kept.begin(at: wanted) }
    if purpose.isRough == wasRough, try goesOn(to: wanted, seek: seek) { return }
    // Pictures on their way through the decoder are of the other kind: it begins anew, below.
    decoder.decodeRoughly(purpose.isRough)
    let overlap = source.deinterlacing == .off ? 0 : 3
    for distance in mustCount ? [] : [0, 1, 4, 15] as [Int64] {
      let back = MediaTime(distance, Rational(1, 1)).ticks(in: source.timebase)
      guard try jump(to: seek &- back) else { continue }
      if try isBefore(wanted, pictures: overlap) {
        _ = try show(wanted)
        return
      }
    }
    if !isFresh { try rewind() }
    _ = try show(wanted)
  }

  /// Goes on from where the reader stands when that gives the same pictures as starting anew, and sooner. Where
  /// something was damaged on the way they might differ with what came before, and so with who encodes which chunk; but
  /// not where decoding always begins at the beginning.
  private mutating func goesOn(to wanted: Int64, seek: Int64) throws -> Bool {
    guard let shownTime, shownTime <= wanted, mustCount || (decoder.refused == 0 && decoder.concealed == 0)
    else { return false }
    guard mustCount || seek <= shownTime else { return false }
    return try show(wanted)
  }

  /// Brings the picture that is presented at `time` to `picture`; false when the source has none at all.
  package mutating func show(_ time: Int64) throws -> Bool {
    if let again = replay {
      if try showKept(time) { return true }
      // More than was kept.
      kept.forget(again.run)
      try start(at: time, seek: again.seek)
    }
    while true {
      if aheadTime == nil { try readAhead() }
      guard let next = aheadTime else { break }
      if shownTime != nil, next > time { break }
      shown.take(from: ahead)
      shownTime = next
      aheadTime = nil
    }
    if let shownTime, purpose == .lookingAndKeeping { try kept.note(shown, time: shownTime, at: time) }
    return shownTime != nil
  }

  private mutating func showKept(_ time: Int64) throws -> Bool {
    guard var again = replay else { return false }
    again.time = try kept.show(time, of: again.run, from: &again.place, in: replayed)
    replay = again
    return again.time != nil
  }

  /// What is shown from now on need not be kept.
  package func endKeeping() { kept.end() }

  /// The captions of all pictures whose time is in `range`, after the last of them was passed; only where pictures are
  /// looked at. What is before the range's end is forgotten.
  package mutating func takeCaptions(in range: Range<Int64>) -> [CaptionedPicture] {
    let taken = captions.filter { range.contains($0.time) }
    captions.removeAll { $0.time < range.upperBound }
    return taken
  }

  /// The picture that is shown, until the next `show`.
  package var picture: Frame {
    _read { if replay == nil { yield shown } else { yield replayed } }
  }
  /// When it is presented; nil before the first `show`.
  package var pictureTime: Int64? { replay?.time ?? shownTime }

  /// True when decoding from here gives the picture wanted: one that is not after it comes first, after `pictures`
  /// neighbours.
  private mutating func isBefore(_ wanted: Int64, pictures: Int) throws -> Bool {
    try readAhead()
    guard let first = aheadTime, first <= wanted else { return false }
    guard pictures > 0 else { return true }
    for _ in 0..<pictures {
      shown.take(from: ahead)
      shownTime = aheadTime
      aheadTime = nil
      try readAhead()
      guard let next = aheadTime, next <= wanted else { return false }
    }
    return true
  }

  private mutating func jump(to time: Int64) throws -> Bool {
    let target = MediaTime(time, source.timebase).ticks(in: streamTimebase, rounding: .down)
    do { try demuxer.seek(stream: stream, to: target) } catch { return false }
    isFresh = false
    forget()
    return true
  }

  private mutating func rewind() throws {
    try demuxer.rewind()
    demuxer.discard(allExcept: [stream])
    forget()
  }

  private mutating func forget() {
    decoder.reset()
    graph = nil
    graphInput = nil
    (aheadTime, shownTime) = (nil, nil)
    (awaited, captions) = ([], [])
    (holdsPacket, failures) = (false, 0)
    stage = .reading
    ahead.clear()
    shown.clear()
  }

  /// Decodes until `ahead` holds the next picture; leaves `aheadTime` nil at the end.
  private mutating func readAhead() throws {
    while stage != .ended {
      if try receive() { return }
      switch stage {
      case .reading:
        guard readPacket() else {
          decoder.sendEnd()
          stage = .drainingDecoder
          continue
        }
        if packet.stream == stream, packet.count > 0 { try decode() }
        packet.clear()
      case .drainingDecoder:
        stage = graph == nil ? .ended : .drainingFilters
        if graph != nil { try graph?.sendEnd() }
      case .drainingFilters: stage = .ended
      case .ended: break
      }
    }
  }

  /// The next packet; false at the end. What cannot be read is passed over, as in the survey.
  private mutating func readPacket() -> Bool {
    isFresh = false
    if holdsPacket {
      holdsPacket = false
      return true
    }
    while failures < Self.toleratedFailures {
      do { return try demuxer.read(into: packet) } catch { failures += 1 }
    }
    return false
  }

  private mutating func decode() throws {
    // Its picture may be needed by others, and has no time to be shown at.
    let isOutlier =
      (packet.presentation ?? packet.decode).map { source.outliers.contains(sorted: $0) } ?? false
    if isOutlier { return try decoder.send(packet, isTimed: false) }
    let refused = decoder.refused
    try decoder.send(packet)
    guard isCounted, decoder.refused == refused, let time = packet.decode else { return }
    awaited.insert(time, at: awaited.lastIndex { $0 <= time }.map { $0 + 1 } ?? 0)
  }

  /// When the picture just decoded is presented. Without any time it follows the one before by a tick: it is shown,
  /// in order.
  private mutating func timeOfDecoded() -> Int64 {
    if isCounted {
      // Pictures that were lost on the way keep theirs: those from a keyframe on are not shown before it.
      if decoded.isKey, let key = decoded.packetTime { awaited.removeAll { $0 < key } }
      if !awaited.isEmpty { return awaited.removeFirst() }
    }
    return decoded.time ?? ((aheadTime ?? shownTime ?? -1) &+ 1)
  }

  /// Takes one picture from the filters or the decoder; false when more has to be fed first.
  private mutating func receive() throws -> Bool {
    if graph != nil, try graph?.receive(into: ahead) == true {
      let base = graph?.timebase ?? streamTimebase
      aheadTime = MediaTime(ahead.presentation, base).ticks(in: source.timebase)
      return true
    }
    guard stage == .reading || stage == .drainingDecoder else { return false }
    while try decoder.receive(into: decoded) {
      if decoded.isUntimed { continue }
      let time = timeOfDecoded()
      decoded.presentation = time
      noteCaptions(time)
      try chooseFilters()
      guard graph != nil else {
        ahead.take(from: decoded)
        aheadTime = MediaTime(time, streamTimebase).ticks(in: source.timebase)
        return true
      }
      try graph?.send(decoded)
      if try graph?.receive(into: ahead) == true {
        let base = graph?.timebase ?? streamTimebase
        aheadTime = MediaTime(ahead.presentation, base).ticks(in: source.timebase)
        return true
      }
    }
    return false
  }

  /// Takes the captions off the picture: they travel by themselves, and not through filters, of which a deinterlacer
  /// would give them to both fields.
  private mutating func noteCaptions(_ time: Int64) {
    let bytes = decoded.takeCaptions()
    guard purpose.notesCaptions, !bytes.isEmpty else { return }
    captions.append(
      CaptionedPicture(
        time: MediaTime(time, streamTimebase).ticks(in: source.timebase), bytes: Data(bytes)))
  }

  /// The filters are made when the first picture shows what it is like, and anew when that changes.
  private mutating func chooseFilters() throws {
    let kind = PictureKind(decoded, sampleAspectRatio: demuxer.sampleAspectRatio(of: stream, in: decoded))
    if kind == graphInput { return }
    graph = nil
    if let filters = PictureFilters.description(for: source, like: kind) {
      graph = try FilterGraph.open(filters, like: decoded, timebase: streamTimebase)
    }
    graphInput = kind
  }
}
