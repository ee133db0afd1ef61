internal import Foundation
package import LibAV
internal import Media

/// Encodes one chunk: decodes each picture once, scales it to every size and feeds the encoders of the job's rungs
/// in turn.
///
/// In: a `ChunkJob` and the source. Out: one packet file a rung, with as many samples as the chunk has frames, the
/// first a sync sample, times in frames of the whole title. A chunk of a few frames is as good as one of thousands;
/// a picture that cannot be decoded is replaced by the one before it.
package enum ChunkEncoder {
  package static func encode(
    _ job: ChunkJob, reader: inout PictureReader, progress: (Int) throws -> Void
  ) throws -> ChunkResult {
    var cascade = PictureCascade(
      sizes: job.sizes, sourceColour: job.source.mapsTones ? .bt709 : job.source.colour, colour: job.colour,
      format: job.kept == nil ? .yuv420p : .yuv420p10)
    let lanes = try job.rungs.map { try RungLane($0, in: job) }
    let needed = (lanes.map { job.sizes.firstIndex(of: $0.size) ?? 0 }.max() ?? 0) + 1
    let refusedBefore = reader.refusedPackets
    var captions = job.captions[...]
    for (index, time) in job.schedule.values.enumerated() {
      if index == 0 { try reader.start(at: time, seek: job.seek) }
      guard try reader.show(time) else { throw EncodingFailure.noPicture(stream: job.stream) }
      let bytes = captions.first?.time == Int64(index) ? captions.removeFirst().bytes : Data()
      try cascade.scale(reader.picture, count: needed) { size, picture in
        picture.presentation = Int64(index)
        picture.forgetPictureType()
        // Of the encoders here libx264 alone writes them.
        try picture.setCaptions(bytes)
        for lane in lanes where lane.size == job.sizes[size] { try lane.encode(picture) }
      }
      if index % 8 == 7 { try progress(8) }
    }
    try progress(job.schedule.values.count % 8)
    var spent: [String: BitSum] = [:]
    for lane in lanes {
      try lane.finish(frames: job.schedule.values.count)
      spent[lane.name] = try lane.spent()
    }
    return ChunkResult(
      bytes: lanes.map(\.bytes), refusedPackets: max(0, reader.refusedPackets - refusedBefore), spent: spent)
  }
}

/// The encoder of one rung and the file that its packets go to.
private final class RungLane {
  let size: PictureSize
  var name: String { rung.name }
  private(set) var bytes: Int64 = 0
  private var encoder: VideoEncoder?
  private let writer: PacketFileWriter
  private let rung: Rung
  private let firstFrame: Int64
  private let framing: AnnexB?
  /// Where x264 leaves its statistics; nil: it is not to.
  private let statistics: SecondPassFiles?
  private var samples = 0

  init(_ job: ChunkJob.RungJob, in chunk: ChunkJob) throws {
    rung = job.rung
    size = job.rung.size
    firstFrame = Int64(chunk.firstFrame)
    var video = VideoFormat(size: job.rung.size, frameRate: chunk.frameRate, colour: chunk.colour)
    if let kept = chunk.kept { (video.bitDepth, video.light) = (10, kept.metadata) }
    let pass = try SecondPassFiles.make(for: job, in: chunk, at: job.path + ".stats")
    statistics = chunk.tellsBits ? pass : nil
    let encoder = try VideoEncoder.open(
      EncoderTuning.settings(
        for: job, in: chunk, statistics: pass?.statistics, leavesStatistics: chunk.tellsBits))
    let configuration = try CodecConfiguration.make(
      codec: job.rung.codec, extradata: encoder.extradata, video: video)
    self.encoder = consume encoder
    framing = job.rung.codec == .av1 ? nil : try AnnexB(codec: job.rung.codec, configuration: configuration)
    var format = TrackFormat(
      codec: job.rung.codec, timebase: chunk.frameRate.inverse, configuration: configuration,
      bitRate: Int64(job.rung.bitrate))
    format.video = video
    writer = try PacketFileWriter(path: job.path, format: format)
  }

  func encode(_ picture: borrowing Frame) throws {
    try encoder?.encode(picture) { try self.write($0) }
  }

  func finish(frames: Int) throws {
    try encoder.take()?.finish { try self.write($0) }
    guard samples == frames else {
      throw EncodingFailure.frameCount(rung: rung.name, expected: frames, got: samples)
    }
    try writer.finish()
  }

  /// What the bits went to, after `finish`.
  func spent() throws -> BitSum? {
    try statistics.map { PassStatistics.sum(try PassStatistics(path: $0.statistics).frames) }
  }

  private func write(_ packet: borrowing Packet) throws {
    let payload = try framing?.lengthPrefixed(packet.bytes) ?? packet.bytes
    let presentation = packet.presentation ?? Int64(samples)
    try writer.append(
      CodedSample(
        presentation: firstFrame + presentation, decode: firstFrame + (packet.decode ?? presentation),
        duration: 1, isSync: packet.isKey, bytes: payload))
    samples += 1
    bytes += Int64(payload.count)
  }
}
