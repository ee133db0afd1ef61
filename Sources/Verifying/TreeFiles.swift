internal import Foundation

/// Finds what playlists name: a URI and the playlist it stands in, in; a file inside of the tree, out.
final class TreeFiles {
  struct File {
    let path: String
    let size: Int64
  }

  let root: String
  private let realRoot: String

  init(root: String) {
    self.root = root
    realRoot = URL(fileURLWithPath: root).resolvingSymlinksInPath().path
  }

  /// nil after a finding: outside of the tree, missing, or empty.
  func resolve(_ uri: String, from playlist: String, line: Int, findings: Findings) -> File? {
    guard let path = TreeFiles.join(uri, to: playlist, root: root) else {
      findings.add(.uriOutside, playlist, "\"\(uri.prefix(80))\" leads out of the tree", at: .line(line))
      return nil
    }
    guard let file = TreeFiles.file(path) else {
      findings.add(.fileMissing, playlist, "there is no file \(findings.relative(path))", at: .line(line))
      return nil
    }
    let real = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    guard real.hasPrefix(realRoot + "/") else {
      findings.add(
        .uriOutside, playlist, "\(findings.relative(path)) is a link out of the tree", at: .line(line))
      return nil
    }
    guard file.size > 0 else {
      findings.add(.fileEmpty, path, "0 bytes, expected media")
      return nil
    }
    return file
  }

  /// The path that `uri` names beside `base`, if that is below `root`: no scheme, no host, no absolute path.
  static func join(_ uri: String, to base: String, root: String) -> String? {
    let bare = uri.prefix { $0 != "?" && $0 != "#" }
    guard !bare.isEmpty, !bare.hasPrefix("/"), let decoded = String(bare).removingPercentEncoding else {
      return nil
    }
    if let colon = bare.firstIndex(of: ":"), !bare[..<colon].contains("/") { return nil }
    guard !decoded.utf8.contains(0), base.hasPrefix(root + "/") else { return nil }
    var parts = base.dropFirst(root.count + 1).split(separator: "/").dropLast().map(String.init)
    for part in decoded.split(separator: "/", omittingEmptySubsequences: true) {
      if part == "." { continue }
      if part == ".." {
        if parts.popLast() == nil { return nil }
      } else {
        parts.append(String(part))
      }
    }
    return parts.isEmpty ? nil : root + "/" + parts.joined(separator: "/")
  }

  static func file(_ path: String) -> File? {
    var facts = stat()
    guard unsafe stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return nil }
    return File(path: path, size: Int64(facts.st_size))
  }

  static func isFolder(_ path: String) -> Bool {
    var facts = stat()
    return unsafe stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
  }

  /// Every file below `folder`, sorted; hidden names (staging, journals) are no part of a tree. Links to folders
  /// are not followed.
  static func all(below folder: String) -> [String] {
    var found: [String] = []
    var open = [folder]
    while let next = open.popLast() {
      for name in (try? FileManager.default.contentsOfDirectory(atPath: next)) ?? []
      where !name.hasPrefix(".") {
        let path = next + "/" + name
        var facts = stat()
        guard unsafe lstat(path, &facts) == 0 else { continue }
        if facts.st_mode & S_IFMT == S_IFDIR { open.append(path) } else { found.append(path) }
      }
    }
    return found.sorted()
  }
}

extension TreeFiles {
  /// The folder that `path` is in, without a slash at its end.
  static func folder(_ path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }

  static func name(_ path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }
}
