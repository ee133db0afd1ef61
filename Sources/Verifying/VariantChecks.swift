internal import Media

/// Judges what a master playlist says of its variants against what their bytes turned out to be: rules 8 to 10.
struct VariantChecks {
  let master: MasterPlaylist
  let renditions: [String: Rendition]
  let findings: Findings
  private var path: String { master.path }

  func check() {
    for variant in master.variants {
      guard let rendition = variant.path.flatMap({ renditions[$0] }), rendition.isWhole else { continue }
      let place = Place.line(variant.line)
      let sounds = companions(variant, "AUDIO", rendition)
      codecs(variant.attributes, rendition, sounds, place)
      pictures(variant.attributes, rendition, place)
      if rendition.frameRate != nil { frameRate(variant.attributes, rendition, place) }
      rates(variant, rendition, sounds, place)
    }
  }

  /// The other renditions that can play beside a variant. A rendition that is in the variant itself is not one.
  private func companions(_ variant: MasterPlaylist.Variant, _ type: String, _ own: Rendition) -> [Rendition]
  {
    guard let group = variant.attributes[type] else { return [] }
    return master.renditions(of: type, in: group).compactMap { $0.path.flatMap { renditions[$0] } }
      .filter { $0.path != own.path && !$0.playlist.isEncrypted }
  }

  private func codecs(_ attributes: AttributeList, _ own: Rendition, _ sounds: [Rendition], _ place: Place) {
    guard let text = attributes["CODECS"] else { return }
    let named = Set(text.split(separator: ",").map { CodecFacts.comparable($0.trimmingSpaces) })
      .subtracting(["wvtt", "stpp.ttml.im1t"])
    let real = Set((own.facts + sounds.flatMap(\.facts)).map(\.codecs))
    if named != Set(real.map { CodecFacts.comparable($0) }) {
      findings.add(
        .codecsWrong, path,
        "CODECS is \"\(text)\", expected \"\(real.sorted().joined(separator: ","))\"", at: place)
    }
  }

  private func pictures(_ attributes: AttributeList, _ own: Rendition, _ place: Place) {
    guard let video = own.video else { return }
    if let text = attributes["RESOLUTION"], let size = video.size,
      AttributeList.resolution(text).map({ $0 != (Int64(size.width), Int64(size.height)) }) ?? false
    {
      findings.add(.resolutionWrong, path, "RESOLUTION is \(text), expected \(size)", at: place)
    }
    let range = attributes["VIDEO-RANGE"] ?? "SDR"
    if range != video.videoRange {
      findings.add(
        .videoRangeWrong, path, "VIDEO-RANGE is \(range), expected \(video.videoRange)", at: place)
    }
  }

  private func frameRate(_ attributes: AttributeList, _ own: Rendition, _ place: Place) {
    guard let text = attributes["FRAME-RATE"], let named = Decimal.number(text), let rate = own.frameRate
    else {
      return
    }
    let expected = rescale(rate.numerator, from: Rational(1, rate.denominator), to: Rational(1, 1000))
    let said = named.value / 1_000_000
    let isUneven = own.unevenRates?.contains(said) ?? false
    // Ticks of 90 kHz tell 24.000 from 24.006 no better; 29.970 and 30 are twice as far apart. A copy's rate is the
    // nearest standard one, and its clock may be no better than that.
    let isNear = distance(said, expected) <= expected / (findings.copies.contains(own.path) ? 600 : 2000)
    if named.decimals != 3 || !(isNear || isUneven) {
      findings.add(
        .frameRateWrong, path,
        "FRAME-RATE is \(text), expected \(DecimalText.fixed(expected, places: 3))", at: place)
    }
  }

  private func rates(
    _ variant: MasterPlaylist.Variant, _ own: Rendition, _ sounds: [Rendition], _ place: Place
  ) {
    let subtitles = companions(variant, "SUBTITLES", own)
    let combine = { (rate: (Rendition) -> Int64) -> Int64 in
      // A player that has chosen another sound of the group reads it beside the variant's own playlist.
      let sound = sounds.filter { $0.path != own.path }.map(rate).max() ?? 0
      return sum(sum(rate(own), sound), subtitles.map(rate).max() ?? 0)
    }
    let (peak, average) = (combine(\.peakRate), combine(\.averageRate))
    VariantChecks.compare(variant.attributes, peak, average, path, place, findings)
    if average > 0, peak > sum(average, average) {
      findings.add(
        .peakRatio, path, "the peak is \(peak), expected at most twice the average \(average)", at: place)
    }
  }

  /// BANDWIDTH is at least the measured peak and AVERAGE-BANDWIDTH the measured average, both within 10 %.
  static func compare(
    _ attributes: AttributeList, _ peak: Int64, _ average: Int64, _ path: String, _ place: Place,
    _ findings: Findings
  ) {
    // Where no run of segments is as long as the rule wants but the short ones are dense, the average is more.
    let peak = max(peak, average)
    if let named = attributes.integer("BANDWIDTH"), peak > 0 {
      // Who counts a header less than others is not wrong by it.
      if named < peak - peak / 1000 - 1 {
        findings.add(
          .bandwidthLow, path, "BANDWIDTH is \(named), expected \(peak) or a little more", at: place)
      } else if named - peak > peak / 10 {
        findings.add(
          .bandwidthHigh, path, "BANDWIDTH is \(named), expected at most 10 % above \(peak)", at: place)
      }
    }
    if let named = attributes.integer("AVERAGE-BANDWIDTH"), average > 0,
      distance(named, average) > average / 10
    {
      findings.add(
        .averageWrong, path, "AVERAGE-BANDWIDTH is \(named), expected within 10 % of \(average)", at: place)
    }
  }
}

extension Substring {
  fileprivate var trimmingSpaces: Substring {
    var text = self
    while text.first == " " { text = text.dropFirst() }
    while text.last == " " { text = text.dropLast() }
    return text
  }
}
