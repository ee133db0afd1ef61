internal import Foundation

/// A folder as text: its files in, sorted lines of path and bytes out.
package enum TreeDump {
  /// The paths of all files below `folder`, relative and sorted; those whose first part is in `skipping` left out.
  package static func files(_ folder: String, skipping: Set<String> = [".rung"]) -> [String] {
    guard let walk = FileManager.default.enumerator(atPath: folder) else { return [] }
    var result: [String] = []
    while let path = walk.nextObject() as? String {
      let first = path.split(separator: "/").first.map(String.init) ?? path
      if skipping.contains(first) { continue }
      let type = walk.fileAttributes?[.type] as? FileAttributeType
      if type == .typeDirectory { continue }
      result.append(path)
    }
    return result.sorted()
  }

  /// Lines of bytes and path: `   1234 packaged/holiday/asset.json`.
  package static func text(_ folder: String, skipping: Set<String> = [".rung"]) -> String {
    files(folder, skipping: skipping).map { path in
      let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(path)")
      let bytes = (attributes?[.size] as? NSNumber)?.int64Value ?? -1
      let digits = String(bytes)
      return String(repeating: " ", count: max(0, 9 - digits.count)) + digits + " " + path + "\n"
    }.joined()
  }

  package static func contents(_ folder: String, skipping: Set<String> = [".rung"]) throws -> [String:
    [UInt8]]
  {
    var result: [String: [UInt8]] = [:]
    for path in files(folder, skipping: skipping) {
      result[path] = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(path)")))
    }
    return result
  }

  /// What differs between two trees, one line each; empty when they are equal in every byte.
  package static func differences(_ left: [String: [UInt8]], _ right: [String: [UInt8]]) -> [String] {
    Set(left.keys).union(right.keys).sorted().compactMap { path in
      switch (left[path], right[path]) {
      case (nil, _): return "only in the second: \(path)"
      case (_, nil): return "only in the first: \(path)"
      case (let a?, let b?):
        if a == b { return nil }
        let at =
          zip(a, b).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(a.count, b.count)
        return "\(path): \(a.count) and \(b.count) bytes, differ from byte \(at)"
      }
    }
  }
}
