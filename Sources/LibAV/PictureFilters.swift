internal import CFFmpeg
package import Media

/// What one decoded picture is like, as far as the filters depend on it.
package struct PictureKind: Sendable, Equatable {
  package var size: PictureSize
  /// FFmpeg's name of its pixel format.
  package var format: String
  package var hasAlpha = false
  package var isRGB = false
  package var bitDepth = 8
  /// nil: as the source's.
  package var sampleAspectRatio: Rational?

  package init(size: PictureSize, format: String) {
    self.size = size
    self.format = format
  }

  init(_ frame: borrowing Frame, sampleAspectRatio: Rational?) {
    size = frame.size
    self.sampleAspectRatio = sampleAspectRatio
    let number = AVPixelFormat(frame.format)
    guard let description = unsafe av_pix_fmt_desc_get(number) else {
      format = "unknown"
      return
    }
    format = unsafe String(cString: description.pointee.name)
    let flags = unsafe Int32(truncatingIfNeeded: description.pointee.flags)
    hasAlpha = flags & AV_PIX_FMT_FLAG_ALPHA != 0
    // A grey picture with alpha is as good as one in colours, and those are the ones that can be multiplied.
    isRGB = flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL) != 0 || format.hasPrefix("ya")
    bitDepth = Int(unsafe description.pointee.comp.0.depth)
  }
}

/// The libavfilter chain that makes a source's pictures progressive, opaque, of one size, standard-range and upright;
/// nil when they already are. Every value in it is Rung's own or a number.
package enum PictureFilters {
  package static func description(for source: PictureSource, like picture: PictureKind) -> String? {
    let chain =
      deinterlacing(source) + flattening(picture) + ranging(source, picture) + cropping(source, picture)
      + fitting(source, picture)
      + toneMapping(source) + turning(source.orientation)
    return chain.isEmpty ? nil : chain.joined(separator: ",")
  }

  /// What is transparent shows black: colours are multiplied by their alpha. Not in 4:2:0, where one alpha in four is
  /// that of the colour.
  private static func flattening(_ picture: PictureKind) -> [String] {
    guard picture.hasAlpha else { return [] }
    let depth =
      switch picture.bitDepth {
      case ...8: ""
      case ...10: "10"
      case ...12: "12"
      default: "16"
      }
    if picture.isRGB {
      let packed = depth.isEmpty ? "rgba" : "rgba64"
      return ["format=\(packed)", "format=gbrap\(depth)", "premultiply=inplace=1", "format=gbrp\(depth)"]
    }
    return ["format=yuva444p\(depth)", "premultiply=inplace=1", "format=yuv444p\(depth)"]
  }

  /// The source's range, where it changes in mid-stream.
  private static func ranging(_ source: PictureSource, _ picture: PictureKind) -> [String] {
    let (isFull, wasFull) = (picture.format.hasPrefix("yuvj"), source.pixelFormat.hasPrefix("yuvj"))
    if isFull, !source.colour.fullRange {
      return ["scale=in_range=full:out_range=limited", "format=yuv\(picture.format.dropFirst(4))"]
    }
    if wasFull, !isFull, picture.format.hasPrefix("yuv") { return ["scale=in_range=limited:out_range=full"] }
    return []
  }

  /// What the container cuts off; exactly, also where sides are odd.
  private static func cropping(_ source: PictureSource, _ picture: PictureKind) -> [String] {
    guard let crop = source.crop, picture.size == source.wholeSize else { return [] }
    return ["crop=w=\(crop.size.width):h=\(crop.size.height):x=\(crop.left):y=\(crop.top):exact=1"]
  }

  /// A picture of another size or shape than the source's is fitted into it, undistorted, on black.
  private static func fitting(_ source: PictureSource, _ picture: PictureKind) -> [String] {
    let target = source.codedSize
    var picture = picture
    if let crop = source.crop, picture.size == source.wholeSize { picture.size = crop.size }
    guard picture.size.width > 0, picture.size.height > 0, target.width > 0, target.height > 0 else {
      return []
    }
    let own = (picture.sampleAspectRatio ?? source.sampleAspectRatio).approximate
    let ratio = own / source.sampleAspectRatio.approximate
    // Two ways of rounding an aspect ratio are no change of it.
    let isSameShape = !(ratio > 0) || !ratio.isFinite || abs(ratio - 1) < 0.02
    if picture.size == target, isSameShape { return [] }
    let width = Double(picture.size.width) * (isSameShape ? 1 : ratio)
    let height = Double(picture.size.height)
    let scale = min(Double(target.width) / width, Double(target.height) / height)
    func side(_ exact: Double, atMost most: Int) -> Int {
      // Even, so that chroma begins where luma does.
      min(most, max(2, Int((min(exact, Double(most)) / 2).rounded()) * 2))
    }
    let fitted = PictureSize(
      side(width * scale, atMost: target.width), side(height * scale, atMost: target.height))
    let scaling = fitted == picture.size ? [] : ["scale=\(fitted.width):\(fitted.height)"]
    let padding = fitted == target ? [] : ["pad=\(target.width):\(target.height):-1:-1:black"]
    return scaling + padding
  }

  private static func deinterlacing(_ source: PictureSource) -> [String] {
    guard source.deinterlacing != .off else { return [] }
    let mode = source.deinterlacing == .field ? "send_field" : "send_frame"
    let parity =
      switch source.fieldOrder {
      case .topFirst: "tff"
      case .bottomFirst: "bff"
      case .progressive, .unknown: "auto"
      }
    return ["bwdif=mode=\(mode):parity=\(parity):deint=all"]
  }

  /// PQ and HLG to BT.709: linear light, gamut, a curve that keeps mid-tones and rolls highlights off. It is a hundred
  /// times the work of scaling, and so comes after it.
  private static func toneMapping(_ source: PictureSource) -> [String] {
    guard source.mapsTones else { return [] }
    let transfer = source.colour.isHLG ? "arib-std-b67" : "smpte2084"
    let reducing = source.workingSize.map { ["zscale=w=\($0.width):h=\($0.height):f=lanczos"] } ?? []
    return reducing + [
      "zscale=tin=\(transfer):pin=bt2020:min=bt2020nc:rin=\(source.colour.fullRange ? "full" : "limited")"
        + ":t=linear:npl=203",
      "format=gbrpf32le", "zscale=p=bt709", "tonemap=tonemap=mobius:desat=2",
      "zscale=t=bt709:m=bt709:r=limited", "format=yuv420p",
    ]
  }

  private static func turning(_ orientation: Orientation) -> [String] {
    let mirror = orientation.mirrored ? ["hflip"] : []
    switch orientation.degrees {
    case 90: return mirror + ["transpose=dir=clock"]
    case 180: return mirror + ["hflip", "vflip"]
    case 270: return mirror + ["transpose=dir=cclock"]
    default: return mirror
    }
  }
}
