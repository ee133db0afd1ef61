internal import Media

/// Judges pictures beside the media: image playlists (EXT-X-TILES), posters and thumbnails, and storyboards in WebVTT.
/// Of a picture only its head and its end are read.
struct ImageChecks {
  let findings: Findings

  /// Each sheet is a picture of its tiles' size and is shown no longer than they are.
  func check(_ playlist: MediaPlaylist) {
    if !playlist.hasImages {
      findings.add(.imageTiles, playlist.path, "no EXT-X-IMAGES-ONLY, expected in an image playlist")
    }
    for segment in playlist.segments {
      guard let tiles = segment.tiles else {
        findings.add(
          .imageTiles, playlist.path, "no EXT-X-TILES before this picture", at: .line(segment.line))
        continue
      }
      let cells = tiles.columns * tiles.rows
      let (longest, overflow) = tiles.duration.multipliedReportingOverflow(by: cells)
      if !overflow, segment.extinf > sum(longest, second / 1000) {
        findings.add(
          .imageTiles, playlist.path,
          "EXTINF is \(seconds(segment.extinf)), expected at most \(seconds(longest)) of \(cells) tiles",
          at: .line(segment.line))
      }
      guard let size = picture(segment.resource.path) else { continue }
      let wanted = PictureSize(tiles.size.width * Int(tiles.columns), tiles.size.height * Int(tiles.rows))
      if size != wanted {
        findings.add(
          .imageTiles, playlist.path,
          "\(findings.relative(segment.resource.path)) is \(size), expected \(wanted) of \(tiles.columns)x\(tiles.rows) tiles",
          at: .line(segment.line))
      }
    }
  }

  /// The size of a JPEG or PNG file; nil after a finding.
  @discardableResult
  func picture(_ path: String) -> PictureSize? {
    guard let file = InputFile.open(path), file.size > 16 else {
      findings.add(.imageFormat, path, "no picture: it has no bytes, or cannot be read")
      return nil
    }
    do throws(Malformed) {
      let head = Array(try file.read(0, Int(min(file.size, 1 << 16))))
      if head.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
        var cursor = Cursor(head[16...])
        return PictureSize(try cursor.u32(), try cursor.u32())
      }
      guard head.starts(with: [0xFF, 0xD8]) else { throw Malformed("it is neither JPEG nor PNG") }
      guard Array(try file.read(file.size - 2, 2)) == [0xFF, 0xD9] else {
        throw Malformed("it does not end with the JPEG's end marker")
      }
      return try frame(head)
    } catch {
      findings.add(.imageFormat, path, error.what)
      return nil
    }
  }

  /// From the frame header (ISO 10918-1 B.2.2).
  private func frame(_ bytes: [UInt8]) throws(Malformed) -> PictureSize {
    var cursor = Cursor(bytes[2...])
    while cursor.left > 4 {
      guard try cursor.u8() == 0xFF else { throw Malformed("its JPEG markers are broken") }
      let marker = try cursor.u8()
      if marker == 0xFF || (0xD0...0xD7).contains(marker) || marker == 1 { continue }
      let length = try cursor.u16()
      guard length >= 2 else { throw Malformed("its JPEG markers are broken") }
      if (0xC0...0xCF).contains(marker), ![0xC4, 0xC8, 0xCC].contains(marker) {
        try cursor.skip(1)
        let height = try cursor.u16()
        return PictureSize(try cursor.u16(), height)
      }
      try cursor.skip(length - 2)
    }
    throw Malformed("it has no JPEG frame header")
  }

  /// A WebVTT file whose cues are places on pictures (`sheet.jpg#xywh=0,0,160,90`): each lies on a picture that is there.
  func storyboard(_ path: String, root: String) {
    guard let bytes = try? InputFile.open(path)?.whole(limit: WebVTTFile.limit) else { return }
    let file = WebVTTFile(bytes)
    if !file.isWebVTT { findings.add(.storyboard, path, "the first line is not WEBVTT") }
    for fault in file.faults.prefix(8) { findings.add(.storyboard, path, fault) }
    var sizes: [String: PictureSize] = [:]
    for cue in file.cues {
      let parts = cue.text.split(separator: "#xywh=", omittingEmptySubsequences: false)
      let numbers = parts.count == 2 ? parts[1].split(separator: ",").compactMap { Decimal.integer($0) } : []
      guard numbers.count == 4, let picture = TreeFiles.join(String(parts[0]), to: path, root: root) else {
        findings.add(
          .storyboard, path,
          "the cue at \(seconds(cue.start)) is \"\(cue.text.prefix(60))\", expected a picture and #xywh=x,y,width,height"
        )
        continue
      }
      guard TreeFiles.file(picture) != nil else {
        findings.add(
          .storyboard, path,
          "the cue at \(seconds(cue.start)) names \(parts[0].prefix(80)), which is not there")
        continue
      }
      if sizes[picture] == nil { sizes[picture] = self.picture(picture) }
      guard let size = sizes[picture] else { continue }
      if sum(numbers[0], numbers[2]) > Int64(size.width) || sum(numbers[1], numbers[3]) > Int64(size.height) {
        findings.add(
          .storyboard, path,
          "the cue at \(seconds(cue.start)) names a place outside of the \(size) of \(parts[0].prefix(80))")
      }
    }
  }
}
