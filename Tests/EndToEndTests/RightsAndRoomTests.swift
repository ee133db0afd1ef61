internal import Foundation
internal import TestKit
internal import Testing

/// What this machine lets a test do.
enum Machine {
  static let isRoot = getuid() == 0

  /// As root, permissions do not bind: run as somebody else, if that one can run the command at all.
  static let canDropRights: Bool = {
    guard isRoot else { return true }
    guard let result = try? asNobody([Binary.rung, "--version"]) else { return false }
    return result.succeeded
  }()

  static func asNobody(_ command: [String], folder: String? = nil) throws -> CommandResult {
    guard isRoot, Shell.find("setpriv") != nil else {
      return try Shell.run(command[0], Array(command.dropFirst()), folder: folder)
    }
    return try Shell.run(
      "setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "--"] + command, folder: folder)
  }

  static let canMount: Bool = {
    guard isRoot, let folder = try? TemporaryFolder("mount") else { return false }
    guard
      (try? Shell.run("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder.path]))?.succeeded == true
    else { return false }
    return (try? Shell.run("umount", [folder.path]))?.succeeded == true
  }()
}

extension EndToEnd {
  /// No permission, no room.
  @Suite struct RightsAndRoomTests {
    @Test(.enabled(if: Machine.canDropRights, "cannot run the command without root's rights here"))
    func aTreeThatCannotBeWritten() throws {
      let folder = try TemporaryFolder()
      let tree = folder.file("tree")
      try FileManager.default.createDirectory(atPath: tree, withIntermediateDirectories: false)
      let source = try folder.write(try Fixture.bytes("single-picture.mp4"), "clip.mp4")
      let ladder = try folder.write(
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: Rung.tiny))), "tiny.json")
      try readable(folder.path, [source, ladder])
      try allow(tree, 0o555)
      let result = try Machine.asNobody([Binary.rung, "package", source, "--into", tree, "--ladder", ladder])
      #expect([1, 75].contains(result.exit), "\(result)")
      #expect(result.errors.contains("tree"), "\(result)")
      #expect(TreeDump.files(tree, skipping: []).isEmpty)
    }

    @Test(.enabled(if: Machine.canDropRights, "cannot run the command without root's rights here"))
    func aSourceThatCannotBeRead() throws {
      let folder = try TemporaryFolder()
      let source = try folder.write(try Fixture.bytes("single-picture.mp4"), "clip.mp4")
      try readable(folder.path, [])
      try allow(source, 0o000)
      let result = try Machine.asNobody([Binary.rung, "probe", source])
      #expect(result.exit == 1, "\(result)")
      #expect(result.errors.contains("clip.mp4"), "\(result)")
    }

    @Test(.enabled(if: Machine.canMount, "cannot mount a small tmpfs here"))
    func aDiskThatIsFull() throws {
      let folder = try TemporaryFolder()
      let disk = folder.file("disk")
      try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: false)
      let mounted = try Shell.run("mount", ["-t", "tmpfs", "-o", "size=200k", "tmpfs", disk])
      try #require(mounted.succeeded, "\(mounted)")
      defer { _ = try? Shell.run("umount", ["-l", disk]) }
      let result = try Rung.package(Fixture.path("holiday.mp4"), into: "\(disk)/tree")
      #expect(result.exit == 75, "\(result)")
      #expect(result.errors.split(separator: "\n").last?.contains("space") == true, "\(result)")
      #expect(TreeDump.files("\(disk)/tree").isEmpty)
    }

    private func allow(_ path: String, _ mode: Int) throws {
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    private func readable(_ folder: String, _ files: [String]) throws {
      try allow(folder, 0o755)
      for file in files { try allow(file, 0o644) }
    }
  }
}
