internal import Media

/// What encoders are told of the light in pictures that keep their high dynamic range: what the source says in,
/// further parameters out. Colour itself is told through libavcodec, as for all pictures. Every value is a number.
enum EncoderLight {
  /// HDR10 is PQ with the display that it was mastered on and its brightest picture (CTA-861.3); HLG needs neither,
  /// and what it has is passed on.
  static func x265(_ kept: KeptRange?) -> String {
    guard let light = kept?.metadata else { return "" }
    var text = ":hdr10=1"
    if let display = light.display {
      func place(_ name: String, _ place: MasteringDisplay.Place) -> String {
        "\(name)(\(place.x),\(place.y))"
      }
      text +=
        ":master-display=" + place("G", display.green) + place("B", display.blue) + place("R", display.red)
        + place("WP", display.white) + "L(\(display.maximum),\(display.minimum))"
    }
    if let most = light.maximumContentLight {
      text += ":max-cll=\(limited(most)),\(limited(light.maximumFrameAverageLight ?? 0))"
    }
    return text
  }

  static func svtAV1(_ kept: KeptRange?) -> String {
    guard let kept else { return "" }
    var text = ":enable-hdr=1"
    guard let light = kept.metadata else { return text }
    if let display = light.display {
      func place(_ name: String, _ place: MasteringDisplay.Place) -> String {
        "\(name)(\(fixed(place.x, of: 50_000)),\(fixed(place.y, of: 50_000)))"
      }
      text +=
        ":mastering-display=" + place("G", display.green) + place("B", display.blue) + place("R", display.red)
        + place("WP", display.white)
        + "L(\(fixed(display.maximum, of: 10_000)),\(fixed(display.minimum, of: 10_000)))"
    }
    if let most = light.maximumContentLight {
      text += ":content-light=\(limited(most)),\(limited(light.maximumFrameAverageLight ?? 0))"
    }
    return text
  }

  /// Sixteen bits, in which the bitstreams have it.
  private static func limited(_ nits: Int) -> Int { max(0, min(nits, 65535)) }

  /// `value / unit`, exactly: both units divide 100,000.
  private static func fixed(_ value: Int, of unit: Int) -> String {
    DecimalText.fixed(Int64(value) * Int64(100_000 / unit), places: 5)
  }
}
