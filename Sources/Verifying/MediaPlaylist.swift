internal import Media

/// Where bytes are: a file of the tree, and a part of it.
struct Resource: Hashable, Sendable {
  var path: String
  var offset: Int64
  var length: Int64
  var end: Int64 { offset &+ length }
}

/// A media playlist as parsed: its header values and its segments with their files found and measured.
struct MediaPlaylist: Sendable {
  struct Tiles: Sendable, Equatable {
    var size: PictureSize
    var columns: Int64
    var rows: Int64
    var duration: Nanoseconds
  }

  struct Segment: Sendable {
    /// Of the URI, in the playlist.
    var line: Int
    var resource: Resource
    var extinf: Nanoseconds
    var decimals: Int
    var map: Resource?
    var isDiscontinuous: Bool
    var tiles: Tiles?
  }

  var path: String
  var version: Int64 = 1
  var target: Int64?
  var isIFramesOnly = false
  var isEncrypted = false
  var hasImages = false
  var isIndependent = false
  /// Something that it names cannot be found: comparisons would only repeat that.
  var isDamaged = false
  /// Without EXT-X-ENDLIST: more may come.
  var isOpen = false
  var segments: [Segment] = []
  /// Everything that the playlist names, also what has no segment of its own.
  var files: Set<String> = []

  var duration: Nanoseconds { segments.reduce(0) { sum($0, $1.extinf) } }
  /// The least TARGETDURATION that holds: EXTINF rounded to the nearest second, the longest one.
  var leastTarget: Int64 {
    segments.map { $0.extinf / second + ($0.extinf % second >= second / 2 ? 1 : 0) }.max() ?? 0
  }
}

/// Parses a media playlist by rules 1 to 6 and looks for the files it names; nothing of them is read here.
struct MediaPlaylistParser {
  private let findings: Findings
  private let files: TreeFiles
  private var playlist: MediaPlaylist
  private var extinf: (value: Nanoseconds, decimals: Int)?
  private var range: ByteRange?
  private var map: Resource?
  private var mapIsNew = false
  private var isDiscontinuous = false
  private var isGap = false
  private var tiles: MediaPlaylist.Tiles?
  private var rangeEnds: [String: Int64] = [:]
  private var usesRanges = false
  private var usesMap = false
  private var seen: Set<String> = []
  private var type: String?
  private var hasVersion = false

  init(path: String, files: TreeFiles, findings: Findings) {
    self.findings = findings
    self.files = files
    playlist = MediaPlaylist(path: path)
  }

  mutating func parse(_ text: PlaylistText) -> MediaPlaylist {
    for line in text.lines {
      switch line {
      case .tag(let name, let value, let line): tag(name, value, line)
      case .uri(let uri, let line): segment(uri, line)
      }
    }
    if extinf != nil { findings.add(.tagPlace, playlist.path, "the last #EXTINF has no URI after it") }
    finish()
    return playlist
  }

  private mutating func tag(_ name: String, _ value: String, _ line: Int) {
    seen.insert(name)
    switch name {
    case "EXT-X-VERSION":
      playlist.version = Decimal.integer(value) ?? 0
      hasVersion = true
    case "EXT-X-TARGETDURATION": playlist.target = Decimal.integer(value)
    case "EXT-X-PLAYLIST-TYPE": type = value
    case "EXT-X-I-FRAMES-ONLY": playlist.isIFramesOnly = true
    case "EXT-X-IMAGES-ONLY": playlist.hasImages = true
    case "EXTINF": extinf = Decimal.extinf(value)
    case "EXT-X-BYTERANGE": range = ByteRange.parse(value)
    case "EXT-X-DISCONTINUITY": isDiscontinuous = true
    case "EXT-X-INDEPENDENT-SEGMENTS": playlist.isIndependent = true
    case "EXT-X-GAP": isGap = true
    case "EXT-X-TILES": newTiles(value, line)
    case "EXT-X-MAP": newMap(value, line)
    case "EXT-X-KEY":
      let attributes = list(value, name, line)
      if attributes["METHOD"] != "NONE" {
        if !playlist.isEncrypted {
          findings.add(
            .encrypted, playlist.path,
            "segments are encrypted (\(attributes["METHOD"] ?? "no METHOD")), expected none: only the playlist is judged",
            at: .line(line))
        }
        playlist.isEncrypted = true
      }
    default:
      if TagRule.table[name]?.form == .attributes { _ = list(value, name, line) }
    }
  }

  private func list(_ value: String, _ tag: String, _ line: Int) -> AttributeList {
    AttributeList(value, tag: tag, line: line, path: playlist.path, findings: findings)
  }

  private mutating func newMap(_ value: String, _ line: Int) {
    let attributes = list(value, "EXT-X-MAP", line)
    usesMap = true
    guard let uri = attributes["URI"] else {
      findings.add(.attributeMissing, playlist.path, "#EXT-X-MAP without URI", at: .line(line))
      return
    }
    guard let file = files.resolve(uri, from: playlist.path, line: line, findings: findings) else {
      playlist.isDamaged = true
      return
    }
    playlist.files.insert(file.path)
    var resource = Resource(path: file.path, offset: 0, length: file.size)
    if let text = attributes["BYTERANGE"] {
      guard let part = ByteRange.parse(text), let offset = part.offset else {
        findings.add(
          .attributeSyntax, playlist.path, "BYTERANGE \(text), expected LENGTH@OFFSET", at: .line(line))
        return
      }
      guard check(file, offset, part.length, line) else { return }
      resource = Resource(path: file.path, offset: offset, length: part.length)
    }
    if let map, map != resource, !isDiscontinuous {
      findings.add(
        .mapChanged, playlist.path, "another EXT-X-MAP without EXT-X-DISCONTINUITY before it", at: .line(line)
      )
    }
    map = resource
  }

