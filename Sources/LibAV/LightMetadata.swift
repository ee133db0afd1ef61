internal import CFFmpeg
internal import Media

/// What FFmpeg holds of a stream's or a picture's light, as Rung's values and back.
extension HDRMetadata {
  mutating func note(_ mastering: AVMasteringDisplayMetadata) {
    if mastering.has_luminance != 0 {
      masteringMaximum = positive(mastering.max_luminance)
      masteringMinimum = positive(mastering.min_luminance)
    }
    guard mastering.has_luminance != 0, mastering.has_primaries != 0 else { return }
    let primaries = mastering.display_primaries
    let places = [primaries.0, primaries.1, primaries.2, mastering.white_point].map { pair in
      MasteringDisplay.Place(units(pair.0, of: 50_000), units(pair.1, of: 50_000))
    }
    let found = MasteringDisplay(
      red: places[0], green: places[1], blue: places[2], white: places[3],
      maximum: units(mastering.max_luminance, of: 10_000),
      minimum: units(mastering.min_luminance, of: 10_000))
    display = found.isPlausible ? found : nil
  }

  mutating func note(_ light: AVContentLightMetadata) {
    maximumContentLight = light.MaxCLL > 0 ? Int(clamping: light.MaxCLL) : nil
    maximumFrameAverageLight = light.MaxFALL > 0 ? Int(clamping: light.MaxFALL) : nil
  }

  private func positive(_ value: AVRational) -> Double? {
    let value = Rational(value)
    return value.isPositive ? value.approximate : nil
  }

  /// −1 for what is no number.
  private func units(_ value: AVRational, of unit: Int) -> Int {
    guard value.den > 0, value.num >= 0 else { return -1 }
    return Int(
      clamping: rescale(Int64(value.num), from: Rational(Int64(unit), Int64(value.den)), to: Rational(1, 1)))
  }

  /// For a muxer, which makes `mdcv` and `clli` of it (ISO/IEC 14496-12 12.1.5 to 12.1.7).
  func attach(to stream: UnsafeMutablePointer<AVStream>) throws(AVFailure) {
    if let display {
      let bytes = MemoryLayout<AVMasteringDisplayMetadata>.size
      guard
        let data = unsafe av_stream_new_side_data(stream, AV_PKT_DATA_MASTERING_DISPLAY_METADATA, bytes)
      else { throw .outOfMemory("av_stream_new_side_data") }
      unsafe UnsafeMutableRawPointer(data).storeBytes(
        of: display.av, as: AVMasteringDisplayMetadata.self)
    }
    if let most = maximumContentLight {
      let bytes = MemoryLayout<AVContentLightMetadata>.size
      guard let data = unsafe av_stream_new_side_data(stream, AV_PKT_DATA_CONTENT_LIGHT_LEVEL, bytes) else {
        throw .outOfMemory("av_stream_new_side_data")
      }
      let light = AVContentLightMetadata(
        MaxCLL: UInt32(clamping: min(most, 65535)),
        MaxFALL: UInt32(clamping: min(maximumFrameAverageLight ?? 0, 65535)))
      unsafe UnsafeMutableRawPointer(data).storeBytes(of: light, as: AVContentLightMetadata.self)
    }
  }
}

extension MasteringDisplay {
  fileprivate var av: AVMasteringDisplayMetadata {
    func ratio(_ value: Int, _ unit: Int32) -> AVRational {
      AVRational(num: Int32(clamping: value), den: unit)
    }
    func pair(_ place: Place) -> (AVRational, AVRational) { (ratio(place.x, 50_000), ratio(place.y, 50_000)) }
    return AVMasteringDisplayMetadata(
      display_primaries: (pair(red), pair(green), pair(blue)), white_point: pair(white),
      min_luminance: ratio(minimum, 10_000), max_luminance: ratio(maximum, 10_000), has_primaries: 1,
      has_luminance: 1)
  }
}
