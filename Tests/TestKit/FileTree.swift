internal import Foundation

/// A tree of files in memory and the ways to break it: a whole tree in, one thing of it changed, a folder on the disk
/// out. What is asked of a file that is not there does nothing, and the test that meant to break it then fails.
package struct FileTree: Sendable {
  package var files: [String: [UInt8]] = [:]

  package init(files: [String: [UInt8]] = [:]) { self.files = files }

  /// Every file below `folder`.
  package init(reading folder: String) throws {
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
      let url = URL(fileURLWithPath: folder + "/" + name)
      let isFile = try url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile ?? false
      if isFile { files[name] = [UInt8](try Data(contentsOf: url)) }
    }
  }

  package func write(to folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for (name, bytes) in files {
      let file = URL(fileURLWithPath: folder + "/" + name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(bytes).write(to: file)
    }
  }

  /// Calls `body` with a folder that holds the tree and is gone afterwards.
  package func onDisk<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.path + "/tree-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try write(to: folder)
    return try body(folder)
  }

  // MARK: Breaking things

  package mutating func delete(_ path: String) { files[path] = nil }

  package mutating func truncate(_ path: String, by count: Int) {
    guard let bytes = files[path] else { return }
    files[path] = Array(bytes.dropLast(count))
  }

  package mutating func append(_ path: String, _ bytes: [UInt8]) { files[path]?.append(contentsOf: bytes) }

  package mutating func insert(_ path: String, at offset: Int, _ bytes: [UInt8]) {
    guard let count = files[path]?.count, offset <= count else { return }
    files[path]?.insert(contentsOf: bytes, at: offset)
  }

  /// Each takes the other's bytes.
  package mutating func swap(_ one: String, _ other: String) {
    (files[one], files[other]) = (files[other], files[one])
  }

  package mutating func flip(_ path: String, byte: Int, bit: Int) {
    guard let count = files[path]?.count, byte < count else { return }
    files[path]?[byte] ^= 1 << UInt8(bit & 7)
  }

  package mutating func overwrite(_ path: String, at offset: Int, _ bytes: [UInt8]) {
    guard let count = files[path]?.count, offset >= 0, offset + bytes.count <= count else { return }
    files[path]?.replaceSubrange(offset..<offset + bytes.count, with: bytes)
  }

  /// In a text, everywhere.
  package mutating func replace(_ path: String, _ old: String, _ new: String) {
    guard let bytes = files[path] else { return }
    files[path] = Array(String(decoding: bytes, as: UTF8.self).replacingOccurrences(of: old, with: new).utf8)
  }

  /// Replaces the first place where `old` is.
  package mutating func replaceBytes(_ path: String, _ old: [UInt8], _ new: [UInt8]) {
    if let place = place(path, of: old) { overwrite(path, at: place, new) }
  }

  /// Overwrites bytes at `offset` from the start of the type of the `number`th box `type`.
  package mutating func patch(
    _ path: String, _ type: String, number: Int = 0, at offset: Int, _ bytes: [UInt8]
  ) {
    guard let content = files[path] else { return }
    let name = Array(type.utf8)
    let places = content.indices.filter { content[$0...].starts(with: name) }
    guard number < places.count else { return }
    overwrite(path, at: places[number] + offset, bytes)
  }

  /// Puts a hole of the same size, `free`, where a box was.
  package mutating func remove(_ path: String, box type: String) {
    patch(path, type, at: 0, Array("free".utf8))
  }

  private func place(_ path: String, of bytes: [UInt8]) -> Int? {
    guard let content = files[path] else { return nil }
    return content.indices.first { content[$0...].starts(with: bytes) }
  }
}
