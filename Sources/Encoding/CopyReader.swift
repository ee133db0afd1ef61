internal import Foundation
internal import LibAV
internal import Media

/// Takes the packets of some streams of a source as they are, in one pass and without decoding.
///
/// In: a `CopyJob` and the source. Out: one packet file a stream, with the container's presentation times on the
/// asset's timeline, and what was found out of each. Where the container holds a sample's bytes just as a packet has
/// them (ISO files), the packet file names the range of the source; elsewhere it holds the bytes.
package enum CopyReader {
  package static func copy(
    _ job: CopyJob, descriptor: Int32, name: String, progress: (Int) throws -> Void
  ) throws -> CopyResult {
    let demuxer = try Demuxer.open(descriptor: descriptor, name: name)
    demuxer.discard(allExcept: job.tracks.map(\.stream))
    var result = CopyResult()
    var copiers: [Int: any TrackCopier] = [:]
    for track in job.tracks {
      do {
        copiers[track.stream] = try makeCopier(track, job, demuxer, descriptor)
      } catch let stop as CopyStop {
        result.refusals.append(CopyRefusal(stream: track.stream, reason: stop.fault, time: stop.time))
      }
    }
    let packet = try Packet()
    var failures = 0
    var packets = 0
    while !copiers.isEmpty {
      do {
        guard try demuxer.read(into: packet) else { break }
      } catch {
        if let failure = demuxer.readFailure { throw failure }
        failures += 1
        if failures >= toleratedFailures { break }
        continue
      }
      guard let copier = copiers[packet.stream], packet.count > 0 else { continue }
      do {
        try copier.add(packet)
      } catch let stop as CopyStop {
        result.refusals.append(CopyRefusal(stream: packet.stream, reason: stop.fault, time: stop.time))
        copiers[packet.stream] = nil
      }
      packets += 1
      if packets % 1024 == 0 { try progress(1024) }
    }
    try finish(job, &copiers, &result)
    return result
  }

  /// All tracks last until the last of them ends (hls-checklist 3).
  private static func finish(
    _ job: CopyJob, _ copiers: inout [Int: any TrackCopier], _ result: inout CopyResult
  ) throws {
    var end = job.end ?? .zero
    func refuse(_ stream: Int, _ stop: CopyStop) {
      result.refusals.append(CopyRefusal(stream: stream, reason: stop.fault, time: stop.time))
      copiers[stream] = nil
    }
    for track in job.tracks {
      do {
        if let copier = copiers[track.stream] { end = max(end, try copier.naturalEnd()) }
      } catch let stop as CopyStop { refuse(track.stream, stop) }
    }
    for track in job.tracks {
      do {
        if let copier = copiers[track.stream] { result.tracks.append(try copier.finish(until: end)) }
      } catch let stop as CopyStop { refuse(track.stream, stop) }
    }
  }

  /// Reading goes on after a failure as long as packets come, but not for ever.
  private static let toleratedFailures = 64

  private static func makeCopier(
    _ track: CopyJob.Track, _ job: CopyJob, _ demuxer: borrowing Demuxer, _ descriptor: Int32
  ) throws -> any TrackCopier {
    let payloads = SourcePayloads(
      descriptor: descriptor, isContiguous: demuxer.formatName.hasPrefix("mov,"))
    if track.codec.isVideo {
      return try PictureCopier(track, start: job.start, demuxer, payloads)
    }
    return try SoundCopier(track, start: job.start, demuxer, payloads)
  }
}

/// Takes the packets of one stream in file order, then says where they end, then is finished. All throw a `CopyStop` for
/// what cannot be copied.
protocol TrackCopier: AnyObject {
  func add(_ packet: borrowing Packet) throws
  func naturalEnd() throws -> MediaTime
  /// `end` is where the longest of all tracks ends.
  func finish(until end: MediaTime) throws -> CopiedTrack
}

/// Where the bytes of packets are: packets in, a range of the source or the bytes themselves out. That a range holds
/// the packet's bytes is not believed but looked at: for the first samples and for one of many after them.
struct SourcePayloads {
  private static let checkedFirst = 4
  private static let checkedEvery = 512
  private let descriptor: Int32
  private var isContiguous: Bool
  private var seen = 0

  init(descriptor: Int32, isContiguous: Bool) {
    self.descriptor = descriptor
    self.isContiguous = isContiguous
  }

  /// The packet's own bytes are not what is wanted (Annex B, ADTS).
  mutating func neverInSource() { isContiguous = false }

  var areInSource: Bool { isContiguous }

  mutating func payload(_ packet: borrowing Packet) -> CodedSample.Payload {
    guard isContiguous, let offset = packet.offset else { return .bytes(packet.bytes) }
    if seen < Self.checkedFirst || seen % Self.checkedEvery == 0 {
      guard isSame(packet, at: offset) else {
        isContiguous = false
        return .bytes(packet.bytes)
      }
    }
    seen += 1
    return .source(offset: offset, count: packet.count)
  }

  private func isSame(_ packet: borrowing Packet, at offset: Int64) -> Bool {
    let count = packet.count
    var found = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let got = unsafe found.withUnsafeMutableBytes { bytes in
        unsafe pread(
          descriptor, bytes.baseAddress?.advanced(by: done), count - done, off_t(offset) + off_t(done))
      }
      if got < 0, errno == EINTR { continue }
      if got <= 0 { return false }
      done += got
    }
    return packet.bytes == found
  }
}
