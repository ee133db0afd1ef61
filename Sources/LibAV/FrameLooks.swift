internal import CFFmpeg
internal import Media

/// What a frame looks or sounds like at a glance.
extension Frame {
  /// The brightness at the middles of `columns` times `rows` equal fields, row by row, in 8 bits; empty where the first
  /// plane is not brightness.
  package func lumaGrid(columns: Int, rows: Int) -> [UInt8] {
    guard let description = unsafe av_pix_fmt_desc_get(AVPixelFormat(format)),
      unsafe description.pointee.flags
        & UInt64(AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_HWACCEL)
        == 0, let plane = unsafe raw.pointee.data.0, size.width > 0, size.height > 0
    else { return [] }
    let (depth, step) = unsafe (Int(description.pointee.comp.0.depth), Int(description.pointee.comp.0.step))
    let (shift, offset) = unsafe (
      Int(description.pointee.comp.0.shift), Int(description.pointee.comp.0.offset)
    )
    let stride = Int(unsafe raw.pointee.linesize.0)
    guard stride >= size.width * step, (8...16).contains(depth), depth + shift <= (depth > 8 ? 16 : 8) else {
      return []
    }
    var result: [UInt8] = []
    result.reserveCapacity(columns * rows)
    for row in 0..<rows {
      let line = unsafe plane + ((2 * row + 1) * size.height / (2 * rows)) * stride + offset
      for column in 0..<columns {
        let place = ((2 * column + 1) * size.width / (2 * columns)) * step
        if depth == 8 {
          unsafe result.append(line[place])
        } else {
          let value = unsafe Int(line[place]) | Int(line[place + 1]) << 8
          result.append(UInt8(truncatingIfNeeded: value >> (shift + depth - 8)))
        }
      }
    }
    return result
  }

  /// How loud the first channel of a block of sound is, from 0 for silence to 255 for full scale, 3 dB for every eight.
  package var loudness: UInt8 {
    let count = samples
    guard count > 0, let plane = unsafe raw.pointee.extended_data?[0] else { return 0 }
    let packed = av_sample_fmt_is_planar(AVSampleFormat(format)) == 0
    let step = packed ? max(1, channels) : 1
    let data = UnsafeRawPointer(plane)
    var sum = 0.0
    for index in 0..<count {
      let place = index * step
      let value: Double
      switch AVSampleFormat(format) {
      case AV_SAMPLE_FMT_FLT, AV_SAMPLE_FMT_FLTP:
        value = unsafe Double(data.loadUnaligned(fromByteOffset: place * 4, as: Float.self))
      case AV_SAMPLE_FMT_S16, AV_SAMPLE_FMT_S16P:
        value = unsafe Double(data.loadUnaligned(fromByteOffset: place * 2, as: Int16.self)) / 32_768
      case AV_SAMPLE_FMT_S32, AV_SAMPLE_FMT_S32P:
        value = unsafe Double(data.loadUnaligned(fromByteOffset: place * 4, as: Int32.self)) / 2_147_483_648
      default: return 0
      }
      sum += value * value
    }
    let power = sum / Double(count)
    guard power > 1e-9, power.isFinite else { return 0 }
    // 10^-9 is -90 dB.
    return UInt8(max(0, min(255, 255 + (log10Approximate(power) * 10) * 255 / 90)))
  }

  private func log10Approximate(_ value: Double) -> Double {
    var (value, result) = (value, 0.0)
    while value < 0.1 { (value, result) = (value * 10, result - 1) }
    // Within a step of ten a straight line is near enough for comparing shapes.
    return min(0, result + (value - 1) / 0.9)
  }
}
