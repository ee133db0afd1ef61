package import Media

/// When each tile of a storyboard is shown: a length and an interval in; the boundaries, from 0 to the end, out.
package struct StoryboardCues: Sendable, Equatable {
  /// One more than there are tiles.
  package let boundaries: [MediaTime]
  /// How long a tile is shown, but for the last.
  package let interval: MediaTime

  package init(duration: MediaTime, every: Rational, most: Int64) {
    let every = every.isPositive ? every : Rational(1, 1)
    let unit = Rational(1, every.denominator)
    let length = max(1, duration.ticks(in: unit, rounding: .up))
    var step = every.numerator
    while (length &- 1) / step &+ 1 > most, step < Int64.max / 4 { step *= 2 }
    let count = (length &- 1) / step + 1
    boundaries = (0..<count).map { MediaTime($0 &* step, unit) } + [duration]
    interval = count == 1 ? min(duration, MediaTime(step, unit)) : MediaTime(step, unit)
  }

  package var count: Int { boundaries.count - 1 }
}

/// The texts that say what is where on a storyboard's sheets: keys, grid and cues in; WebVTT and an HLS image
/// playlist out. Keys are of characters that a URI need not escape, as every layout's are.
package struct StoryboardText: Sendable {
  private let grid: StoryboardGrid
  private let cues: StoryboardCues
  /// One a sheet.
  private let sheets: [String]

  package init(grid: StoryboardGrid, cues: StoryboardCues, sheets: [String]) {
    self.grid = grid
    self.cues = cues
    self.sheets = sheets
  }

  /// One cue a tile, which names a place on a sheet by a media fragment: `storyboard-001.jpg#xywh=160,0,160,90`.
  package func webVTT(key: String) -> String {
    var text = "WEBVTT\n"
    for tile in 0..<min(grid.count, cues.count) {
      let sheet = grid.sheet(of: tile)
      guard sheets.indices.contains(sheet) else { break }
      let place = grid.place(of: tile)
      let uri = Layout.relative(sheets[sheet], from: key)
      text += "\n\(clock(cues.boundaries[tile])) --> \(clock(cues.boundaries[tile + 1]))\n"
      text += "\(uri)#xywh=\(place.x),\(place.y),\(grid.tile.width),\(grid.tile.height)\n"
    }
    return text
  }

  /// The image media playlist of the image extension of HLS that set-top boxes read: a segment a sheet, with
  /// EXT-X-TILES for what is on it. It is no part of RFC 8216, whose clients pass over unknown tags but would
  /// take the sheets for media, so the multivariant playlist does not name it.
  package func playlist(key: String) -> String {
    let ends = sheets.indices.map { grid.tiles(of: $0) }.filter { !$0.isEmpty }
    let micro = Rational(1, 1_000_000)
    let durations = ends.map { tiles in
      cues.boundaries[min(tiles.upperBound, cues.count)].ticks(in: micro)
        - cues.boundaries[tiles.lowerBound].ticks(in: micro)
    }
    let target = max(1, ((durations.max() ?? 0) + 500_000) / 1_000_000)
    var lines = [
      "#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:\(target)", "#EXT-X-MEDIA-SEQUENCE:0",
      "#EXT-X-PLAYLIST-TYPE:VOD", "#EXT-X-IMAGES-ONLY",
    ]
    for sheet in ends.indices {
      let shape = grid.shape(of: sheet)
      lines.append("#EXTINF:\(DecimalText.fixed(durations[sheet], places: 6)),")
      lines.append(
        "#EXT-X-TILES:RESOLUTION=\(grid.tile),LAYOUT=\(shape.columns)x\(shape.rows),"
          + "DURATION=\(DecimalText.seconds(cues.interval))")
      lines.append(Layout.relative(sheets[sheet], from: key))
    }
    return (lines + ["#EXT-X-ENDLIST", ""]).joined(separator: "\n")
  }

  /// `01:02:03.456`.
  private func clock(_ time: MediaTime) -> String {
    let all = max(0, time.ticks(in: Rational(1, 1000)))
    func padded(_ number: Int64, _ places: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, places - digits.count)) + digits
    }
    let (seconds, milliseconds) = all.quotientAndRemainder(dividingBy: 1000)
    return "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
      + ".\(padded(milliseconds, 3))"
  }
}
