internal import Foundation
internal import TestKit
internal import Testing
internal import Verifying

@Suite struct CleanTreeTests {
  @Test(arguments: [false, true]) func aTreeThatKeepsTheRulesHasNoFindings(deep: Bool) throws {
    let cmaf = try FileTree.cmaf.verify(deep: deep)
    #expect(cmaf.findings == [])
    #expect(cmaf.checked.playlists == 6)
    #expect(cmaf.checked.segments == 11)
    let transport = try FileTree.transport.verify(deep: deep)
    #expect(transport.findings == [])
    #expect(transport.checked.playlists == 3)
    let clip = try FileTree.clip.verify(deep: deep)
    #expect(clip.findings == [])
    #expect(clip.checked.segments == 1)
    let packed = try FileTree.packed.verify(deep: deep)
    #expect(packed.findings == [])
    #expect(packed.checked.segments == 2)
  }

  /// A hole in the table of a `moof` that is its own index, as `ffmpeg` writes one.
  @Test func anIndexThatIsTrueIsNoFinding() throws {
    var tree = FileTree.cmaf
    tree.insert(
      Mutation.first, at: FragmentBuilder.segmentType.count, FileTree.index(of: tree, Mutation.first))
    let report = try tree.verify(Mutation.index)
    #expect(report.findings == [])
  }

  @Test func playingWhatIsWholeHasNoFindings() throws {
    var options = FileTree.options
    options.player = StubPlayer()
    #expect(try FileTree.cmaf.verify(Mutation.master, deep: true, options: options).findings == [])
  }

  @Test func aTreeIsLikeItself() throws {
    for isStructure in [false, true] {
      try FileTree.cmaf.onDisk { folder in
        var options = FileTree.options
        options.golden = GoldenTree(folder: folder, isStructure: isStructure)
        let report = try FileTree.cmaf.verify(options: options)
        #expect(report.findings == [] && report.diff == "")
      }
    }
  }
}
