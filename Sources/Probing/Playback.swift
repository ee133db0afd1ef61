internal import Foundation
internal import LibAV
package import Media

/// Decodes everything of a file's first picture track and first sound track: a descriptor in; frames counted, and
/// where they leave holes, are black or stand still, out.
package enum Playback {
  package static func play(
    descriptor: Int32, name: String, onFrames: (Int) -> Void
  ) throws -> [PlayedTrack] {
    let demuxer = try Demuxer.open(descriptor: descriptor, name: name)
    let streams = demuxer.streams.filter { $0.hasDecoder && !$0.isCover }
    let chosen = [streams.first { $0.kind == .video }, streams.first { $0.kind == .audio }].compactMap { $0 }
    demuxer.discard(allExcept: chosen.map(\.index))
    var tracks: [TrackPlayer] = []
    for stream in chosen {
      tracks.append(
        TrackPlayer(
          try Decoder.open(demuxer, stream: stream.index), stream.index, demuxer.timebase(of: stream.index),
          isVideo: stream.kind == .video))
    }
    let packet = try Packet()
    let frame = try Frame()
    var told = 0
    while try demuxer.read(into: packet) {
      guard let track = tracks.first(where: { $0.stream == packet.stream }) else { continue }
      try track.play(packet, frame)
      let done = tracks.reduce(0) { $0 + $1.result.frames }
      if done - told >= 100 {
        onFrames(done - told)
        told = done
      }
    }
    return try tracks.map { try $0.finish(frame) }
  }
}

/// One decoder and what came out of it.
private final class TrackPlayer {
  private static let columns = 32
  private static let rows = 18
  /// Between the darkest that video calls black (16) and what an encoder makes of it.
  private static let blackest: UInt8 = 24
  /// An encoder leaves this much of a difference between two equal pictures.
  private static let still = 1
  private static let mostStretches = 1000

  let stream: Int
  private(set) var result: PlayedTrack
  private var decoder: Decoder
  private let timebase: Rational
  private var lastTime: Int64?
  private var lastLength: Int64 = 0
  private var grid: [UInt8] = []
  private var steps: [Int64: Int] = [:]
  private var jumps: [PlayedTrack.Stretch] = []
  private var blackSince: Int64?
  private var stillSince: Int64?

  init(_ decoder: consuming Decoder, _ stream: Int, _ timebase: Rational, isVideo: Bool) {
    self.decoder = decoder
    self.stream = stream
    self.timebase = timebase
    result = PlayedTrack(isVideo: isVideo)
  }

  func play(_ packet: borrowing Packet, _ frame: borrowing Frame) throws {
    try decoder.send(packet)
    while try decoder.receive(into: frame) { take(frame) }
  }

  func finish(_ frame: borrowing Frame) throws -> PlayedTrack {
    decoder.sendEnd()
    while try decoder.receive(into: frame) { take(frame) }
    (result.refused, result.concealed) = (decoder.refused, decoder.concealed)
    result.step = steps.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? lastLength
    if let lastTime {
      let end = lastTime &+ (result.isVideo ? result.step : lastLength)
      close(&blackSince, at: end, into: \.black)
      close(&stillSince, at: end, into: \.frozen)
      result.end = end
    }
    // Only now it is known what is usual.
    result.holes = jumps.filter { $0.end &- $0.start > result.step &* 3 / 2 &+ 2_000_000 }
    return result
  }

  private func take(_ frame: borrowing Frame) {
    result.frames += 1
    let time = frame.time.map { MediaTime($0, timebase).ticks(in: Rational(1, 1_000_000_000)) }
    guard let time, time.magnitude < 1 << 61 else { return }
    if result.start == nil {
      result.start = time
      result.shape = PlayedTrack.Shape(start: time)
    }
    if let lastTime {
      let step = time &- lastTime
      if steps.count < 4096 { steps[step, default: 0] += 1 }
      // Sound says itself how long it lasts.
      let expected = result.isVideo ? step : lastLength
      if jumps.count < Self.mostStretches, result.isVideo || distance(step, expected) > 2_000_000 {
        noteJump(from: lastTime, to: time)
      }
    }
    if result.isVideo {
      look(frame, time)
    } else {
      lastLength = frame.sampleRate > 0 ? Int64(frame.samples) * 1_000_000_000 / Int64(frame.sampleRate) : 0
      result.shape.add(frame.loudness, at: time)
    }
    lastTime = time
  }

  private func distance(_ a: Int64, _ b: Int64) -> Int64 { abs(a &- b) }

  /// Only what is longer than anything usual is kept: a video's every step would be a jump.
  private func noteJump(from: Int64, to: Int64) {
    let usual = steps.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? 0
    if to &- from > usual &+ usual / 4 { jumps.append(PlayedTrack.Stretch(start: from, end: to)) }
  }

  private func look(_ frame: borrowing Frame, _ time: Int64) {
    let now = frame.lumaGrid(columns: Self.columns, rows: Self.rows)
    defer { grid = now }
    guard !now.isEmpty else { return }
    let isBlack = now.allSatisfy { $0 <= Self.blackest }
    if isBlack { blackSince = blackSince ?? time } else { close(&blackSince, at: time, into: \.black) }
    guard grid.count == now.count else { return }
    var (most, sum) = (0, 0)
    for index in now.indices {
      let difference = abs(Int(now[index]) - Int(grid[index]))
      most = max(most, difference)
      sum += difference
    }
    result.shape.add(UInt8(min(255, sum * 8 / now.count)), at: time)
    if most <= Self.still, !isBlack {
      stillSince = stillSince ?? lastTime ?? time
    } else {
      close(&stillSince, at: time, into: \.frozen)
    }
  }

  private func close(
    _ since: inout Int64?, at time: Int64, into list: WritableKeyPath<PlayedTrack, [PlayedTrack.Stretch]>
  ) {
    guard let start = since else { return }
    since = nil
    // What is shorter nobody calls a stretch; one that goes on in the next piece is joined there.
    if time &- start >= 200_000_000, result[keyPath: list].count < Self.mostStretches {
      result[keyPath: list].append(PlayedTrack.Stretch(start: start, end: time))
    }
  }
}
