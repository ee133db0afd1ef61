package import Media

/// The libavfilter chain that makes a source's pictures progressive, standard-range and upright; nil when they
/// already are. Every value in it is Rung's own or a number.
package enum PictureFilters {
  package static func description(for source: PictureSource) -> String? {
    let chain = deinterlacing(source) + toneMapping(source) + turning(source.orientation)
    return chain.isEmpty ? nil : chain.joined(separator: ",")
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
