internal import CFFmpeg
package import Media

/// What the first pictures of a stream show that no container tells: what the bitstream cuts off, the light that they
/// were mastered for, and how their fields follow one another.
///
/// In: the source, a stream of it, how many pictures are wanted. Out: what was seen, as far as pictures could be decoded.
package struct PictureLook: Sendable, Equatable {
  /// Of the first picture; nil where nothing is cut off.
  package var crop: EdgeCrop?
  package var light: HDRMetadata?
  package var pictures = 0
  /// Pictures whose first field is to be shown again.
  package var repeats = 0
  /// From each picture to the next.
  package var changes: [FieldChange] = []

  /// How much one picture's fields differ from those of the one before: mean differences of luma.
  package struct FieldChange: Sendable, Equatable {
    package var top: Double
    package var bottom: Double
    package init(top: Double, bottom: Double) {
      self.top = top
      self.bottom = bottom
    }
  }

  /// More packets than this that give no picture, and looking is given up.
  private static let mostPackets = 256

  package init() {}

  package static func take(
    descriptor: Int32, name: String, stream: Int, pictures wanted: Int, comparesFields: Bool
  ) throws -> PictureLook {
    let demuxer = try Demuxer.open(descriptor: descriptor, name: name)
    demuxer.discard(allExcept: [stream])
    var decoder = try Decoder.open(demuxer, stream: stream, cutsEdges: false)
    let packet = try Packet()
    let frame = try Frame()
    let before = try Frame()
    var look = PictureLook()
    var packets = 0
    while look.pictures < wanted, packets < wanted &+ mostPackets {
      guard (try? demuxer.read(into: packet)) == true else {
        decoder.sendEnd()
        try look.receive(&decoder, frame, before, wanted: wanted, comparesFields)
        break
      }
      packets += 1
      try decoder.send(packet)
      packet.clear()
      try look.receive(&decoder, frame, before, wanted: wanted, comparesFields)
    }
    return look
  }

  private mutating func receive(
    _ decoder: inout Decoder, _ frame: borrowing Frame, _ before: borrowing Frame, wanted: Int,
    _ comparesFields: Bool
  ) throws {
    while pictures < wanted, try decoder.receive(into: frame) {
      if pictures == 0 {
        crop = frame.edgeCrop
        light = frame.light
      }
      pictures += 1
      if frame.repeatsField { repeats += 1 }
      if comparesFields {
        if let change = frame.fieldChange(from: before) { changes.append(change) }
        before.take(from: frame)
      }
      frame.clear()
    }
  }
}

extension Frame {
  /// What is still to be cut off it.
  fileprivate var edgeCrop: EdgeCrop? {
    let frame = unsafe raw.pointee
    let crop = unsafe EdgeCrop(
      left: Int(clamping: frame.crop_left), top: Int(clamping: frame.crop_top),
      right: Int(clamping: frame.crop_right), bottom: Int(clamping: frame.crop_bottom))
    return crop == EdgeCrop() ? nil : crop
  }

  fileprivate var repeatsField: Bool { unsafe raw.pointee.repeat_pict > 0 }

  fileprivate var light: HDRMetadata? {
    var found = HDRMetadata()
    if let data = unsafe av_frame_get_side_data(raw, AV_FRAME_DATA_MASTERING_DISPLAY_METADATA),
      unsafe data.pointee.size >= MemoryLayout<AVMasteringDisplayMetadata>.size,
      let bytes = unsafe data.pointee.data
    {
      found.note(unsafe UnsafeRawPointer(bytes).loadUnaligned(as: AVMasteringDisplayMetadata.self))
    }
    if let data = unsafe av_frame_get_side_data(raw, AV_FRAME_DATA_CONTENT_LIGHT_LEVEL),
      unsafe data.pointee.size >= MemoryLayout<AVContentLightMetadata>.size,
      let bytes = unsafe data.pointee.data
    {
      found.note(unsafe UnsafeRawPointer(bytes).loadUnaligned(as: AVContentLightMetadata.self))
    }
    return found == HDRMetadata() ? nil : found
  }

  /// From some of the lines of pictures with 8 bits in a plane of luma; nil for others.
  fileprivate func fieldChange(from other: borrowing Frame) -> PictureLook.FieldChange? {
    guard !other.isEmpty, other.size == size, other.format == format, size.width > 1, size.height > 7,
      let description = unsafe av_pix_fmt_desc_get(AVPixelFormat(format)),
      unsafe description.pointee.comp.0.depth == 8, unsafe description.pointee.comp.0.step == 1,
      let mine = unsafe raw.pointee.data.0, let theirs = unsafe other.raw.pointee.data.0
    else { return nil }
    let (stride, otherStride) = (Int(unsafe raw.pointee.linesize.0), Int(unsafe other.raw.pointee.linesize.0))
    var sums = [0, 0]
    var count = 0
    for row in Swift.stride(from: 0, to: size.height - 1, by: 6) {
      for field in 0...1 {
        let (line, otherLine) = (
          unsafe mine + (row + field) * stride, unsafe theirs + (row + field) * otherStride
        )
        var sum = 0
        for column in Swift.stride(from: 0, to: size.width, by: 2) {
          sum &+= abs(Int(unsafe line[column]) - Int(unsafe otherLine[column]))
        }
        sums[field] &+= sum
      }
      count += (size.width + 1) / 2
    }
    guard count > 0 else { return nil }
    return PictureLook.FieldChange(
      top: Double(sums[0]) / Double(count), bottom: Double(sums[1]) / Double(count))
  }
}
