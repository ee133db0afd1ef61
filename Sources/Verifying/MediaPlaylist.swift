/// Where bytes are: a file of the tree, and a part of it.
struct Resource: Hashable {
  var path: String
  var offset: Int64
  var length: Int64
  var end: Int64 { offset &+ length }
}

/// A media playlist as parsed: its header values and its segments with their files found and measured.
struct MediaPlaylist {
  struct Segment {
    var resource: Resource
    var extinf: Nanoseconds
    var decimals: Int
    var map: Resource?
    var isDiscontinuous: Bool
  }

  var path: String
  var version: Int64 = 1
  var target: Int64?
  var isIFramesOnly = false
  var isEncrypted = false
  var hasImages = false
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
    if extinf != nil { findings.error(.tagPlace, playlist.path, "the last #EXTINF has no URI after it") }
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
    case "EXT-X-MAP": newMap(value, line)
    case "EXT-X-KEY":
      let attributes = list(value, name, line)
      if attributes["METHOD"] != "NONE" {
        playlist.isEncrypted = true
        findings.error(.encrypted, playlist.path, "line \(line): encrypted segments cannot be verified")
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
      findings.error(.attributeMissing, playlist.path, "line \(line): #EXT-X-MAP without URI")
      return
    }
    guard let file = files.resolve(uri, from: playlist.path, line: line, findings: findings) else { return }
    playlist.files.insert(file.path)
    var resource = Resource(path: file.path, offset: 0, length: file.size)
    if let text = attributes["BYTERANGE"] {
      guard let part = ByteRange.parse(text), let offset = part.offset else {
        findings.error(
          .attributeSyntax, playlist.path, "line \(line): BYTERANGE \(text), expected LENGTH@OFFSET")
        return
      }
      guard check(file, offset, part.length, line) else { return }
      resource = Resource(path: file.path, offset: offset, length: part.length)
    }
    if let map, map != resource, !isDiscontinuous {
      findings.error(
        .mapChanged, playlist.path, "line \(line): another EXT-X-MAP without EXT-X-DISCONTINUITY before it")
    }
    map = resource
  }

  private mutating func segment(_ uri: String, _ line: Int) {
    defer {
      (extinf, range, isDiscontinuous) = (nil, nil, false)
    }
    guard let extinf else {
      if !seen.contains("EXTINF") || range == nil {
        findings.error(.tagPlace, playlist.path, "line \(line): a URI without #EXTINF before it")
      }
      return
    }
    if extinf.value <= 0 {
      findings.error(
        .extinfZero, playlist.path, "line \(line): EXTINF is \(seconds(extinf.value)), expected above 0")
    }
    guard let file = files.resolve(uri, from: playlist.path, line: line, findings: findings) else { return }
    playlist.files.insert(file.path)
    var resource = Resource(path: file.path, offset: 0, length: file.size)
    if let range {
      usesRanges = true
      guard let offset = range.offset ?? rangeEnds[file.path] else {
        findings.error(.rangeOutside, playlist.path, "line \(line): a byte range without a start")
        return
      }
      guard check(file, offset, range.length, line) else { return }
      if let end = rangeEnds[file.path], offset < end {
        findings.error(
          .rangeOverlap, playlist.path,
          "line \(line): the range begins at \(offset), expected at \(end) or later")
      }
      resource = Resource(path: file.path, offset: offset, length: range.length)
      rangeEnds[file.path] = resource.end
    }
    playlist.segments.append(
      MediaPlaylist.Segment(
        resource: resource, extinf: extinf.value, decimals: extinf.decimals, map: map,
        isDiscontinuous: isDiscontinuous))
  }

  private func check(_ file: TreeFiles.File, _ offset: Int64, _ length: Int64, _ line: Int) -> Bool {
    guard length > 0, offset <= file.size, length <= file.size - offset else {
      findings.error(
        .rangeOutside, playlist.path,
        "line \(line): bytes \(length)@\(offset), expected inside of the \(file.size) of \(findings.relative(file.path))"
      )
      return false
    }
    return true
  }

  private func finish() {
    let path = playlist.path
    if playlist.segments.isEmpty {
      findings.error(.playlistEmpty, path, "no segments, expected at least one")
    }
    if type != "VOD" {
      findings.error(.vodMissing, path, "EXT-X-PLAYLIST-TYPE is \(type ?? "missing"), expected VOD")
    }
    if !seen.contains("EXT-X-ENDLIST") {
      findings.error(.endlistMissing, path, "no EXT-X-ENDLIST, expected at the end")
    }
    checkVersion()
    guard let target = playlist.target else {
      findings.error(.targetMissing, path, "no EXT-X-TARGETDURATION, expected \(playlist.leastTarget)")
      return
    }
    if target < playlist.leastTarget {
      findings.error(.targetLow, path, "EXT-X-TARGETDURATION is \(target), expected \(playlist.leastTarget)")
    }
  }

  private func checkVersion() {
    var needed: Int64 = 1
    if playlist.segments.contains(where: { $0.decimals > 0 }) { needed = 3 }
    if usesRanges || playlist.isIFramesOnly { needed = 4 }
    if usesMap { needed = playlist.isIFramesOnly ? 5 : 6 }
    if playlist.version < needed {
      findings.error(
        .versionLow, playlist.path,
        "EXT-X-VERSION is \(hasVersion ? String(playlist.version) : "missing"), expected \(needed)")
    } else if playlist.version > max(needed, 7) {
      findings.warn(.versionHigh, playlist.path, "EXT-X-VERSION is \(playlist.version), expected \(needed)")
    }
  }
}
