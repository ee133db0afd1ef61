/// Verifies playlists and what they lead to: a master with all its renditions, or one media playlist alone.
final class PlaylistVerifier {
  private let findings: Findings
  private let files: TreeFiles
  private let deep: Bool
  /// Everything that a playlist led to, and the playlists themselves.
  private(set) var reached: Set<String> = []

  init(files: TreeFiles, deep: Bool, findings: Findings) {
    (self.files, self.deep, self.findings) = (files, deep, findings)
  }

  /// Takes either kind of playlist. Returns false when it was a media playlist.
  @discardableResult
  func verify(_ path: String) -> Bool {
    guard let text = read(path) else { return false }
    if text.isMaster {
      master(MasterPlaylist(path: path, text: text, files: files, findings: findings))
      return true
    }
    let playlist = media(path, text)
    guard !playlist.hasImages else { return false }
    if playlist.isIFramesOnly {
      for segment in playlist.segments where segment.map == nil && segment.resource.path.hasSuffix(".m4s") {
        findings.error(.mapMissing, path, "an I-frame playlist of fMP4 without EXT-X-MAP")
        break
      }
    } else {
      _ = RenditionChecker(findings: findings, deep: deep).check(playlist)
    }
    return false
  }

  func isMaster(_ path: String) -> Bool {
    guard let bytes = try? InputFile.open(path)?.whole(limit: PlaylistText.limit) else { return false }
    return PlaylistText(bytes, path: path, findings: Findings(root: files.root)).isMaster
  }

  func isImagesOnly(_ path: String) -> Bool {
    guard let bytes = try? InputFile.open(path)?.whole(limit: PlaylistText.limit) else { return false }
    return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
      .contains { $0 == "#EXT-X-IMAGES-ONLY" }
  }

  private func read(_ path: String) -> PlaylistText? {
    reached.insert(path)
    guard let file = InputFile.open(path) else {
      findings.error(.inputUnreadable, path, "the playlist cannot be opened")
      return nil
    }
    findings.checked.playlists += 1
    do throws(Malformed) {
      return PlaylistText(try file.whole(limit: PlaylistText.limit), path: path, findings: findings)
    } catch {
      findings.error(.playlistHeader, path, error.what)
      return nil
    }
  }

  private func media(_ path: String, _ text: PlaylistText) -> MediaPlaylist {
    var parser = MediaPlaylistParser(path: path, files: files, findings: findings)
    let playlist = parser.parse(text)
    reached.formUnion(playlist.files)
    if findings.copies.contains(path) { findings.copies.formUnion(playlist.files) }
    return playlist
  }

  /// A playlist that a master names; nil when it is missing or a master itself.
  private func named(_ path: String, by master: String) -> MediaPlaylist? {
    guard let text = read(path) else { return nil }
    if text.isMaster {
      findings.error(
        .tagPlace, path, "\(findings.relative(master)) names a master playlist, expected a media playlist")
      return nil
    }
    return media(path, text)
  }

  private func master(_ master: MasterPlaylist) {
    var renditions: [String: Rendition] = [:]
    let checker = RenditionChecker(findings: findings, deep: deep)
    for path in master.renditionPaths {
      guard let playlist = named(path, by: master.path) else { continue }
      renditions[path] = checker.check(playlist)
    }
    MasterChecks(master, findings: findings).check(renditions: renditions)
    VariantChecks(master: master, renditions: renditions, findings: findings).check()
    AlignmentChecks(findings: findings).check(master.renditionPaths.compactMap { renditions[$0] })
    for variant in master.iframes {
      guard let path = variant.path, let playlist = named(path, by: master.path) else { continue }
      IFrameChecks(findings: findings).check(playlist, (variant, master.path), renditions)
    }
    for variant in master.images {
      guard let path = variant.path else { continue }
      _ = named(path, by: master.path)
    }
  }

  /// Media files and playlists beside what was reached that nothing leads to; `known` are files with another use.
  func orphans(below folder: String, known: Set<String>) {
    let folders = Set(reached.map { TreeFiles.folder($0) })
    let kinds = ["m3u8", "m4s", "ts", "mp4", "aac", "vtt"]
    for path in TreeFiles.all(below: folder) where !reached.contains(path) && !known.contains(path) {
      let kind = path.split(separator: ".").last.map(String.init) ?? ""
      if kinds.contains(kind), folders.contains(TreeFiles.folder(path)) {
        findings.error(.fileOrphan, path, "no playlist leads to this file, expected one or no file")
      }
    }
  }
}
