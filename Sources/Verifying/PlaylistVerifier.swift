internal import Foundation
internal import Media
internal import Synchronization

/// Verifies playlists and what they lead to: a master with all its renditions, or one media playlist alone.
final class PlaylistVerifier {
  private let findings: Findings
  private let files: TreeFiles
  private let options: VerifyOptions
  private let ledger: HashLedger
  /// Everything that a playlist led to, and the playlists themselves.
  private(set) var reached: Set<String> = []

  /// Every rendition that was read, for those who play them.
  private(set) var renditions: [Rendition] = []
  private static let lanes = 2

  init(files: TreeFiles, options: VerifyOptions, ledger: HashLedger, findings: Findings) {
    (self.files, self.options, self.ledger, self.findings) = (files, options, ledger, findings)
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
    guard !playlist.hasImages else {
      ImageChecks(findings: findings).check(playlist)
      return false
    }
    if playlist.isIFramesOnly {
      for segment in playlist.segments where segment.map == nil && segment.resource.path.hasSuffix(".m4s") {
        findings.add(.mapMissing, path, "an I-frame playlist of fMP4 without EXT-X-MAP")
        break
      }
    } else {
      for rendition in check([playlist]) {
        let least = rendition.playlist.leastTarget
        if let target = rendition.playlist.target, target > least, !rendition.playlist.segments.isEmpty {
          findings.add(.targetHigh, path, "EXT-X-TARGETDURATION is \(target), expected \(least)")
        }
      }
    }
    return false
  }

  /// Reads the segments of all playlists, two at a time, the largest first; what is found is put in the playlists'
  /// order.
  private func check(_ playlists: [MediaPlaylist]) -> [Rendition] {
    struct Part: Sendable {
      var rendition: Rendition
      var gathered: Findings.Gathered
      var hashes: [String: String]
    }
    let sizes = playlists.map { $0.segments.reduce(0) { sum($0, $1.resource.length) } }
    let order = playlists.indices.sorted { sizes[$0] != sizes[$1] ? sizes[$0] > sizes[$1] : $0 < $1 }
    let (options, wanted) = (options, ledger.wanted)
    let (root, copies) = (findings.root, findings.copies)
    let next = Atomic<Int>(0)
    let parts = Mutex<[Int: Part]>([:])
    DispatchQueue.concurrentPerform(iterations: min(Self.lanes, playlists.count)) { _ in
      while true {
        let turn = next.add(1, ordering: .relaxed).oldValue
        guard turn < order.count else { return }
        let own = Findings(root: root, copies: copies)
        let checker = RenditionChecker(findings: own, options: options, wanted: wanted)
        let rendition = checker.check(playlists[order[turn]])
        let part = Part(rendition: rendition, gathered: own.gathered, hashes: checker.files.hashes)
        parts.withLock { $0[order[turn]] = part }
      }
    }
    let done = parts.withLock { $0 }
    var result: [Rendition] = []
    for index in playlists.indices {
      guard let part = done[index] else { continue }
      findings.take(part.gathered)
      ledger.take(part.hashes)
      result.append(part.rendition)
    }
    renditions += result
    return result
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
      findings.add(.inputUnreadable, path, "the playlist cannot be opened")
      return nil
    }
    findings.checked.playlists += 1
    do throws(Malformed) {
      return PlaylistText(try file.whole(limit: PlaylistText.limit), path: path, findings: findings)
    } catch {
      findings.add(.playlistHeader, path, error.what)
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
      findings.add(
        .tagPlace, path, "\(findings.relative(master)) names a master playlist, expected a media playlist")
      return nil
    }
    return media(path, text)
  }

  private func master(_ master: MasterPlaylist) {
    let playlists = master.renditionPaths.compactMap { named($0, by: master.path) }
    var renditions: [String: Rendition] = [:]
    for rendition in check(playlists) { renditions[rendition.path] = rendition }
    MasterChecks(master, findings: findings).check(renditions: renditions)
    VariantChecks(master: master, renditions: renditions, findings: findings).check()
    AlignmentChecks(findings: findings).check(master.renditionPaths.compactMap { renditions[$0] })
    for variant in master.iframes {
      guard let path = variant.path, let playlist = named(path, by: master.path) else { continue }
      IFrameChecks(findings: findings).check(playlist, (variant, master.path), renditions)
    }
    for variant in master.images {
      guard let path = variant.path, let playlist = named(path, by: master.path) else { continue }
      ImageChecks(findings: findings).check(playlist)
    }
  }

  /// Media files and playlists beside what was reached that nothing leads to; `known` are files with another use.
  func orphans(below folder: String, known: Set<String>) {
    let folders = Set(reached.map { TreeFiles.folder($0) })
    let kinds = ["m3u8", "m4s", "ts", "mp4", "aac", "vtt"]
    for path in TreeFiles.all(below: folder) where !reached.contains(path) && !known.contains(path) {
      let kind = path.split(separator: ".").last.map(String.init) ?? ""
      if kinds.contains(kind), folders.contains(TreeFiles.folder(path)) {
        findings.add(.fileOrphan, path, "no playlist leads to this file, expected one or no file")
      }
    }
  }
}
