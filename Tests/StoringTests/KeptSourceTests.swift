import Foundation
import Media
import Testing

@testable import Storing

@Suite struct KeptSourceTests {
  @Test func aLinkIsTheSameFileAndACopyHoldsTheSameBytes() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("kept-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let source = folder.appendingPathComponent("source.mov").path
    let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try Data(bytes).write(to: URL(fileURLWithPath: source))
    let file = try Descriptor.open(source, O_RDONLY)
    let (linked, copied) = (folder.path + "/linked", folder.path + "/copied")
    #expect(try Disk.link(file.raw, to: linked))
    #expect(Disk.isNamed(file.raw, linked))
    try Disk.copy(file.raw, path: source, to: copied)
    #expect(!Disk.isNamed(file.raw, copied))
    #expect(try Data(contentsOf: URL(fileURLWithPath: copied)) == Data(bytes))
    // Another file system than the source's: no link, which is no error.
    #expect(try !Disk.link(file.raw, to: "/proc/self/linked"))
  }

  @Test(arguments: [
    ("a.mov", "raw/ann/x/source.mov"), ("A.MP4", "raw/ann/x/source.mp4"), ("none", "raw/ann/x/source.bin"),
    ("a.b/c", "raw/ann/x/source.bin"), ("a.längst", "raw/ann/x/source.bin"), (".mkv", "raw/ann/x/source.mkv"),
  ])
  func sourcesKeepPlainEndings(name: String, key: String) {
    let layout = Layout(
      templates: [.source: "raw/{creator}/{id}/source.{ext}"], id: "x", creator: "ann")
    #expect(layout.sourceKey(of: name) == key)
    #expect(Layout(templates: [:], id: "x").sourceKey(of: name) == nil)
  }
}
