internal import Media

/// Writes the media playlist and the I-frame playlist of one rendition: what was written and the keys it got come
/// in, text goes out.
struct MediaPlaylist {
  struct Text: Equatable {
    var text: String
    /// Its EXT-X-VERSION.
    var version: Int
  }

  /// Where a rendition's objects ended up, in their order.
  let keys: [String]
  let rendition: WrittenRendition

  /// `targetDuration` is the one that all renditions share (A 8.3).
  func segments(key: String, targetDuration: Int) -> Text {
    let durations = rendition.segmentMicroseconds
    return text(
      key: key, ranges: rendition.segments.map(\.range), durations: durations, targetDuration: targetDuration,
      features: [])
  }

  /// One range for each picture that decodes alone, lasting until the next one (RFC 8216 4.3.3.6).
  func iframes(key: String) -> Text {
    let durations = rendition.iframeMicroseconds
    return text(
      key: key, ranges: rendition.iframes.map(\.range), durations: durations,
      targetDuration: PrintedDurations.target(durations), features: .iframesOnly)
  }

  private func text(
    key: String, ranges: [MediaRange], durations: [Int64], targetDuration: Int, features: PlaylistFeatures
  ) -> Text {
    let isWhole = ranges.map { $0.offset == 0 && $0.count == rendition.objects[$0.object].bytes }
    var features = features.union(.decimalDurations)
    if rendition.hasInit { features.insert(.map) }
    if isWhole.contains(false) { features.insert(.byteRanges) }
    var lines = [
      "#EXTM3U", "#EXT-X-VERSION:\(features.version)", "#EXT-X-TARGETDURATION:\(targetDuration)",
      "#EXT-X-MEDIA-SEQUENCE:0", "#EXT-X-PLAYLIST-TYPE:VOD",
    ]
    if features.contains(.iframesOnly) { lines.append("#EXT-X-I-FRAMES-ONLY") }
    if let start = rendition.initRange {
      var map = "#EXT-X-MAP:URI=\(PlaylistText.quoted(PlaylistText.uri(keys[start.object], from: key)))"
      if rendition.isOneFile { map += ",BYTERANGE=\"\(start.count)@\(start.offset)\"" }
      lines.append(map)
    }
    for (index, range) in ranges.enumerated() {
      lines.append("#EXTINF:\(DecimalText.fixed(durations[index], places: 6)),")
      if !isWhole[index] { lines.append("#EXT-X-BYTERANGE:\(range.count)@\(range.offset)") }
      lines.append(PlaylistText.uri(keys[range.object], from: key))
    }
    let text = (lines + ["#EXT-X-ENDLIST", ""]).joined(separator: "\n")
    return Text(text: text, version: features.version)
  }
}