  private mutating func segment(_ uri: String, _ line: Int) {
    defer {
      (extinf, range, isDiscontinuous, isGap, tiles) = (nil, nil, false, false, nil)
    }
    guard let extinf else {
      if !seen.contains("EXTINF") || range == nil {
        findings.add(.tagPlace, playlist.path, "a URI without #EXTINF before it", at: .line(line))
      }
      return
    }
    if extinf.value <= 0 {
      findings.add(
        .extinfZero, playlist.path, "EXTINF is \(seconds(extinf.value)), expected above 0", at: .line(line))
    }
    // What is not there is said not to be.
    if isGap { return }
    guard let file = files.resolve(uri, from: playlist.path, line: line, findings: findings) else {
      playlist.isDamaged = true
      return
    }
    playlist.files.insert(file.path)
    var resource = Resource(path: file.path, offset: 0, length: file.size)
    if let range {
      usesRanges = true
      guard let offset = range.offset ?? rangeEnds[file.path] else {
        findings.add(.rangeOutside, playlist.path, "a byte range without a start", at: .line(line))
        return
      }
      guard check(file, offset, range.length, line) else {
        playlist.isDamaged = true
        return
      }
      if let end = rangeEnds[file.path], offset < end {
        findings.add(
          .rangeOverlap, playlist.path,
          "the range begins at \(offset), expected at \(end) or later", at: .line(line))
      }
      resource = Resource(path: file.path, offset: offset, length: range.length)
      rangeEnds[file.path] = resource.end
    }
    playlist.segments.append(
      MediaPlaylist.Segment(
        line: line, resource: resource, extinf: extinf.value, decimals: extinf.decimals, map: map,
        isDiscontinuous: isDiscontinuous, tiles: tiles))
  }

  private mutating func newTiles(_ value: String, _ line: Int) {
    let attributes = list(value, "EXT-X-TILES", line)
    guard let size = attributes["RESOLUTION"].flatMap(AttributeList.resolution),
      let grid = attributes["LAYOUT"].flatMap(AttributeList.resolution),
      let duration = attributes["DURATION"].flatMap({ Decimal.number($0) }),
      (1...65_536).contains(size.width), (1...65_536).contains(size.height), (1...4096).contains(grid.width),
      (1...4096).contains(grid.height)
    else {
      findings.add(
        .attributeMissing, playlist.path, "#EXT-X-TILES needs RESOLUTION, LAYOUT and DURATION",
        at: .line(line))
      return
    }
    tiles = MediaPlaylist.Tiles(
      size: PictureSize(Int(size.width), Int(size.height)), columns: grid.width, rows: grid.height,
      duration: duration.value)
  }

  private func check(_ file: TreeFiles.File, _ offset: Int64, _ length: Int64, _ line: Int) -> Bool {
    guard length > 0, offset <= file.size, length <= file.size - offset else {
      findings.add(
        .rangeOutside, playlist.path,
        "bytes \(length)@\(offset), expected inside of the \(file.size) of \(findings.relative(file.path))",
        at: .line(line))
      return false
    }
    return true
  }

  private mutating func finish() {
    let path = playlist.path
    if playlist.segments.isEmpty {
      findings.add(.playlistEmpty, path, "no segments, expected at least one")
    }
    playlist.isOpen = !seen.contains("EXT-X-ENDLIST")
    if playlist.isOpen {
      let kind =
        type == "EVENT"
        ? "an event that goes on" : type == "VOD" ? "cut short" : "a live playlist, or cut short"
      findings.add(
        .endlistMissing, path,
        "no EXT-X-ENDLIST: it is \(kind), and players go on asking for more; expected one at the end"
      )
    }
    // A live playlist has no type; one thing said about it is enough.
    if type != "VOD", !(playlist.isOpen && type == nil) {
      findings.add(.vodMissing, path, "EXT-X-PLAYLIST-TYPE is \(type ?? "missing"), expected VOD")
    }
    checkVersion()
    guard let target = playlist.target else {
      findings.add(.targetMissing, path, "no EXT-X-TARGETDURATION, expected \(playlist.leastTarget)")
      return
    }
    if target < playlist.leastTarget {
      findings.add(.targetLow, path, "EXT-X-TARGETDURATION is \(target), expected \(playlist.leastTarget)")
    }
  }

  private func checkVersion() {
    var needed: Int64 = 1
    if playlist.segments.contains(where: { $0.decimals > 0 }) { needed = 3 }
    if usesRanges || playlist.isIFramesOnly { needed = 4 }
    if usesMap { needed = playlist.isIFramesOnly ? 5 : 6 }
    if playlist.version < needed {
      findings.add(
        .versionLow, playlist.path,
        "EXT-X-VERSION is \(hasVersion ? String(playlist.version) : "missing"), expected \(needed)")
    } else if playlist.version > max(needed, 7) {
      findings.add(.versionHigh, playlist.path, "EXT-X-VERSION is \(playlist.version), expected \(needed)")
    }
  }
}
