internal import Foundation

/// Where presets stand: folders in, by name a `Ladder` out. The first folder that has a name wins.
package struct LadderShelf: Sendable {
  package struct Entry: Sendable, Equatable {
    package var name: String
    package var path: String
    package init(name: String, path: String) {
      self.name = name
      self.path = path
    }
  }

  private static let largest = 1 << 20

  package let folders: [String]

  package init(folders: [String]) { self.folders = folders }

  /// The folders for a binary at the absolute path `binary`: `Ladders` beside it, `share/rung/Ladders` of the
  /// prefix it is installed under, and `Ladders` of the checkout whose `.build` it is in.
  package static func standardFolders(binary: String) -> [String] {
    let home = URL(fileURLWithPath: binary).deletingLastPathComponent()
    var folders = [
      home.appendingPathComponent("Ladders"),
      home.deletingLastPathComponent().appendingPathComponent("share/rung/Ladders"),
    ]
    var parent = home
    while parent.pathComponents.count > 1 {
      let name = parent.lastPathComponent
      parent = parent.deletingLastPathComponent()
      if name == ".build" {
        folders.append(parent.appendingPathComponent("Ladders"))
        break
      }
    }
    return folders.map(\.path)
  }

  /// The presets, by name.
  package func list() -> [Entry] {
    var paths: [String: String] = [:]
    for folder in folders {
      let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      for file in files
      where file.hasSuffix(".json") && !file.hasSuffix(".schema.json") && !file.hasPrefix(".") {
        let name = String(file.dropLast(5))
        if paths[name] == nil { paths[name] = folder + "/" + file }
      }
    }
    return paths.map { Entry(name: $0.key, path: $0.value) }.sorted { $0.name < $1.name }
  }

  /// The text of a preset or a ladder file, as it was written.
  package func text(_ nameOrPath: String) throws(LadderFailure) -> String {
    String(decoding: try LadderShelf.read(path(nameOrPath)), as: UTF8.self)
  }

  /// A value with a slash or ending in `.json` is a file's path, any other a preset's name.
  package func load(_ nameOrPath: String) throws(LadderFailure) -> Ladder {
    let path = try path(nameOrPath)
    return try LadderDecoder.decode(LadderShelf.read(path), file: path)
  }

  private func path(_ nameOrPath: String) throws(LadderFailure) -> String {
    if nameOrPath.contains("/") || nameOrPath.hasSuffix(".json") { return nameOrPath }
    let known = list()
    guard let entry = known.first(where: { $0.name == nameOrPath }) else {
      throw .unknownPreset(name: nameOrPath, known: known.map(\.name))
    }
    return entry.path
  }

  private static func read(_ path: String) throws(LadderFailure) -> Data {
    guard FileManager.default.fileExists(atPath: path) else {
      throw .unreadable(file: path, reason: "no such file")
    }
    if FileManager.default.fileExists(atPath: path + "/.") {
      throw .unreadable(file: path, reason: "it is a folder")
    }
    let handle: FileHandle
    let data: Data
    do {
      handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      data = try handle.read(upToCount: largest + 1) ?? Data()
      try handle.close()
    } catch {
      throw .unreadable(file: path, reason: "permission denied or a read error")
    }
    if data.count > largest { throw .unreadable(file: path, reason: "it is larger than \(largest) bytes") }
    return data
  }
}
