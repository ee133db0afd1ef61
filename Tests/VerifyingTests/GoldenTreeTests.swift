internal import Foundation
internal import TestKit
internal import Testing

@testable import Verifying

@Suite struct GoldenTreeTests {
  private func compared(
    isStructure: Bool, _ change: (inout FileTree) -> Void
  ) throws -> VerificationReport {
    var tree = FileTree.cmaf
    change(&tree)
    return try FileTree.cmaf.onDisk { folder in
      var options = FileTree.options
      options.golden = GoldenTree(folder: folder, isStructure: isStructure)
      return try tree.verify(options: options)
    }
  }

  @Test func aDifferenceIsShownAsADiff() throws {
    let report = try compared(isStructure: false) {
      $0.replace(
        Mutation.index, "#EXTINF:2.000000,\nseg-0a1b2c3d-00002", "#EXTINF:2.000001,\nseg-0a1b2c3d-00002")
      $0.seal()
    }
    #expect(report.findings.map(\.code) == [.goldenDiffers, .goldenDiffers])
    #expect(
      report.diff.hasSuffix(
        """
        --- kept/packaged/clip/hls/720p/index.m3u8
        +++ packaged/clip/hls/720p/index.m3u8
        @@ -6,7 +6,7 @@
         #EXT-X-MAP:URI="init-0a1b2c3d.mp4"
         #EXTINF:2.000000,
         seg-0a1b2c3d-00001.m4s
        -#EXTINF:2.000000,
        +#EXTINF:2.000001,
         seg-0a1b2c3d-00002.m4s
         #EXTINF:2.000000,
         seg-0a1b2c3d-00003.m4s
        """), "\(report.diff)")
    #expect(report.text().contains("-#EXTINF:2.000000,\n+#EXTINF:2.000001,\n"))
  }

  /// What another version of a library changes: names with versions, sizes, hashes, rates, the versions themselves.
  @Test func structureHoldsAcrossOtherBytes() throws {
    let change: (inout FileTree) -> Void = { tree in
      var other = FileTree()
      for (name, bytes) in tree.files {
        let isText = ["m3u8", "json"].contains { name.hasSuffix($0) }
        let renamed = name.replacingOccurrences(of: "0a1b2c3d", with: "99887766")
        other.files[renamed] =
          isText
          ? Array(
            String(decoding: bytes, as: UTF8.self).replacingOccurrences(of: "0a1b2c3d", with: "99887766")
              .replacing(/BANDWIDTH=(\d+)/) { "BANDWIDTH=\((Int($0.1) ?? 0) + 1)" }
              .replacingOccurrences(of: "0.1.0", with: "0.2.0").utf8) : bytes
      }
      tree = other
    }
    let strict = try compared(isStructure: false, change)
    #expect(strict.findings.contains { $0.code == .goldenDiffers })
    let loose = try compared(isStructure: true, change)
    #expect(!loose.findings.contains { $0.code.rawValue.hasPrefix("GOLDEN") }, "\(loose.diff)")
  }

  @Test func structureSeesWhatIsNoMatterOfBytes() throws {
    let report = try compared(isStructure: true) {
      $0.replace(Mutation.master, "English", "Engelsk")
      $0.seal()
    }
    #expect(report.findings.map(\.code) == [.goldenDiffers])
    #expect(
      report.diff.contains("+#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"aac\",NAME=\"Engelsk\""), "\(report.diff)")
  }

  @Test func aFolderWithoutDocumentsIsNoKeptTree() throws {
    try FileTree(files: ["readme.txt": [65]]).onDisk { folder in
      var options = FileTree.options
      options.golden = GoldenTree(folder: folder, isStructure: false)
      let report = try FileTree.cmaf.verify(options: options)
      #expect(report.findings.map(\.code) == [.goldenMissing])
    }
  }

  @Test func severalChangesMakeSeveralHunks() {
    let old = (1...40).map(String.init).joined(separator: "\n") + "\n"
    let new = old.replacingOccurrences(of: "\n5\n", with: "\nfive\n").replacingOccurrences(
      of: "\n30\n", with: "\n")
    let diff = UnifiedDiff.text(old: old, new: new, name: "numbers")
    #expect((diff.removed, diff.added) == (2, 1))
    #expect(
      diff.text == """
        --- kept/numbers
        +++ numbers
        @@ -2,7 +2,7 @@
         2
         3
         4
        -5
        +five
         6
         7
         8
        @@ -27,7 +27,6 @@
         27
         28
         29
        -30
         31
         32
         33
        """, "\(diff.text)")
  }
}
